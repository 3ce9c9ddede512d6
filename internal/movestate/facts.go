// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package movestate

import (
	"slices"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/statemachine"
	"github.com/call-operator/call-operator/telephony"
)

// Observed records the generation of the spec that the status describes.
type Observed struct {
	Generation int64
	At         time.Time
}

func (f Observed) at() time.Time { return f.At }

// ObservedGeneration makes a status begin.
func (f Observed) ObservedGeneration() int64 { return f.Generation }

func (f Observed) apply(*v1alpha1.ParticipantMoveStatus) {}

// Waits says that the move cannot be sent yet, and why.
type Waits struct {
	Reason, Message string
	// Retry is when the move is tried again; zero if it proceeds as soon as the cause is gone.
	Retry time.Time
	At    time.Time
}

func (f Waits) at() time.Time { return f.At }

func (f Waits) apply(status *v1alpha1.ParticipantMoveStatus) {
	since := statemachine.Timestamp(f.At)
	if status.Waiting != nil && status.Waiting.Reason == f.Reason {
		since = status.Waiting.Since
	}
	status.Waiting = &v1alpha1.MoveWaiting{Reason: f.Reason, Message: conditions.Shortened(f.Message, conditions.MaxMessage), Since: since}
	if !f.Retry.IsZero() {
		retry := statemachine.Timestamp(f.Retry)
		status.Waiting.RetryTime = &retry
	}
}

// Intended says that the request that moves the participants is about to be sent for the first time.
type Intended struct {
	// ID is the Repeatability-Request-ID.
	ID string
	// From and To are the Calls that the request names.
	From, To v1alpha1.MovedCall
	// Participants are the raw IDs of the participants to move.
	Participants []string
	// Pins are the move, the service and the contents of the request.
	Pins attempt.Pins
	// At is the Repeatability-First-Sent.
	At time.Time
}

func (f Intended) at() time.Time { return f.At }

func (f Intended) apply(status *v1alpha1.ParticipantMoveStatus) {
	if status.Attempt != nil {
		// An attempt that may have moved somebody is not discarded for a retry.
		return
	}
	// A retry keeps the failure and its start time: the back-off depends on them.
	if status.Waiting != nil && status.Waiting.RetryTime == nil {
		status.Waiting = nil
	}
	status.Attempt = &v1alpha1.RequestAttempt{ID: f.ID, FirstSent: statemachine.Timestamp(f.At)}
	f.Pins.FillIn(status.Attempt)
	status.From, status.To = &f.From, &f.To
	status.Participants = nil
	for _, id := range f.Participants {
		if !slices.ContainsFunc(status.Participants, func(p v1alpha1.MovedParticipant) bool { return party.SameID(p.RawID, id) }) {
			status.Participants = append(status.Participants, v1alpha1.MovedParticipant{RawID: id, State: v1alpha1.ParticipantPending})
		}
	}
	status.Moved = tally(status)
}

// NotSent says that the request is known to have moved nobody, and that a later one may.
type NotSent struct {
	Reason, Message string
	// Retry is when the move is tried again.
	Retry time.Time
	At    time.Time
}

func (f NotSent) at() time.Time { return f.At }

func (f NotSent) apply(status *v1alpha1.ParticipantMoveStatus) {
	if status.Attempt == nil || status.Accepted || Repeated(status) {
		// A report arrived first, so the request was carried out after all. Or another request of the attempt may have
		// been.
		return
	}
	status.Attempt, status.From, status.To, status.Participants, status.Moved = nil, nil, nil, nil, ""
	Waits(f).apply(status)
}

// Unresolved says that it is not known yet whether the service accepted the request. It is written before the request
// is repeated: from then on, the answer to one request says nothing about the others.
type Unresolved struct {
	Message string
	At      time.Time
}

func (f Unresolved) at() time.Time { return f.At }

func (f Unresolved) apply(status *v1alpha1.ParticipantMoveStatus) {
	if status.Attempt != nil && !status.Accepted {
		Waits{Reason: v1alpha1.ReasonMoveUnresolved, Message: f.Message, At: f.At}.apply(status)
	}
}

// Repeated tells whether a status's request may have been sent more than once, possibly by several processes.
func Repeated(status *v1alpha1.ParticipantMoveStatus) bool {
	if status.Attempt == nil || status.Waiting == nil {
		return false
	}
	return status.Waiting.Reason == v1alpha1.ReasonMoveUnresolved || status.Waiting.Reason == v1alpha1.ReasonProviderChanged
}

// Accepted says that the service has accepted the request.
type Accepted struct {
	// Repeatability is what the answer says about the attempt's ID.
	Repeatability v1alpha1.RequestRepeatability
	At            time.Time
}

func (f Accepted) at() time.Time { return f.At }

func (f Accepted) apply(status *v1alpha1.ParticipantMoveStatus) {
	if status.Attempt != nil {
		status.Accepted, status.Waiting = true, nil
		status.Attempt.Repeatability = f.Repeatability
	}
}

