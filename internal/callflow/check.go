// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callflow

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
)

// Check finds what is wrong with a flow, in the order of its fields. A flow without problems can be run.
func Check(flow *v1alpha1.CallFlowSpec) []v1alpha1.FlowProblem {
	c := &checker{flow: flow}
	c.names()
	if first := flow.FirstStep(); flow.Step(first) == nil {
		c.problem("spec.start", "There is no step %s: set start to one of %s.", first, c.stepNames())
		return c.problems
	}
	reached, ends := c.reached(), c.ends()
	for i := range flow.Steps {
		step, at := &flow.Steps[i], fmt.Sprintf("spec.steps[%d]", i)
		switch {
		case !reached[step.Name]:
			c.problem(at, "No way leads to step %s: name it in next or branches of another step, or remove it.", step.Name)
		case !ends[step.Name]:
			c.problem(at, "No way leads from step %s to an end, so that calls can only end here as %s: let next or branches of a step lead to one with end.",
				step.Name, v1alpha1.FlowTooManyVisits)
		}
		c.step(at, step)
	}
	return c.problems
}

// longestField and longestProblem limit the texts of a problem.
const (
	longestField   = 256
	longestProblem = 512
)

type checker struct {
	flow     *v1alpha1.CallFlowSpec
	problems []v1alpha1.FlowProblem
}

func (c *checker) problem(field, format string, args ...any) {
	c.problems = append(c.problems, v1alpha1.FlowProblem{
		Field: conditions.Shortened(field, longestField), Message: conditions.Shortened(fmt.Sprintf(format, args...), longestProblem),
	})
}

func (c *checker) stepNames() string {
	names := make([]string, len(c.flow.Steps))
	for i := range c.flow.Steps {
		names[i] = string(c.flow.Steps[i].Name)
	}
	return strings.Join(names, ", ")
}

// names checks that every step and parameter has a name of its own. The API server does too.
func (c *checker) names() {
	steps, parameters := map[v1alpha1.StepName]bool{}, map[string]bool{}
	for i := range c.flow.Parameters {
		name := c.flow.Parameters[i].Name
		if parameters[name] {
			c.problem(fmt.Sprintf("spec.parameters[%d].name", i), "Two parameters are called %s: rename one of them.", name)
		}
		parameters[name] = true
	}
	for i := range c.flow.Steps {
		name := c.flow.Steps[i].Name
		if steps[name] {
			c.problem(fmt.Sprintf("spec.steps[%d].name", i), "Two steps are called %s: rename one of them.", name)
		}
		steps[name] = true
	}
}

// targets are the steps that may come after a step.
func targets(step *v1alpha1.FlowStep) []v1alpha1.StepName {
	var names []v1alpha1.StepName
	if step.Next != "" {
		names = append(names, step.Next)
	}
	for _, key := range slices.Sorted(maps.Keys(step.Branches)) {
		names = append(names, step.Branches[key])
	}
	return names
}

// reached are the steps that a call can come to.
func (c *checker) reached() map[v1alpha1.StepName]bool {
	reached := map[v1alpha1.StepName]bool{}
	var visit func(v1alpha1.StepName)
	visit = func(name v1alpha1.StepName) {
		step := c.flow.Step(name)
		if step == nil || reached[name] {
			return
		}
		reached[name] = true
		for _, next := range targets(step) {
			visit(next)
		}
	}
	visit(c.flow.FirstStep())
	return reached
}

// ends are the steps from which a call can come to an end. A step whose next is missing or unknown has a problem of its own.
func (c *checker) ends() map[v1alpha1.StepName]bool {
	ends := map[v1alpha1.StepName]bool{}
	for range c.flow.Steps {
		for i := range c.flow.Steps {
			step := &c.flow.Steps[i]
			next := targets(step)
			ends[step.Name] = ends[step.Name] || step.End != nil || len(next) == 0 || slices.ContainsFunc(next, func(name v1alpha1.StepName) bool {
				return ends[name] || c.flow.Step(name) == nil
			})
		}
	}
	return ends
}

func (c *checker) step(at string, step *v1alpha1.FlowStep) {
	if !doesOneThing(step) {
		c.problem(at, "A step does exactly one thing: set one of play, recognize, sendTones, addParticipant, transfer, hold, unhold, record, moveTo, wait, setLabel or end.")
		return
	}
	if step.End != nil && len(targets(step)) > 0 {
		c.problem(at, "Nothing comes after end: leave out next and branches.")
	}
	if step.Next != "" && c.flow.Step(step.Next) == nil {
		c.problem(at+".next", "There is no step %s: name one of %s.", step.Next, c.stepNames())
	}
	if step.End == nil && step.Next == "" && !answersLead(step) {
		c.problem(at+".next", "Nothing comes after step %s: set next, to a step with end perhaps.", step.Name)
	}
	if step.Record != nil && step.Record.StartedBy != "" {
		c.problem(at+".record.startedBy", "A flow changes the recording that it started itself: leave startedBy out.")
	}
	c.labels(at, step)
	for _, key := range slices.Sorted(maps.Keys(step.Branches)) {
		c.branch(at+".branches."+key, step, key)
	}
	for _, place := range texts(step.DeepCopy()) {
		for _, name := range references(*place.text) {
			c.reference(at+"."+place.field, name)
		}
	}
}

