// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

func second(n int) time.Time { return controllertest.Epoch.Add(time.Duration(n) * time.Second) }

func stamp(n int) *metav1.Time {
	at := metav1.NewTime(second(n))
	return &at
}

// someSteps are steps, one of each kind that decide tells apart.
func someSteps() []v1alpha1.FlowStep {
	number := v1alpha1.Identifier{PhoneNumber: "+14255550123"}
	return []v1alpha1.FlowStep{
		{Name: "say", Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello you."}}},
		{Name: "tones", SendTones: &v1alpha1.SendTonesOperation{Tones: "1"}},
		{Name: "add", AddParticipant: &v1alpha1.AddParticipantOperation{Participant: number}},
		{Name: "pause", Wait: &v1alpha1.WaitStep{Seconds: 30}},
		{Name: "end", End: &v1alpha1.EndStep{Outcome: "done"}},
	}
}

// TestDecide: the flow began in second 0, and each step in second 10.
func TestDecide(t *testing.T) {
	t.Parallel()
	sent := &v1alpha1.RequestAttempt{ID: "a", FirstSent: *stamp(10), ObjectUID: "u"}
	unresolved := &v1alpha1.OperationWaiting{Reason: v1alpha1.ReasonStepUnresolved, Since: *stamp(10)}
	retry := &v1alpha1.OperationWaiting{Reason: v1alpha1.ReasonThrottled, Since: *stamp(10), RetryTime: stamp(15)}
	done := &v1alpha1.StepResult{Outcome: v1alpha1.ActionCompleted}
	type change = func(*observation)
	step := func(name v1alpha1.StepName, change ...func(*v1alpha1.FlowProgress)) change {
		return func(o *observation) {
			progress := o.call.Status.Flow
			progress.Step, progress.StepTime = name, stamp(10)
			for _, f := range change {
				f(progress)
			}
		}
	}
	request := func(p *v1alpha1.FlowProgress) { p.Attempt = sent.DeepCopy() }
	lost := func(p *v1alpha1.FlowProgress) { p.Waiting = unresolved.DeepCopy() }
	back := func(p *v1alpha1.FlowProgress) { p.Waiting = retry.DeepCopy() }
	result := func(p *v1alpha1.FlowProgress) { p.Result = done.DeepCopy() }
	accepted := func(o *observation) { o.accepted = true }
	edited := func(o *observation) { o.flow.Generation++ }
	gone := func(o *observation) { o.flow = nil }
	over := func(n int) change {
		return func(o *observation) {
			o.call.Status.Result = &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeCompleted, EndTime: *stamp(n)}
		}
	}
	cases := []struct {
		name, reason string
		now          int
		changes      []change
		want         action
		after        int
	}{
		{"begins", "the call is connected", 0, nil, actionAdvance, 0},
		{"not connected", "the phone rings", 0, []change{func(o *observation) { o.call.Status.ConnectedTime = nil }}, actionWait, 0},
		{"being hung up", "its end ends the flow", 20, []change{step("say"), func(o *observation) { o.call.Status.Ending = &v1alpha1.CallEnding{} }}, actionWait, 0},
		{"ended", "nothing is left", 20, []change{func(o *observation) { o.call.Status.Flow.Outcome = "done" }}, actionWait, 0},
		{"copy", "another Call runs the flow", 20, []change{step("say"), func(o *observation) { o.call.Status.Attempt.ObjectUID = "other" }}, actionWait, 0},
		{"copy that is over", "nothing is done for it", 20, []change{step("say"), over(12), func(o *observation) { o.call.Status.Attempt.ObjectUID = "other" }}, actionEndCopy, 0},
		{"result", "the next step", 20, []change{step("say", request, result)}, actionAdvance, 0},
		{"result of a late step", "it is the interpreter that ends it", 700, []change{step("say", request, result)}, actionAdvance, 0},
		{"late", "the flow takes too long", 60, []change{step("say", request), accepted}, actionTimeOut, 0},
		{"pause", "it is not over", 20, []change{step("pause")}, actionWait, 20},
		{"pause is over", "time is its result", 40, []change{step("pause")}, actionAdvance, 0},
		{"pause, edited", "it is a prompt now", 20, []change{step("say", func(p *v1alpha1.FlowProgress) { p.Does = "wait" })}, actionAdvance, 0},
		{"back-off", "the service asked for a pause", 12, []change{step("say", back)}, actionWait, 3},
		{"after the back-off", "once more", 15, []change{step("say", back)}, actionSend, 0},
		{"accepted", "the report will tell", 20, []change{step("say", request), accepted}, actionWait, 40},
		{"sent by another process", "a prompt of 10 characters takes 1.25 s", 20, []change{step("say", request)}, actionWait, 11},
		{"sent by another process, unheard of", "nothing will be heard", 32, []change{step("say", request)}, actionGiveUp, 0},
		{"answer lost", "20 seconds", 29, []change{step("say", request, lost)}, actionWait, 1},
		{"answer lost, unheard of", "nothing will be heard", 30, []change{step("say", request, lost)}, actionGiveUp, 0},
		{"tones, sent by another process", "the service carries them out once", 20, []change{step("tones", request)}, actionRepeat, 0},
		{"tones, repeated just now", "not so fast", 20, []change{step("tones", request, lost), func(o *observation) { o.nextRepeat = second(25) }}, actionWait, 5},
		{"tones, edited", "another request would be another step", 20, []change{step("tones", request), edited}, actionWait, 40},
		{"recorded here and not sent", "it is sent now", 11, []change{step("say", request), func(o *observation) { o.unsent = true }}, actionRepeat, 0},
		{"recorded here, edited", "it would be another request", 11, []change{step("say", request), edited, func(o *observation) { o.unsent = true }}, actionWait, 49},
		{"rings", "the roster tells", 20, []change{step("add", request), accepted}, actionPollRoster, 0},
		{"rings on", "every few seconds", 20, []change{step("add", request), accepted, func(o *observation) { o.lastLook = second(18) }}, actionWait, 2},
		{"moving", "the roster of the other call tells", 20, []change{step("say", request, func(p *v1alpha1.FlowProgress) { p.To = &v1alpha1.OperatedCall{Name: "o"} }), accepted}, actionPollRoster, 0},
		{"no flow", "nothing can come next", 20, []change{step("say", request, result), gone}, actionEndMissing, 0},
		{"no flow, prompt plays", "it is over first", 20, []change{step("say", request), accepted, gone}, actionWait, 580},
		{"no flow, for long", "the default timeout", 600, []change{step("say", request), accepted, gone}, actionTimeOut, 0},
		{"call over", "its last reports may come", 20, []change{step("say", request), over(18)}, actionWait, 3},
		{"call over, settled", "they do not come", 23, []change{step("say", request), over(18)}, actionAdvance, 0},
		{"call over, answered", "the answer counts", 18, []change{step("say", request, result), over(18)}, actionAdvance, 0},
		{"call over, pause", "nothing is to come", 18, []change{step("pause"), over(18)}, actionAdvance, 0},
		{"call over, no flow", "nothing can come next", 20, []change{step("say", request), over(18), gone}, actionEndMissing, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			call := &v1alpha1.Call{}
			call.UID = "u"
			call.Status.Attempt = &v1alpha1.RequestAttempt{ID: "c", ObjectUID: "u"}
			call.Status.ConnectedTime = stamp(0)
			call.Status.Flow = &v1alpha1.FlowProgress{Name: "f", Generation: 1, StartTime: stamp(0)}
			flow := &v1alpha1.CallFlow{Spec: v1alpha1.CallFlowSpec{Steps: someSteps(), Timeout: &metav1.Duration{Duration: time.Minute}}}
			flow.Generation = 1
			o := observation{call: call, flow: flow, now: second(c.now), poll: 4 * time.Second}
			for _, f := range c.changes {
				f(&o)
			}
			got := decide(o)
			got.after = got.after.Truncate(time.Second)
			if diff := cmp.Diff(decision{action: c.want, after: time.Duration(c.after) * time.Second}, got, cmp.AllowUnexported(decision{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}
