// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"fmt"
	"slices"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/statemachine"
	"github.com/call-operator/call-operator/telephony"
)

// ApplyToMove returns the status of a ParticipantMove after the facts, in their order. It does not change before. An outdated fact
// leaves the status unchanged.
func ApplyToMove(before v1alpha1.ParticipantMoveStatus, facts ...Fact) v1alpha1.ParticipantMoveStatus {
	return apply(before, func(status *v1alpha1.ParticipantMoveStatus) operation { return move{status} }, facts)
}

// AnnounceMove returns the Events for a change between two statuses of a ParticipantMove.
func AnnounceMove(before, after v1alpha1.ParticipantMoveStatus) []statemachine.Announcement {
	return announce(move{&before}, move{&after})
}

// move is the status of a ParticipantMove.
type move struct {
	*v1alpha1.ParticipantMoveStatus
}

func (m move) common() *v1alpha1.OperationStatus { return &m.OperationStatus }

func (m move) words() words {
	return words{
		running: v1alpha1.ReasonMoving, unresolved: v1alpha1.ReasonMoveUnresolved,
		pending: "The move is about to be sent.", begun: "Moving the participants.", underWay: "The participants are being moved.",
		action: "Move",
		copied: "This ParticipantMove is a copy: it was restored or copied with the status of another one. " +
			"Nothing was sent for it. To move the participants anew, create a ParticipantMove with another name and without status.",
		restored: "%s restored this move from a backup (%s), so that it may have taken place before: it is not sent again. " +
			"To move the participants, create a ParticipantMove with another name and without that mark.",
	}
}

func (m move) setPhase() {
	switch {
	case m.Result != nil:
		m.Phase = v1alpha1.MovePhaseEnded
	case m.Attempt != nil:
		m.Phase = v1alpha1.MovePhaseMoving
	default:
		m.Phase = v1alpha1.MovePhasePending
	}
}

func (m move) begin(request Intended) {
	m.From, m.To = &request.Calls[0], &request.Calls[1]
	m.Participants = nil
	for _, id := range request.Participants {
		if !slices.ContainsFunc(m.Participants, func(p v1alpha1.MovedParticipant) bool { return party.SameID(p.RawID, id) }) {
			m.Participants = append(m.Participants, v1alpha1.MovedParticipant{RawID: id, State: v1alpha1.ParticipantPending})
		}
	}
	m.Moved = m.tally()
}

func (m move) begun(string) {}

func (m move) withdraw() { m.From, m.To, m.Participants, m.Moved = nil, nil, nil, "" }

func (m move) refuse(code, subCode int) {
	for i := range m.Participants {
		m.Participants[i].State = v1alpha1.ParticipantFailed
		m.Participants[i].Code, m.Participants[i].SubCode = int32(code), int32(subCode)
	}
}

func (m move) complete(at time.Time) {
	m.settleOpen(v1alpha1.ParticipantMoved, movedByService)
	m.conclude(at)
}

func (m move) abandon(at time.Time) {
	m.settleOpen(v1alpha1.ParticipantUnknown, "The service never reported what became of this participant.")
	m.conclude(at)
}

// settleOpen gives those participants a state that have none yet.
func (m move) settleOpen(state v1alpha1.MovedParticipantState, message string) {
	for i := range m.Participants {
		if p := &m.Participants[i]; p.State == v1alpha1.ParticipantPending {
			p.State, p.Message = state, message
		}
	}
}

func (m move) see(rosters Seen) {
	for i := range m.Participants {
		p := &m.Participants[i]
		inSource, inTarget := isIn(rosters.Rosters[0], p.RawID), isIn(rosters.Rosters[1], p.RawID)
		if p.State == v1alpha1.ParticipantPending && inTarget && !inSource {
			// A moved participant was moved by this request, so the service has accepted it.
			accept(m.common())
			p.State, p.Message = v1alpha1.ParticipantMoved, "The participant was found in the call."
		}
	}
	m.conclude(rosters.At)
}

func isIn(roster []telephony.Participant, id string) bool {
	return slices.ContainsFunc(roster, func(p telephony.Participant) bool { return party.SameID(p.ID, id) })
}

func (m move) report(event Reported) {
	if moved, ok := event.Event.News.(telephony.ParticipantMoved); ok {
		m.settle(moved, event.At)
	}
}

