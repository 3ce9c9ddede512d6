// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package movestate

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/statemachine"
)

// setConditions derives the conditions from the rest of the status.
func setConditions(status *v1alpha1.ParticipantMoveStatus, at time.Time) {
	conditions.Set(&status.Conditions, max(status.ObservedGeneration, 0), statemachine.Timestamp(at), summarise(status))
}

func summarise(status *v1alpha1.ParticipantMoveStatus) conditions.Summary {
	switch {
	case status.Result != nil && status.Result.Outcome == v1alpha1.MoveOutcomeMoved:
		return conditions.Summary{State: conditions.Ready, Reason: string(status.Result.Outcome), Message: status.Result.Message}
	case status.Result != nil:
		return conditions.Summary{State: conditions.Stalled, Reason: string(status.Result.Outcome), Message: status.Result.Message}
	case status.Waiting != nil:
		return conditions.Summary{State: conditions.Reconciling, Reason: status.Waiting.Reason, Message: status.Waiting.Message}
	case status.Attempt != nil:
		return conditions.Summary{State: conditions.Reconciling, Reason: v1alpha1.ReasonMoving, Message: "The participants are being moved."}
	default:
		return conditions.Summary{State: conditions.Reconciling, Reason: v1alpha1.ReasonPending, Message: "The move is about to be sent."}
	}
}
