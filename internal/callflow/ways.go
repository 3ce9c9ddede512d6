// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callflow

import (
	"maps"
	"slices"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Way leads from one step of a flow to another, in a picture of the flow.
type Way struct {
	// On is the answer or what happened; "" is whatever no other way is for.
	On string
	To v1alpha1.StepName
}

// Ways are the ways out of a step: branches in order, and next. One to a step that does not exist is left out.
func Ways(flow *v1alpha1.CallFlowSpec, step *v1alpha1.FlowStep) []Way {
	var ways []Way
	add := func(on string, to v1alpha1.StepName) {
		if flow.Step(to) != nil {
			ways = append(ways, Way{On: on, To: to})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(step.Branches)) {
		add(key, step.Branches[key])
	}
	add("", step.Next)
	return ways
}

// Depths are how many steps at least come before each step of a flow, in the order of the steps. Those that no way leads to have
// the number of steps.
func Depths(flow *v1alpha1.CallFlowSpec) []int {
	depths := map[v1alpha1.StepName]int{}
	deepest := -1
	for row := []v1alpha1.StepName{flow.FirstStep()}; len(row) > 0; {
		var next []v1alpha1.StepName
		for _, name := range row {
			step := flow.Step(name)
			if _, known := depths[name]; known || step == nil {
				continue
			}
			depths[name] = deepest + 1
			for _, way := range Ways(flow, step) {
				next = append(next, way.To)
			}
		}
		row, deepest = next, deepest+1
	}
	found := make([]int, len(flow.Steps))
	for i := range flow.Steps {
		depth, reached := depths[flow.Steps[i].Name]
		if !reached {
			depth = len(flow.Steps)
		}
		found[i] = depth
	}
	return found
}
