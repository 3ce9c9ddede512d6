// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/telephony"
)

// GridEvent is one event of Event Grid.
type GridEvent struct {
	ID string
	// Time is when it happened, zero if unknown.
	Time time.Time
	// Incoming is the call that rings, nil for another event.
	Incoming *telephony.IncomingCall
	// ValidationCode asks for the handshake of a subscription; nil for another event.
	ValidationCode *string
}

// ErrMalformed says that an element of a delivery is no event, or that its data do not match its type.
var ErrMalformed = errors.New("an element is no event of Event Grid")

// DecodeGridEvent reads one element of a delivery, in either schema.
func DecodeGridEvent(element json.RawMessage) (GridEvent, error) {
	// The client would treat a nested list as several events.
	isList := bytes.HasPrefix(bytes.TrimSpace(element), []byte("["))
	events, err := acs.ParseEventGrid(element)
	if isList || err != nil || len(events) != 1 {
		return GridEvent{}, ErrMalformed
	}
	event := GridEvent{ID: events[0].ID, Time: events[0].Time}
	if validation := events[0].Validation; validation != nil {
		event.ValidationCode = &validation.ValidationCode
	}
	if incoming := events[0].IncomingCall; incoming != nil {
		event.Incoming = incomingOf(&events[0])
	}
	return event, nil
}

func incomingOf(event *acs.GridEvent) *telephony.IncomingCall {
	from := event.IncomingCall
	incoming := &telephony.IncomingCall{
		ID: event.ID, Time: event.Time, From: partyOf(from.From), To: partyOf(from.To), CallerDisplayName: from.CallerDisplayName,
		Call:   telephony.CallIDs{ServerCall: from.ServerCallID, Correlation: from.CorrelationID},
		Handle: from.IncomingCallContext,
	}
	if from.OnBehalfOfCallee != nil {
		incoming.OnBehalfOf = partyOf(*from.OnBehalfOfCallee)
	}
	if context := from.CustomContext; context != nil {
		incoming.SIPHeaders, incoming.VoIPHeaders = context.SIPHeaders, context.VoIPHeaders
	}
	return incoming
}
