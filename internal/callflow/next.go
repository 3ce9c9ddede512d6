// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callflow

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Situation is what the next step depends on, other than the flow and how far the call has come in it.
type Situation struct {
	Values Values
	// CallOver says that the call has ended: nothing can be asked of the service any more.
	CallOver bool
	Now      time.Time
}

// Turn is what comes next in a flow.
type Turn struct {
	// Progress is how far the call has come then.
	Progress v1alpha1.FlowProgress
	// Step is what the call is at then, with its parameters; nil if the flow has ended.
	Step *v1alpha1.FlowStep
	// Labels are to be set on the Call first.
	Labels map[string]string
}

// Next is the interpreter: what comes next once a step has a result, once its wait is over, once the call has ended, or at the
// beginning. Steps that ask nothing of the service and do not wait are done at once. The given progress does not change.
//
// The flow may have been changed since the step began: what comes next is read from the flow as it is now.
func Next(flow *v1alpha1.CallFlow, before v1alpha1.FlowProgress, now Situation) Turn {
	r := run{flow: flow, Situation: now}
	before.DeepCopyInto(&r.turn.Progress)
	progress := &r.turn.Progress
	if progress.Step == "" {
		started := timestamp(now.Now)
		progress.StartTime = &started
		r.enter(flow.Spec.FirstStep())
		return r.turn
	}
	step := flow.Spec.Step(progress.Step)
	result := progress.Result
	remember(progress)
	if step == nil {
		r.fail(fmt.Sprintf("Step %s is not in CallFlow %s any more.", progress.Step, progress.Name))
		return r.turn
	}
	if result == nil {
		result = &v1alpha1.StepResult{Outcome: v1alpha1.ActionCompleted}
		if now.CallOver {
			result.Outcome = v1alpha1.ActionCallEnded
		}
	}
	r.leave(step, result)
	return r.turn
}

// Stop ends a flow where it is.
func Stop(before v1alpha1.FlowProgress, outcome, message string, now time.Time) v1alpha1.FlowProgress {
	after := before.DeepCopy()
	remember(after)
	end(after, outcome, message, now)
	return *after
}

// run is one use of the interpreter.
type run struct {
	Situation
	flow *v1alpha1.CallFlow
	turn Turn
	// handedOver says that the last step gave the other end of the call away, so that the call ends by itself.
	handedOver bool
}

// remember keeps the answer of a step that is over, and clears what is about that step only.
func remember(progress *v1alpha1.FlowProgress) {
	if result := progress.Result; result != nil && result.Answer != nil {
		answer := v1alpha1.FlowAnswer{Step: progress.Step, SecretName: result.Answer.SecretName}
		if !progress.Sensitive {
			answer.Answer = result.Answer.Summary
		}
		progress.Answers = slices.DeleteFunc(progress.Answers, func(a v1alpha1.FlowAnswer) bool { return a.Step == answer.Step })
		progress.Answers = append(progress.Answers, answer)
		if surplus := len(progress.Answers) - v1alpha1.MaxFlowAnswers; surplus > 0 {
			progress.Answers = progress.Answers[surplus:]
		}
	}
	progress.Waiting, progress.Attempt, progress.Result, progress.To, progress.Keys = nil, nil, nil, nil, nil
	progress.Participant, progress.Sensitive, progress.Loop = "", false, false
}

// leave goes to what comes after a step.
func (r *run) leave(step *v1alpha1.FlowStep, result *v1alpha1.StepResult) {
	key, failed := word(step, result)
	if r.CallOver && failed {
		key = v1alpha1.BranchHungUp
	}
	if step.SetLabel == nil {
		r.handedOver = !failed && (step.Transfer != nil || step.MoveTo != nil)
	}
	target, ok := step.Branches[key]
	switch {
	case ok && key != "":
		r.enter(target)
	case key == v1alpha1.BranchHungUp:
		r.end(v1alpha1.FlowHungUp, fmt.Sprintf("The call ended in step %s.", step.Name))
	case step.Next != "":
		r.enter(step.Next)
	case failed:
		r.fail(strings.TrimSpace(fmt.Sprintf("Step %s ended with %s. %s", step.Name, key, result.Message)))
	default:
		r.fail(fmt.Sprintf("Nothing comes after step %s: set its next.", step.Name))
	}
}

