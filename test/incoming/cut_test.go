// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"slices"
	"testing"

	"github.com/call-operator/call-operator/test/harness"
)

// TestLives lives each life without a cut.
func TestLives(t *testing.T) {
	for _, l := range lives() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			w := worldFor(t, l)
			m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: faultsFor(l)})
			checkEnd(t, w, l, live(t, w, l), m)
		})
	}
}

// TestSilence loses every callback of every life: polls alone have to bring each Call to its end.
func TestSilence(t *testing.T) {
	for _, l := range lives() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			w := worldFor(t, l)
			w.Wire.SetRoute(func(c harness.Callback) harness.Route {
				if c.Type == "IncomingCall" {
					return harness.Pass
				}
				return harness.Lose
			})
			if l.caller.HangUpAfter > 0 {
				// Answered and hung up between two polls, nobody could tell whether it was connected.
				l.outcomes = append(l.outcomes, "OutcomeUnknown")
			}
			m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: faultsFor(l)})
			if l.name == "deleted" {
				l.drive = func(t *testing.T, w *harness.World, name string) {
					w.AwaitCondition(t, name, "Connected")
					w.Delete(t, name)
				}
			}
			checkEnd(t, w, l, live(t, w, l), m)
		})
	}
}

// TestManagerDiesAtEveryRequest cuts the manager off before, after and in the middle of each request of each life of an
// incoming call, and starts another one. The requests are those of a clean run.
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

// record lives a life without a cut and returns the manager's requests.
func record(t *testing.T, l life) []harness.Request {
	t.Helper()
	w := worldFor(t, l)
	m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: faultsFor(l)})
	w.AwaitProvider(t)
	before := len(m.Gate.Sent())
	name := live(t, w, l)
	points := m.Gate.CutPoints(before)
	checkEnd(t, w, l, name, m)
	return slices.DeleteFunc(points, func(r harness.Request) bool {
		return r.Name == "PUT callproviders/status" || r.Name == "PATCH callproviders"
	})
}

// liveWithCut lives a life with a manager that dies at the cut, and says whether it did.
func liveWithCut(t *testing.T, l life, cut *harness.Cut) bool {
	t.Helper()
	w := worldFor(t, l)
	pair := w.StartMortal(t, harness.ManagerOptions{Cut: cut, Poll: cutPoll, Faults: faultsFor(l)})
	name := live(t, w, l)
	last := pair.Survivor(t)
	checkEnd(t, w, l, name, last)
	return last != pair.First
}
