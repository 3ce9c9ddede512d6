// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callflow

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func answered(label, tones, speech string) *v1alpha1.StepResult {
	return &v1alpha1.StepResult{Outcome: v1alpha1.ActionCompleted, Answer: &v1alpha1.InputAnswer{Label: label, Tones: v1alpha1.Tones(tones), Speech: speech, Summary: label + tones + speech}}
}

func ended(outcome v1alpha1.ActionOutcome) *v1alpha1.StepResult {
	return &v1alpha1.StepResult{Outcome: outcome, Message: "Why."}
}

const menu = `
timeout: 1m
maxVisits: 2
steps:
- name: ask
  recognize: {choices: [{label: confirm, tone: "1"}, {label: other, tone: "2"}]}
  branches: {confirm: end, noInput: ask, hungUp: gone}
  next: say
- {name: say, play: {text: "Hi $(who)"}, next: mark}
- {name: mark, setLabel: {key: team, value: "$(who)!"}, next: pause}
- {name: pause, wait: {seconds: 3}, next: add}
- {name: add, addParticipant: {participant: {phoneNumber: "+14255550123"}}, branches: {busy: say}, next: hand-over}
- {name: hand-over, transfer: {to: {phoneNumber: "+14255550123"}}, next: end}
- {name: pin, recognize: {sensitive: true, tones: {max: 4}}, next: end, branches: {"1234": say}}
- {name: end, end: {outcome: "ok-$(who)"}}
- {name: gone, setLabel: {key: gone, value: "yes"}, next: end}
`

// TestNext takes one turn of the menu.
func TestNext(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		step         v1alpha1.StepName
		result       *v1alpha1.StepResult
		over         bool
		after        time.Duration
		visits       int32
		who          string
		// at is the step that comes, or the outcome; says is a part of the message.
		at, says string
		labels   map[string]string
		keep     bool
	}{
		{"begin", "the first step", "", nil, false, 0, 0, "ada", "ask", "", nil, false},
		{"begin, and over", "the phone was put down at once", "", nil, true, 0, 0, "ada", "ok-ada", "", map[string]string{"gone": "yes"}, false},
		{"label", "the branch of an answer", "ask", answered("confirm", "1", ""), false, 0, 1, "ada", "ok-ada", "", nil, false},
		{"other label", "an answer without a branch", "ask", answered("other", "2", ""), false, 0, 1, "ada", "say", "", nil, false},
		{"silence", "once more", "ask", ended(v1alpha1.ActionNoInput), false, 0, 1, "ada", "ask", "", nil, false},
		{"silence again", "as often as maxVisits", "ask", ended(v1alpha1.ActionNoInput), false, 0, 2, "ada", "tooManyVisits", "more than 2 times", nil, false},
		{"no match", "a failure without a branch goes to next", "ask", ended(v1alpha1.ActionNoMatch), false, 0, 1, "ada", "say", "", nil, false},
		{"hung up", "its branch", "ask", nil, true, 0, 1, "ada", "ok-ada", "", map[string]string{"gone": "yes"}, false},
		{"answered, and hung up", "the answer counts", "ask", answered("confirm", "1", ""), true, 0, 1, "ada", "ok-ada", "", nil, false},
		{"answered, and hung up before what follows", "what follows is not heard", "ask", answered("other", "2", ""), true, 0, 1, "ada", "hungUp", "step say", nil, false},
		{"failed since the call is over", "nobody failed", "ask", ended(v1alpha1.ActionFailed), true, 0, 1, "ada", "ok-ada", "", map[string]string{"gone": "yes"}, false},
		{"played", "a label is set on the way", "say", ended(v1alpha1.ActionCompleted), false, 0, 1, "Ada L", "pause", "", map[string]string{"team": "Ada-L"}, false},
		{"stopped", "somebody else stopped it", "say", ended(v1alpha1.ActionCancelled), false, 0, 1, "ada", "pause", "", map[string]string{"team": "ada"}, false},
		{"waited", "time is a result", "pause", nil, false, 3 * time.Second, 1, "ada", "add", "", nil, false},
		{"busy", "a branch", "add", ended(v1alpha1.ActionBusy), false, 0, 1, "ada", "say", "", nil, false},
		{"declined", "goes to next", "add", ended(v1alpha1.ActionDeclined), false, 0, 1, "ada", "hand-over", "", nil, false},
		{"handed over", "the call ends by itself", "hand-over", ended(v1alpha1.ActionCompleted), false, 0, 1, "ada", "ok-ada", "", nil, true},
		{"not handed over", "it goes to next like any failure, and is hung up", "hand-over", ended(v1alpha1.ActionFailed), false, 0, 1, "ada", "ok-ada", "", nil, false},
		{"secret", "it takes no branch of its own", "pin", answered("", "1234", ""), false, 0, 1, "ada", "ok-ada", "", nil, false},
		{"bad outcome", "a parameter made it", "ask", answered("confirm", "1", ""), false, 0, 1, "Ada L", "failed", `"ok-Ada L"`, nil, false},
		{"late", "the time is over", "say", ended(v1alpha1.ActionCompleted), false, time.Minute, 1, "ada", "timedOut", "(1m0s)", map[string]string{"team": "ada"}, false},
		{"late, but done", "an end takes no time", "ask", answered("confirm", "1", ""), false, time.Minute, 1, "ada", "ok-ada", "", nil, false},
		{"step gone", "the flow was edited", "removed", ended(v1alpha1.ActionCompleted), false, 0, 1, "ada", "failed", "Step removed is not in CallFlow f any more.", nil, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			flow := parse(t, menu)
			at := timestamp(epoch)
			before := v1alpha1.FlowProgress{Name: "f", Step: c.step, Result: c.result}
			if c.step != "" {
				before.StartTime, before.Visits = &at, []v1alpha1.StepVisits{{Step: c.step, Count: c.visits}}
			}
			untouched := before.DeepCopy()
			turn := Next(flow, before, Situation{Values: Values{"who": c.who}, CallOver: c.over, Now: epoch.Add(c.after)})
			if diff := cmp.Diff(*untouched, before); diff != "" {
				t.Errorf("the given progress changed:\n%s", diff)
			}
			got := turn.Progress.Outcome
			if turn.Step != nil {
				got = string(turn.Step.Name)
			}
			if got != c.at || !strings.Contains(turn.Progress.Message, c.says) {
				t.Errorf("%s: it goes to %s (%s), want %s (%s)", c.reason, got, turn.Progress.Message, c.at, c.says)
			}
			if diff := cmp.Diff(c.labels, turn.Labels); diff != "" {
				t.Errorf("%s: labels (-want +got):\n%s", c.reason, diff)
			}
			if turn.Progress.KeepCall != c.keep || turn.Progress.Over() != (turn.Step == nil) {
				t.Errorf("%s: %+v", c.reason, turn.Progress)
			}
		})
	}
}