// doesOneThing tells whether exactly one of the fields from play to end is set. The API server checks that too.
func doesOneThing(step *v1alpha1.FlowStep) bool {
	things := 0
	for _, set := range []bool{
		step.Play != nil, step.Recognize != nil, step.SendTones != nil, step.AddParticipant != nil, step.Transfer != nil, step.Hold != nil,
		step.Unhold != nil, step.Record != nil, step.MoveTo != nil, step.Wait != nil, step.SetLabel != nil, step.End != nil,
	} {
		if set {
			things++
		}
	}
	return things == 1
}

// answersLead tells whether each answer that can be given leads to a step.
func answersLead(step *v1alpha1.FlowStep) bool {
	asked := step.Recognize
	if asked == nil || len(asked.Choices) == 0 || asked.Sensitive {
		return false
	}
	return !slices.ContainsFunc(asked.Choices, func(choice v1alpha1.Choice) bool { return step.Branches[choice.Label] == "" })
}

func (c *checker) labels(at string, step *v1alpha1.FlowStep) {
	if step.Recognize == nil {
		return
	}
	for i, choice := range step.Recognize.Choices {
		if IsReserved(choice.Label) {
			c.problem(fmt.Sprintf("%s.recognize.choices[%d].label", at, i), "In branches, %s says what happened, so that no choice can be called so: choose another label.", choice.Label)
		}
	}
}

func (c *checker) reference(field, name string) {
	declared := slices.ContainsFunc(c.flow.Parameters, func(p v1alpha1.FlowParameter) bool { return p.Name == name })
	if declared || slices.Contains(builtIn, name) {
		return
	}
	c.problem(field, "$(%s) is no parameter of the flow: add it to spec.parameters, or write $$(%s) if it is to be said like that.", name, name)
}

// branch checks one branch of a step.
func (c *checker) branch(at string, step *v1alpha1.FlowStep, key string) {
	target := c.flow.Step(step.Branches[key])
	switch {
	case target == nil:
		c.problem(at, "There is no step %s: name one of %s.", step.Branches[key], c.stepNames())
	case key == v1alpha1.BranchHungUp && step.SetLabel == nil && target.End == nil && target.SetLabel == nil:
		c.problem(at, "The call is over then, and %s needs it: only a step with setLabel or end can come after hungUp.", target.Name)
	}
	switch happens := happens(step); {
	case slices.Contains(happens, key):
	case IsReserved(key):
		c.problem(at, "%s does not happen in a step with %s: remove it. What happens there is %s.", key, step.Does(), listed(happens))
	case step.Recognize == nil:
		c.problem(at, "A step with %s has no answers: remove it. What happens there is %s.", step.Does(), listed(happens))
	case step.Recognize.Sensitive:
		c.problem(at, "The answer is a secret, and the way that a call takes would tell it: remove it, and set next.")
	default:
		c.answer(at, step.Recognize, key)
	}
}

// happens are the keys of branches, other than answers, that can come up in a step.
func happens(step *v1alpha1.FlowStep) []string {
	switch {
	case step.SetLabel != nil, step.End != nil:
		return nil
	case step.Wait != nil:
		return []string{v1alpha1.BranchHungUp}
	case step.Recognize != nil:
		return []string{v1alpha1.BranchNoInput, v1alpha1.BranchNoMatch, v1alpha1.BranchFailed, v1alpha1.BranchHungUp}
	case step.AddParticipant != nil:
		return []string{v1alpha1.BranchNoAnswer, v1alpha1.BranchBusy, v1alpha1.BranchDeclined, v1alpha1.BranchFailed, v1alpha1.BranchHungUp}
	default:
		return []string{v1alpha1.BranchFailed, v1alpha1.BranchHungUp}
	}
}

func listed(words []string) string {
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

// answer checks that an answer can be given.
func (c *checker) answer(at string, asked *v1alpha1.RecognizeOperation, key string) {
	if len(asked.Choices) > 0 {
		labels := make([]string, len(asked.Choices))
		for i := range asked.Choices {
			labels[i] = asked.Choices[i].Label
		}
		switch {
		case slices.Contains(labels, key):
		case key == "true" || key == "false":
			c.problem(at, "No choice has the label %s. YAML reads yes, no, on and off as true or false: write them in quotes.", key)
		default:
			c.problem(at, "No choice has the label %s: use one of %s.", key, strings.Join(labels, ", "))
		}
		return
	}
	if asked.Tones != nil && pressed(asked.Tones, key) || asked.Speech != nil && spoken(key) == key {
		return
	}
	if asked.Speech != nil {
		c.problem(at, "What is said is compared in lower case and without marks at its end: write %s.", spoken(key))
		return
	}
	c.problem(at, "%s cannot be pressed here: write at most %d of the keys 0 to 9, *, #, and A to D, without stopTones.", key, mostTones(asked.Tones))
}

func mostTones(asked *v1alpha1.ToneInput) int {
	if asked.Max == nil {
		return 1
	}
	return int(*asked.Max)
}

// pressed tells whether keys can be the answer.
func pressed(asked *v1alpha1.ToneInput, keys string) bool {
	return keys != "" && len(keys) <= mostTones(asked) && strings.Trim(keys, "0123456789*#ABCD") == "" && !strings.ContainsAny(keys, string(asked.StopTones))
}
