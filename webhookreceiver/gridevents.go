// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"

	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// delivery is one event of a body.
type delivery struct {
	event telephonyacs.GridEvent
	// malformed says that it is no event, or that its data does not match its type.
	malformed bool
}

// decodeGrid returns the events of a body, in either schema, each validated separately. An error says that the body is not even a
// list.
func decodeGrid(body []byte) ([]delivery, error) {
	var elements []json.RawMessage
	if body = bytes.TrimSpace(body); !bytes.HasPrefix(body, []byte("[")) {
		body = slices.Concat([]byte("["), body, []byte("]"))
	}
	if err := json.Unmarshal(body, &elements); err != nil {
		return nil, err
	}
	deliveries := make([]delivery, 0, len(elements))
	for _, element := range elements {
		deliveries = append(deliveries, decodeOne(element))
	}
	return deliveries, nil
}

func decodeOne(element json.RawMessage) delivery {
	event, err := telephonyacs.DecodeGridEvent(element)
	return delivery{event: event, malformed: err != nil}
}

// gridResult is the result of an event of Event Grid.
type gridResult string

const (
	// gridFailed says that the event is worth a retry.
	gridFailed gridResult = "failed"
	// gridRefused says that the API server rejected the Call or its Secret on every try. A person may fix that while the call
	// rings, so the event is worth a retry.
	gridRefused gridResult = "api_refused"
	// gridValidated says that the event asked for a subscription's validation code.
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
	// validationCode goes with gridValidated.
	validationCode string
}

// maxValidationCode limits what is sent back. Event Grid's codes are GUIDs.
const maxValidationCode = 256

func validate(code string) outcome {
	if code == "" || len(code) > maxValidationCode {
		return outcome{result: gridMalformed}
	}
	return outcome{result: gridValidated, validationCode: code}
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
		return verdictOn(decisive.err)
	case decisive.result == gridGone:
		v.code = http.StatusNotFound
	case decisive.result.refused():
		v.code = http.StatusBadRequest
	case decisive.result == gridValidated:
		// A map of strings can always be encoded.
		v.json, _ = json.Marshal(map[string]string{"validationResponse": decisive.validationCode})
	}
	return v
}
