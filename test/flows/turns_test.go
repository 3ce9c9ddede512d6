// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package flows

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// asking is a flow that asks a question patiently, and another one if that fails.
const asking = `
steps:
- name: ask
  recognize: {prompt: {text: Press 1.}, choices: [{label: confirm, tone: "1"}], initialSilenceTimeoutSeconds: 60}
  branches: {confirm: thanks, failed: again}
  next: end
- name: again
  recognize: {prompt: {text: Press 2.}, choices: [{label: confirm, tone: "2"}], initialSilenceTimeoutSeconds: 60}
  branches: {confirm: thanks}
  next: end
- {name: thanks, play: {text: Thank you.}, next: end}
- {name: end, end: {outcome: done}}
`

// TestActionsAndStepsTakeTurns: what a CallAction plays is heard between two steps, unless it interrupts.
func TestActionsAndStepsTakeTurns(t *testing.T) {
	t.Parallel()
	announce := v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "We close soon."}}
	interrupt := announce
	interrupt.Interrupt = true
	first := []simulator.Reaction{{Heard: "Press 1", After: simulator.Duration(5 * time.Second), Press: "1"}}
	second := []simulator.Reaction{{Heard: "Press 2", Press: "2"}}
	cases := []struct {
		name, reason string
		phone        []simulator.Reaction
		action       v1alpha1.CallOperation
		waits        bool
		heard        []string
	}{
		{
			"announcement", "it waits for the answer, and the next step for it", first, v1alpha1.CallOperation{Play: &announce}, true,
			[]string{"Press 1.", "We close soon.", "Thank you."},
		},
		{
			"interruption", "the question fails, and what follows waits for it", second, v1alpha1.CallOperation{Play: &interrupt},
			false, []string{"Press 1.", "We close soon.", "Press 2.", "Thank you."},
		},
		{
			"stop", "the question fails, and the flow continues", second,
			v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}, false, []string{"Press 1.", "Press 2.", "Thank you."},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.phone)
			m := w.StartManager(t, harness.ManagerOptions{})
			w.CreateFlow(t, theFlow, flowOf(t, asking))
			w.Create(t, w.Call(theCall, harness.Callee(0), harness.Running(theFlow, nil)))
			w.Sim.AwaitEntry(t, "the phone has heard the question", func(e simulator.Entry) bool { return e.PhoneEvent == simulator.PhoneHeard })
			w.CreateAction(t, w.Action("action", theCall, c.action))
			if c.waits {
				waiting := w.AwaitActionWaits(t, "action", v1alpha1.ReasonActionInFlight).Status.Waiting
				if want := "Step ask of the flow, in the same Call, goes first."; waiting.Message != want {
					t.Errorf("%s: the action says %q, want %q", c.reason, waiting.Message, want)
				}
			}
			w.AwaitActionEnd(t, "action", v1alpha1.ActionCompleted)
			w.AwaitFlowEnd(t, theCall, "done")
			if diff := cmp.Diff(c.heard, w.Sim.Heard(harness.Callee(0))); diff != "" {
				t.Errorf("%s: what the phone heard (-want +got):\n%s", c.reason, diff)
			}
			w.CheckQuiet(t, m)
		})
	}
}
