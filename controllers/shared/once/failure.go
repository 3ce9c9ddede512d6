// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package once

import (
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/telephony"
)

// lastMet adds the error of the last try to a sentence.
func lastMet(sentence string, err error) string { return sentence + " Last: " + CauseOf(err) }

// CauseOf describes an error without the service's own words, which may differ with each try.
func CauseOf(err error) string {
	var failed *telephony.Error
	if errors.As(err, &failed) {
		return failed.Sentence
	}
	return DescribeFailure(err).Message
}

// RefusalOf describes the refusal of a request, with the service's own words.
func RefusalOf(err error) string {
	message := CauseOf(err)
	var failed *telephony.Error
	if errors.As(err, &failed) && failed.Words != "" {
		message += " The service said: " + conditions.Shortened(failed.Words, LongestWords)
	}
	return message
}

// Failure is what an error of a request means for the next try.
type Failure struct {
	// Reason is a condition reason, message a sentence that is the same each time.
	Reason, Message string
	// Code and SubCode are the service's.
	Code, SubCode int
	// TooLate says that the request was not sent, since its time was over.
	TooLate bool
	// Final says that the request can never succeed unchanged.
	Final bool
	// retryAfter is how long the service asked to wait.
	retryAfter time.Duration
}

// DescribeFailure describes an error of a request: of the service, of the API server, or of the provider.
func DescribeFailure(err error) Failure {
	var failed *telephony.Error
	var cause *telephony.UnusableError
	var local apierrors.APIStatus
	switch {
	case errors.As(err, &local):
		return Failure{Reason: v1alpha1.ReasonServiceUnavailable, Message: "The API server of Kubernetes did not do what it was asked for."}
	case errors.As(err, &cause):
		return Failure{Reason: cause.Reason, Message: cause.Message}
	case !errors.As(err, &failed):
		return Failure{Reason: v1alpha1.ReasonServiceUnavailable, Message: "The service could not be reached."}
	}
	described := Failure{
		Reason: failed.Reason, Message: failed.Sentence, Code: failed.Code, SubCode: failed.SubCode, Final: failed.Class.Final(), retryAfter: failed.RetryAfter,
		TooLate: failed.Class == telephony.ClassTooLate,
	}
	if failed.Words != "" {
		described.Message += " " + conditions.Shortened(failed.Words, LongestWords)
	}
	return described
}

// LongestWords limits the service's own words in a message.
const LongestWords = 500
