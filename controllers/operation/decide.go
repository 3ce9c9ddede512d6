// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/restored"
	"github.com/call-operator/call-operator/telephony"
)

const (
	silence    = pauses.Silence
	afterCall  = pauses.AfterCall
	rosterPoll = pauses.RosterPoll

	// patience is how long after the service accepted a move, or no longer remembers it, the rosters are polled
	// before the result is recorded as unknown.
	patience = 2 * time.Minute

	// reportPoll is how often a service is asked for a report of what it plays or listens for, or whom it rings: it may have been lost.
	reportPoll = 30 * time.Second

	// stopRepeat is how often the service is asked to stop an operation.
	stopRepeat = 10 * time.Second
)

// action is the next action for an operation. Its text is part of the name of a span.
type action string

const (
	// actionWait does nothing until decision.after has passed or an event arrives.
	actionWait action = "wait"
	// actionObserve writes the observed generation to status.
	actionObserve action = "observe"
	// actionSayWhy writes what the operation waits for, and waits.
	actionSayWhy action = "sayWhy"
	// actionSend writes the intent and sends the request for the first time.
	actionSend action = "send"
	// actionRepeat repeats the request, with the same ID.
	actionRepeat action = "repeat"
	// actionPollRosters polls the rosters of the calls.
	actionPollRosters action = "pollRosters"
	// actionRemind asks the service for a report that may have been lost.
	actionRemind action = "remind"
	// actionGiveUp ends an operation whose result can no longer be determined.
	actionGiveUp action = "giveUp"
	// actionImpossible ends an operation that can never be sent.
	actionImpossible action = "impossible"
	// actionEndRestored ends an operation that is a copy from a backup, without its status.
	actionEndRestored action = "endRestored"
	// actionStop asks the service to stop the operation of a deleted object.
	actionStop action = "stop"
	// actionEndWithCall ends an operation whose call is over.
	actionEndWithCall action = "endWithCall"
	// actionTimeOut ends an operation that was not sent in time.
	actionTimeOut action = "timeOut"
	// actionEndCopy ends an operation that carries another object's attempt, without any request to the service.
	actionEndCopy action = "endCopy"
	// actionRemoveFinalizer removes the finalizer from a deleted operation.
	actionRemoveFinalizer action = "removeFinalizer"
	// actionExpire deletes a finished operation whose time to live is over.
	actionExpire action = "expire"
)

// observation is the input of decide.
type observation struct {
	kind Kind
	op   operation
	now  time.Time

	// calls are the resolved references of an unsent operation.
	calls []resolvedCall
	// service is where the request is sent, unless unusable says why it cannot be.
	service  *access.Found
	unusable *telephony.UnusableError
	// ended is the Call of a sent operation that is over, nil while it is not.
	ended *v1alpha1.Call
	// unsent says that this process recorded the request and has not sent it.
	unsent bool
	// allowShortNumbers permits calls to numbers that are too short for a subscriber number.
	allowShortNumbers bool
	// recording is the service's ID of the recording that the operation is about, "" if none is known.
	recording string
	// stopped is when the service was last asked to stop the operation, zero if this process never did.
	stopped time.Time
	// conflicts are the other unfinished operations of the namespace that may conflict with this one.
	conflicts []conflict

	// lastTalk is when the last request about the operation was sent, or the start of this process; lastLook, when the
	// rosters were last polled; nextRepeat, when an unresolved request may be repeated; accepted, since when this process
	// knows that the service has accepted it.
	lastTalk, lastLook, nextRepeat, accepted time.Time
	// poll is how often the rosters are polled, recheck the safety net for every wait; both include jitter.
	poll, recheck time.Duration
}

// decision is the next action, and when to requeue.
type decision struct {
	action action
	// reason and message say why the operation waits or ends.
	reason, message string
	// after is how long to wait; zero waits for the next event.
	after time.Duration
}

// decide returns the next action for an operation.
func decide(o observation) decision {
	switch sent := o.op.status().Attempt; {
	case o.op.ended() != nil:
		return decideOver(o)
	case attempt.Copied(o.op.object(), sent):
		return decision{action: actionEndCopy}
	case sent == nil:
		return decideUnsent(o)
	default:
		return decideSent(o)
	}
}

// decideOver keeps the record of an ended operation until its time to live is over.
func decideOver(o observation) decision {
	object := o.op.object()
	switch {
	case objects.Deleting(object) && o.hasFinalizer():
		return decision{action: actionRemoveFinalizer}
	case objects.Deleting(object):
		return decision{action: actionWait}
	case o.op.status().ObservedGeneration != object.GetGeneration():
		return decision{action: actionObserve}
	}
	expiry, expires := objects.RecordEnd(object, o.op.ended().Time, o.op.timeToLive())
	switch {
	case !expires:
		return decision{action: actionWait}
	case o.now.Before(expiry):
		return decision{action: actionWait, after: expiry.Sub(o.now)}
	default:
		return decision{action: actionExpire}
	}
}

