// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstate

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
)

// outcomes map the outcomes of package acs to those of the API.
var outcomes = map[acs.CallOutcome]v1alpha1.CallOutcome{
	acs.CallCompleted: v1alpha1.OutcomeCompleted,
	acs.CallNoAnswer:  v1alpha1.OutcomeNoAnswer,
	acs.CallBusy:      v1alpha1.OutcomeBusy,
	acs.CallDeclined:  v1alpha1.OutcomeDeclined,
	acs.CallCancelled: v1alpha1.OutcomeCancelled,
	acs.CallMissed:    v1alpha1.OutcomeMissed,
	acs.CallFailed:    v1alpha1.OutcomeFailed,
}

// endOf is the input for the outcome of a call whose end the service reported with the codes.
func endOf(status *v1alpha1.CallStatus, code, subCode int) acs.CallEnd {
	return acs.CallEnd{
		Connected: status.ConnectedTime != nil, HungUp: hungUp(status), Incoming: status.Route != nil,
		Code: code, SubCode: subCode,
	}
}

func codesOf(info *acs.ResultInformation) (code, subCode int) {
	if info == nil {
		return 0, 0
	}
	return info.Code, info.SubCode
}

// resultOf is the result of a call whose end the service reported.
func resultOf(status *v1alpha1.CallStatus, code, subCode int, at metav1.Time) v1alpha1.CallResult {
	conclusion := endOf(status, code, subCode).Conclude()
	result := v1alpha1.CallResult{
		Outcome: outcomes[conclusion.Outcome], Code: int32(code), SubCode: int32(subCode), Message: conclusion.Sentence, EndTime: at,
	}
	if conclusion.ByHangUp {
		result.Message = endedByUsMessage(status)
	}
	return result
}

func hungUp(status *v1alpha1.CallStatus) acs.HungUp {
	switch {
	case status.Ending == nil:
		return acs.HungUpNo
	case status.Ending.Reason == v1alpha1.EndingRingTimeout:
		return acs.HungUpUnanswered
	default:
		return acs.HungUpWanted
	}
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
