// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/history"
)

const (
	// surveyName and pinName are CallFlows. The answer to the second one is a secret.
	surveyName, pinName = "survey", "pin"

	// mostSurveys is how many Calls have a question of their own.
	mostSurveys = 150
	// surveyTime is how long a flow may take.
	surveyTime = 8 * time.Second
)

// reply is what the phones answer to the question of the nth Call. It occurs nowhere else.
func reply(n int) string { return fmt.Sprintf("#%03d*", n%mostSurveys) }

// surveyed are how the phones react to the questions of flows, by the seed.
func surveyed(seed uint64) []simulator.Reaction {
	random := rand.New(rand.NewPCG(seed, 7))
	var script []simulator.Reaction
	for n := range mostSurveys {
		script = append(script, reaction(random, fmt.Sprintf("survey %03d", n), reply(n)))
	}
	return script
}

// surveyOf asks for the reply of a Call, once more if nothing is pressed, and says thanks.
func surveyOf(namespace, name string) *v1alpha1.CallFlow {
	text := func(text string) v1alpha1.Prompt { return v1alpha1.Prompt{Text: text} }
	ask := &v1alpha1.RecognizeOperation{
		Prompt: ptr.To(text("Survey $(n): please press your code.")), InitialSilenceTimeoutSeconds: ptr.To[int32](1),
		Tones: &v1alpha1.ToneInput{Max: ptr.To(int32(len(reply(0)))), InterToneTimeoutSeconds: ptr.To[int32](1)}, Sensitive: name == pinName,
	}
	return &v1alpha1.CallFlow{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.CallFlowSpec{
			Parameters: []v1alpha1.FlowParameter{{Name: "n"}},
			Timeout:    &metav1.Duration{Duration: surveyTime}, MaxVisits: ptr.To[int32](2),
			Steps: []v1alpha1.FlowStep{
				{Name: "ask", Recognize: ask, Branches: map[string]v1alpha1.StepName{"noInput": "again"}, Next: "thanks"},
				{Name: "again", Play: &v1alpha1.PlayOperation{Prompt: text("Once more, $(n).")}, Next: "ask"},
				{Name: "thanks", Play: &v1alpha1.PlayOperation{Prompt: text("Thank you, $(n).")}, Next: "end"},
				{Name: "end", End: &v1alpha1.EndStep{Outcome: "answered"}},
			},
		},
	}
}

// addFlow has the nth Call run a flow. The call lasts longer than the flow.
func (w *workload) addFlow(n int, spec *v1alpha1.CallSpec) {
	name := surveyName
	if w.random.IntN(4) == 0 {
		name = pinName
		w.secret("the answer to a sensitive question of a flow", reply(n))
	}
	spec.Flow = &v1alpha1.FlowUse{Name: name, Parameters: map[string]string{"n": fmt.Sprintf("%03d", n%mostSurveys)}}
	spec.MaxDuration = &metav1.Duration{Duration: surveyTime + 2*time.Second}
}

// endedFlows counts the flows that ended in the calls of a namespace, and those of them that ended as their author meant.
func endedFlows(h *history.History, namespace string) (ended, answered int) {
	outcomes := map[types.UID]string{}
	for i := range h.Revisions {
		if call := h.Revisions[i].Call; call != nil && call.Namespace == namespace && call.Status.Flow != nil && call.Status.Flow.Over() {
			outcomes[call.UID] = call.Status.Flow.Outcome
		}
	}
	for _, outcome := range outcomes {
		if outcome == "answered" {
			answered++
		}
	}
	return len(outcomes), answered
}
