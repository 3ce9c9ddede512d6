// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package flows

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apimeta "k8s.io/apimachinery/pkg/api/meta"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	question = "Hello Ada, you have an appointment tomorrow. Press 1 to confirm, 2 to cancel."
	sorry    = "Sorry, I did not get that."
	thanks   = "Thank you, Ada."
)

func press(keys string) simulator.Reaction { return simulator.Reaction{Heard: "Press 1", Press: keys} }

// TestReminder runs the reminder with phones that do what people do.
func TestReminder(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		phone        []simulator.Reaction
		want, label  string
		heard        []string
		answers      []v1alpha1.FlowAnswer
	}{
		{
			"confirms", "the way through", []simulator.Reaction{press("1")}, "confirmed", "", []string{question, thanks},
			[]v1alpha1.FlowAnswer{{Step: "ask", Answer: "confirm"}},
		},
		{
			"cancels", "a label needs no request", []simulator.Reaction{press("2")}, "cancelled-by-callee", "cancelled-by-Ada", []string{question},
			[]v1alpha1.FlowAnswer{{Step: "ask", Answer: "cancel"}},
		},
		{
			"wrong key", "the question is asked again", []simulator.Reaction{press("7"), press("1")}, "confirmed", "",
			[]string{question, sorry, question, thanks}, []v1alpha1.FlowAnswer{{Step: "ask", Answer: "confirm"}},
		},
		{
			"silent", "as often as maxVisits says", nil, v1alpha1.FlowTooManyVisits, "", []string{question, sorry, question, sorry}, nil,
		},
		{
			"hangs up at the question", "the branch of a call that is over sets labels and ends",
			[]simulator.Reaction{{Heard: "Press 1", During: true, HangUp: true}}, "unsure", "unsure", []string{question}, nil,
		},
		{
			"confirms and hangs up at once", "what was answered counts", []simulator.Reaction{{Heard: "Press 1", Press: "1", HangUp: true}}, "confirmed", "", nil,
			[]v1alpha1.FlowAnswer{{Step: "ask", Answer: "confirm"}},
		},
		{
			"hangs up after thanks began", "a step has its own branch", []simulator.Reaction{press("1"), {Heard: "Thank you", During: true, HangUp: true}},
			"confirmed", "", []string{question, thanks}, []v1alpha1.FlowAnswer{{Step: "ask", Answer: "confirm"}},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.phone)
			m := w.StartManager(t, harness.ManagerOptions{})
			w.CreateFlow(t, theFlow, flowOf(t, reminder))
			remind(t, w, theCall, 0)
			call := w.AwaitFlowEnd(t, theCall, c.want)
			if call.Labels["appointment"] != c.label {
				t.Errorf("%s: the label is %q, want %q", c.reason, call.Labels["appointment"], c.label)
			}
			if diff := cmp.Diff(c.heard, w.Sim.Heard(harness.Callee(0))); diff != "" && c.heard != nil {
				t.Errorf("%s: what the phone heard (-want +got):\n%s", c.reason, diff)
			}
			if diff := cmp.Diff(c.answers, call.Status.Flow.Answers); diff != "" {
				t.Errorf("%s: answers (-want +got):\n%s", c.reason, diff)
			}
			if ended := apimeta.FindStatusCondition(call.Status.Conditions, v1alpha1.ConditionFlowEnded); ended == nil || ended.Message != c.want {
				t.Errorf("%s: the condition is %+v", c.reason, ended)
			}
			if call.Status.Result.Outcome != v1alpha1.OutcomeCompleted {
				t.Errorf("%s: the call ended as %s", c.reason, call.Status.Result.Outcome)
			}
			w.CheckNoLiveCall(t)
			w.CheckQuiet(t, m)
		})
	}
}
