// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/statemachine/callstatus"
)

// callAction is the next action for a Call.
type callAction string

const (
	// actionWait does nothing until callDecision.after has passed or an event arrives.
	actionWait callAction = "wait"
	// actionObserve writes the observed generation to status.
	actionObserve callAction = "observe"
	// actionRoute applies a route to an incoming call.
	actionRoute callAction = "route"
	// actionFinishInbound finishes an incoming call after its action is decided.
	actionFinishInbound callAction = "finishInbound"
	// actionEndUnanswered ends an incoming call that nobody took.
	actionEndUnanswered callAction = "endUnanswered"
	// actionDial checks provider and capacity, and places the call.
	actionDial callAction = "dial"
	// actionRepeat repeats the request that places the call, with the same ID.
	actionRepeat callAction = "repeat"
	// actionSettle ends a Call whose end was reported, but not whether anybody had answered.
	actionSettle callAction = "settle"
	// actionGiveUpDial ends a Call if it can no longer be determined whether it was placed.
	actionGiveUpDial callAction = "giveUpDial"
	// actionWithdraw ends a Call that was never placed.
	actionWithdraw callAction = "withdraw"
	// actionEndUnplaced ends a Call that was not placed and never will be, by callDecision.fact.
	actionEndUnplaced callAction = "endUnplaced"
	// actionSay writes callDecision.fact, the reason why the Call waits.
	actionSay callAction = "say"
	// actionBeginEnding records, before the hang-up, why the call is ended.
	actionBeginEnding callAction = "beginEnding"
	// actionHangUp asks the service to end the call.
	actionHangUp callAction = "hangUp"
	// actionEndCopy ends a Call that carries another object's attempt, without any request to the service.
	actionEndCopy callAction = "endCopy"
	// actionRestoreFinalizer restores the finalizer of a Call whose phone call may be live.
	actionRestoreFinalizer callAction = "restoreFinalizer"
	// actionPoll asks the service for the state of the call.
	actionPoll callAction = "poll"
	// actionRemoveFinalizer removes the finalizer from a deleted Call whose call is over.
	actionRemoveFinalizer callAction = "removeFinalizer"
	// actionGiveUpHangUp removes the finalizer from a deleted Call whose call could not be ended, and reports it.
	actionGiveUpHangUp callAction = "giveUpHangUp"
	// actionExpire deletes a finished Call whose time to live is over.
	actionExpire callAction = "expire"
)

// callObservation is the input of decideCall: the object, the time, and what this process remembers of its requests to the
// service. A restart loses only the time of the next request.
type callObservation struct {
	call *v1alpha1.Call
	now  time.Time
	// lastTalk is when the service was last asked about the call, or the start of this process.
	lastTalk time.Time
	// NextRepeat is when an unresolved request may be repeated.
	nextRepeat time.Time
	// RingOver says that the service has reported that an incoming call no longer rings, so nothing is repeated.
	ringOver bool
	// HungUp is when a hang-up was last sent; zero when this process sent none.
	hungUp time.Time
	// Gone is when the service was first found not to know the call; zero while it does.
	gone time.Time
	// allowShortNumbers permits calls to numbers that are too short for a subscriber number.
	allowShortNumbers bool
	// poll is the poll interval of a connected call, ringingPoll that of a ringing one; both include jitter.
	poll, ringingPoll time.Duration
}

// callDecision is the next action, and when to requeue.
type callDecision struct {
	action callAction
	// ending is why the call is hung up, with actionBeginEnding.
	ending v1alpha1.EndingReason
	// fact is the fact to write, with actionEndUnplaced and actionSay.
	fact callstatus.Fact
	// After is how long actionWait waits; zero waits for the next event.
	after time.Duration
}

func wait(d time.Duration) callDecision { return callDecision{action: actionWait, after: max(d, 0)} }

func act(action callAction) callDecision { return callDecision{action: action} }

// decideCall returns the next action for a Call.
func decideCall(o callObservation) callDecision {
	status := &o.call.Status
	switch {
	case status.Result != nil:
		return decideEnded(o)
	case attempt.Copied(o.call, status.Attempt):
		return act(actionEndCopy)
	case status.Attempt == nil && o.call.Spec.Inbound != nil:
		return decideIncoming(o)
	case status.Attempt == nil:
		return decideUnplaced(o)
	case !objects.Deleting(o.call) && !hasFinalizer(o.call):
		// A client replaced the whole object, as kubectl replace does.
		return act(actionRestoreFinalizer)
	case status.ReportedEnd != nil:
		return decideReported(o)
	case status.ConnectionID == "":
		return decideUnresolved(o)
	case status.Ending != nil:
		return decideEnding(o)
	default:
		return decideLive(o)
	}
}

