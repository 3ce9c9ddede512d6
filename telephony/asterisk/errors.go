// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/telephony"
)

// errorOf is the error of a request to Asterisk in the words of package telephony; nil stays nil.
func errorOf(err error) error {
	if err == nil {
		return nil
	}
	var known *telephony.Error
	if errors.As(err, &known) {
		return err
	}
	failed := &telephony.Error{
		Class: telephony.ClassUnavailable, Outcome: telephony.OutcomeUnknown, Reason: v1alpha1.ReasonServiceUnavailable, Err: err,
		Sentence: "The connection to Asterisk broke off before its answer.",
	}
	var refused *ari.Error
	var notSent *ari.NotSentError
	switch {
	case errors.As(err, &notSent):
		failed.Outcome, failed.Sentence = telephony.OutcomeNotMade, "Asterisk cannot be reached: "+cause(notSent)
	case errors.As(err, &refused):
		explain(failed, refused)
	}
	return failed
}

// explain says what a refusal means.
func explain(failed *telephony.Error, refused *ari.Error) {
	failed.Outcome, failed.Code, failed.Words = telephony.OutcomeNotMade, refused.StatusCode, refused.Message
	switch status := refused.StatusCode; {
	case status == http.StatusUnauthorized:
		failed.Class, failed.Reason = telephony.ClassUnauthorized, v1alpha1.ReasonUnauthorized
		failed.Sentence = "Asterisk refused the user name or the password (HTTP 401): compare the provider's Secret with ari.conf."
	case status == http.StatusForbidden:
		failed.Class, failed.Reason = telephony.ClassUnauthorized, v1alpha1.ReasonUnauthorized
		failed.Sentence = "The user may only read (HTTP 403): set read_only = no for it in ari.conf."
	case refused.Foreign:
		failed.Class, failed.Reason = telephony.ClassMisdirected, v1alpha1.ReasonEndpointNotAsterisk
		failed.Sentence = fmt.Sprintf("Something answers at spec.asterisk.url, but not as Asterisk does (HTTP %d): check the URL, which ends in /ari, and what proxy is in between.", status)
		if status < http.StatusMultipleChoices {
			// The proxy may have passed the request on.
			failed.Outcome = telephony.OutcomeUnknown
		}
	case status == http.StatusNotFound:
		failed.Class, failed.Reason, failed.Sentence = telephony.ClassGone, v1alpha1.ReasonInvalidRequest, "Asterisk does not know the call, or no longer."
	case status >= http.StatusInternalServerError:
		failed.Class, failed.Reason = telephony.ClassRefused, v1alpha1.ReasonInvalidRequest
		failed.Sentence = fmt.Sprintf("Asterisk could not do it (HTTP %d): is the trunk or the phone of spec.asterisk.endpoint in pjsip.conf, and registered?", status)
	default:
		failed.Class, failed.Reason = telephony.ClassRefused, v1alpha1.ReasonInvalidRequest
		failed.Sentence = fmt.Sprintf("Asterisk refused the request (HTTP %d).", status)
	}
}

// cause is why a request was not sent.
func cause(notSent *ari.NotSentError) string {
	var unknown x509.UnknownAuthorityError
	if errors.As(notSent, &unknown) {
		return fmt.Sprintf("%v. If it is an authority of your own, add its certificate under the key %s to the provider's Secret.", unknown, caKey)
	}
	return fmt.Sprintf("%v.", errors.Unwrap(notSent))
}
