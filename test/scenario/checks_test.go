// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// checkMoves checks that both moves are done, and that the service did each once.
func checkMoves(t *testing.T, w *harness.World) {
	t.Helper()
	var moves v1alpha1.ParticipantMoveList
	list(t, w, &moves)
	for _, move := range moves.Items {
		if move.Status.Result == nil || move.Status.Result.Outcome != v1alpha1.MoveOutcomeMoved {
			t.Errorf("%s ended as %+v, want Moved: %+v", move.Name, move.Status.Result, move.Status.Participants)
		}
	}
	succeeded := map[string]bool{}
	for _, entry := range w.Sim.Journal() {
		if entry.Kind == simulator.EntryEvent && entry.EventType == "MoveParticipantSucceeded" {
			succeeded[entry.EventID] = true
		}
	}
	if len(succeeded) != len(moves.Items) {
		t.Errorf("the service moved %d participants, want %d", len(succeeded), len(moves.Items))
	}
}

// checkTargets checks that each person was rung once, by the call that was to be passed on to them.
func checkTargets(t *testing.T, w *harness.World) {
	t.Helper()
	rang := map[string][]string{}
	for _, entry := range w.Sim.Journal() {
		if entry.Kind == simulator.EntryRing {
			rang[entry.CorrelationID] = append(rang[entry.CorrelationID], entry.Phone)
		}
	}
	for name, person := range map[string]string{"call-2": person2, "call-3": person3} {
		call := get(t, w, name)
		if phones := rang[call.Status.CorrelationID]; len(phones) != 1 || phones[0] != person {
			t.Errorf("%s rang %v, want %s once", name, phones, person)
		}
	}
}

// theConference is the name of the Call that the route answered.
func theConference(t *testing.T, w *harness.World) string {
	t.Helper()
	var calls v1alpha1.CallList
	list(t, w, &calls, client.MatchingLabels{"call": "conference"})
	if len(calls.Items) != 1 {
		t.Fatalf("%d Calls have the label call=conference, want 1", len(calls.Items))
	}
	return calls.Items[0].Name
}

// endAll deletes all Calls, as one command does, and checks that nothing is left.
func endAll(t *testing.T, w *harness.World) {
	t.Helper()
	var calls v1alpha1.CallList
	list(t, w, &calls)
	if err := w.Client.DeleteAllOf(t.Context(), &v1alpha1.Call{}, client.InNamespace(w.Namespace)); err != nil {
		t.Fatal(err)
	}
	for i := range calls.Items {
		w.AwaitGone(t, calls.Items[i].Name)
	}
	w.CheckNoLiveCall(t)
	var secrets corev1.SecretList
	list(t, w, &secrets)
	for i := range secrets.Items {
		// A delivery that was stalled may make one after the manager is done. Kubernetes removes it with its Call, by a
		// collector that this control plane does not have.
		if secrets.Items[i].Type == v1alpha1.IncomingCallContextSecretType && !isCalls(&secrets.Items[i]) {
			t.Errorf("the Secret %s with an incoming call's context was left behind", secrets.Items[i].Name)
		}
	}
}

func list(t *testing.T, w *harness.World, into client.ObjectList, options ...client.ListOption) {
	t.Helper()
	if err := w.Client.List(t.Context(), into, append(options, client.InNamespace(w.Namespace))...); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, w *harness.World, name string) *v1alpha1.Call {
	t.Helper()
	call := &v1alpha1.Call{}
	if err := w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: name}, call); err != nil {
		t.Fatal(err)
	}
	return call
}

// checkAppliedAgain applies an object that is there already, which must not change it. Its status is the operator's, and may
// change meanwhile.
func checkAppliedAgain(t *testing.T, w *harness.World, object *unstructured.Unstructured) {
	t.Helper()
	before := object.DeepCopy()
	if err := w.Client.Get(t.Context(), client.ObjectKeyFromObject(object), before); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(declared(before), declared(apply(t, w, object))); diff != "" {
		t.Errorf("applying %s %s again changed it (-before +after):\n%s", object.GetKind(), object.GetName(), diff)
	}
}

// declared is an object without its status: its contents, and since when the applier owns them.
func declared(object *unstructured.Unstructured) map[string]any {
	rest := object.DeepCopy()
	unstructured.RemoveNestedField(rest.Object, "status")
	rest.SetResourceVersion("")
	rest.SetManagedFields(slices.DeleteFunc(rest.GetManagedFields(), func(f metav1.ManagedFieldsEntry) bool { return f.Manager != applier }))
	return rest.Object
}

// isCalls tells that a Secret goes when its Call does.
func isCalls(secret *corev1.Secret) bool {
	return len(secret.OwnerReferences) == 1 && secret.OwnerReferences[0].Kind == "Call"
}
