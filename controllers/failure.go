// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/telephony"
)

// lastMet adds the error of the last try to a sentence.
func lastMet(sentence string, err error) string { return sentence + " Last: " + causeOf(err) }

// causeOf describes an error without the service's own words, which may differ with each try.
func causeOf(err error) string {
	var failed *telephony.Error
	if errors.As(err, &failed) {
		return failed.Sentence
	}
	return describeFailure(err).message
}

// failure is what an error of a request means for the next try.
type failure struct {
	// reason is a condition reason, message a sentence that is the same each time.
	reason, message string
	// code and subCode are the service's.
	code, subCode int
	// tooLate says that the request was not sent, since its time was over.
	tooLate bool
	// final says that the request can never succeed unchanged.
	final bool
	// retryAfter is how long the service asked to wait.
	retryAfter time.Duration
}

// describeFailure describes an error of a request: of the service, of the API server, or of the provider.
func describeFailure(err error) failure {
	var failed *telephony.Error
	var cause *telephony.UnusableError
	var local apierrors.APIStatus
	switch {
	case errors.As(err, &local):
		return failure{reason: v1alpha1.ReasonServiceUnavailable, message: "The API server of Kubernetes did not do what it was asked for."}
	case errors.As(err, &cause):
		return failure{reason: cause.Reason, message: cause.Message}
	case !errors.As(err, &failed):
		return failure{reason: v1alpha1.ReasonServiceUnavailable, message: "The service could not be reached."}
	}
	described := failure{
		reason: failed.Reason, message: failed.Sentence, code: failed.Code, subCode: failed.SubCode, final: failed.Class.Final(), retryAfter: failed.RetryAfter,
		tooLate: failed.Class == telephony.ClassTooLate,
	}
	if failed.Words != "" {
		described.message += " " + conditions.Shortened(failed.Words, longestWords)
	}
	return described
}

// longestWords limits the service's own words in a message.
const longestWords = 500
