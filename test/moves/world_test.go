// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package moves

import (
	"slices"
	"testing"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// poll is the poll interval of Calls here. A manager that dies with an answer in its hands may have to ask again.
const poll = time.Second

// Names in most tests: two connected Calls, and a move of the first one's callee into the second.
const (
	source, target, theMove = "source", "target", "move"
)

var moved, stayed, slow = harness.Callee(1), harness.Callee(2), harness.Callee(20)

func forLong() harness.Script { return harness.Script{AnswerAfter: 20 * time.Millisecond} }

// newWorld has phones that answer and do not hang up.
func newWorld(t *testing.T) *harness.World {
	t.Helper()
	phones := map[string]harness.Script{}
	for n := range 10 {
		phones[harness.Callee(n)] = forLong()
	}
	phones[slow] = harness.Script{AnswerAfter: 3 * time.Second}
	return harness.New(t, plane, harness.Options{Phones: phones})
}

// talk connects the Calls of both names.
func talk(t *testing.T, w *harness.World) {
	t.Helper()
	dial(t, w)
	w.AwaitRoster(t, source, 2)
	w.AwaitRoster(t, target, 2)
}

// dial creates both Calls.
func dial(t *testing.T, w *harness.World) {
	t.Helper()
	w.Create(t, w.Call(source, moved))
	w.Create(t, w.Call(target, stayed))
}

// order creates the move that most tests are about.
func order(t *testing.T, w *harness.World, change ...func(*v1alpha1.ParticipantMove)) {
	t.Helper()
	move := w.Move(theMove, source, target, moved)
	for _, f := range change {
		f(move)
	}
	w.CreateMove(t, move)
}

// checkMoved checks all that a move leaves behind: its status, both Calls and the service's journal.
func checkMoved(t *testing.T, w *harness.World, m *harness.Manager) {
	t.Helper()
	move := w.AwaitMoveEnd(t, theMove)
	if got := move.Status.Result.Outcome; got != v1alpha1.MoveOutcomeMoved {
		t.Errorf("the outcome is %s (%s), want Moved", got, move.Status.Result.Message)
	}
	if !apimeta.IsStatusConditionTrue(move.Status.Conditions, v1alpha1.ConditionReady) || move.Status.Moved != "1/1" {
		t.Errorf("moved %s, conditions %v: want 1/1 and Ready", move.Status.Moved, move.Status.Conditions)
	}
	checkCallsAfter(t, w)
	hangUpTarget(t, w, m)
}

// hangUpTarget ends the active call, and checks that the state is then steady.
func hangUpTarget(t *testing.T, w *harness.World, m *harness.Manager) {
	t.Helper()
	w.HangUp(t, target)
	w.Await(t, target, "it has ended", ended)
	w.CheckNoLiveCall(t)
	w.CheckQuiet(t, m)
}

// checkIn checks that phones are in a Call.
func checkIn(t *testing.T, call *v1alpha1.Call, numbers ...string) {
	t.Helper()
	for _, number := range numbers {
		if !slices.ContainsFunc(call.Status.Participants, func(p v1alpha1.CallParticipant) bool { return p.RawID == "4:"+number }) {
			t.Errorf("%s is not in %s: %v", number, call.Name, call.Status.Participants)
		}
	}
}

func ended(call *v1alpha1.Call) bool { return call.Status.Result != nil }

// checkCallsAfter checks that the source has ended, that both phones are in the target, and that the service was asked
// once.
func checkCallsAfter(t *testing.T, w *harness.World) {
	t.Helper()
	call := w.Await(t, source, "it has ended", ended)
	if call.Status.Result.Outcome != v1alpha1.OutcomeCompleted {
		t.Errorf("the source ended as %s, want Completed", call.Status.Result.Outcome)
	}
	checkIn(t, w.AwaitRoster(t, target, 3), moved, stayed)
	if n := w.Sim.Moves(); n != 1 {
		t.Errorf("the service carried out %d moves, want 1", n)
	}
}

// waited tells whether a move ever waited for a reason.
func waited(w *harness.World, name, reason string) bool {
	return slices.ContainsFunc(w.MoveRevisions(name), func(move *v1alpha1.ParticipantMove) bool {
		return move.Status.Waiting != nil && move.Status.Waiting.Reason == reason
	})
}
