// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/statemachine"
	"github.com/call-operator/call-operator/telephony"
)

// Observed records the generation of the spec that the status describes, and its parties as text.
type Observed struct {
	Generation int64
	From, To   string
	At         time.Time
}

func (f Observed) at() time.Time { return f.At }

// ObservedGeneration makes a status begin.
func (f Observed) ObservedGeneration() int64 { return f.Generation }

func (f Observed) apply(status *v1alpha1.CallStatus) {
	status.From, status.To = party.Short(f.From), party.Short(f.To)
}

// Rang says that an incoming call rings.
type Rang struct{ At time.Time }

func (f Rang) at() time.Time { return f.At }

func (f Rang) apply(status *v1alpha1.CallStatus) {
	if status.Phase == "" || status.Phase == v1alpha1.CallPhasePending {
		status.Phase = v1alpha1.CallPhaseRinging
	}
}

// Waits says that the call cannot be placed yet, and why.
type Waits struct {
	Reason  string
	Message string
	// Ahead is how many calls go first; nil if there is no line.
	Ahead *int32
	// Retry is when the call is tried again; zero if it proceeds as soon as the cause is gone.
	Retry time.Time
	// Deadline is until when the call may be placed; zero means no deadline.
	Deadline time.Time
	At       time.Time
}

func (f Waits) at() time.Time { return f.At }

func (f Waits) apply(status *v1alpha1.CallStatus) {
	since := statemachine.Timestamp(f.At)
	if status.Waiting != nil && status.Waiting.Reason == f.Reason {
		since = status.Waiting.Since
	}
	status.Waiting = &v1alpha1.CallWaiting{Reason: f.Reason, Message: conditions.Shortened(f.Message, conditions.MaxMessage), Ahead: f.Ahead, Since: since}
	if !f.Retry.IsZero() {
		retry := statemachine.Timestamp(f.Retry)
		status.Waiting.RetryTime = &retry
	}
	if !f.Deadline.IsZero() {
		deadline := statemachine.Timestamp(f.Deadline)
		status.Waiting.Deadline = &deadline
	}
}

// Intended says that the request that places the call is about to be sent for the first time.
type Intended struct {
	// ID is the Repeatability-Request-ID.
	ID string
	// Pins are the object, the service and the contents of the request.
	Pins attempt.Pins
	// ArrivesHere says that the callee is one of our own numbers, so the call also arrives as an incoming one.
	ArrivesHere bool
	// Flow is the name of the CallFlow that the call will run, "" if none.
	Flow string
	// At is the Repeatability-First-Sent.
	At time.Time
}

func (f Intended) at() time.Time { return f.At }

func (f Intended) apply(status *v1alpha1.CallStatus) {
	// A retry keeps the failure and its start time until it succeeds: the back-off depends on them.
	if waiting := status.Waiting; waiting != nil && (waiting.RetryTime == nil || waiting.Reason == v1alpha1.ReasonWaitingForTime) {
		status.Waiting = nil
	}
	status.Attempt = &v1alpha1.RequestAttempt{ID: f.ID, FirstSent: statemachine.Timestamp(f.At)}
	f.Pins.FillIn(status.Attempt)
	if f.Flow != "" {
		status.Flow = &v1alpha1.FlowProgress{Name: f.Flow}
	}
	if f.ArrivesHere {
		status.OtherLeg = &v1alpha1.OtherLeg{State: v1alpha1.OtherLegExpected}
	}
}

// Committed says that the request is about to pass the point of no return: nothing is sent a second time after it.
type Committed struct{ At time.Time }

func (f Committed) at() time.Time { return f.At }

func (f Committed) apply(status *v1alpha1.CallStatus) { statemachine.Commit(status.Attempt, f.At) }

// expectNothing clears the expectation of an incoming leg: the call was not placed.
func expectNothing(status *v1alpha1.CallStatus) {
	if status.OtherLeg != nil && status.OtherLeg.State == v1alpha1.OtherLegExpected {
		status.OtherLeg = nil
	}
}

// OtherLegKnown records what is known of a call's other leg; nil means nothing.
type OtherLegKnown struct {
	OtherLeg *v1alpha1.OtherLeg
	At       time.Time
}

func (f OtherLegKnown) at() time.Time { return f.At }

func (f OtherLegKnown) apply(status *v1alpha1.CallStatus) { status.OtherLeg = f.OtherLeg.DeepCopy() }

// Routed says that the request for a route's action on an incoming call is about to be sent for the first time.
type Routed struct {
	// ID is the Repeatability-Request-ID.
	ID    string
	Route v1alpha1.RoutedCall
	// Pins are as of Intended.
	Pins attempt.Pins
	// At is the Repeatability-First-Sent.
	At time.Time
}

func (f Routed) at() time.Time { return f.At }

