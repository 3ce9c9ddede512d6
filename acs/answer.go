// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"net/http"
	"strings"
)

const headerRepeatabilityResult = "Repeatability-Result"

// RepeatabilityResult is what an answer says about the request's Repeatability ID.
type RepeatabilityResult string

// The values of RepeatabilityResult.
const (
	// RepeatabilityNotConfirmed says that the answer has no Repeatability-Result, or an unknown one. Recorded answers to
	// createCall and answerCall of 2023 and later are like that: nothing confirms that a repetition is recognised.
	RepeatabilityNotConfirmed RepeatabilityResult = ""
	// RepeatabilityAccepted says that the service has recorded the ID, and recognises a repetition.
	RepeatabilityAccepted RepeatabilityResult = "accepted"
	// RepeatabilityRejected says that the service refused the Repeatability headers.
	RepeatabilityRejected RepeatabilityResult = "rejected"
)

func repeatabilityResult(header http.Header) RepeatabilityResult {
	switch result := RepeatabilityResult(strings.ToLower(strings.TrimSpace(header.Get(headerRepeatabilityResult)))); result {
	case RepeatabilityAccepted, RepeatabilityRejected:
		return result
	default:
		return RepeatabilityNotConfirmed
	}
}

// Answer is the result of one operation, after all its tries.
type Answer struct {
	// Operation is the operation's name, such as createCall.
	Operation string
	// Repeatable says that the request had a Repeatability ID; Repeatability, what the answer says about it.
	Repeatable    bool
	Repeatability RepeatabilityResult
	// Err is nil after a success.
	Err *Error
}

// answered reports the result of an operation to OnAnswer and Repeatability.Result.
func (c *Client) answered(op operation, result RepeatabilityResult, failed *Error) {
	if op.repeat.Result != nil {
		*op.repeat.Result = result
	}
	if c.onAnswer != nil {
		c.onAnswer(Answer{Operation: op.name, Repeatable: op.repeat.ID != "", Repeatability: result, Err: failed})
	}
}