// Refused says that the service permanently refused the request.
type Refused struct {
	Code, SubCode int
	Message       string
	At            time.Time
}

func (f Refused) at() time.Time { return f.At }

func (f Refused) apply(status *v1alpha1.ParticipantMoveStatus) {
	if status.Attempt == nil || status.Accepted || Repeated(status) {
		return
	}
	for i := range status.Participants {
		status.Participants[i].State = v1alpha1.ParticipantFailed
		status.Participants[i].Code, status.Participants[i].SubCode = int32(f.Code), int32(f.SubCode)
	}
	end(status, v1alpha1.MoveOutcomeFailed, f.Message, f.At)
}

// Impossible says that the move can never be sent.
type Impossible struct {
	Message string
	At      time.Time
}

func (f Impossible) at() time.Time { return f.At }

func (f Impossible) apply(status *v1alpha1.ParticipantMoveStatus) {
	if status.Attempt == nil {
		end(status, v1alpha1.MoveOutcomeFailed, f.Message, f.At)
	}
}

// TimedOut says that the move was not sent within its timeout.
type TimedOut struct {
	Message string
	At      time.Time
}

func (f TimedOut) at() time.Time { return f.At }

func (f TimedOut) apply(status *v1alpha1.ParticipantMoveStatus) {
	if status.Attempt == nil {
		end(status, v1alpha1.MoveOutcomeTimedOut, f.Message, f.At)
	}
}

// Abandoned says that the result of the remaining participants can no longer be determined.
type Abandoned struct{ At time.Time }

func (f Abandoned) at() time.Time { return f.At }

func (f Abandoned) apply(status *v1alpha1.ParticipantMoveStatus) {
	for i := range status.Participants {
		if p := &status.Participants[i]; p.State == v1alpha1.ParticipantPending {
			p.State, p.Message = v1alpha1.ParticipantUnknown, "The service never reported what became of this participant."
		}
	}
	finish(status, f.At)
}

// Seen has the polled rosters of the target call and of the source call.
type Seen struct {
	InTarget, InSource []telephony.Participant
	At                 time.Time
}

func (f Seen) at() time.Time { return f.At }

func (f Seen) apply(status *v1alpha1.ParticipantMoveStatus) {
	if status.Accepted {
		// The service answered again.
		status.Waiting = nil
	}
	for i := range status.Participants {
		p := &status.Participants[i]
		if p.State == v1alpha1.ParticipantPending && isIn(f.InTarget, p.RawID) && !isIn(f.InSource, p.RawID) {
			// A moved participant was moved by this request, so the service has accepted it.
			status.Accepted, status.Waiting = true, nil
			p.State, p.Message = v1alpha1.ParticipantMoved, "The participant was found in the call."
		}
	}
	finish(status, f.At)
}

func isIn(roster []telephony.Participant, id string) bool {
	return slices.ContainsFunc(roster, func(p telephony.Participant) bool { return party.SameID(p.ID, id) })
}

// Reported says that the service sent an event about the move.
type Reported struct {
	Event telephony.Event
	At    time.Time
}

func (f Reported) at() time.Time { return f.At }

func (f Reported) apply(status *v1alpha1.ParticipantMoveStatus) {
	// Without an attempt nothing was requested, so the event belongs to something else.
	if status.Attempt == nil {
		return
	}
	if moved, ok := f.Event.News.(telephony.ParticipantMoved); ok {
		settle(status, moved, f.At)
	}
}

// settle records the result of a participant, unless it is known.
func settle(status *v1alpha1.ParticipantMoveStatus, moved telephony.ParticipantMoved, at time.Time) {
	if status.From == nil || moved.From != "" && moved.From != status.From.ConnectionID {
		return
	}
	p := pendingFor(status, moved.Participant)
	if p == nil {
		return
	}
	status.Accepted, status.Waiting = true, nil
	p.Code, p.SubCode = int32(moved.Code), int32(moved.SubCode)
	switch {
	case !moved.Failed:
		// The codes of a success mean other things where a call ends.
		p.State, p.Message = v1alpha1.ParticipantMoved, "The service moved the participant."
	case moved.Code != 0 || moved.SubCode != 0:
		p.State, p.Message = v1alpha1.ParticipantFailed, moved.Sentence
	default:
		p.State = v1alpha1.ParticipantFailed
	}
	finish(status, at)
}

// pendingFor finds the participant of an event. The service may use another ID than the request for a redirected
// participant: if the move has only one participant, it is that one.
func pendingFor(status *v1alpha1.ParticipantMoveStatus, who string) *v1alpha1.MovedParticipant {
	for i := range status.Participants {
		p := &status.Participants[i]
		if party.SameID(p.RawID, who) || len(status.Participants) == 1 {
			if p.State != v1alpha1.ParticipantPending {
				return nil
			}
			return p
		}
	}
	return nil
}
