// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// eventPrefix is in front of every event type.
const eventPrefix = "Microsoft.Communication."

// Event is a CloudEvent that Call Automation posts to a callback URI.
// Source: https://learn.microsoft.com/azure/communication-services/concepts/call-automation/call-automation#events.
type Event struct {
	// ID is the event's own ID, the same each time the event is delivered.
	ID string
	// Source and Subject name the call.
	Source, Subject string
	// Type is the full type, such as Microsoft.Communication.CallConnected.
	Type string
	// Time is when the event happened, zero if unknown.
	Time time.Time
	// Data is one of the types of this package named after the events, or *UnknownEvent.
	Data EventData
}

// EventData is the content of an event.
type EventData interface {
	// Common returns the common part of an event.
	Common() *CallEvent
}

// CallEvent is the common part of all events.
type CallEvent struct {
	CallConnectionID  string             `json:"callConnectionId,omitempty"`
	ServerCallID      string             `json:"serverCallId,omitempty"`
	CorrelationID     string             `json:"correlationId,omitempty"`
	OperationContext  string             `json:"operationContext,omitempty"`
	ResultInformation *ResultInformation `json:"resultInformation,omitempty"`
}

// Common returns the event's common part.
func (e *CallEvent) Common() *CallEvent { return e }

// ResultInformation says how an operation or a call ended. Describe says what the codes mean.
type ResultInformation struct {
	Code        int          `json:"code"`
	SubCode     int          `json:"subCode"`
	Message     string       `json:"message"`
	SIPDetails  *CodeDetails `json:"sipDetails,omitempty"`
	Q850Details *CodeDetails `json:"q850Details,omitempty"`
}

// CodeDetails is a code of the telephone network.
type CodeDetails struct {
	Code    int    `json:"code"`
	Message string `json:"message,omitempty"`
}

// UnknownEvent is an event of a type that this package does not know.
type UnknownEvent struct {
	CallEvent
	// Raw is the event's data as sent.
	Raw json.RawMessage `json:"-"`
}

// cloudEvent is the envelope. Fields that are not read here may be added by the service at any time.
type cloudEvent struct {
	ID      string          `json:"id"`
	Source  string          `json:"source"`
	Type    string          `json:"type"`
	Subject string          `json:"subject"`
	Time    eventTime       `json:"time"`
	Data    json.RawMessage `json:"data"`
}

// eventTime parses RFC 3339 with any number of fractional digits. An unreadable time is ignored: the event is still
// valid.
type eventTime struct{ time.Time }

func (t *eventTime) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return nil
	}
	if parsed, err := time.Parse(time.RFC3339Nano, text); err == nil {
		t.Time = parsed
	}
	return nil
}

// ParseEvents parses the body of a callback: an array of CloudEvents, or a single one. Events of unknown types are kept
// as *UnknownEvent. An event without type or ID, without data, or with data that do not match its type makes the whole
// body an error, so that the sender retries.
func ParseEvents(body []byte) ([]Event, error) {
	envelopes, err := decodeOneOrMany[cloudEvent](body)
	if err != nil {
		return nil, err
	}
	events := make([]Event, 0, len(envelopes))
	for i, envelope := range envelopes {
		event, err := envelope.event()
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", i, err)
		}
		events = append(events, event)
	}
	return events, nil
}

// decodeOneOrMany decodes an array of T, or one T.
func decodeOneOrMany[T any](body []byte) ([]T, error) {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '[' {
		var many []T
		if err := json.Unmarshal(body, &many); err != nil {
			return nil, fmt.Errorf("not an array of events: %w", err)
		}
		return many, nil
	}
	var one T
	if err := json.Unmarshal(body, &one); err != nil {
		return nil, fmt.Errorf("not an event: %w", err)
	}
	return []T{one}, nil
}

func (e cloudEvent) event() (Event, error) {
	if e.Type == "" || e.ID == "" {
		return Event{}, errors.New("a CloudEvent has an id and a type, this one lacks one")
	}
	event := Event{ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Subject, Time: e.Time.Time}
	create, known := eventTypes[e.Type]
	if !known {
		unknown := &UnknownEvent{Raw: e.Data}
		// Only the common part is of use, and only as far as it can be read.
		_ = json.Unmarshal(e.Data, unknown)
		event.Data = unknown
		return event, nil
	}
	event.Data = create()
	if err := decodeData(e.Type, e.Data, event.Data); err != nil {
		return Event{}, err
	}
	return event, nil
}

// decodeData reads the data of an event whose type is known.
func decodeData(eventType string, data json.RawMessage, into any) error {
	if len(data) == 0 || string(data) == "null" {
		return fmt.Errorf("%s has no data", eventType)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("the data of %s: %w", eventType, err)
	}
	return nil
}