// decideEnded keeps the record of an ended call until its time to live is over.
func decideEnded(o callObservation) callDecision {
	call := o.call
	switch {
	case objects.Deleting(call) && hasFinalizer(call):
		return act(actionRemoveFinalizer)
	case hasContext(call):
		return act(actionFinishInbound)
	case objects.Deleting(call):
		return wait(0)
	case call.Status.ObservedGeneration != call.Generation:
		return act(actionObserve)
	}
	expiry, expires := expiryOf(call)
	if settled := call.Status.Result.EndTime.Add(flowPatience); runsFlow(call) && o.now.Before(settled) {
		return wait(settled.Sub(o.now))
	}
	switch {
	case !expires:
		return wait(0)
	case o.now.Before(expiry):
		return wait(expiry.Sub(o.now))
	default:
		return act(actionExpire)
	}
}

// runsFlow tells whether the flow of a call has not ended.
func runsFlow(call *v1alpha1.Call) bool {
	return call.Status.Flow != nil && !call.Status.Flow.Over()
}

// expiryOf is when the record of a finished Call is deleted, if ever. An incoming call's record stays as long as its event may
// be delivered again, which would create a new one.
func expiryOf(call *v1alpha1.Call) (time.Time, bool) {
	ended := heardAt(call, v1alpha1.ConditionEnded, call.Status.Result.EndTime.Time)
	expiry, expires := objects.RecordEnd(call, ended, call.Spec.TTLSecondsAfterFinished)
	if call.Spec.Inbound != nil && received(call).Add(redeliveryWindow).After(expiry) {
		return received(call).Add(redeliveryWindow), expires
	}
	return expiry, expires
}

// decideIncoming applies a route to an incoming call while it rings.
func decideIncoming(o callObservation) callDecision {
	call := o.call
	left := ringEnd(call).Sub(o.now)
	waiting := call.Status.Waiting
	switch {
	case objects.Deleting(call) && hasFinalizer(call):
		return act(actionRemoveFinalizer)
	case objects.Deleting(call) && hasContext(call):
		return act(actionFinishInbound)
	case objects.Deleting(call):
		return wait(0)
	case call.Spec.State == v1alpha1.CallStateEnded:
		return act(actionWithdraw)
	case isRestored(call):
		return endRestored(o)
	case left <= 0:
		return act(actionEndUnanswered)
	case waiting != nil && waiting.RetryTime != nil && waiting.RetryTime.After(o.now):
		return wait(min(waiting.RetryTime.Sub(o.now), left))
	default:
		return act(actionRoute)
	}
}

// decideUnplaced places a pending call, unless it is no longer wanted or must never be placed.
func decideUnplaced(o callObservation) callDecision {
	switch {
	case objects.Deleting(o.call) && hasFinalizer(o.call):
		return act(actionRemoveFinalizer)
	case objects.Deleting(o.call):
		return wait(0)
	case o.call.Spec.State == v1alpha1.CallStateEnded:
		return act(actionWithdraw)
	case isRestored(o.call):
		return endRestored(o)
	default:
		return decideStart(o)
	}
}

// decideReported waits for a possible report that somebody had answered a call that the service reported as over.
func decideReported(o callObservation) callDecision {
	if left := o.call.Status.ReportedEnd.HeardTime.Add(answerGrace).Sub(o.now); left > 0 {
		return wait(left)
	}
	return act(actionSettle)
}

// decideUnresolved resolves a request whose answer is unknown.
func decideUnresolved(o callObservation) callDecision {
	giveUp := resolvedBy(o)
	switch {
	case !o.now.Before(giveUp):
		return act(actionGiveUpDial)
	case o.ringOver:
		return wait(giveUp.Sub(o.now))
	case pastDeadline(o.call, o.now):
		return awaitNews(o, giveUp)
	case o.now.Before(o.nextRepeat):
		return wait(min(o.nextRepeat.Sub(o.now), giveUp.Sub(o.now)))
	default:
		return act(actionRepeat)
	}
}

