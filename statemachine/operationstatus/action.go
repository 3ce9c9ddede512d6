// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/calloperation"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/statemachine"
	"github.com/call-operator/call-operator/telephony"
)

// ApplyToAction returns the status of a CallAction after the facts, in their order. It does not change before. An outdated fact leaves the
// status unchanged.
func ApplyToAction(asked *v1alpha1.CallOperation, before v1alpha1.CallActionStatus, facts ...Fact) v1alpha1.CallActionStatus {
	return apply(before, func(status *v1alpha1.CallActionStatus) operation { return action{status, asked} }, facts)
}

// AnnounceAction returns the Events for a change between two statuses of a CallAction.
func AnnounceAction(before, after v1alpha1.CallActionStatus) []statemachine.Announcement {
	return announce(action{CallActionStatus: &before}, action{CallActionStatus: &after})
}

// action is the status of a CallAction, and the operation that its spec asks for.
type action struct {
	*v1alpha1.CallActionStatus
	asked *v1alpha1.CallOperation
}

func (a action) common() *v1alpha1.OperationStatus { return &a.OperationStatus }

func (a action) words() words {
	return words{
		running: v1alpha1.ReasonRunning, unresolved: v1alpha1.ReasonActionUnresolved,
		pending: "The action is about to be sent.", begun: "Sending the action to the service.", underWay: "The service carries out the action.",
		action: "Operate",
		copied: "This CallAction is a copy: it was restored or copied with the status of another one. " +
			"Nothing was sent for it. To carry it out, create a CallAction with another name and without status.",
		restored: "%s restored this action from a backup (%s), so that it may have been carried out before: it is not sent again. " +
			"To carry it out, create a CallAction with another name and without that mark.",
	}
}

func (a action) setPhase() {
	a.Operation = a.asked.Name()
	switch {
	case a.Result != nil:
		a.Phase = v1alpha1.ActionPhaseEnded
	case a.Attempt != nil:
		a.Phase = v1alpha1.ActionPhaseRunning
	default:
		a.Phase = v1alpha1.ActionPhasePending
	}
}

func (a action) begin(request Intended) {
	a.Call, a.From, a.Handle = &request.Calls[0], request.From, request.Handle
	if len(request.Participants) > 0 {
		a.Participant = request.Participants[0]
	}
}

func (a action) withdraw() { a.Call, a.From, a.Handle, a.Participant = nil, nil, "", "" }

func (a action) begun(handle string) {
	if handle != "" {
		a.Handle = handle
	}
}

func (a action) refuse(code, subCode int) {
	a.Result.Code, a.Result.SubCode = int32(code), int32(subCode)
}

func (a action) complete(at time.Time) {
	a.endAs(v1alpha1.ActionCompleted, completed(a.asked.Name()), at)
}

func (a action) abandon(at time.Time) {
	a.endAs(v1alpha1.ActionUnknown, "The service did not report what became of the action. It is not sent again.", at)
}

// see ends an operation on a participant whose effect the roster shows.
func (a action) see(rosters Seen) {
	if calloperation.Shown(a.asked, a.Participant, rosters.Rosters[0]) {
		accept(a.common())
		a.complete(rosters.At)
	}
}

func (a action) report(event Reported) {
	reported, ok := event.Event.News.(telephony.OperationReported)
	if !ok || !a.isAbout(reported) {
		return
	}
	accept(a.common())
	a.begun(reported.Handle)
	if a.StartTime == nil {
		started := statemachine.Timestamp(event.At)
		a.StartTime = &started
	}
	if len(reported.Files) > 0 {
		a.RecordingFiles = reported.Files[:min(len(reported.Files), v1alpha1.MaxRecordingFiles)]
	}
	outcome := reported.Outcome
	if outcome == "" && a.asked.Play != nil && a.asked.Play.Loop {
		// It has no end of its own.
		outcome = v1alpha1.ActionCompleted
	}
	if outcome == "" {
		return
	}
	if reported.Answer != nil {
		answer := *reported.Answer
		answer, outcome = Choose(a.asked.Recognize, answer, outcome)
		a.Answer = ShownAnswer(answer, a.asked.Recognize != nil && a.asked.Recognize.Sensitive, event.Secret)
	}
	a.endAs(outcome, Said(a.asked.Name(), outcome, reported.Reason), event.At)
	if outcome != v1alpha1.ActionCompleted {
		a.Result.Code, a.Result.SubCode = int32(reported.Code), int32(reported.SubCode)
	}
}

// isAbout tells whether a report is about this attempt. The service names a recording by its ID alone.
func (a action) isAbout(reported telephony.OperationReported) bool {
	if reported.Attempt != "" {
		return reported.Attempt == a.Attempt.ID
	}
	return calloperation.StartsRecording(a.asked) && reported.Handle != "" && (a.Handle == "" || a.Handle == reported.Handle)
}

func (a action) end(how ending, message string, at time.Time) {
	outcome := v1alpha1.ActionUnknown
	switch how {
	case endedFailed:
		outcome = v1alpha1.ActionFailed
	case endedTimedOut:
		outcome = v1alpha1.ActionExpired
	case endedWithCall:
		outcome = v1alpha1.ActionCallEnded
		switch {
		case a.asked.RemoveParticipant != nil:
			// The participant is not in the call any more, which was asked for.
			outcome = v1alpha1.ActionCompleted
		case calloperation.StartsRecording(a.asked) && a.Accepted:
			outcome, message = v1alpha1.ActionCompleted, message+unreportedRecording
		}
	}
	a.endAs(outcome, message, at)
}

// unreportedRecording says what is missing when a call with a recording is over.
const unreportedRecording = " The service has not reported where the recording is: docs/actions.md says what it needs for that."

func (a action) endAs(outcome v1alpha1.ActionOutcome, message string, at time.Time) {
	a.Waiting = nil
	a.Result = &v1alpha1.ActionResult{Outcome: outcome, Message: conditions.Shortened(message, conditions.MaxMessage), EndTime: statemachine.Timestamp(at)}
}

func (a action) result() *result {
	if a.Result == nil {
		return nil
	}
	return &result{outcome: string(a.Result.Outcome), message: a.Result.Message, good: a.Result.Outcome == v1alpha1.ActionCompleted}
}

// StopRequested says that the service was asked to stop the operation.
type StopRequested struct{ At time.Time }

func (f StopRequested) at() time.Time { return f.At }

func (f StopRequested) apply(status operation) {
	a, ok := status.(action)
	if !ok || a.StopTime != nil {
		return
	}
	stopped := statemachine.Timestamp(f.At)
	a.StopTime = &stopped
	if calloperation.StartsRecording(a.asked) {
		// Its content may be reported much later, and nobody waits for that.
		a.endAs(v1alpha1.ActionCancelled, "The recording was stopped, since the action was deleted.", f.At)
	}
}
