// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstate

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
)

// resultOf says how a call ended whose end the service reported with info.
func resultOf(status *v1alpha1.CallStatus, info *acs.ResultInformation, at metav1.Time) v1alpha1.CallResult {
	if info == nil {
		info = &acs.ResultInformation{}
	}
	result := v1alpha1.CallResult{
		Outcome: outcomeOf(info.Code, info.SubCode),
		Code:    int32(info.Code),
		SubCode: int32(info.SubCode),
		Message: acs.Describe(info.Code, info.SubCode),
		EndTime: at,
	}
	calleeSaidNo := result.Outcome == v1alpha1.OutcomeBusy || result.Outcome == v1alpha1.OutcomeDeclined
	if outcome, forced := endedByUs(status); forced && !calleeSaidNo {
		result.Outcome, result.Message = outcome, endedByUsMessage(status)
	}
	return result
}

// failureOf is resultOf for a call of which the service said that it failed: without a code that says why, it failed
// all the same.
func failureOf(status *v1alpha1.CallStatus, info *acs.ResultInformation, at metav1.Time) v1alpha1.CallResult {
	result := resultOf(status, info, at)
	if result.Outcome == v1alpha1.OutcomeCompleted {
		result.Outcome, result.Message = v1alpha1.OutcomeFailed, "The call failed. The service did not say why."
	}
	return result
}

// endedByUs is the outcome of a call that the operator hung up before anybody answered; forced is false for any
// other.
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

// outcomeOf maps the service's code and sub-code to an outcome.
// Source: https://learn.microsoft.com/azure/communication-services/resources/troubleshooting/voice-video-calling/troubleshooting-codes.
func outcomeOf(code, subCode int) v1alpha1.CallOutcome {
	switch subCode {
	case 5003, 10024, 8538: // all endpoints declined; declined by all; the callee declined
		return v1alpha1.OutcomeDeclined
	case 8539, 8540: // busy; busy everywhere
		return v1alpha1.OutcomeBusy
	case 10004, 8541: // not answered in time; unavailable
		return v1alpha1.OutcomeNoAnswer
	}
	switch code {
	case 0, 200:
		return v1alpha1.OutcomeCompleted
	case 486, 600:
		return v1alpha1.OutcomeBusy
	case 408, 480:
		return v1alpha1.OutcomeNoAnswer
	case 487:
		return v1alpha1.OutcomeCancelled
	case 603:
		return v1alpha1.OutcomeDeclined
	default:
		return v1alpha1.OutcomeFailed
	}
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
