// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// TestNoNewCallByADeletedProvider: it goes when its calls are over, and who places one after that could not hang it up.
func TestNoNewCallByADeletedProvider(t *testing.T) {
	t.Parallel()
	deleted := providerWith(func(p *v1alpha1.CallProvider) {
		p.DeletionTimestamp, p.Finalizers = ptr.To(metav1.NewTime(decideEpoch)), []string{v1alpha1.CallProviderFinalizer}
	})
	api := newAPI(t, interceptor.Funcs{}, callWith(), deleted, secretWith(connectionString))
	service := placesCalls()
	r, _ := newReconciler(t, api, service)
	if _, err := r.Reconcile(t.Context(), theCall); err != nil {
		t.Fatal(err)
	}
	status := read(t, api).Status
	if len(service.ids()) != 0 || status.Attempt != nil || status.Waiting == nil || status.Waiting.Reason != v1alpha1.ReasonInUse {
		t.Errorf("%d requests were sent, and the Call says %+v", len(service.ids()), status)
	}
}

// TestAnswerThatNamesNoCall: what was placed is not known, so that the same request is repeated in its time, as after a lost
// answer.
func TestAnswerThatNamesNoCall(t *testing.T) {
	t.Parallel()
	api := newAPI(t, interceptor.Funcs{}, callWith(), providerWith(), secretWith(connectionString))
	service := &acsStub{status: http.StatusCreated, answer: `{}`}
	r, _ := newReconciler(t, api, service)
	if _, err := r.Reconcile(t.Context(), theCall); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"attempt"}, service.ids()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	waiting := read(t, api).Status.Waiting
	if waiting == nil || waiting.Message != unresolved+" Last: The answer of ACS names no call." {
		t.Errorf("the Call says %+v", waiting)
	}
}
