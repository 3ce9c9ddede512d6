// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"fmt"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/masking"
	"github.com/call-operator/call-operator/statemachine"
)

// Announce returns the Event for a change between two statuses of a call. The writer of the change emits it, so that
// each change is announced once.
func Announce(before, after v1alpha1.CallStatus) []statemachine.Announcement {
	var news []statemachine.Announcement
	if before.Attempt == nil && after.Attempt != nil {
		news = append(news, announceAttempt(&after))
	}
	if before.ConnectedTime == nil && after.ConnectedTime != nil {
		news = append(news, statemachine.Announcement{Reason: v1alpha1.ReasonConnected, Action: "Connect", Message: "The call was answered."})
	}
	if before.Result == nil && after.Result != nil {
		news = append(news, statemachine.Announcement{
			Warning: !AsWanted(after.Result.Outcome),
			Reason:  string(after.Result.Outcome), Action: "End", Message: endMessage(&after),
		})
	}
	if runningFlow(&before) != nil && after.Flow != nil && after.Flow.Over() {
		news = append(news, announceFlow(after.Flow))
	}
	if after.Waiting != nil && (before.Waiting == nil || before.Waiting.Reason != after.Waiting.Reason) {
		news = append(news, statemachine.Announcement{
			Warning: !inLine(after.Waiting.Reason),
			Reason:  after.Waiting.Reason, Action: "Wait", Message: after.Waiting.Message,
		})
	}
	if before.Unreachable == nil && after.Unreachable != nil {
		news = append(news, statemachine.Announcement{
			Warning: true, Reason: after.Unreachable.Reason, Action: "Poll", Message: after.Unreachable.Message,
		})
	}
	for i := range news {
		// What something waits for, and what the service said, may name a number.
		news[i].Message = masking.Numbers(news[i].Message)
	}
	return news
}

func announceFlow(flow *v1alpha1.FlowProgress) statemachine.Announcement {
	ended := statemachine.Announcement{Reason: v1alpha1.ReasonFlowEnded, Action: "Flow", Message: fmt.Sprintf("The flow ended: %s.", flow.Outcome)}
	switch flow.Outcome {
	case v1alpha1.FlowFailed, v1alpha1.FlowTimedOut, v1alpha1.FlowTooManyVisits:
		ended.Warning = true
	}
	if flow.Message != "" {
		ended.Message += " " + flow.Message
	}
	return ended
}

func announceAttempt(status *v1alpha1.CallStatus) statemachine.Announcement {
	if status.Route == nil {
		return statemachine.Announcement{Reason: v1alpha1.ReasonDialing, Action: "Dial", Message: "Placing the call."}
	}
	// Without the redirect target: Events contain no numbers.
	return statemachine.Announcement{
		Reason: v1alpha1.ReasonRouted, Action: string(status.Route.Action), Message: fmt.Sprintf("%s takes the call.", taker(status.Route)),
	}
}

// endMessage is how a call ended, without the number of the redirect target.
func endMessage(status *v1alpha1.CallStatus) string {
	if status.Result.Outcome == v1alpha1.OutcomeRedirected && status.Route != nil {
		return fmt.Sprintf("%s passed the call on.", taker(status.Route))
	}
	return status.Result.Message
}

// inLine tells whether waiting for this reason is normal.
func inLine(reason string) bool {
	switch reason {
	case v1alpha1.ReasonWaitingForCapacity, v1alpha1.ReasonWaitingForCallee, v1alpha1.ReasonWaitingForOtherLeg, v1alpha1.ReasonPaced, v1alpha1.ReasonWaitingForTime:
		return true
	case v1alpha1.ReasonWaitingForOrigin, v1alpha1.ReasonContextMissing:
		// Usually the missing object arrives soon. If it never does, the end of the call says so.
		return true
	default:
		return false
	}
}
