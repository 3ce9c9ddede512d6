// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// TestShorterWindow uses a service that remembers requests for a shorter time than the manager repeats them. It
// refuses older ones, so the phone still rings once, and the first callback resolves the call.
func TestShorterWindow(t *testing.T) {
	t.Parallel()
	// Repetitions come at about 1, 2, 4 and 8 s; the third is too old.
	const window, callbacksAfter = 3 * time.Second, 9 * time.Second
	l := life{reason: "what the service no longer remembers is not dialled again", phone: briefly(), rings: 1, outcomes: only(v1alpha1.OutcomeCompleted)}
	w := harness.New(t, plane, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): l.phone}, RepeatabilityWindow: window})
	w.Wire.SetDelay(func(harness.Callback) time.Duration { return callbacksAfter })
	// Whatever the service answers is lost.
	faults := harness.NewFaults().On("createCall", harness.Repeat(60, &harness.Fault{AfterEffect: true})...)
	m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: faults})
	live(t, w, l)
	tooOld := slices.ContainsFunc(w.Sim.Journal(), func(e simulator.Entry) bool {
		return e.Operation == "createCall" && e.Status == http.StatusPreconditionFailed
	})
	if !tooOld {
		t.Error("no repetition was too old, so that this test said nothing")
	}
	checkEnd(t, w, l, m)
}
