// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package movestate

import (
	"fmt"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/statemachine"
)

// count is how many participants have a state.
func count(status *v1alpha1.ParticipantMoveStatus, state v1alpha1.MovedParticipantState) int {
	n := 0
	for i := range status.Participants {
		if status.Participants[i].State == state {
			n++
		}
	}
	return n
}

// tally is how many participants were moved, for people.
func tally(status *v1alpha1.ParticipantMoveStatus) string {
	return fmt.Sprintf("%d/%d", count(status, v1alpha1.ParticipantMoved), len(status.Participants))
}

// finish ends a move once every participant has a result.
func finish(status *v1alpha1.ParticipantMoveStatus, at time.Time) {
	if status.Attempt == nil {
		return
	}
	status.Moved = tally(status)
	if count(status, v1alpha1.ParticipantPending) > 0 {
		return
	}
	outcome, message := judge(status)
	end(status, outcome, message, at)
}

// judge derives the outcome of a move from its participants' results.
func judge(status *v1alpha1.ParticipantMoveStatus) (v1alpha1.MoveOutcome, string) {
	all := len(status.Participants)
	moved, unknown := count(status, v1alpha1.ParticipantMoved), count(status, v1alpha1.ParticipantUnknown)
	switch {
	case moved == all:
		return v1alpha1.MoveOutcomeMoved, fmt.Sprintf("Moved to Call %s.", status.To.Name)
	case unknown > 0:
		return v1alpha1.MoveOutcomeUnknown, fmt.Sprintf("Nobody can tell what became of %d of %d participants: look at the rosters of both Calls.", unknown, all)
	case moved > 0:
		return v1alpha1.MoveOutcomePartlyMoved, fmt.Sprintf("%d of %d participants were moved. %s", moved, all, firstFailure(status))
	default:
		return v1alpha1.MoveOutcomeFailed, "Nobody was moved. " + firstFailure(status)
	}
}

func firstFailure(status *v1alpha1.ParticipantMoveStatus) string {
	for _, p := range status.Participants {
		if p.State == v1alpha1.ParticipantFailed && p.Message != "" {
			return fmt.Sprintf("The service said (%d/%d): %s", p.Code, p.SubCode, p.Message)
		}
	}
	return "The service did not say why."
}

func end(status *v1alpha1.ParticipantMoveStatus, outcome v1alpha1.MoveOutcome, message string, at time.Time) {
	status.Waiting = nil
	status.Result = &v1alpha1.MoveResult{Outcome: outcome, Message: conditions.Shortened(message, conditions.MaxMessage), EndTime: statemachine.Timestamp(at)}
}
