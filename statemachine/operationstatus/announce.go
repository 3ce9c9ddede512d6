// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/masking"
	"github.com/call-operator/call-operator/statemachine"
)

// announce returns the Events for a change between two statuses of an operation: it waits for a person to fix something, is
// sent, or ended. A retry after a failure has none. The writer of the change emits it, so that each change is announced
// once.
func announce(from, to operation) []statemachine.Announcement {
	before, after := from.common(), to.common()
	var news []statemachine.Announcement
	if before.Attempt == nil && after.Attempt != nil && (before.Waiting == nil || before.Waiting.RetryTime == nil) {
		news = append(news, statemachine.Announcement{Reason: to.words().running, Action: to.words().action, Message: to.words().begun})
	}
	if result := to.result(); from.result() == nil && result != nil {
		news = append(news, statemachine.Announcement{Warning: !result.good, Reason: result.outcome, Action: "End", Message: result.message})
	}
	if before.Attempt == nil && after.Attempt == nil && isProblem(after.Waiting) && !isProblem(before.Waiting) || leftItsService(before, after) {
		news = append(news, statemachine.Announcement{Warning: true, Reason: after.Waiting.Reason, Action: "Wait", Message: after.Waiting.Message})
	}
	for i := range news {
		// What something waits for, and what the service said, may name a number.
		news[i].Message = masking.Numbers(news[i].Message)
	}
	return news
}

// leftItsService tells whether the provider of a sent operation has begun to point to another service.
func leftItsService(before, after *v1alpha1.OperationStatus) bool {
	return after.Attempt != nil && after.Waiting != nil && after.Waiting.Reason == v1alpha1.ReasonProviderChanged &&
		(before.Waiting == nil || before.Waiting.Reason != after.Waiting.Reason)
}

// isProblem tells whether an operation waits for a person to fix something. Waiting for Calls or for its turn is normal.
func isProblem(waiting *v1alpha1.OperationWaiting) bool {
	if waiting == nil {
		return false
	}
	switch waiting.Reason {
	case v1alpha1.ReasonCallNotFound, v1alpha1.ReasonCallNotConnected, v1alpha1.ReasonMoveInFlight, v1alpha1.ReasonActionInFlight:
		return false
	default:
		return true
	}
}