func (f Routed) apply(status *v1alpha1.CallStatus) {
	intended := Intended{ID: f.ID, Pins: f.Pins, At: f.At}
	if f.Route.Flow != nil {
		intended.Flow = f.Route.Flow.Name
	}
	intended.apply(status)
	status.Route = f.Route.DeepCopy()
}

// RedirectedOrRejected says that the service has redirected or rejected an incoming call, so it is no longer ours.
type RedirectedOrRejected struct {
	// Repeatability is what the answer says about the attempt's ID.
	Repeatability v1alpha1.RequestRepeatability
	At            time.Time
}

func (f RedirectedOrRejected) at() time.Time { return f.At }

func (f RedirectedOrRejected) apply(status *v1alpha1.CallStatus) {
	if result, ok := passedOn(status.Route); ok {
		if status.Attempt != nil {
			status.Attempt.Repeatability = f.Repeatability
		}
		result.EndTime = statemachine.Timestamp(f.At)
		end(status, result)
	}
}

// taker names what takes an incoming call.
func taker(route *v1alpha1.RoutedCall) string {
	if route.Name == "" {
		return "The Call's spec.action"
	}
	return "CallRoute " + route.Name
}

// passedOn is the result of a call that a route redirects or rejects; ok is false for any other action.
func passedOn(route *v1alpha1.RoutedCall) (result v1alpha1.CallResult, ok bool) {
	switch {
	case route == nil:
		return result, false
	case route.Action == v1alpha1.RouteActionRedirect:
		result.Outcome = v1alpha1.OutcomeRedirected
		result.Message = fmt.Sprintf("%s passed the call on to %s.", taker(route), party.Text(route.RedirectTo))
	case route.Action == v1alpha1.RouteActionReject:
		result.Outcome = v1alpha1.OutcomeRejected
		result.Message = fmt.Sprintf("%s rejected the call.", taker(route))
	default:
		return result, false
	}
	return result, true
}

// Placed says that the service has placed the call.
type Placed struct {
	Call telephony.CallIDs
	// Repeatability is what the answer says about the attempt's ID.
	Repeatability v1alpha1.RequestRepeatability
	At            time.Time
}

func (f Placed) at() time.Time { return f.At }

func (f Placed) apply(status *v1alpha1.CallStatus) {
	if status.Attempt != nil {
		status.Attempt.Repeatability = f.Repeatability
	}
	adoptIDs(status, f.Call)
}

// NotPlaced says that the request is known to have placed no call, and that a later one may.
type NotPlaced struct {
	Reason, Message string
	// Retry is when the call is tried again.
	Retry time.Time
	// Deadline is as with Waits.
	Deadline time.Time
	At       time.Time
}

func (f NotPlaced) at() time.Time { return f.At }

func (f NotPlaced) apply(status *v1alpha1.CallStatus) {
	if heardOf(status) || Repeated(status) {
		// An event of the call arrived first, so it was placed after all. Or another request of the attempt may have
		// placed it.
		return
	}
	status.Attempt, status.Route, status.Flow = nil, nil, nil
	expectNothing(status)
	Waits{Reason: f.Reason, Message: f.Message, Retry: f.Retry, Deadline: f.Deadline, At: f.At}.apply(status)
}

// heardOf tells whether the service certainly has the call: it said so, or sent an event for it.
func heardOf(status *v1alpha1.CallStatus) bool {
	return status.ConnectionID != "" || status.ConnectedTime != nil || status.ReportedEnd != nil
}

// Unresolved says that it is not known yet whether the request placed the call. It is written before the request is
// repeated: from then on, the answer to one request says nothing about the others.
type Unresolved struct {
	Message string
	At      time.Time
}

func (f Unresolved) at() time.Time { return f.At }

func (f Unresolved) apply(status *v1alpha1.CallStatus) {
	if !heardOf(status) {
		Waits{Reason: v1alpha1.ReasonDialUnresolved, Message: f.Message, At: f.At}.apply(status)
	}
}

// Repeated tells whether a status's request may have been sent more than once, possibly by several processes.
func Repeated(status *v1alpha1.CallStatus) bool {
	if status.Attempt == nil || status.Waiting == nil {
		return false
	}
	// A changed provider is detected before a repetition, so earlier repetitions may have been sent.
	return status.Waiting.Reason == v1alpha1.ReasonDialUnresolved || status.Waiting.Reason == v1alpha1.ReasonProviderChanged
}

// GaveUp says that it can no longer be determined whether the request placed the call.
type GaveUp struct{ At time.Time }

func (f GaveUp) at() time.Time { return f.At }

func (f GaveUp) apply(status *v1alpha1.CallStatus) {
	if !heardOf(status) {
		end(status, v1alpha1.CallResult{Outcome: v1alpha1.OutcomeUnknown, Message: unresolvable(status), EndTime: statemachine.Timestamp(f.At)})
	}
}

