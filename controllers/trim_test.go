// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func TestTrim(t *testing.T) {
	wordy := func() *v1alpha1.Call {
		return callWith(placed, func(c *v1alpha1.Call) {
			c.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
			// A copy of its own, as the decoder makes one for each object.
			message := string([]byte("The callee is being rung."))
			c.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Message: message}}
			c.Status.History = []v1alpha1.CallEvent{{ID: "e", Type: "CallConnected"}}
		})
	}
	first, second, want := wordy(), wordy(), wordy()
	want.ManagedFields = nil
	for _, call := range []*v1alpha1.Call{first, second} {
		if _, err := trim(call); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, call); diff != "" {
			t.Errorf("all that is read stays as it is (-want +got):\n%s", diff)
		}
	}
	a, b := first.Status.Conditions[0].Message, second.Status.Conditions[0].Message
	if unsafe.StringData(a) != unsafe.StringData(b) {
		t.Error("two Calls keep two copies of one text")
	}
	if gone, err := trim(cache.DeletedFinalStateUnknown{Key: "n/c"}); err != nil || gone == nil {
		t.Errorf("a tombstone is trimmed to %v, %v: it has to stay", gone, err)
	}
}
