// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"slices"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestSilence loses every callback of every life: polls alone have to bring each Call to its end.
func TestSilence(t *testing.T) {
	for _, l := range lives() {
		switch l.name {
		case "answered", "expired", "throttled", "answerLost":
			// A call that is answered and hung up between two polls looks like an unanswered one.
			l.outcomes = append(l.outcomes, v1alpha1.OutcomeUnknown)
		case "busy":
			// Only the callback says why nobody answered.
			l.outcomes = only(v1alpha1.OutcomeUnknown)
		}
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			w := worldFor(t, l)
			w.Wire.SetRoute(func(harness.Callback) harness.Route { return harness.Lose })
			m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: faultsFor(l)})
			live(t, w, l)
			checkEnd(t, w, l, m)
			if slices.ContainsFunc(w.Revisions(callName), heardOf) {
				t.Error("an event was heard of, so that this test said nothing")
			}
		})
	}
}

func heardOf(call *v1alpha1.Call) bool { return len(call.Status.History) > 0 }
