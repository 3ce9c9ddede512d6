// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callflow

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// parse reads a flow as a person writes it.
func parse(t testing.TB, text string) *v1alpha1.CallFlow {
	t.Helper()
	flow := &v1alpha1.CallFlow{}
	if err := yaml.UnmarshalStrict([]byte(text), &flow.Spec); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	flow.Name, flow.Generation = "f", 3
	return flow
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const end = "\n- {name: end, end: {outcome: done}}"
	cases := []struct{ name, reason, flow, want string }{
		{"shortest", "an end alone is a flow", `steps: [{name: end, end: {outcome: done}}]`, ""},
		{
			"menu", "all kinds of branches", `
parameters: [{name: who}]
steps:
- name: ask
  recognize: {prompt: {text: "Hello $(who), this is $(call.from)."}, choices: [{label: "yes", tone: "1"}, {label: later, phrases: [later]}]}
  branches: {"yes": end, later: ask, noInput: end, noMatch: end, failed: end, hungUp: end}` + end, "",
		},
		{
			"two things", "which of them?", "steps:\n- {name: a, play: {text: Hi}, wait: {seconds: 1}, next: end}" + end,
			"spec.steps[0]: A step does exactly one thing: set one of play, recognize, sendTones, addParticipant, transfer, hold, unhold, record, moveTo, wait, setLabel or end.",
		},
		{
			"nothing", "what happens there?", "steps:\n- {name: a, next: end}" + end,
			"spec.steps[0]: A step does exactly one thing: set one of play, recognize, sendTones, addParticipant, transfer, hold, unhold, record, moveTo, wait, setLabel or end.",
		},
		{"after the end", "no call comes there", `steps: [{name: end, end: {outcome: done}, next: end}]`, "spec.steps[0]: Nothing comes after end: leave out next and branches."},
		{"unknown start", "nothing can begin", `{start: x, steps: [{name: end, end: {outcome: done}}]}`, "spec.start: There is no step x: set start to one of end."},
		{"unknown next", "a way into nothing", `steps: [{name: a, play: {text: Hi}, next: x}]`, "spec.steps[0].next: There is no step x: name one of a."},
		{
			"unknown branch", "a way into nothing", "steps:\n- {name: a, play: {text: Hi}, next: end, branches: {failed: x}}" + end,
			"spec.steps[0].branches.failed: There is no step x: name one of a, end.",
		},
		{"no next", "a way that just stops", `steps: [{name: a, play: {text: Hi}}]`, "spec.steps[0].next: Nothing comes after step a: set next, to a step with end perhaps."},
		{
			"unreached", "a step for nobody", "steps:\n- {name: a, play: {text: Hi}, next: end}\n- {name: b, play: {text: Hi}, next: end}" + end,
			"spec.steps[1]: No way leads to step b: name it in next or branches of another step, or remove it.",
		},
		{
			"loop", "a loop without a way out is left as tooManyVisits only", `steps: [{name: a, play: {text: Hi}, next: b}, {name: b, play: {text: Hi}, next: a}]`,
			"spec.steps[0]: No way leads from step a to an end, so that calls can only end here as tooManyVisits: let next or branches of a step lead to one with end.\n" +
				"spec.steps[1]: No way leads from step b to an end, so that calls can only end here as tooManyVisits: let next or branches of a step lead to one with end.",
		},
		{"loop with a way out", "maxVisits limits it", "steps:\n- {name: a, play: {text: Hi}, next: a, branches: {failed: end}}" + end, ""},
		{
			"undeclared parameter", "nobody can give it", "steps:\n- {name: a, play: {text: Hi $(who)}, next: end}" + end,
			"spec.steps[0].play.text: $(who) is no parameter of the flow: add it to spec.parameters, or write $$(who) if it is to be said like that.",
		},
		{"escaped", "no reference", "steps:\n- {name: a, play: {text: Hi $$(who)}, next: end}" + end, ""},
		{
			"reserved label", "the branch would mean two things", "steps:\n- {name: a, recognize: {choices: [{label: failed, tone: \"1\"}]}, next: end}" + end,
			"spec.steps[0].recognize.choices[0].label: In branches, failed says what happened, so that no choice can be called so: choose another label.",
		},
		{
			"label of no choice", "the branch cannot be taken", "steps:\n- {name: a, recognize: {choices: [{label: b, tone: \"1\"}]}, next: end, branches: {c: end}}" + end,
			"spec.steps[0].branches.c: No choice has the label c: use one of b.",
		},
		{
			"yes without quotes", "YAML reads it as true", "steps:\n- {name: a, recognize: {choices: [{label: \"yes\", tone: \"1\"}]}, next: end, branches: {yes: end}}" + end,
			"spec.steps[0].branches.true: No choice has the label true. YAML reads yes, no, on and off as true or false: write them in quotes.",
		},
		{"keys", "numbers are keys", "steps:\n- {name: a, recognize: {tones: {max: 2}}, next: end, branches: {12: end, \"#\": end}}" + end, ""},
		{
			"too many keys", "they cannot be pressed", "steps:\n- {name: a, recognize: {tones: {}}, next: end, branches: {12: end}}" + end,
			"spec.steps[0].branches.12: 12 cannot be pressed here: write at most 1 of the keys 0 to 9, *, #, and A to D, without stopTones.",
		},
		{"speech", "in lower case", "steps:\n- {name: a, recognize: {speech: {}}, next: end, branches: {all right: end}}" + end, ""},
		{
			"speech in capitals", "it would never match", "steps:\n- {name: a, recognize: {speech: {}}, next: end, branches: {Sure!: end}}" + end,
			"spec.steps[0].branches.Sure!: What is said is compared in lower case and without marks at its end: write sure.",
		},
		{
			"secret branch", "the way would tell the PIN", "steps:\n- {name: a, recognize: {sensitive: true, tones: {max: 4}}, next: end, branches: {1234: end}}" + end,
			"spec.steps[0].branches.1234: The answer is a secret, and the way that a call takes would tell it: remove it, and set next.",
		},
		{
			"answer of a prompt", "nobody answers a prompt", "steps:\n- {name: a, play: {text: Hi}, next: end, branches: {\"1\": end}}" + end,
			"spec.steps[0].branches.1: A step with play has no answers: remove it. What happens there is failed, hungUp.",
		},
		{
			"busy prompt", "it cannot happen", "steps:\n- {name: a, play: {text: Hi}, next: end, branches: {busy: end}}" + end,
			"spec.steps[0].branches.busy: busy does not happen in a step with play: remove it. What happens there is failed, hungUp.",
		},
		{
			"play after the end", "nobody hears it", "steps:\n- {name: a, play: {text: Hi}, next: end, branches: {hungUp: b}}\n- {name: b, play: {text: Hi}, next: end}" + end,
			"spec.steps[0].branches.hungUp: The call is over then, and b needs it: only a step with setLabel or end can come after hungUp.",
		},
		{
			"somebody's recording", "the flow does not know it", "steps:\n- {name: a, record: {command: Stop, startedBy: x}, next: end}" + end,
			"spec.steps[0].record.startedBy: A flow changes the recording that it started itself: leave startedBy out.",
		},
		{
			"one name twice", "which of them is meant?", "steps:\n- {name: a, play: {text: Hi}, next: end}\n- {name: a, play: {text: Ho}, next: end}" + end,
			"spec.steps[1].name: Two steps are called a: rename one of them.",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, problem := range Check(&parse(t, c.flow).Spec) {
				got = append(got, problem.Field+": "+problem.Message)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func TestDepths(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason, flow string
		want               []int
	}{
		{"loop", "the shortest way counts, and a way back changes nothing", `
steps:
- {name: ask, play: {text: Hi}, next: again, branches: {failed: end}}
- {name: again, play: {text: Hi}, next: ask, branches: {hungUp: late}}
- {name: late, end: {outcome: late}}
- {name: end, end: {outcome: done}}`, []int{0, 1, 2, 1}},
		{"start", "it is not always the first one", "start: b\nsteps: [{name: a, end: {outcome: done}}, {name: b, play: {text: Hi}, next: a}]", []int{1, 0}},
		{"unreached", "it is drawn too", `steps: [{name: a, end: {outcome: done}}, {name: b, end: {outcome: done}}]`, []int{0, 2}},
		{"nowhere", "nothing is reached", `{start: x, steps: [{name: a, play: {text: Hi}, next: y}]}`, []int{1}},
	}
	for _, tc := range cases {
		if diff := cmp.Diff(tc.want, Depths(&parse(t, tc.flow).Spec)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", tc.name, tc.reason, diff)
		}
	}
}

func TestMermaid(t *testing.T) {
	t.Parallel()
	flow := parse(t, `
start: ask
steps:
- {name: thank-you, play: {text: Thanks}, next: end}
- {name: ask, recognize: {choices: [{label: "a:b", tone: "1"}]}, next: end, branches: {"a:b": thank-you, noInput: gone}}
- {name: end, end: {outcome: done}}
`)
	const want = `stateDiagram-v2
    state "thank-you: play" as s0
    state "ask: recognize" as s1
    state "end: end" as s2
    [*] --> s1
    s0 --> s2
    s1 --> s0: a#58;b
    s1 --> s2
    s2 --> [*]: done
`
	if diff := cmp.Diff(want, Mermaid(&flow.Spec)); diff != "" {
		t.Errorf("names with marks, a branch to nowhere (-want +got):\n%s", diff)
	}
}