// TestNextKeepsAnswers: the last answer of each step, the newest 16, and no secrets.
func TestNextKeepsAnswers(t *testing.T) {
	t.Parallel()
	at := timestamp(epoch)
	before := v1alpha1.FlowProgress{Name: "f", Step: "pin", StartTime: &at, Sensitive: true}
	for _, step := range "abcdefghijklmnop" {
		before.Answers = append(before.Answers, v1alpha1.FlowAnswer{Step: v1alpha1.StepName(step), Answer: "x"})
	}
	before.Result = &v1alpha1.StepResult{Outcome: v1alpha1.ActionCompleted, Answer: &v1alpha1.InputAnswer{Summary: "(secret)", SecretName: "s"}}
	got := Next(parse(t, menu), before, Situation{Values: Values{"who": "ada"}, Now: epoch}).Progress
	if n := len(got.Answers); n != v1alpha1.MaxFlowAnswers || got.Answers[0].Step != "b" {
		t.Errorf("%d answers, the first of step %s", n, got.Answers[0].Step)
	}
	if diff := cmp.Diff(v1alpha1.FlowAnswer{Step: "pin", SecretName: "s"}, got.Answers[15]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Sensitive || got.Result != nil {
		t.Errorf("something of the step that is over is still there: %+v", got)
	}
}

// TestSpoken: what is said is compared without what a recogniser adds.
func TestSpoken(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{"Yes.": "yes", " All right! ": "all right", "": "", "No, thanks": "no, thanks"} {
		if got := spoken(said); got != want {
			t.Errorf("%q became %q, want %q", said, got, want)
		}
	}
}
