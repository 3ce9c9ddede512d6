// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package cachetransform

import (
	"encoding/json"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// received is a Call as it comes from the API server, with texts and lists of its own.
const received = `{
	"apiVersion": "call-operator.dev/v1alpha1", "kind": "Call",
	"metadata": {
		"namespace": "n", "name": "c", "managedFields": [{"manager": "kubectl"}], "finalizers": ["call-operator.dev/call"],
		"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "a"}
	},
	"spec": {"providerRef": {"name": "acs"}, "from": {"phoneNumber": "+14255550100"}, "to": {"phoneNumber": "+442079460101"}},
	"status": {
		"phase": "Connected",
		"conditions": [
			{"type": "Ready", "status": "True", "reason": "Connected", "message": "The call is connected."},
			{"type": "Reconciling", "status": "False"}, {"type": "Stalled", "status": "False"},
			{"type": "Connected", "status": "True"}, {"type": "Ended", "status": "False"}
		],
		"history": [{"id": "1", "type": "CallConnected"}, {"id": "2", "type": "ParticipantsUpdated"}, {"id": "3", "type": "ParticipantsUpdated"}],
		"participants": [{"rawID": "4:+14255550100"}, {"rawID": "4:+442079460101"}, {"rawID": "4:+442079460102"}]
	}
}`

func decoded(t *testing.T) *v1alpha1.Call {
	t.Helper()
	call := &v1alpha1.Call{}
	if err := json.Unmarshal([]byte(received), call); err != nil {
		t.Fatal(err)
	}
	return call
}

func TestTransform(t *testing.T) {
	first, second, want := decoded(t), decoded(t), decoded(t)
	want.ManagedFields = nil
	want.Annotations = map[string]string{"team": "a"}
	for _, call := range []*v1alpha1.Call{first, second} {
		if _, err := Transform(call); err != nil {
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
}

// TestFit: a decoder leaves room in the lists of a status, and the cache is not to keep it.
func TestFit(t *testing.T) {
	before, after := decoded(t), decoded(t)
	if _, err := Transform(after); err != nil {
		t.Fatal(err)
	}
	rooms := func(call *v1alpha1.Call) map[string]int {
		status := &call.Status
		return map[string]int{"conditions": cap(status.Conditions), "history": cap(status.History), "participants": cap(status.Participants)}
	}
	roomy, fitting := rooms(before), rooms(after)
	for list, room := range roomy {
		if fitting[list] >= room {
			t.Errorf("%s have room for %d as they come, and for %d in the cache", list, room, fitting[list])
		}
	}
}

func TestWhatIsNoCall(t *testing.T) {
	provider := &v1alpha1.CallProvider{ObjectMeta: metav1.ObjectMeta{Name: "p", ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}}}
	got, err := Transform(provider)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&v1alpha1.CallProvider{ObjectMeta: metav1.ObjectMeta{Name: "p"}}, got); diff != "" {
		t.Errorf("of a provider too the managed fields are left out (-want +got):\n%s", diff)
	}
	if gone, err := Transform(cache.DeletedFinalStateUnknown{Key: "n/c"}); err != nil || gone == nil {
		t.Errorf("a tombstone becomes %v, %v: it has to stay", gone, err)
	}
}

// TestForTheManager: which tool applied an object decides how long its record is kept, which matters for what deletes itself.
func TestForTheManager(t *testing.T) {
	applied := []metav1.ManagedFieldsEntry{{Manager: "kubectl-client-side-apply", Operation: metav1.ManagedFieldsOperationUpdate}}
	kept, plain := decoded(t), decoded(t)
	kept.Spec.TTLSecondsAfterFinished = new(int32)
	move := &v1alpha1.ParticipantMove{ObjectMeta: *decoded(t).ObjectMeta.DeepCopy(), Spec: v1alpha1.ParticipantMoveSpec{TTLSecondsAfterFinished: new(int32)}}
	for _, object := range []any{kept, plain, move} {
		if _, err := TransformForManager(object); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(applied, kept.ManagedFields); diff != "" || kept.Annotations["kubectl.kubernetes.io/last-applied-configuration"] != "" {
		t.Errorf("of a Call that deletes itself it is kept who applied it, and nothing else (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(applied, move.ManagedFields); diff != "" {
		t.Errorf("of a move likewise (-want +got):\n%s", diff)
	}
	if plain.ManagedFields != nil {
		t.Errorf("of any other Call nobody asks, and %v is kept", plain.ManagedFields)
	}
	if gone, err := TransformForManager(cache.DeletedFinalStateUnknown{Key: "n/c"}); err != nil || gone == nil {
		t.Errorf("a tombstone becomes %v, %v: it has to stay", gone, err)
	}
}
