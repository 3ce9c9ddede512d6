// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// TestNoNewCallByADeletedProvider: it goes when its calls are over, and who places one after that could not hang it up.
func TestNoNewCallByADeletedProvider(t *testing.T) {
	t.Parallel()
	deleted := controllertest.ProviderWith(func(p *v1alpha1.CallProvider) {
		p.DeletionTimestamp, p.Finalizers = ptr.To(metav1.NewTime(controllertest.Epoch)), []string{v1alpha1.CallProviderFinalizer}
	})
	api := newAPI(t, interceptor.Funcs{}, controllertest.CallWith(), deleted, controllertest.SecretWith(controllertest.ConnectionString))
	service := controllertest.PlacesCalls()
	r, _ := newReconciler(t, api, service)
	if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
		t.Fatal(err)
	}
	status := controllertest.Read(t, api).Status
	if len(service.IDs()) != 0 || status.Attempt != nil || status.Waiting == nil || status.Waiting.Reason != v1alpha1.ReasonInUse {
		t.Errorf("%d requests were sent, and the Call says %+v", len(service.IDs()), status)
	}
}

// TestAnswerThatNamesNoCall: what was placed is not known, so that the same request is repeated in its time, as after a lost
// answer.
func TestAnswerThatNamesNoCall(t *testing.T) {
	t.Parallel()
	api := newAPI(t, interceptor.Funcs{}, controllertest.CallWith(), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
	service := &controllertest.ACSStub{Status: http.StatusCreated, Answer: `{}`}
	r, _ := newReconciler(t, api, service)
	if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"attempt"}, service.IDs()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	waiting := controllertest.Read(t, api).Status.Waiting
	if waiting == nil || waiting.Message != unresolved+" Last: The answer of ACS names no call." {
		t.Errorf("the Call says %+v", waiting)
	}
}
