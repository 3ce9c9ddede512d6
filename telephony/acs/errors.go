// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// errorOf is the error of a request to ACS in the words of package telephony; nil stays nil. Its sentence has no request ID and no
// timing, which differ with each try.
func errorOf(err error) error {
	if err == nil {
		return nil
	}
	failed := &telephony.Error{
		Class: telephony.ClassUnavailable, Outcome: outcomes[acs.OutcomeOf(err)], Reason: v1alpha1.ReasonServiceUnavailable, Err: err,
	}
	var refused *acs.Error
	var untrusted *azidentity.AuthenticationFailedError
	switch {
	case errors.Is(err, errPastDeadline):
		failed.Class, failed.Sentence = telephony.ClassTooLate, "The deadline of the call is over, and the request was not sent again."
	case errors.Is(err, errNoCall):
		failed.Sentence = "The answer of ACS names no call."
	case errors.As(err, &untrusted):
		failed.Class, failed.Reason = telephony.ClassUnauthorized, v1alpha1.ReasonUnauthorized
		failed.Sentence = "Entra ID gave the manager no token: check spec.acs.workloadIdentity and the federated credential of that identity."
	case !errors.As(err, &refused) || refused.StatusCode == 0:
		failed.Sentence = unreachable(err)
	default:
		explain(failed, refused)
	}
	return failed
}

var outcomes = map[acs.Outcome]telephony.Outcome{
	acs.OutcomeMade: telephony.OutcomeMade, acs.OutcomeNotMade: telephony.OutcomeNotMade, acs.OutcomeUnknown: telephony.OutcomeUnknown,
}

// explain says what an answer means.
func explain(failed *telephony.Error, refused *acs.Error) {
	failed.Code, failed.SubCode, failed.RetryAfter = refused.StatusCode, refused.SubCode, refused.RetryAfter
	switch status := refused.StatusCode; {
	case status < http.StatusMultipleChoices && !refused.Foreign():
		failed.Sentence = fmt.Sprintf("The answer of ACS cannot be read (HTTP %d).", status)
	case status == http.StatusUnauthorized:
		failed.Class, failed.Reason = telephony.ClassUnauthorized, v1alpha1.ReasonUnauthorized
		failed.Sentence = "ACS refused the provider's credentials (HTTP 401): check the access key in the provider's Secret, or the rights of its workload identity."
	case status == http.StatusTooManyRequests:
		failed.Class, failed.Reason, failed.Sentence = telephony.ClassThrottled, v1alpha1.ReasonThrottled, "ACS asked to slow down (HTTP 429)."
	case refused.Gone():
		refuse(failed, refused, telephony.ClassGone)
	case status == http.StatusRequestTimeout || status >= http.StatusInternalServerError:
		failed.Sentence = fmt.Sprintf("ACS failed (HTTP %d).", status)
	case refused.Foreign():
		obstacle := misdirected(refused)
		failed.Class, failed.Reason, failed.Sentence = telephony.ClassMisdirected, obstacle.Reason, obstacle.Message
	case refused.ContextExpired():
		refuse(failed, refused, telephony.ClassRingOver)
	default:
		refuse(failed, refused, telephony.ClassRefused)
	}
}

// refuse says that the request can never succeed unchanged.
func refuse(failed *telephony.Error, refused *acs.Error, class telephony.Class) {
	failed.Class, failed.Reason, failed.Words = class, v1alpha1.ReasonInvalidRequest, refused.Message
	if refused.StatusCode == http.StatusForbidden {
		failed.Reason = v1alpha1.ReasonForbidden
	}
	failed.Sentence = fmt.Sprintf("ACS refused the request (HTTP %d): %s", refused.StatusCode, refused.Meaning())
}

// misdirected says that an answer is from another server than ACS.
func misdirected(refused *acs.Error) *telephony.UnusableError {
	if refused.VersionUnknown() {
		return &telephony.UnusableError{Reason: v1alpha1.ReasonAPIVersionNotServed, Message: fmt.Sprintf(
			"The endpoint does not serve the api-version of the request (HTTP %d): set spec.acs.apiVersion of the provider to one that ACS serves, such as %s.",
			refused.StatusCode, acs.DefaultAPIVersion)}
	}
	return &telephony.UnusableError{Reason: v1alpha1.ReasonEndpointNotACS, Message: fmt.Sprintf(
		"The endpoint answers, but not as ACS does (HTTP %d): check the provider's endpoint, and what proxy is between the manager and ACS.", refused.StatusCode)}
}