// decideUnsent sends a pending operation, unless it is no longer wanted or can never be sent.
func decideUnsent(o observation) decision {
	object := o.op.object()
	left := object.GetCreationTimestamp().Add(o.op.timeout()).Sub(o.now)
	waiting := o.op.status().Waiting
	tool, _ := restored.By(object)
	why := o.blocker()
	switch {
	case objects.Deleting(object) && o.hasFinalizer():
		return decision{action: actionRemoveFinalizer}
	case objects.Deleting(object):
		return decision{action: actionWait}
	case tool != "":
		return decision{action: actionEndRestored}
	case why.forGood:
		return decision{action: actionImpossible, message: why.message}
	case left <= 0:
		return decision{action: actionTimeOut, message: o.timedOutMessage(why)}
	case waiting != nil && waiting.RetryTime != nil && waiting.RetryTime.After(o.now):
		return decision{action: actionWait, after: min(waiting.RetryTime.Sub(o.now), left)}
	case why.reason != "":
		return decision{action: actionSayWhy, reason: why.reason, message: why.message, after: min(o.recheck, left)}
	default:
		return decision{action: actionSend}
	}
}

func (o observation) timedOutMessage(why blocker) string {
	message := fmt.Sprintf("The %s was not sent within %s (%s). %s", o.kind.words.noun, o.kind.words.deadline, o.op.timeout(), o.kind.words.nothing)
	switch waiting := o.op.status().Waiting; {
	case why.message != "":
		return message + " " + why.message
	case waiting != nil:
		return message + " " + waiting.Message
	default:
		return message
	}
}

// decideSent determines the result of a sent operation.
func decideSent(o observation) decision {
	status, traits := o.op.status(), o.op.traits()
	repeats := traits.repeats || o.unsent
	windowEnd := status.Attempt.FirstSent.Add(attempt.RepeatabilityWindow)
	switch {
	case o.ended != nil && !o.now.Before(o.overFor()):
		return decision{action: actionEndWithCall, message: fmt.Sprintf("Call %s ended (%s).", o.ended.Name, o.ended.Status.Result.Outcome)}
	case !status.Accepted && repeats && o.now.Before(windowEnd) && o.now.Before(o.nextRepeat):
		return decision{action: actionWait, after: min(o.nextRepeat.Sub(o.now), windowEnd.Sub(o.now))}
	case !status.Accepted && repeats && o.now.Before(windowEnd):
		return decision{action: actionRepeat}
	case traits.stops && objects.Deleting(o.op.object()) && !o.now.Before(o.stopped.Add(stopRepeat)):
		return decision{action: actionStop}
	default:
		return decideAccepted(o)
	}
}

// decideAccepted waits for reports, and looks at rosters if they show anything.
func decideAccepted(o observation) decision {
	giveUp, lookDue, remindDue := o.giveUp(), o.lastTalk.Add(o.poll), o.lastTalk.Add(reportPoll)
	next, traits := giveUp, o.op.traits()
	switch {
	case traits.inRoster && lookDue.Before(next):
		next = lookDue
	case traits.stops && remindDue.Before(next):
		next = remindDue
	}
	switch inRoster := traits.inRoster; {
	case !o.now.Before(giveUp) && (!inRoster || !o.lastLook.Before(giveUp)):
		return decision{action: actionGiveUp}
	case inRoster && (!o.now.Before(giveUp) || !o.now.Before(lookDue)):
		return decision{action: actionPollRosters}
	case traits.stops && !inRoster && !o.now.Before(remindDue):
		return decision{action: actionRemind}
	default:
		return decision{action: actionWait, after: o.until(next)}
	}
}

// until is how long to wait until a time, or until there is something to do before that.
func (o observation) until(next time.Time) time.Duration {
	if o.ended != nil && o.overFor().Before(next) {
		next = o.overFor()
	}
	if o.op.traits().stops && objects.Deleting(o.op.object()) && o.stopped.Add(stopRepeat).Before(next) {
		next = o.stopped.Add(stopRepeat)
	}
	return max(next.Sub(o.now), time.Millisecond)
}

// overFor is when the last reports of a call that is over have arrived.
func (o observation) overFor() time.Time {
	return o.ended.Status.Result.EndTime.Add(o.op.traits().afterCall)
}

// giveUp is when to stop waiting for the result. A restart of the manager delays it, but only to a limit.
func (o observation) giveUp() time.Time {
	sent, status := o.op.status().Attempt, o.op.status()
	if !status.Accepted && !o.op.traits().repeats {
		return sent.FirstSent.Add(silence)
	}
	last := sent.FirstSent.Add(attempt.RepeatabilityWindow + o.op.patience())
	if soon := o.accepted.Add(o.op.patience()); !o.accepted.IsZero() && soon.Before(last) {
		return soon
	}
	return last
}

func (o observation) hasFinalizer() bool {
	return controllerutil.ContainsFinalizer(o.op.object(), o.kind.finalizer)
}
