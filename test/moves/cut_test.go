// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package moves

import (
	"slices"
	"strings"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// life is what may happen to a move from its creation to its end.
type life struct {
	name, reason string
	// faults stand between the manager and ACS, route between ACS and the receiver.
	faults func(*harness.Faults)
	route  func(harness.Callback) harness.Route
	// deleted has the move deleted when it is sent.
	deleted bool
}

func lives() []life {
	return []life{
		{name: "moved", reason: "the ordinary life"},
		{name: "deleted", reason: "deletion waits for the end", deleted: true},
		{
			name: "throttled", reason: "a request that ACS refused to take is sent again as a new attempt",
			faults: func(f *harness.Faults) {
				f.On("moveHere", harness.Repeat(triesOfOneMove, &harness.Fault{Status: 429})...)
			},
		},
		{
			name: "answerLost", reason: "a request whose answers are lost is repeated as the same attempt",
			faults: func(f *harness.Faults) {
				f.On("moveHere", harness.Repeat(triesOfOneMove, &harness.Fault{AfterEffect: true})...)
			},
			// An event would end the move before the repetitions that are to be cut.
			route: func(c harness.Callback) harness.Route {
				if c.About(theMove) {
					return harness.Lose
				}
				return harness.Pass
			},
		},
		{
			name: "silent", reason: "polls alone tell the end",
			route: func(harness.Callback) harness.Route { return harness.Lose },
		},
	}
}

// mostPolls is how many polls are cut points.
const mostPolls = 4

// TestManagerDiesAtEveryRequest cuts the manager off before, after and in the middle of each request of each life of a
// move, and starts another one. The requests are those of a clean run.
func TestManagerDiesAtEveryRequest(t *testing.T) {
	for _, l := range lives() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			points := record(t, l)
			t.Logf("%s: cut points: %v", l.reason, points)
			harness.CutEverywhere(t, points, func(t *testing.T, cut *harness.Cut) bool { return liveWithCut(t, l, cut) })
		})
	}
}

// record runs a life without a cut and returns the manager's requests about the move.
func record(t *testing.T, l life) []harness.Request {
	t.Helper()
	w, faults := prepare(t, l)
	m := w.StartManager(t, harness.ManagerOptions{Poll: poll, Faults: faults})
	live(t, w, l)
	checkEnd(t, w, l, m)
	return slices.DeleteFunc(m.Gate.CutPoints(0), func(r harness.Request) bool {
		// Polls belong to the life of the Calls as well, and of a move only where nothing else tells the end.
		aboutMove := strings.Contains(r.Name, "participantmoves") || r.Name == "moveHere"
		return !aboutMove && (r.Name != "getParticipants" || l.route == nil || r.Nth > mostPolls)
	})
}

// liveWithCut runs a life with a manager that dies at the cut, and says whether it did.
func liveWithCut(t *testing.T, l life, cut *harness.Cut) bool {
	t.Helper()
	w, faults := prepare(t, l)
	pair := w.StartMortal(t, harness.ManagerOptions{Cut: cut, Poll: poll, Faults: faults})
	live(t, w, l)
	last := pair.Survivor(t)
	checkEnd(t, w, l, last)
	return last != pair.First
}

// prepare connects both Calls, with a manager that then stops.
func prepare(t *testing.T, l life) (*harness.World, *harness.Faults) {
	t.Helper()
	w := newWorld(t)
	first := w.StartManager(t, harness.ManagerOptions{})
	talk(t, w)
	first.Stop(t)
	faults := harness.NewFaults()
	if l.faults != nil {
		l.faults(faults)
	}
	if l.route != nil {
		w.Wire.SetRoute(l.route)
	}
	return w, faults
}

// live creates the move and returns when its life is over.
func live(t *testing.T, w *harness.World, l life) {
	t.Helper()
	order(t, w)
	if !l.deleted {
		w.AwaitMoveEnd(t, theMove)
		return
	}
	w.AwaitMove(t, theMove, "it is about to be sent", func(move *v1alpha1.ParticipantMove) bool { return move.Status.Attempt != nil })
	w.DeleteMove(t, theMove)
	w.AwaitMoveGone(t, theMove)
}

// checkEnd checks what a life left behind.
func checkEnd(t *testing.T, w *harness.World, l life, m *harness.Manager) {
	t.Helper()
	w.AwaitWork(t)
	all := w.MoveRevisions(theMove)
	if result := all[len(all)-1].Status.Result; result == nil || result.Outcome != v1alpha1.MoveOutcomeMoved {
		t.Errorf("%s: the move ended as %+v, want Moved", l.reason, result)
	}
	checkCallsAfter(t, w)
	hangUpTarget(t, w, m)
}
