// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
)

// visit is a Call's visit of a step of its flow, the nth.
type visit struct {
	call types.UID
	step v1alpha1.StepName
	nth  int32
}

// visitOf is the visit that a Call is at.
func visitOf(r *Revision) visit {
	flow := r.Call.Status.Flow
	found := visit{call: r.Call.UID, step: flow.Step}
	for _, visits := range flow.Visits {
		if visits.Step == flow.Step {
			found.nth = visits.Count
		}
	}
	return found
}

// stepAttempt is the attempt of the step that a Call is at; nil if there is none.
func (r *Revision) stepAttempt() *v1alpha1.RequestAttempt {
	if r.Call == nil || r.Call.Status.Flow == nil {
		return nil
	}
	return r.Call.Status.Flow.Attempt
}

// repeatedSteps finds visits of a step that had two attempts carried out, and prompts that a phone heard twice in one visit (invariant 1).
func repeatedSteps(x *index) []Violation {
	type hearing struct {
		visit visit
		phone string
	}
	var found []Violation
	done, heard := map[visit]*simulator.Entry{}, map[hearing]*simulator.Entry{}
	for i := range x.Journal {
		e := &x.Journal[i]
		if step := x.steps[attemptOf(e)]; step != nil && hadEffect(e) && slices.Contains(onceOnly, e.Operation) {
			at := visitOf(step)
			if earlier := done[at]; earlier != nil && attemptOf(earlier) != attemptOf(e) {
				found = append(found, violation(OneRing, []Step{stepOfEntry(earlier), stepOfEntry(e)}, "step %s of Call %s had two attempts carried out in one visit", at.step, step.Call.Name))
			}
			done[at] = e
		}
		if step := x.steps[e.OperationContext]; step != nil && e.PhoneEvent == simulator.PhoneHeard {
			key := hearing{visitOf(step), e.Phone}
			if earlier := heard[key]; earlier != nil {
				found = append(found, violation(OneRing, []Step{stepOfEntry(earlier), stepOfEntry(e)}, "%s heard step %s of Call %s twice", e.Phone, key.visit.step, step.Call.Name))
			}
			heard[key] = e
		}
	}
	return found
}

// flowAnswers finds answers in flows that the phone did not give in that step (invariant 3).
func flowAnswers(x *index) []Violation {
	type question struct {
		call types.UID
		step v1alpha1.StepName
	}
	given := map[question][]string{}
	for id, keys := range pressedKeys(x) {
		if step := x.steps[id]; step != nil {
			asked := question{step.Call.UID, step.Call.Status.Flow.Step}
			given[asked] = append(given[asked], keys)
			for _, key := range step.Call.Status.Flow.Keys {
				if key.Tone == keys {
					given[asked] = append(given[asked], key.Label)
				}
			}
		}
	}
	var found []Violation
	for _, revisions := range x.revisions(isCall) {
		r := last(revisions)
		flow := r.Call.Status.Flow
		if flow == nil || isCopy(r) {
			continue
		}
		for _, answer := range flow.Answers {
			if answer.Answer != "" && !slices.Contains(given[question{r.Call.UID, answer.Step}], answer.Answer) {
				found = append(found, violation(LateNewsChangesNothing, []Step{stepOfRevision(r, "answer "+answer.Answer)},
					"step %s of Call %s has an answer that was not given to it", answer.Step, r.Call.Name))
			}
		}
	}
	return found
}

// pressedKeys are the keys that phones pressed, by the attempt that listened.
func pressedKeys(x *index) map[string]string {
	pressed := map[string]string{}
	for i := range x.Journal {
		if e := &x.Journal[i]; e.PhoneEvent == simulator.PhonePressed {
			pressed[e.OperationContext] += e.Text
		}
	}
	return pressed
}

// lostStep finds that the end of a step was acknowledged, and no revision until then has a result of it, or is past it (invariant 2).
func lostStep(x *index, a *Answer, e Event) []Violation {
	if !slices.Contains(lastEvents, e.Type) {
		return nil
	}
	begun := false
	for _, r := range x.objects[a.UID] {
		if r.Version > a.Current {
			break
		}
		sent := r.stepAttempt()
		switch {
		case attemptID(sent) == e.OperationContext && (r.Call.Status.Flow.Result != nil || r.Call.Status.Flow.Over()):
			return nil
		case attemptID(sent) == e.OperationContext:
			begun = true
		case begun:
			return nil
		}
	}
	newest := at(x.objects[a.UID], a.Current)
	if !begun || newest.Gone {
		return nil
	}
	return []Violation{violation(NothingLost, []Step{stepOfRevision(newest, "the newest revision when the answer had come"), stepOfAnswer(a)},
		"%s %s was acknowledged, and the flow does not say what it says", e.Type, e.ID)}
}

// flowStepsBack finds what changed in the progress of a flow and must not.
func flowStepsBack(was, is *v1alpha1.FlowProgress) []stepBack {
	switch {
	case was == nil:
		return nil
	case is == nil:
		return []stepBack{{"the progress of a flow was forgotten", string(was.Step), "no flow"}}
	}
	var found []stepBack
	counts := map[v1alpha1.StepName]int32{}
	for _, visits := range is.Visits {
		counts[visits.Step] = visits.Count
	}
	for _, visits := range was.Visits {
		if counts[visits.Step] < visits.Count {
			found = append(found, stepBack{"a visit of a step was forgotten", string(visits.Step), string(is.Step)})
		}
	}
	same := attemptID(was.Attempt) != "" && attemptID(was.Attempt) == attemptID(is.Attempt)
	if same && was.Result != nil && !reflect.DeepEqual(was.Result, is.Result) {
		found = append(found, stepBack{"the result of a step changed", string(was.Result.Outcome), string(is.Step)})
	}
	return found
}

// stuckFlow says that the flow of a Call has not ended, though the run was brought to rest.
func stuckFlow(r *Revision) []Violation {
	status := &r.Call.Status
	if status.Flow == nil || status.Flow.Over() || isCopy(r) || status.Result == nil && status.ConnectedTime == nil {
		return nil
	}
	return []Violation{violation(SilenceIsSurvived, []Step{stepOfRevision(r, "its flow is at step "+string(status.Flow.Step))}, "the flow of Call %s has not ended", r.Call.Name)}
}
