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
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/restored"
	"github.com/call-operator/call-operator/telephony"
)

const (
	// movePoll is how often both rosters are polled while the result of a participant is unknown.
	movePoll = 4 * time.Second

	// movePatience is how long after the service accepted a move, or no longer remembers it, both rosters are polled
	// before the result is recorded as unknown.
	movePatience = 2 * time.Minute
)

// moveAction is the next action for a move.
type moveAction string

const (
	// moveWait does nothing until moveDecision.after has passed or an event arrives.
	moveWait moveAction = "wait"
	// moveObserve writes the observed generation to status.
	moveObserve moveAction = "observe"
	// moveSayWhy writes what the move waits for, and waits.
	moveSayWhy moveAction = "sayWhy"
	// moveSend writes the intent and sends the request for the first time.
	moveSend moveAction = "send"
	// moveRepeat repeats the request, with the same ID.
	moveRepeat moveAction = "repeat"
	// movePollRosters polls both rosters.
	movePollRosters moveAction = "look"
	// moveGiveUp ends a move whose result can no longer be determined.
	moveGiveUp moveAction = "abandon"
	// moveImpossible ends a move that can never be sent.
	moveImpossible moveAction = "impossible"
	// moveRestored ends a move that is a copy from a backup, without its status.
	moveRestored moveAction = "restored"
	// moveTimeOut ends a move that was not sent in time.
	moveTimeOut moveAction = "timeOut"
	// moveEndCopy ends a move that carries another object's attempt, without any request to the service.
	moveEndCopy moveAction = "disown"
	// moveRemoveFinalizer removes the finalizer from a deleted move.
	moveRemoveFinalizer moveAction = "letGo"
	// moveExpire deletes a finished move whose time to live is over.
	moveExpire moveAction = "expire"
)

// moveObservation is the input of decideMove.
type moveObservation struct {
	move *v1alpha1.ParticipantMove
	now  time.Time

	// from and to are the resolved references of an unsent move.
	from, to resolvedCall
	// service is where the request is sent, unless unusable says why it cannot be.
	service  *access.Found
	unusable *telephony.UnusableError
	// conflicts are the other unfinished moves of the namespace that may conflict with this one.
	conflicts []conflict

	// lastTalk is when the last request about the move was sent, or the start of this process; lastLook, when both
	// rosters were last polled; NextRepeat, when an unresolved request may be repeated; accepted, since when this process
	// knows that the service has accepted it.
	lastTalk, lastLook, nextRepeat, accepted time.Time
	// poll is how often both rosters are polled, recheck the safety net for every wait; both include jitter.
	poll, recheck time.Duration
}

// moveDecision is the next action, and when to requeue.
type moveDecision struct {
	action moveAction
	// Reason and message say why the move waits or ends.
	reason, message string
	// After is how long to wait; zero waits for the next event.
	after time.Duration
}

// decideMove returns the next action for a move.
func decideMove(o moveObservation) moveDecision {
	switch status := &o.move.Status; {
	case status.Result != nil:
		return decideMoveOver(o)
	case attempt.Copied(o.move, status.Attempt):
		return moveDecision{action: moveEndCopy}
	case status.Attempt == nil:
		return decideMoveUnsent(o)
	default:
		return decideMoveSent(o)
	}
}

// decideMoveOver keeps the record of an ended move until its time to live is over.
func decideMoveOver(o moveObservation) moveDecision {
	move := o.move
	switch {
	case moveDeleting(move) && hasMoveFinalizer(move):
		return moveDecision{action: moveRemoveFinalizer}
	case moveDeleting(move):
		return moveDecision{action: moveWait}
	case move.Status.ObservedGeneration != move.Generation:
		return moveDecision{action: moveObserve}
	}
	expiry, expires := objects.RecordEnd(move, move.Status.Result.EndTime.Time, move.Spec.TTLSecondsAfterFinished)
	switch {
	case !expires:
		return moveDecision{action: moveWait}
	case o.now.Before(expiry):
		return moveDecision{action: moveWait, after: expiry.Sub(o.now)}
	default:
		return moveDecision{action: moveExpire}
	}
}

