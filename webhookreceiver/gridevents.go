// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"net/http"
	"slices"
)

// gridResult is the result of an event of Event Grid.
type gridResult string

const (
	// gridFailed says that the event is worth a retry.
	gridFailed gridResult = "failed"
	// gridRefused says that the API server rejected the Call or its Secret on every try. A person may fix that while the call
	// rings, so the event is worth a retry.
	gridRefused gridResult = "api_refused"
	// gridValidated says that the service asked whether its events are welcome.
	gridValidated gridResult = "validation"
	// gridRecorded says that Call and Secret are in the API server, and at least one is new.
	gridRecorded gridResult = "recorded"
	// gridLate says that the call had stopped ringing; there is a Call as a record, and no Secret.
	gridLate gridResult = "late"
	// gridOld says that everything already existed, or was over.
	gridOld gridResult = "old_news"
	// gridGone says that the namespace is being deleted, or was.
	gridGone gridResult = "namespace_gone"

	// These say why an event can never be recorded.
	gridInvalid         gridResult = "api_invalid"
	gridMalformed       gridResult = "event_malformed"
	gridNoCallee        gridResult = "callee_unknown"
	gridNoContext       gridResult = "context_missing"
	gridContextTooLarge gridResult = "context_too_large"

	// gridUnknownType says that the event has an unknown type.
	gridUnknownType gridResult = "unknown_type"
	// gridEmpty says that there was no event.
	gridEmpty gridResult = "empty"
)

// gridOrder lists results by precedence for a delivery's answer. Event Grid gets one answer for all events of a delivery: a retry
// of one means a retry of all, which finds those already recorded. An accepted event outweighs one that can never be recorded.
var gridOrder = []gridResult{
	gridFailed, gridRefused, gridValidated, gridRecorded, gridLate, gridOld, gridGone,
	gridInvalid, gridMalformed, gridNoCallee, gridNoContext, gridContextTooLarge, gridUnknownType, gridEmpty,
}

// refused tells whether the event can never be recorded.
func (r gridResult) refused() bool {
	return slices.Contains([]gridResult{gridInvalid, gridMalformed, gridNoCallee, gridNoContext, gridContextTooLarge}, r)
}

// outcome is the result of an event, with details.
type outcome struct {
	result gridResult
	// err is the cause, with gridFailed, gridRefused, gridGone and gridInvalid.
	err error
	// answer goes with gridValidated.
	answer []byte
}

// answerTo is the one answer to a delivery.
func answerTo(outcomes []outcome) response {
	decisive := outcome{result: gridEmpty}
	for _, o := range outcomes {
		if slices.Index(gridOrder, o.result) < slices.Index(gridOrder, decisive.result) {
			decisive = o
		}
	}
	v := response{code: http.StatusOK, reason: string(decisive.result)}
	switch {
	case decisive.result == gridFailed, decisive.result == gridRefused:
		return responseTo(decisive.err)
	case decisive.result == gridGone:
		v.code = http.StatusNotFound
	case decisive.result.refused():
		v.code = http.StatusBadRequest
	case decisive.result == gridValidated:
		v.json = decisive.answer
	}
	return v
}
