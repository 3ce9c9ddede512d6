// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package movestate

import (
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/masking"
	"github.com/call-operator/call-operator/internal/statemachine"
)

// Announce returns the Event for a change between two statuses of a move: it waits for a person to fix something, is
// sent, or ended. A retry after a failure has none. The writer of the change emits it, so that each change is announced
// once.
func Announce(before, after v1alpha1.ParticipantMoveStatus) []statemachine.Announcement {
	var news []statemachine.Announcement
	if before.Attempt == nil && after.Attempt != nil && (before.Waiting == nil || before.Waiting.RetryTime == nil) {
		news = append(news, statemachine.Announcement{Reason: v1alpha1.ReasonMoving, Action: "Move", Message: "Moving the participants."})
	}
	if before.Result == nil && after.Result != nil {
		news = append(news, statemachine.Announcement{
			Warning: after.Result.Outcome != v1alpha1.MoveOutcomeMoved,
			Reason:  string(after.Result.Outcome), Action: "End", Message: after.Result.Message,
		})
	}
	if before.Attempt == nil && after.Attempt == nil && isProblem(after.Waiting) && !isProblem(before.Waiting) {
		news = append(news, statemachine.Announcement{Warning: true, Reason: after.Waiting.Reason, Action: "Wait", Message: after.Waiting.Message})
	}
	if after.Waiting != nil && after.Waiting.Reason == v1alpha1.ReasonProviderChanged &&
		(before.Waiting == nil || before.Waiting.Reason != after.Waiting.Reason) && after.Attempt != nil {
		news = append(news, statemachine.Announcement{Warning: true, Reason: after.Waiting.Reason, Action: "Wait", Message: after.Waiting.Message})
	}
	for i := range news {
		// What something waits for, and what the service said, may name a number.
		news[i].Message = masking.Numbers(news[i].Message)
	}
	return news
}

// isProblem tells whether a move waits for a person to fix something. Waiting for Calls or for its turn is normal.
func isProblem(waiting *v1alpha1.MoveWaiting) bool {
	if waiting == nil {
		return false
	}
	switch waiting.Reason {
	case v1alpha1.ReasonCallNotFound, v1alpha1.ReasonCallNotConnected, v1alpha1.ReasonMoveInFlight:
		return false
	default:
		return true
	}
}
