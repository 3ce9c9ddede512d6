// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package telephony

import (
	"errors"
	"fmt"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Outcome is what is known of the effect of a request.
type Outcome string

// The outcomes of a request.
const (
	// OutcomeMade says that the service carried out the request.
	OutcomeMade Outcome = "Made"
	// OutcomeNotMade says that the request had no effect.
	OutcomeNotMade Outcome = "NotMade"
	// OutcomeUnknown says that the request may have had its effect.
	OutcomeUnknown Outcome = "Unknown"
)

// OutcomeOf is the outcome of the request that returned err: made for nil, and unknown for an error from another package.
func OutcomeOf(err error) Outcome {
	var known *Error
	switch {
	case err == nil:
		return OutcomeMade
	case errors.As(err, &known):
		return known.Outcome
	default:
		return OutcomeUnknown
	}
}

// Class is the kind of an error: what the operator does about it.
type Class string

// The classes of errors.
const (
	// ClassRefused says that the service will never carry out this request.
	ClassRefused Class = "Refused"
	// ClassGone is ClassRefused because the service does not know the call, or no longer.
	ClassGone Class = "Gone"
	// ClassRingOver is ClassRefused because an incoming call no longer rings.
	ClassRingOver Class = "RingOver"
	// ClassNotReady says that the call is not yet in a state for the request.
	ClassNotReady Class = "NotReady"
	// ClassThrottled says that the service asked to slow down.
	ClassThrottled Class = "Throttled"
	// ClassUnauthorized says that the credentials were not accepted.
	ClassUnauthorized Class = "Unauthorized"
	// ClassMisdirected says that something else than the service answered: the answer says nothing about the call.
	ClassMisdirected Class = "Misdirected"
	// ClassUnavailable says that the service did not answer, or failed.
	ClassUnavailable Class = "Unavailable"
	// ClassUnsupported says that the service cannot do this at all.
	ClassUnsupported Class = "Unsupported"
	// ClassTooLate says that the request was not sent, since its [Attempt.NotAfter] had passed.
	ClassTooLate Class = "TooLate"
)

// Final tells whether the same request can never succeed.
func (c Class) Final() bool {
	switch c {
	case ClassRefused, ClassGone, ClassRingOver, ClassUnsupported:
		return true
	default:
		return false
	}
}

// Error is a request that did not succeed.
type Error struct {
	Class   Class
	Outcome Outcome
	// Reason is the condition reason to show, of package v1alpha1.
	Reason string
	// Code and SubCode are the service's own, 0 if there was no answer.
	Code, SubCode int
	// RetryAfter is how long the service asked to wait, 0 if it did not.
	RetryAfter time.Duration
	// Sentence says what is wrong and what to do. It is the same each time, so that a status is not written anew for each try.
	Sentence string
	// Words are the service's own, without secrets; they may differ each time.
	Words string
	// Err is the adapter's own error, for logs and tests.
	Err error
}

func (e *Error) Error() string { return e.Sentence }

// Unwrap returns the adapter's own error.
func (e *Error) Unwrap() error { return e.Err }

// Unsupported is the refusal of what a service cannot do. The sentence names the service, and says what to do.
func Unsupported(format string, args ...any) *Error {
	sentence := fmt.Sprintf(format, args...)
	return &Error{
		Class: ClassUnsupported, Outcome: OutcomeNotMade, Reason: v1alpha1.ReasonUnsupported, Sentence: sentence, Err: errors.New(sentence),
	}
}

// Is tells whether an error is one of a class.
func Is(err error, class Class) bool {
	var known *Error
	return errors.As(err, &known) && known.Class == class
}
