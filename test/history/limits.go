// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"cmp"
	"slices"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
)

// limits finds moments at which a caller number had more calls than it may have, and Calls that wait and do not say so
// (invariant 7).
func limits(x *index) []Violation {
	return append(crowds(x), silentWaiters(x)...)
}

// crowds follows the calls of each number from the request that placed them to their ends.
func crowds(x *index) []Violation {
	allowed := allowedCalls(x)
	var found []Violation
	for from, calls := range outboundByNumber(x) {
		number := from.number
		limit, known := allowed[number]
		if !known {
			continue
		}
		if crowd := firstCrowd(calls, limit); crowd != nil {
			steps := make([]Step, len(crowd))
			for i, c := range crowd {
				steps[i] = stepOfEntry(c.opened)
			}
			found = append(found, violation(LimitHolds, steps, "%s had %d calls at once, and may have %d", number, len(crowd), limit))
		}
	}
	slices.SortFunc(found, func(a, b Violation) int { return cmp.Compare(a.Says, b.Says) })
	return found
}

// allowedCalls is the highest limit that any provider ever gave a number, once for each manager that worked.
func allowedCalls(x *index) map[string]int {
	allowed := map[string]int{}
	for i := range x.Revisions {
		if provider := x.Revisions[i].Provider; provider != nil {
			for j := range provider.Spec.Numbers {
				owned := &provider.Spec.Numbers[j]
				number := string(owned.PhoneNumber)
				allowed[number] = max(allowed[number], owned.Limit()*max(x.Managers, 1))
			}
		}
	}
	return allowed
}

// origin is a caller number at a service. What it may have at one service does not count at another.
type origin struct{ number, service string }

func outboundByNumber(x *index) map[origin][]*connection {
	calls := map[origin][]*connection{}
	for _, c := range x.connections {
		intent := x.intents[c.opened.RepeatabilityID]
		if c.opened.Operation == "createCall" && intent != nil && intent.Call != nil && intent.Call.Spec.From != nil {
			from := origin{number: string(intent.Call.Spec.From.PhoneNumber)}
			if service := intent.Call.Status.Attempt.Service; service != nil {
				from.service = service.Endpoint
			}
			calls[from] = append(calls[from], c)
		}
	}
	return calls
}

// firstCrowd is the first time that more calls than the limit went on at once.
func firstCrowd(calls []*connection, limit int) []*connection {
	var open []*connection
	for _, c := range calls {
		open = slices.DeleteFunc(open, func(other *connection) bool { return over(other, c.opened) })
		open = append(open, c)
		if len(open) > limit {
			return open
		}
	}
	return nil
}

func over(c *connection, by *simulator.Entry) bool {
	return c.closed != nil && c.closed.Sequence < by.Sequence
}

// silentWaiters finds Calls that were not placed when the run had come to rest and whose status does not say why.
func silentWaiters(x *index) []Violation {
	if x.Rest == nil {
		return nil
	}
	var found []Violation
	for _, revisions := range x.revisions(isCall) {
		r := last(revisions)
		status := &r.Call.Status
		capacity := status.Waiting != nil && status.Waiting.Reason == v1alpha1.ReasonWaitingForCapacity
		if !r.Gone && capacity && status.Waiting.Ahead == nil {
			found = append(found, violation(LimitHolds, []Step{stepOfRevision(r, "it waits for capacity")}, "Call %s does not say how many are ahead of it", r.Call.Name))
		}
	}
	return found
}
