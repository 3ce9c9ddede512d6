// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"slices"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// cutPoll is the poll interval here. A manager that dies with an answer in its hands may have to ask again.
const cutPoll = time.Second

// TestManagerDiesAtEveryRequest cuts the manager off before, after and in the middle of each request of each life of a
// Call, and starts another one. The requests are those of a clean run.
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

// record runs a life without a cut and returns the manager's requests.
func record(t *testing.T, l life) []harness.Request {
	t.Helper()
	w := worldFor(t, l)
	m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: faultsFor(l)})
	w.AwaitProvider(t)
	before := len(m.Gate.Sent())
	live(t, w, l)
	points := m.Gate.CutPoints(before)
	checkEnd(t, w, l, m)
	return slices.DeleteFunc(points, ofProvider)
}

// liveWithCut runs a life with a manager that dies at the cut, and says whether it did.
func liveWithCut(t *testing.T, l life, cut *harness.Cut) bool {
	t.Helper()
	w := worldFor(t, l)
	faults := faultsFor(l)
	pair := w.StartMortal(t, harness.ManagerOptions{Cut: cut, Poll: cutPoll, Faults: faults})
	live(t, w, l)
	last := pair.Survivor(t)
	checkEnd(t, w, l, last)
	return last != pair.First
}

func worldFor(t *testing.T, l life) *harness.World {
	t.Helper()
	w := harness.New(t, plane, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): l.phone}})
	if l.faults != nil {
		// The callbacks would tell what the requests that meet the faults are repeated for: live lets them pass after that.
		w.Wire.HoldAll()
	}
	return w
}

func faultsFor(l life) *harness.Faults {
	faults := harness.NewFaults()
	if l.faults != nil {
		l.faults(faults)
	}
	return faults
}

// live creates the Call and returns when its life is over.
func live(t *testing.T, w *harness.World, l life) {
	t.Helper()
	call := w.Call(callName, harness.Callee(1))
	if l.spec != nil {
		l.spec(&call.Spec)
	}
	w.Create(t, call)
	if l.faults != nil {
		w.Await(t, callName, "the service's answer is known", func(call *v1alpha1.Call) bool { return call.Status.ConnectionID != "" })
		w.Wire.Release()
	}
	if l.drive != nil {
		l.drive(t, w)
	}
	if l.gone {
		w.AwaitGone(t, callName)
		return
	}
	w.Await(t, callName, "it has a result", ended)
}

// checkEnd checks what a life left behind.
func checkEnd(t *testing.T, w *harness.World, l life, m *harness.Manager) {
	t.Helper()
	w.AwaitWork(t)
	if rings := w.Sim.Rings(harness.Callee(1)); rings != l.rings {
		t.Errorf("%s: the phone rang %d times, want %d", l.reason, rings, l.rings)
	}
	outcome := lastOutcome(w, callName)
	if !slices.Contains(l.outcomes, outcome) {
		t.Errorf("%s: the outcome is %q, want one of %q", l.reason, outcome, l.outcomes)
	}
	w.CheckNoLiveCall(t)
	w.CheckQuiet(t, m)
}

// lastOutcome is how the Call ended, from the last revision that was seen of it.
func lastOutcome(w *harness.World, name string) v1alpha1.CallOutcome {
	for _, call := range slices.Backward(w.Revisions(name)) {
		if call.Status.Result != nil {
			return call.Status.Result.Outcome
		}
	}
	return ""
}

// ofProvider tells a request about the CallProvider, which belongs to no Call's life.
func ofProvider(r harness.Request) bool {
	return r.Name == "PUT callproviders/status" || r.Name == "PATCH callproviders"
}
