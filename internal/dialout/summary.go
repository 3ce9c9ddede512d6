// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"cmp"
	"slices"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Summarise writes how far the calls have come into a status.
func (p *Plan) Summarise(status *v1alpha1.DialOutStatus) {
	status.Counts = p.counts
	status.Outcomes = mostFrequent(p.outcomes)
	status.FlowOutcomes = mostFrequent(p.flowOutcomes)
	status.DoneTargets = p.done.String(v1alpha1.MaxDoneTargets)
}

// mostFrequent are the outcomes that most targets had, the most frequent ones first.
func mostFrequent(counts map[string]int) []v1alpha1.OutcomeCount {
	var list []v1alpha1.OutcomeCount
	for outcome, count := range counts {
		if count > 0 {
			list = append(list, v1alpha1.OutcomeCount{Outcome: outcome, Count: int32(count)})
		}
	}
	slices.SortFunc(list, func(a, b v1alpha1.OutcomeCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Outcome, b.Outcome))
	})
	return list[:min(len(list), v1alpha1.MaxOutcomes)]
}