// movedByService is what is said of a participant that the service itself reported as moved.
const movedByService = "The service moved the participant."

// settle records the result of a participant, unless it is known.
func (m move) settle(moved telephony.ParticipantMoved, at time.Time) {
	if m.From == nil || moved.From != "" && moved.From != m.From.ConnectionID {
		return
	}
	p := m.pending(moved.Participant)
	if p == nil {
		return
	}
	accept(m.common())
	p.Code, p.SubCode = int32(moved.Code), int32(moved.SubCode)
	switch {
	case !moved.Failed:
		// The codes of a success mean other things where a call ends.
		p.State, p.Message = v1alpha1.ParticipantMoved, movedByService
	case moved.Code != 0 || moved.SubCode != 0:
		p.State, p.Message = v1alpha1.ParticipantFailed, moved.Sentence
	default:
		p.State = v1alpha1.ParticipantFailed
	}
	m.conclude(at)
}

// pending finds the participant of an event. The service may use another ID than the request for a redirected
// participant: if the move has only one participant, it is that one.
func (m move) pending(who string) *v1alpha1.MovedParticipant {
	for i := range m.Participants {
		p := &m.Participants[i]
		if party.SameID(p.RawID, who) || len(m.Participants) == 1 {
			if p.State != v1alpha1.ParticipantPending {
				return nil
			}
			return p
		}
	}
	return nil
}

// conclude ends a sent move once every participant has a result.
func (m move) conclude(at time.Time) {
	m.Moved = m.tally()
	if m.count(v1alpha1.ParticipantPending) == 0 {
		outcome, message := m.judge()
		m.endAs(outcome, message, at)
	}
}

// count is how many participants have a state.
func (m move) count(state v1alpha1.MovedParticipantState) int {
	n := 0
	for i := range m.Participants {
		if m.Participants[i].State == state {
			n++
		}
	}
	return n
}

// tally is how many participants were moved, for people.
func (m move) tally() string {
	return fmt.Sprintf("%d/%d", m.count(v1alpha1.ParticipantMoved), len(m.Participants))
}

// judge derives the outcome of a move from its participants' results.
func (m move) judge() (v1alpha1.MoveOutcome, string) {
	all := len(m.Participants)
	moved, unknown := m.count(v1alpha1.ParticipantMoved), m.count(v1alpha1.ParticipantUnknown)
	switch {
	case moved == all:
		return v1alpha1.MoveOutcomeMoved, fmt.Sprintf("Moved to Call %s.", m.To.Name)
	case unknown > 0:
		return v1alpha1.MoveOutcomeUnknown, fmt.Sprintf("Nobody can tell what became of %d of %d participants: look at the rosters of both Calls.", unknown, all)
	case moved > 0:
		return v1alpha1.MoveOutcomePartlyMoved, fmt.Sprintf("%d of %d participants were moved. %s", moved, all, m.firstFailure())
	default:
		return v1alpha1.MoveOutcomeFailed, "Nobody was moved. " + m.firstFailure()
	}
}

func (m move) firstFailure() string {
	for _, p := range m.Participants {
		if p.State == v1alpha1.ParticipantFailed && p.Message != "" {
			return fmt.Sprintf("The service said (%d/%d): %s", p.Code, p.SubCode, p.Message)
		}
	}
	return "The service did not say why."
}

func (m move) end(how ending, message string, at time.Time) {
	outcome := v1alpha1.MoveOutcomeUnknown
	switch how {
	case endedFailed:
		outcome = v1alpha1.MoveOutcomeFailed
	case endedTimedOut:
		outcome = v1alpha1.MoveOutcomeTimedOut
	case endedCopied:
		m.settleOpen(v1alpha1.ParticipantUnknown, "The move is a copy of another one.")
	}
	m.endAs(outcome, message, at)
}

func (m move) endAs(outcome v1alpha1.MoveOutcome, message string, at time.Time) {
	m.Waiting = nil
	m.Result = &v1alpha1.MoveResult{Outcome: outcome, Message: conditions.Shortened(message, conditions.MaxMessage), EndTime: statemachine.Timestamp(at)}
}

func (m move) result() *result {
	if m.Result == nil {
		return nil
	}
	return &result{outcome: string(m.Result.Outcome), message: m.Result.Message, good: m.Result.Outcome == v1alpha1.MoveOutcomeMoved}
}