// enter comes to a step. What asks nothing of the service and does not wait is done at once.
func (r *run) enter(name v1alpha1.StepName) {
	progress := &r.turn.Progress
	step := r.flow.Spec.Step(name)
	if step == nil {
		r.fail(fmt.Sprintf("Step %s, which comes next, is not in CallFlow %s.", name, progress.Name))
		return
	}
	at := timestamp(r.Now)
	progress.Step, progress.Does, progress.StepTime, progress.Generation = step.Name, step.Does(), &at, r.flow.Generation
	if limit := r.flow.Spec.VisitsOf(step); r.visit(name) > limit {
		r.end(v1alpha1.FlowTooManyVisits, fmt.Sprintf("The call came to step %s more than %d times.", name, limit))
		return
	}
	resolved := Resolve(step, r.Values)
	switch {
	case step.End != nil:
		r.finish(resolved)
	case step.SetLabel != nil:
		if r.turn.Labels == nil {
			r.turn.Labels = map[string]string{}
		}
		r.turn.Labels[step.SetLabel.Key] = labelValue(resolved.SetLabel.Value)
		r.leave(step, &v1alpha1.StepResult{Outcome: v1alpha1.ActionCompleted})
	case r.CallOver:
		r.leave(step, &v1alpha1.StepResult{Outcome: v1alpha1.ActionCallEnded})
	case !r.Now.Before(Deadline(r.flow, progress)):
		r.end(v1alpha1.FlowTimedOut, timedOut(r.flow))
	default:
		r.turn.Step = resolved
		begin(progress, resolved)
	}
}

// begin records what of a step its result depends on.
func begin(progress *v1alpha1.FlowProgress, step *v1alpha1.FlowStep) {
	progress.Loop = step.Play != nil && step.Play.Loop
	asked := step.Recognize
	if asked == nil {
		return
	}
	progress.Sensitive = asked.Sensitive
	for _, choice := range asked.Choices {
		if choice.Tone != "" {
			progress.Keys = append(progress.Keys, v1alpha1.FlowKey{Tone: choice.Tone, Label: choice.Label})
		}
	}
}

// visit counts a visit of a step, and returns how many there were.
func (r *run) visit(name v1alpha1.StepName) int32 {
	visits := &r.turn.Progress.Visits
	for i := range *visits {
		if (*visits)[i].Step == name {
			(*visits)[i].Count++
			return (*visits)[i].Count
		}
	}
	if len(*visits) == maxVisited {
		// Steps of an earlier version of the flow that are gone.
		*visits = slices.DeleteFunc(*visits, func(v v1alpha1.StepVisits) bool { return r.flow.Spec.Step(v.Step) == nil })
	}
	*visits = append(*visits, v1alpha1.StepVisits{Step: name, Count: 1})
	return 1
}

// maxVisited is how many steps a flow has at most.
const maxVisited = 32

var outcomeForm = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)

func (r *run) finish(step *v1alpha1.FlowStep) {
	outcome := step.End.Outcome
	if !outcomeForm.MatchString(outcome) {
		r.fail(fmt.Sprintf("The outcome of step %s, with its parameters, is %q: it must have lower case letters, digits and - only, 63 at most.", step.Name, outcome))
		return
	}
	r.end(outcome, "")
	r.turn.Progress.KeepCall = step.End.KeepCall || r.handedOver
}

func (r *run) fail(message string) { r.end(v1alpha1.FlowFailed, message) }

func (r *run) end(outcome, message string) { end(&r.turn.Progress, outcome, message, r.Now) }

func end(progress *v1alpha1.FlowProgress, outcome, message string, now time.Time) {
	at := timestamp(now)
	progress.Outcome, progress.Message, progress.EndTime = outcome, message, &at
}

// Deadline is when a flow that has begun is over.
func Deadline(flow *v1alpha1.CallFlow, progress *v1alpha1.FlowProgress) time.Time {
	return progress.StartTime.Add(flow.Spec.TimeoutOrDefault())
}

func timedOut(flow *v1alpha1.CallFlow) string {
	return fmt.Sprintf("The flow was not over within spec.timeout of CallFlow %s (%s).", flow.Name, flow.Spec.TimeoutOrDefault())
}

// TimeOut ends a flow whose time is over.
func TimeOut(flow *v1alpha1.CallFlow, before v1alpha1.FlowProgress, now time.Time) v1alpha1.FlowProgress {
	return Stop(before, v1alpha1.FlowTimedOut, timedOut(flow), now)
}

// longestLabel is how long the value of a label is at most.
const longestLabel = 63

// labelValue is a text as a label can have it.
func labelValue(text string) string {
	value := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return '-'
	}, text)
	return strings.Trim(value[:min(len(value), longestLabel)], "-_.")
}

// timestamp is a time as a status has it.
func timestamp(at time.Time) metav1.Time { return metav1.NewTime(at.UTC().Truncate(time.Second)) }

// Again is the step that a call is at, whose request was not sent yet, as the flow has it now.
func Again(flow *v1alpha1.CallFlow, before v1alpha1.FlowProgress, now Situation) Turn {
	r := run{flow: flow, Situation: now}
	before.DeepCopyInto(&r.turn.Progress)
	progress := &r.turn.Progress
	step := flow.Spec.Step(progress.Step)
	if step == nil || step.SetLabel != nil || step.End != nil {
		r.fail(fmt.Sprintf("Step %s is not in CallFlow %s any more.", progress.Step, progress.Name))
		return r.turn
	}
	r.turn.Step = Resolve(step, now.Values)
	progress.Generation, progress.Does, progress.Keys = flow.Generation, step.Does(), nil
	begin(progress, r.turn.Step)
	return r.turn
}
