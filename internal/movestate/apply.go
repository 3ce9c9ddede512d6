// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package movestate

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/statemachine"
)

// Fact is something that became known about a move.
type Fact interface {
	// apply changes a status that has no result yet.
	apply(status *v1alpha1.ParticipantMoveStatus)
	// at is when the fact became known.
	at() time.Time
}

// Apply returns the status of a move after the facts, in their order. It does not change before. An outdated fact leaves the status
// unchanged.
func Apply(before v1alpha1.ParticipantMoveStatus, facts ...Fact) v1alpha1.ParticipantMoveStatus {
	return statemachine.Apply(before, statemachine.Rules[v1alpha1.ParticipantMoveStatus, Fact]{Apply: Fact.apply, Known: Fact.at, Derive: derive}, facts...)
}

func derive(status *v1alpha1.ParticipantMoveStatus, known time.Time) {
	status.Phase = phaseOf(status)
	setConditions(status, known)
}

func phaseOf(status *v1alpha1.ParticipantMoveStatus) v1alpha1.MovePhase {
	switch {
	case status.Result != nil:
		return v1alpha1.MovePhaseEnded
	case status.Attempt != nil:
		return v1alpha1.MovePhaseMoving
	default:
		return v1alpha1.MovePhasePending
	}
}