// decideMoveUnsent sends a pending move, unless it is no longer wanted or can never be sent.
func decideMoveUnsent(o moveObservation) moveDecision {
	left := o.move.CreationTimestamp.Add(o.move.Timeout()).Sub(o.now)
	waiting := o.move.Status.Waiting
	why := o.blocker()
	switch {
	case moveDeleting(o.move) && hasMoveFinalizer(o.move):
		return moveDecision{action: moveRemoveFinalizer}
	case moveDeleting(o.move):
		return moveDecision{action: moveWait}
	case isRestoredMove(o.move):
		return moveDecision{action: moveRestored}
	case why.forGood:
		return moveDecision{action: moveImpossible, message: why.message}
	case left <= 0:
		return moveDecision{action: moveTimeOut, message: timedOutMessage(o.move, why)}
	case waiting != nil && waiting.RetryTime != nil && waiting.RetryTime.After(o.now):
		return moveDecision{action: moveWait, after: min(waiting.RetryTime.Sub(o.now), left)}
	case why.reason != "":
		return moveDecision{action: moveSayWhy, reason: why.reason, message: why.message, after: min(o.recheck, left)}
	default:
		return moveDecision{action: moveSend}
	}
}

func timedOutMessage(move *v1alpha1.ParticipantMove, why blocker) string {
	message := fmt.Sprintf("The move was not sent within spec.timeout (%s). Nobody was moved.", move.Timeout())
	switch waiting := move.Status.Waiting; {
	case why.message != "":
		return message + " " + why.message
	case waiting != nil:
		return message + " " + waiting.Message
	default:
		return message
	}
}

// decideMoveSent determines the result of a sent move.
func decideMoveSent(o moveObservation) moveDecision {
	status := &o.move.Status
	windowEnd := status.Attempt.FirstSent.Add(attempt.RepeatabilityWindow)
	giveUp, lookDue := o.giveUp(), o.lastTalk.Add(o.poll)
	switch {
	case !status.Accepted && o.now.Before(windowEnd) && o.now.Before(o.nextRepeat):
		return moveDecision{action: moveWait, after: min(o.nextRepeat.Sub(o.now), windowEnd.Sub(o.now))}
	case !status.Accepted && o.now.Before(windowEnd):
		return moveDecision{action: moveRepeat}
	case !o.now.Before(giveUp) && !o.lastLook.Before(giveUp):
		return moveDecision{action: moveGiveUp}
	case !o.now.Before(giveUp) || !o.now.Before(lookDue):
		return moveDecision{action: movePollRosters}
	default:
		return moveDecision{action: moveWait, after: min(giveUp.Sub(o.now), lookDue.Sub(o.now))}
	}
}

// giveUp is when polling stops. A restart of the manager delays it, but only to a limit.
func (o moveObservation) giveUp() time.Time {
	last := o.move.Status.Attempt.FirstSent.Add(attempt.RepeatabilityWindow + movePatience)
	if soon := o.accepted.Add(movePatience); !o.accepted.IsZero() && soon.Before(last) {
		return soon
	}
	return last
}

func isRestoredMove(move *v1alpha1.ParticipantMove) bool {
	tool, _ := restored.By(move)
	return tool != ""
}

func moveDeleting(move *v1alpha1.ParticipantMove) bool { return !move.DeletionTimestamp.IsZero() }

func hasMoveFinalizer(move *v1alpha1.ParticipantMove) bool {
	return controllerutil.ContainsFinalizer(move, v1alpha1.ParticipantMoveFinalizer)
}

// spanOfMove is the span of an action.
func spanOfMove(action moveAction) string { return "move." + string(action) }
