// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

// Check returns every violation in a history, by invariant.
func Check(h *History) []Violation {
	x := newIndex(h)
	var found []Violation
	for _, check := range []func(*index) []Violation{
		rings, losses, lateNews, silence, orphans, unrest, limits, leaks, intrusions, outOfTime, restoredRings, unaskedHangUps,
		hearings, answers, claims, unaskedStops, repeatedSteps, flowAnswers,
	} {
		found = append(found, check(x)...)
	}
	return found
}
