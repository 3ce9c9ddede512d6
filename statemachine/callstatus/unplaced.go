// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"fmt"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/statemachine"
)

// Expired says that the call was not placed before its deadline.
type Expired struct {
	// Deadline is until when it could have been placed.
	Deadline time.Time
	// Unsent is the ID of an attempt that was recorded but certainly not sent; "" if there is none.
	Unsent string
	At     time.Time
}

func (f Expired) at() time.Time { return f.At }

func (f Expired) apply(status *v1alpha1.CallStatus) {
	if status.ConnectionID != "" || Repeated(status) || status.Attempt != nil && status.Attempt.ID != f.Unsent {
		// As with NotPlaced.
		return
	}
	message := fmt.Sprintf("The call was not placed before its deadline, %s (spec.startingDeadlineSeconds). Nobody was rung.", TimeText(f.Deadline))
	if waiting := status.Waiting; waiting != nil && waiting.Message != "" && waiting.Reason != v1alpha1.ReasonWaitingForTime {
		message += " What it waited for: " + waiting.Message
	}
	end(status, v1alpha1.CallResult{Outcome: v1alpha1.OutcomeExpired, Message: message, EndTime: statemachine.Timestamp(f.At)})
}

// Restored says that the Call is a copy from a backup tool, without the status of the original.
type Restored struct {
	// By names the tool, Mark the label or annotation that identifies it.
	By, Mark string
	At       time.Time
}

func (f Restored) at() time.Time { return f.At }

func (f Restored) apply(status *v1alpha1.CallStatus) {
	if status.Attempt != nil {
		return
	}
	end(status, v1alpha1.CallResult{
		Outcome: v1alpha1.OutcomeUnknown,
		Message: fmt.Sprintf("%s restored this Call from a backup (%s), so that its call may have taken place before: it is not placed again. "+
			"To place it, create a Call with another name and without that mark, as kubectl call retry does.", f.By, f.Mark),
		EndTime: statemachine.Timestamp(f.At),
	})
}

// NumberRefused says that the operator does not call the number.
type NumberRefused struct {
	// Problem is a sentence that says why.
	Problem string
	At      time.Time
}

func (f NumberRefused) at() time.Time { return f.At }

func (f NumberRefused) apply(status *v1alpha1.CallStatus) {
	endUnrung(status, v1alpha1.OutcomeFailed, f.Problem, f.At)
}

// Blocked says that a do-not-call list has the callee's number.
type Blocked struct {
	// Message is a sentence that names the list.
	Message string
	At      time.Time
}

func (f Blocked) at() time.Time { return f.At }

func (f Blocked) apply(status *v1alpha1.CallStatus) {
	endUnrung(status, v1alpha1.OutcomeBlocked, f.Message, f.At)
}

// endUnrung ends a call for which no attempt was made. The reason is a sentence.
func endUnrung(status *v1alpha1.CallStatus, outcome v1alpha1.CallOutcome, reason string, at time.Time) {
	if status.Attempt != nil {
		return
	}
	end(status, v1alpha1.CallResult{Outcome: outcome, Message: reason + " Nobody was rung.", EndTime: statemachine.Timestamp(at)})
}

// TimeText formats a time for messages.
func TimeText(t time.Time) string { return t.UTC().Format(time.RFC3339) }
