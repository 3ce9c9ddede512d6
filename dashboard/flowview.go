// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callflow"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/party"
)

// flowView is a CallFlow as the page shows it.
type flowView struct {
	identity
	Ready      bool                   `json:"ready"`
	Message    string                 `json:"message,omitempty"`
	Problems   []v1alpha1.FlowProblem `json:"problems,omitempty"`
	Parameters []parameterView        `json:"parameters,omitempty"`
	Steps      []stepView             `json:"steps"`
	// Mermaid is the flow in the language of Mermaid, to be copied.
	Mermaid string `json:"mermaid"`
}

type parameterView struct {
	Name        string  `json:"name"`
	Default     *string `json:"default,omitempty"`
	Description string  `json:"description,omitempty"`
}

type stepView struct {
	Name string `json:"name"`
	Does string `json:"does"`
	// What is what is played or asked, or who it is about.
	What string `json:"what,omitempty"`
	// Depth is how many steps at least come before it.
	Depth int       `json:"depth"`
	Ways  []wayView `json:"ways,omitempty"`
}

// wayView leads to another step. On is empty for what no other way is for.
type wayView struct {
	On string `json:"on,omitempty"`
	To string `json:"to"`
}

func viewOfFlow(flow *v1alpha1.CallFlow) flowView {
	view := flowView{
		identity: identify(kindFlow, flow), Problems: flow.Status.Problems, Mermaid: callflow.Mermaid(&flow.Spec),
		Ready: meta.IsStatusConditionTrue(flow.Status.Conditions, v1alpha1.ConditionReady), Steps: make([]stepView, len(flow.Spec.Steps)),
	}
	_, view.Message = explanation(flow.Status.Conditions)
	for _, parameter := range flow.Spec.Parameters {
		view.Parameters = append(view.Parameters, parameterView{Name: parameter.Name, Default: parameter.Default, Description: parameter.Description})
	}
	depths := callflow.Depths(&flow.Spec)
	for i := range flow.Spec.Steps {
		step := &flow.Spec.Steps[i]
		view.Steps[i] = stepView{Name: string(step.Name), Does: step.Does(), What: whatStepDoes(step), Depth: depths[i]}
		for _, way := range callflow.Ways(&flow.Spec, step) {
			view.Steps[i].Ways = append(view.Steps[i].Ways, wayView{On: way.On, To: string(way.To)})
		}
	}
	return view
}

// whatStepDoes is what is said, or to whom it is done.
func whatStepDoes(step *v1alpha1.FlowStep) string {
	var text string
	switch operation := step.Operation(); {
	case operation != nil:
		text = whatIsDone(operation)
	case step.MoveTo != nil && step.MoveTo.Call.Name != "":
		text = step.MoveTo.Call.Name
	case step.MoveTo != nil:
		text = metav1.FormatLabelSelector(step.MoveTo.Call.Selector)
	case step.Wait != nil:
		text = fmt.Sprintf("%d s", step.Wait.Seconds)
	case step.SetLabel != nil:
		text = step.SetLabel.Key + "=" + step.SetLabel.Value
	case step.End != nil:
		text = step.End.Outcome
	}
	return conditions.Shortened(text, longestWhat)
}

// progressView is how far a Call has come in its flow.
type progressView struct {
	Flow string `json:"flow"`
	// Step is empty before the flow begins. What is empty if the flow was changed since the step began.
	Step    string       `json:"step,omitempty"`
	Does    string       `json:"does,omitempty"`
	What    string       `json:"what,omitempty"`
	Since   *time.Time   `json:"since,omitempty"`
	Waiting string       `json:"waiting,omitempty"`
	Answers []answerView `json:"answers,omitempty"`
	Outcome string       `json:"outcome,omitempty"`
	Message string       `json:"message,omitempty"`
}

// answerView is the answer in a step. Secret names the Secret with a secret one.
type answerView struct {
	Step   string `json:"step"`
	Answer string `json:"answer,omitempty"`
	Secret string `json:"secret,omitempty"`
}

// viewOfProgress is nil for a Call without a flow. The flow is nil if it is not known.
func viewOfProgress(call *v1alpha1.Call, flow *v1alpha1.CallFlow) *progressView {
	use, progress := call.FlowUse(), call.Status.Flow
	switch {
	case use == nil:
		return nil
	case progress == nil:
		return &progressView{Flow: use.Name}
	}
	view := &progressView{
		Flow: progress.Name, Step: string(progress.Step), Does: progress.Does, Since: timeOf(progress.StepTime), Outcome: progress.Outcome, Message: progress.Message,
	}
	if progress.Waiting != nil {
		view.Waiting = progress.Waiting.Message
	}
	for _, answer := range progress.Answers {
		view.Answers = append(view.Answers, answerView{Step: string(answer.Step), Answer: answer.Answer, Secret: answer.SecretName})
	}
	if flow != nil && flow.Generation == progress.Generation && !progress.Over() {
		if step := flow.Spec.Step(progress.Step); step != nil {
			from, to := party.Both(&call.Spec)
			values, _, _ := callflow.ValuesOf(&flow.Spec, use.Parameters, call.Name, from, to)
			view.What = whatStepDoes(callflow.Resolve(step, values))
		}
	}
	return view
}