func unresolvable(status *v1alpha1.CallStatus) string {
	if waiting := status.Waiting; waiting != nil && waiting.Reason == v1alpha1.ReasonProviderChanged {
		return "The request was sent and its answer was lost, and it could not be repeated, since the CallProvider now points to another service. " +
			"The request may have been carried out."
	}
	if status.Route == nil {
		return "The request to place the call was sent, its answer was lost, and the service reported nothing of the call. The callee may have been rung."
	}
	return fmt.Sprintf("%s took the call, and the service's answer to that was lost. The call may be active.", taker(status.Route))
}

// Refused says that the service permanently refused the request.
type Refused struct {
	Code, SubCode int
	// Reason is the condition reason.
	Reason, Message string
	// Missed says that an incoming call could no longer be taken.
	Missed bool
	At     time.Time
}

func (f Refused) at() time.Time { return f.At }

func (f Refused) apply(status *v1alpha1.CallStatus) {
	if heardOf(status) || Repeated(status) {
		// As with NotPlaced.
		return
	}
	expectNothing(status)
	outcome, reason := v1alpha1.OutcomeFailed, f.Reason
	if f.Missed {
		outcome, reason = v1alpha1.OutcomeMissed, ""
	}
	end(status, v1alpha1.CallResult{
		Outcome: outcome,
		Code:    int32(f.Code),
		SubCode: int32(f.SubCode),
		Reason:  reason,
		Message: f.Message,
		EndTime: statemachine.Timestamp(f.At),
	})
}

// EndingBegun says that the operator is about to hang up.
type EndingBegun struct {
	Reason v1alpha1.EndingReason
	At     time.Time
}

func (f EndingBegun) at() time.Time { return f.At }

func (f EndingBegun) apply(status *v1alpha1.CallStatus) {
	if status.Ending == nil {
		status.Ending = &v1alpha1.CallEnding{Reason: f.Reason, Time: statemachine.Timestamp(f.At)}
		cancelFlow(status, f.Reason, f.At)
	}
}

// CancelledUnplaced says that the call was ended before it was ever placed.
type CancelledUnplaced struct{ At time.Time }

func (f CancelledUnplaced) at() time.Time { return f.At }

func (f CancelledUnplaced) apply(status *v1alpha1.CallStatus) {
	if status.Attempt != nil {
		return
	}
	message := "The call was ended before it was placed. Nobody was rung."
	if status.Phase == v1alpha1.CallPhaseRinging {
		message = "The call was ended here before anything took it. It may ring on for others."
	}
	end(status, v1alpha1.CallResult{Outcome: v1alpha1.OutcomeCancelled, Message: message, EndTime: statemachine.Timestamp(f.At)})
}

// Unanswered says that nobody took an incoming call while it rang.
type Unanswered struct{ At time.Time }

func (f Unanswered) at() time.Time { return f.At }

func (f Unanswered) apply(status *v1alpha1.CallStatus) {
	if status.Attempt != nil {
		return
	}
	message := withWaiting(status, "Nothing answered, redirected or rejected the call while it rang.")
	end(status, v1alpha1.CallResult{Outcome: v1alpha1.OutcomeMissed, Message: message, EndTime: statemachine.Timestamp(f.At)})
}

// withWaiting adds what a call waited for, if it did, to a message.
func withWaiting(status *v1alpha1.CallStatus, message string) string {
	if status.Waiting == nil || status.Waiting.Message == "" {
		return message
	}
	return message + " " + status.Waiting.Message
}

// Settled says that, for a call with a reported end, the time to wait for a report of an answer is over.
type Settled struct{ At time.Time }

func (f Settled) at() time.Time { return f.At }

func (f Settled) apply(status *v1alpha1.CallStatus) { settle(status) }

// end writes the result and clears fields that apply to live calls only.
func end(status *v1alpha1.CallStatus, result v1alpha1.CallResult) {
	meta.RemoveStatusCondition(&status.Conditions, v1alpha1.ConditionObserved)
	status.Waiting, status.ReportedEnd, status.Unreachable = nil, nil, nil
	status.Participants = nil
	if status.ParticipantCount != nil {
		status.ParticipantCount = new(int32)
	}
	result.Message = conditions.Shortened(result.Message, conditions.MaxMessage)
	status.Result = &result
	neverBegan(status, result.EndTime.Time)
}

// adoptIDs records the service's IDs if they are not known yet. A call that the service knows no longer waits.
func adoptIDs(status *v1alpha1.CallStatus, call telephony.CallIDs) {
	if status.ConnectionID == "" && call.Connection != "" {
		status.ConnectionID, status.Waiting = call.Connection, nil
	}
	if status.ServerCallID == "" {
		status.ServerCallID = call.ServerCall
	}
	if status.CorrelationID == "" {
		status.CorrelationID = call.Correlation
	}
}
