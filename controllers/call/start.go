// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/numbering"
	"github.com/call-operator/call-operator/internal/restored"
	"github.com/call-operator/call-operator/statemachine/callstatus"
)

// decideStart decides whether a pending call is placed now, later or never.
func decideStart(o callObservation) callDecision {
	call, waiting := o.call, o.call.Status.Waiting
	if pastDeadline(call, o.now) {
		deadline, _ := call.StartingDeadline()
		return endUnplaced(callstatus.Expired{Deadline: deadline, At: o.now})
	}
	if problem := numbering.Problem(string(call.Spec.To.PhoneNumber)); problem != "" && !o.allowShortNumbers {
		return endUnplaced(callstatus.NumberRefused{Problem: problem, At: o.now})
	}
	if notBefore := call.Spec.NotBefore; notBefore != nil && o.now.Before(notBefore.Time) {
		if !saysTime(call) {
			return callDecision{action: actionSay, fact: waitsForTime(call, o.now)}
		}
		return wait(notBefore.Sub(o.now))
	}
	if waiting != nil && waiting.Reason != v1alpha1.ReasonWaitingForTime && waiting.RetryTime != nil && waiting.RetryTime.After(o.now) {
		return wait(untilDeadline(call, o.now, waiting.RetryTime.Sub(o.now)))
	}
	return act(actionDial)
}

func endUnplaced(fact callstatus.Fact) callDecision {
	return callDecision{action: actionEndUnplaced, fact: fact}
}

// pastDeadline tells whether a call may no longer be placed.
func pastDeadline(call *v1alpha1.Call, now time.Time) bool {
	deadline, limited := call.StartingDeadline()
	return limited && !now.Before(deadline)
}

// untilDeadline is d, but at most until the deadline of a pending call, when it has to be reconciled. A d of zero waits for the
// next event.
func untilDeadline(call *v1alpha1.Call, now time.Time, d time.Duration) time.Duration {
	deadline, limited := call.StartingDeadline()
	if !limited || call.Status.Attempt != nil || call.Status.Result != nil {
		return d
	}
	left := max(deadline.Sub(now), time.Millisecond)
	if d == 0 {
		return left
	}
	return min(d, left)
}

// deadlineFor is the deadline for facts: zero if there is none.
func deadlineFor(call *v1alpha1.Call) time.Time {
	deadline, _ := call.StartingDeadline()
	return deadline
}

func waitsForTime(call *v1alpha1.Call, now time.Time) callstatus.Waits {
	return callstatus.Waits{
		Reason:  v1alpha1.ReasonWaitingForTime,
		Message: "The call is placed at " + callstatus.TimeText(call.Spec.NotBefore.Time) + " (spec.notBefore).",
		Retry:   call.Spec.NotBefore.Time, Deadline: deadlineFor(call), At: now,
	}
}

// saysTime tells whether status already says when the call is placed.
func saysTime(call *v1alpha1.Call) bool {
	waiting := call.Status.Waiting
	return call.Status.ObservedGeneration == call.Generation && waiting != nil && waiting.Reason == v1alpha1.ReasonWaitingForTime
}

// unrepeated is the Call's message for an attempt with an unknown answer whose deadline has passed.
const unrepeated = "It is not known yet whether the service carried out the request. It is not repeated after its deadline; the service's reports of the call will tell."

// awaitNews waits for the service's report on a call that may have been placed, and that must not ring any more if it was not.
func awaitNews(o callObservation, until time.Time) callDecision {
	if waiting := o.call.Status.Waiting; !callstatus.Repeated(&o.call.Status) || waiting.Message != unrepeated {
		return callDecision{action: actionSay, fact: callstatus.Unresolved{Message: unrepeated, At: o.now}}
	}
	return wait(until.Sub(o.now))
}

// isRestored tells whether a Call without an attempt is a copy that a backup tool made without its status.
func isRestored(call *v1alpha1.Call) bool {
	tool, _ := restored.By(call)
	return tool != ""
}

func endRestored(o callObservation) callDecision {
	tool, mark := restored.By(o.call)
	return endUnplaced(callstatus.Restored{By: tool, Mark: mark, At: o.now})
}
