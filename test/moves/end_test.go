// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package moves

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

func clientKey(object client.Object) client.ObjectKey { return client.ObjectKeyFromObject(object) }

// deleteSecret takes away the provider's Secret and returns what was in it.
func deleteSecret(t *testing.T, w *harness.World) string {
	t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: harness.SecretName}}
	if err := w.Client.Get(t.Context(), clientKey(secret), secret); err != nil {
		t.Fatal(err)
	}
	if err := w.Client.Delete(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	return string(secret.Data[harness.SecretKey])
}

// TestDeletedBeforeItIsSent: nothing is sent, and nothing keeps the move.
func TestDeletedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.StartManager(t, harness.ManagerOptions{})
	w.Create(t, w.Call(target, stayed))
	w.AwaitRoster(t, target, 2)
	order(t, w)
	w.AwaitMoveWaits(t, theMove, v1alpha1.ReasonCallNotFound)
	w.DeleteMove(t, theMove)
	w.AwaitMoveGone(t, theMove)
	w.Create(t, w.Call(source, moved))
	w.AwaitRoster(t, source, 2)
	w.CheckQuiet(t, m)
	if asked := len(w.Sim.MoveRequests()); asked != 0 {
		t.Errorf("the service was asked %d times to do what was cancelled", asked)
	}
}

// TestDeletedWhileItBacksOff: a move that was refused for the moment has a finalizer and nothing in flight.
func TestDeletedWhileItBacksOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	faults := harness.NewFaults().On("moveHere", harness.Repeat(100, &harness.Fault{Status: 429})...)
	w.StartManager(t, harness.ManagerOptions{Faults: faults})
	talk(t, w)
	order(t, w)
	w.AwaitMoveWaits(t, theMove, v1alpha1.ReasonThrottled)
	w.DeleteMove(t, theMove)
	w.AwaitMoveGone(t, theMove)
}

// TestDeletedAfterItIsSent: the move stays until what became of it is known.
func TestDeletedAfterItIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.StartManager(t, harness.ManagerOptions{})
	talk(t, w)
	w.Wire.SetRoute(func(c harness.Callback) harness.Route {
		if c.About(theMove) {
			return harness.Hold
		}
		return harness.Pass
	})
	order(t, w)
	held := w.Wire.AwaitHeld(t, "the move is reported", func(held []harness.Callback) bool { return len(held) > 0 })
	w.DeleteMove(t, theMove)
	w.AwaitMove(t, theMove, "it is being deleted", func(move *v1alpha1.ParticipantMove) bool { return move.DeletionTimestamp != nil })
	w.AwaitWork(t)
	for _, callback := range held {
		w.Wire.Deliver(callback)
	}
	w.AwaitMoveGone(t, theMove)
	all := w.MoveRevisions(theMove)
	if !slices.ContainsFunc(all, func(move *v1alpha1.ParticipantMove) bool {
		return move.DeletionTimestamp != nil && move.Status.Result != nil && move.Status.Result.Outcome == v1alpha1.MoveOutcomeMoved
	}) {
		t.Errorf("it went before its end was known: %+v", all[len(all)-1].Status)
	}
	checkCallsAfter(t, w)
	w.CheckQuiet(t, m)
}

// TestTimeToLive: a record goes when its time is over.
func TestTimeToLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.StartManager(t, harness.ManagerOptions{})
	talk(t, w)
	order(t, w, func(move *v1alpha1.ParticipantMove) { move.Spec.TTLSecondsAfterFinished = ptr.To[int32](1) })
	w.AwaitMoveEnd(t, theMove)
	w.AwaitMoveGone(t, theMove)
	w.CheckQuiet(t, m)
}

// TestCostOfAMove counts a move's requests to the API server, and those of a restarted manager.
func TestCostOfAMove(t *testing.T) {
	t.Parallel()
	const mostWrites, mostEvents = 5, 3
	w := newWorld(t)
	m := w.StartManager(t, harness.ManagerOptions{})
	talk(t, w)
	w.AwaitWork(t)
	before := len(m.Gate.Writes())
	order(t, w)
	w.AwaitMoveEnd(t, theMove)
	checkCallsAfter(t, w)
	w.CheckQuiet(t, m)
	t.Logf("API writes by the manager: %v", m.Gate.Writes()[before:])
	if revisions := len(w.MoveRevisions(theMove)); revisions > mostWrites {
		t.Errorf("a move was written %d times, want at most %d", revisions, mostWrites)
	}
	if events := eventsAbout(t, w, theMove); len(events) == 0 || len(events) > mostEvents {
		t.Errorf("a move had %d Kubernetes Events, want 1 to %d: %q", len(events), mostEvents, events)
	}
	m.Stop(t)
	next := w.StartManager(t, harness.ManagerOptions{})
	w.AwaitWork(t)
	w.CheckQuiet(t, next)
	if slices.ContainsFunc(next.Gate.Writes(), func(r harness.Request) bool { return r.Name == "PUT participantmoves/status" }) {
		t.Errorf("a move that is over was written by a new manager: %v", next.Gate.Writes())
	}
}

func eventsAbout(t *testing.T, w *harness.World, name string) (reasons []string) {
	t.Helper()
	var list eventsv1.EventList
	if err := w.Client.List(t.Context(), &list, client.InNamespace(w.Namespace)); err != nil {
		t.Fatal(err)
	}
	for _, event := range list.Items {
		if event.Regarding.Name == name {
			reasons = append(reasons, event.Reason)
		}
	}
	return reasons
}
