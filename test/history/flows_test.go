// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
)

// atStep is the connected Call ada whose flow is at a step for the nth time.
func atStep(step v1alpha1.StepName, nth int32, attempt string, change ...func(*v1alpha1.FlowProgress)) v1alpha1.CallStatus {
	status := connected(attempt1, "c1", "e1")
	status.Flow = &v1alpha1.FlowProgress{Name: "survey", Step: step, Visits: []v1alpha1.StepVisits{{Step: step, Count: nth}}}
	if attempt != "" {
		status.Flow.Attempt = &v1alpha1.RequestAttempt{ID: attempt}
	}
	for _, c := range change {
		c(status.Flow)
	}
	return status
}

func withResult(outcome v1alpha1.ActionOutcome) func(*v1alpha1.FlowProgress) {
	return func(p *v1alpha1.FlowProgress) { p.Result = &v1alpha1.StepResult{Outcome: outcome} }
}

func withAnswer(answer string) func(*v1alpha1.FlowProgress) {
	return func(p *v1alpha1.FlowProgress) { p.Answers = []v1alpha1.FlowAnswer{{Step: "ask", Answer: answer}} }
}

func withKeys(p *v1alpha1.FlowProgress) { p.Keys = []v1alpha1.FlowKey{{Tone: "1", Label: "yes"}} }

func flowEnded(p *v1alpha1.FlowProgress) { p.Outcome = "answered" }

// TestCheckFlows tells histories of flows that break a promise, and near misses that do not.
func TestCheckFlows(t *testing.T) {
	completed := Event{ID: "e2", Type: "RecognizeCompleted", ConnectionID: "c1", OperationContext: attempt2}
	over := func(status v1alpha1.CallStatus) v1alpha1.CallStatus {
		status.Phase, status.Result = v1alpha1.CallPhaseEnded, &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeCompleted}
		return status
	}
	ask := func(s *story, attempt string) {
		s.play("recognize", attempt)
		s.at(simulator.PhoneHeard, attempt, "Press 1.")
	}
	checkHistories(t, []historyCase{
		{
			name: "Asked", reason: "a question is asked once, and its answer is that of the phone",
			tell: func(s *story) {
				s.live()
				s.call("ada", atStep("ask", 1, attempt2, withKeys))
				ask(s, attempt2)
				s.at(simulator.PhonePressed, attempt2, "1")
				s.call("ada", atStep("ask", 1, attempt2, withKeys, withResult(v1alpha1.ActionCompleted), withAnswer("yes")))
				s.answer(200, "ada", completed)
				s.call("ada", over(atStep("ask", 1, "", withAnswer("yes"), flowEnded)))
				s.event("CallDisconnected", "e3", "c1")
				s.rest()
			},
		},
		// 1: carried out once.
		{
			name: "AskedTwice", reason: "a second attempt was made in one visit",
			tell: func(s *story) {
				s.live()
				for _, id := range []string{attempt2, attempt3} {
					s.call("ada", atStep("ask", 1, id))
					ask(s, id)
				}
			},
			broken: []Invariant{OneRing, OneRing},
			shows:  []string{"step ask of Call ada had two attempts carried out in one visit", phone + " heard step ask of Call ada twice"},
		},
		{
			name: "AskedAgain", reason: "the flow came to the step a second time",
			tell: func(s *story) {
				s.live()
				for i, id := range []string{attempt2, attempt3} {
					s.call("ada", atStep("ask", int32(i+1), id))
					ask(s, id)
				}
			},
		},
		{
			name: "AskedUnrecorded", reason: "the request was sent before its attempt was written",
			tell: func(s *story) {
				s.live()
				s.call("ada", atStep("ask", 1, ""))
				s.play("recognize", attempt2)
			},
			broken: []Invariant{OneRing}, shows: []string{"its attempt " + attempt2 + " is in no revision"},
		},
		// 2: nothing heard is lost.
		{
			name: "AnswerLost", reason: "the report was acknowledged, and the step has no result",
			tell: func(s *story) {
				s.live()
				s.call("ada", atStep("ask", 1, attempt2))
				s.answer(200, "ada", completed)
			},
			broken: []Invariant{NothingLost}, shows: []string{"RecognizeCompleted e2 was acknowledged, and the flow does not say what it says"},
		},
		{
			name: "AnswerLate", reason: "the flow is past the step",
			tell: func(s *story) {
				s.live()
				s.call("ada", atStep("ask", 1, attempt2))
				s.call("ada", atStep("ask", 2, attempt3))
				s.answer(200, "ada", completed)
			},
		},
		{
			name: "Begun", reason: "that a prompt begins changes nothing",
			tell: func(s *story) {
				s.live()
				s.call("ada", atStep("ask", 1, attempt2))
				s.answer(200, "ada", Event{ID: "e2", Type: "PlayStarted", ConnectionID: "c1", OperationContext: attempt2})
			},
		},
		// 3: late news changes nothing.
		{
			name: "OtherAnswer", reason: "the phone pressed something else",
			tell: func(s *story) {
				s.live()
				s.call("ada", atStep("ask", 1, attempt2, withKeys))
				s.at(simulator.PhonePressed, attempt2, "2")
				s.call("ada", atStep("ask", 1, attempt2, withKeys, withResult(v1alpha1.ActionCompleted), withAnswer("yes")))
			},
			broken: []Invariant{LateNewsChangesNothing}, shows: []string{"step ask of Call ada has an answer that was not given to it"},
		},
		{
			name: "AnswerOfACopy", reason: "the original was asked",
			tell: func(s *story) {
				s.call("ada", atStep("ask", 1, "", withAnswer("yes"))).Annotations = map[string]string{"call-operator.dev/restored-by": "Kasten"}
			},
		},
		{
			name: "StepForgotten", reason: "the flow began again",
			tell: func(s *story) {
				s.live()
				s.call("ada", atStep("ask", 2, attempt2))
				s.call("ada", atStep("ask", 1, attempt2))
			},
			broken: []Invariant{LateNewsChangesNothing}, shows: []string{"a visit of a step was forgotten"},
		},
		{
			name: "ResultChanged", reason: "a second report replaced the first",
			tell: func(s *story) {
				s.live()
				s.call("ada", atStep("ask", 1, attempt2, withResult(v1alpha1.ActionCompleted)))
				s.call("ada", atStep("ask", 1, attempt2, withResult(v1alpha1.ActionFailed)))
			},
			broken: []Invariant{LateNewsChangesNothing}, shows: []string{"the result of a step changed"},
		},
		{
			name: "FlowForgotten", reason: "the status was written from an older one",
			tell: func(s *story) {
				s.live()
				s.call("ada", atStep("ask", 1, attempt2))
				s.call("ada", connected(attempt1, "c1", "e1"))
			},
			broken: []Invariant{LateNewsChangesNothing}, shows: []string{"the progress of a flow was forgotten"},
		},
		// 4: silence is survived.
		{
			name: "NotEnded", reason: "the call is over, and its flow is not",
			tell: func(s *story) {
				s.live()
				s.call("ada", over(atStep("ask", 1, attempt2)))
				s.event("CallDisconnected", "e3", "c1")
				s.rest()
			},
			broken: []Invariant{SilenceIsSurvived}, shows: []string{"the flow of Call ada has not ended"},
		},
		{
			name: "NotBegun", reason: "the call waits for its turn",
			tell: func(s *story) {
				status := v1alpha1.CallStatus{Flow: &v1alpha1.FlowProgress{Name: "survey"}, Waiting: &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonFlowNotFound}}
				s.call("ada", status).CreationTimestamp = metav1.Now()
				s.rest()
			},
		},
	})
}
