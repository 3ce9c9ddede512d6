// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package moves

import (
	"fmt"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestMovesOfOneCallAndOneParticipant has moves that exclude each other, while what became of the first is not heard of.
// That no two were in flight at once is checked at the end of every World.
func TestMovesOfOneCallAndOneParticipant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.StartManager(t, harness.ManagerOptions{})
	talk(t, w)
	order(t, w)
	w.AwaitRoster(t, target, 3)
	w.AwaitMoveEnd(t, theMove)
	w.Create(t, w.Call("x", harness.Callee(3)))
	w.Create(t, w.Call("y", harness.Callee(4)))
	w.AwaitRoster(t, "x", 2)
	w.AwaitRoster(t, "y", 2)

	w.Wire.SetRoute(func(c harness.Callback) harness.Route {
		if c.About("first") {
			return harness.Hold
		}
		return harness.Pass
	})
	w.CreateMove(t, w.Move("first", target, "x", moved))
	w.AwaitMove(t, "first", "it is sent", func(move *v1alpha1.ParticipantMove) bool { return move.Status.Attempt != nil })
	w.CreateMove(t, w.Move("same-call", target, "y", stayed))
	w.AwaitMoveWaits(t, "same-call", v1alpha1.ReasonMoveInFlight)
	w.CreateMove(t, w.Move("same-participant", "x", "y", moved))
	w.AwaitMoveWaits(t, "same-participant", v1alpha1.ReasonMoveInFlight)
	for _, callback := range w.Wire.AwaitHeld(t, "the move is reported", func(held []harness.Callback) bool { return len(held) > 0 }) {
		w.Wire.Deliver(callback)
	}
	for _, name := range []string{"first", "same-call", "same-participant"} {
		if move := w.AwaitMoveEnd(t, name); move.Status.Result.Outcome != v1alpha1.MoveOutcomeMoved {
			t.Errorf("%s ended as %s: %s", name, move.Status.Result.Outcome, move.Status.Result.Message)
		}
	}
	checkIn(t, w.AwaitRoster(t, "y", 4), moved, stayed)
	w.CheckQuiet(t, m)
}

// TestManyMovesAtOnce has many moves of one Call wait for it, so that all of them may go at one moment.
func TestManyMovesAtOnce(t *testing.T) {
	t.Parallel()
	const many = 12
	w := newWorld(t)
	m := w.StartManager(t, harness.ManagerOptions{Concurrency: many})
	w.Create(t, w.Call(target, stayed))
	w.AwaitRoster(t, target, 2)
	for i := range many {
		name := fmt.Sprintf("%s-%d", theMove, i)
		w.CreateMove(t, w.Move(name, source, target, moved))
		w.AwaitMoveWaits(t, name, v1alpha1.ReasonCallNotFound)
	}
	w.Create(t, w.Call(source, moved))
	outcomes := map[v1alpha1.MoveOutcome]int{}
	for i := range many {
		outcomes[w.AwaitMoveEnd(t, fmt.Sprintf("%s-%d", theMove, i)).Status.Result.Outcome]++
	}
	if outcomes[v1alpha1.MoveOutcomeMoved] != 1 || outcomes[v1alpha1.MoveOutcomeFailed] != many-1 {
		t.Errorf("the moves ended as %v, want one that moved and no other", outcomes)
	}
	if move := w.AwaitMoveEnd(t, theMove+"-0"); move.Status.Result.Outcome != v1alpha1.MoveOutcomeMoved {
		t.Errorf("the oldest move ended as %s: the oldest goes first", move.Status.Result.Outcome)
	}
	checkCallsAfter(t, w)
	w.CheckQuiet(t, m)
}
