// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// resultOf is the result of a call whose end the service reported. Nothing else decides how it ended: neither which event reported
// the end, nor the order of the events. The rules:
//
//   - A call that nobody answered is never completed, even if its codes say success.
//   - A call is cancelled only if the operator ended it before anybody answered. Services call other calls cancelled too.
//   - A decline by the callee counts even while the call is being hung up.
//   - A connected call was not declined, and its callee was not busy: such codes say how it ended.
func resultOf(status *v1alpha1.CallStatus, reason telephony.Reason, at metav1.Time) v1alpha1.CallResult {
	outcome, message := conclude(status, reason)
	return v1alpha1.CallResult{
		Outcome: outcome, Code: int32(reason.Code), SubCode: int32(reason.SubCode), Reason: failureReason(outcome, reason.Cause),
		Message: message, EndTime: at,
	}
}

func conclude(status *v1alpha1.CallStatus, reason telephony.Reason) (v1alpha1.CallOutcome, string) {
	incoming := status.Route != nil
	outcome, forced := endedByUs(status)
	switch {
	case status.ConnectedTime != nil:
		return concludeConnected(status, reason)
	case forced && (incoming || reason.Cause != telephony.CauseBusy && reason.Cause != telephony.CauseDeclined):
		return outcome, endedByUsMessage(status)
	case incoming:
		return concludeIncoming(reason)
	default:
		return concludeUnanswered(reason)
	}
}

func concludeConnected(status *v1alpha1.CallStatus, reason telephony.Reason) (v1alpha1.CallOutcome, string) {
	switch cause := reason.Cause; {
	case cause == telephony.CauseEnded || cause == telephony.CauseLeft:
		return v1alpha1.OutcomeCompleted, reason.Sentence
	case cause == telephony.CauseDeclined || cause == telephony.CauseBusy || cause == telephony.CauseCancelled || cause == telephony.CauseElsewhere:
		return v1alpha1.OutcomeCompleted, "The call was connected, and the other side ended it."
	case status.Ending != nil:
		return v1alpha1.OutcomeCompleted, "The call was connected, and was hung up."
	case cause == telephony.CauseUnreached:
		return v1alpha1.OutcomeFailed, "The call was connected and broke off: the other side could no longer be reached."
	default:
		return v1alpha1.OutcomeFailed, "The call was connected and broke off. " + reason.Sentence
	}
}

func concludeIncoming(reason telephony.Reason) (v1alpha1.CallOutcome, string) {
	switch reason.Cause {
	case telephony.CauseElsewhere:
		return v1alpha1.OutcomeMissed, reason.Sentence
	case telephony.CauseEnded, telephony.CauseLeft, telephony.CauseCancelled, telephony.CauseUnreached:
		if reason.Code == 0 && reason.SubCode == 0 {
			return v1alpha1.OutcomeFailed, "The call could not be connected. The service did not say why."
		}
		return v1alpha1.OutcomeMissed, "The caller was gone before the call was connected."
	default:
		return v1alpha1.OutcomeFailed, reason.Sentence
	}
}

func concludeUnanswered(reason telephony.Reason) (v1alpha1.CallOutcome, string) {
	switch reason.Cause {
	case telephony.CauseEnded:
		return v1alpha1.OutcomeNoAnswer, "The call ended, and nobody had answered."
	case telephony.CauseLeft:
		return v1alpha1.OutcomeDeclined, "The callee declined: the call ended since everybody else had left, and nobody had answered."
	case telephony.CauseCancelled:
		return v1alpha1.OutcomeNoAnswer, "The call was cancelled before anybody answered, and not from here."
	case telephony.CauseUnreached:
		return v1alpha1.OutcomeNoAnswer, reason.Sentence
	case telephony.CauseBusy:
		return v1alpha1.OutcomeBusy, reason.Sentence
	case telephony.CauseDeclined:
		return v1alpha1.OutcomeDeclined, reason.Sentence
	default:
		return v1alpha1.OutcomeFailed, reason.Sentence
	}
}

// undecided tells whether a report that the call is over leaves open if anybody had answered: it looks ordinary, and the event about
// an answer may still arrive.
func undecided(status *v1alpha1.CallStatus, cause telephony.Cause) bool {
	ordinary := cause == telephony.CauseEnded || cause == telephony.CauseLeft
	return ordinary && status.ConnectedTime == nil && status.Ending == nil
}

// endedByUs is the outcome of a call that the operator hung up before anybody answered; forced is false for any
// other call.
func endedByUs(status *v1alpha1.CallStatus) (outcome v1alpha1.CallOutcome, forced bool) {
	switch {
	case status.Ending == nil || status.ConnectedTime != nil:
		return "", false
	case status.Ending.Reason == v1alpha1.EndingRingTimeout:
		return v1alpha1.OutcomeNoAnswer, true
	default:
		return v1alpha1.OutcomeCancelled, true
	}
}

func endedByUsMessage(status *v1alpha1.CallStatus) string {
	if status.Ending.Reason == v1alpha1.EndingRingTimeout {
		return "Nobody answered within spec.ringTimeout."
	}
	return "The call was ended before anybody answered."
}

// AsWanted tells whether an outcome is what the spec asked for, rather than a failure.
func AsWanted(outcome v1alpha1.CallOutcome) bool {
	switch outcome {
	case v1alpha1.OutcomeCompleted, v1alpha1.OutcomeCancelled, v1alpha1.OutcomeRedirected, v1alpha1.OutcomeRejected:
		return true
	default:
		return false
	}
}