// decideLive follows a placed call, and ends it if it is no longer wanted or takes too long.
func decideLive(o callObservation) callDecision {
	call := o.call
	deadline, reason := deadlineOf(call)
	pollDue := o.pollDue(o.pollEvery())
	switch {
	case objects.Deleting(call):
		return begin(v1alpha1.EndingDeleted)
	case call.Spec.State == v1alpha1.CallStateEnded:
		return begin(v1alpha1.EndingRequested)
	case o.gone.IsZero() && !o.now.Before(deadline):
		return begin(reason)
	case !o.now.Before(pollDue):
		return act(actionPoll)
	case hasContext(call):
		// This comes last: it writes to other objects, and may fail for a long time.
		return act(actionFinishInbound)
	case call.Status.ObservedGeneration != call.Generation:
		return act(actionObserve)
	case !o.gone.IsZero():
		// A call that the service does not know rings nowhere, so no hang-up is due.
		return wait(pollDue.Sub(o.now))
	default:
		return wait(min(deadline.Sub(o.now), pollDue.Sub(o.now)))
	}
}

// decideEnding hangs up, again and again, until the call is over.
func decideEnding(o callObservation) callDecision {
	began := o.call.Status.Ending.Time.Time
	pollDue := o.pollDue(pauses.Between(o.lastTalk.Sub(began), endingPoll, o.ringingPoll))
	hangUpDue := o.hungUp.Add(pauses.Between(o.hungUp.Sub(began), hangUpRepeat, longestHangUpRepeat))
	switch {
	case o.hopeless():
		return act(actionGiveUpHangUp)
	case !o.now.Before(hangUpDue):
		return act(actionHangUp)
	case !o.now.Before(pollDue):
		return act(actionPoll)
	default:
		return wait(min(pollDue.Sub(o.now), hangUpDue.Sub(o.now)))
	}
}

// hopeless tells whether to give up the hang-up of a deleted Call. This process must have tried at least once, and given the
// call time to end: an earlier process may have died long ago.
func (o callObservation) hopeless() bool {
	if !objects.Deleting(o.call) || o.hungUp.IsZero() || o.now.Sub(o.hungUp) < hangUpRepeat {
		return false
	}
	since := &o.call.Status.Ending.Time
	if since.Before(o.call.DeletionTimestamp) {
		since = o.call.DeletionTimestamp
	}
	return o.now.Sub(since.Time) >= pauses.DeletionPatience
}

func (o callObservation) pollEvery() time.Duration {
	if o.call.Status.ConnectedTime == nil || o.call.Status.Unreachable != nil {
		return min(o.ringingPoll, o.poll)
	}
	return o.poll
}

// pollDue is when to poll the service again. A call that the service does not know is polled once more, after its end report
// has had time to arrive; after that only if the service could not answer.
func (o callObservation) pollDue(every time.Duration) time.Time {
	if o.gone.IsZero() {
		return o.lastTalk.Add(every)
	}
	if graceEnd := o.gone.Add(graceOf(o.call)); o.lastTalk.Before(graceEnd) {
		return graceEnd
	}
	return o.lastTalk.Add(min(every, o.ringingPoll))
}

// deadlineOf is when and why a live call will be hung up.
func deadlineOf(call *v1alpha1.Call) (time.Time, v1alpha1.EndingReason) {
	if connected := call.Status.ConnectedTime; connected != nil {
		return heardAt(call, v1alpha1.ConditionConnected, connected.Time).Add(call.MaxDuration()), v1alpha1.EndingMaxDuration
	}
	return call.Status.Attempt.FirstSent.Add(call.RingTimeout()), v1alpha1.EndingRingTimeout
}

// heardAt is when this operator learned that a condition of a call is true. Deadlines use our own clock, since the service's,
// which gives said, may be wrong.
func heardAt(call *v1alpha1.Call, condition string, said time.Time) time.Time {
	if found := apimeta.FindStatusCondition(call.Status.Conditions, condition); found != nil && found.Status == metav1.ConditionTrue {
		return found.LastTransitionTime.Time
	}
	return said
}

func begin(reason v1alpha1.EndingReason) callDecision {
	return callDecision{action: actionBeginEnding, ending: reason}
}

// hasContext tells whether the Secret with an incoming call's context may still exist.
func hasContext(call *v1alpha1.Call) bool {
	_, found := call.Annotations[v1alpha1.IncomingCallContextAnnotation]
	return found && call.Spec.Inbound != nil
}

func hasFinalizer(call *v1alpha1.Call) bool {
	return controllerutil.ContainsFinalizer(call, v1alpha1.CallFinalizer)
}

// spanOfCall is the span of an action.
func spanOfCall(action callAction) string { return "call." + string(action) }
