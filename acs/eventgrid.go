// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Types of Event Grid events that concern incoming calls.
// Source: https://learn.microsoft.com/azure/event-grid/communication-services-voice-video-events.
const (
	EventGridTypeIncomingCall           = "Microsoft.Communication.IncomingCall"
	EventGridTypeSubscriptionValidation = "Microsoft.EventGrid.SubscriptionValidationEvent"
)

// GridEvent is an Event Grid event, in the Event Grid schema or as a CloudEvent.
type GridEvent struct {
	ID, Type, Subject string
	// Topic is the resource that the event comes from.
	Topic string
	// Time is when the event happened, zero if unknown.
	Time time.Time
	// IncomingCall is set for EventGridTypeIncomingCall.
	IncomingCall *IncomingCall
	// Validation is set for EventGridTypeSubscriptionValidation.
	Validation *SubscriptionValidation
}

// IncomingCall says that a number or user of the resource is being called.
type IncomingCall struct {
	To                  Identifier            `json:"to"`
	From                Identifier            `json:"from"`
	ServerCallID        string                `json:"serverCallId,omitempty"`
	CallerDisplayName   string                `json:"callerDisplayName,omitempty"`
	IncomingCallContext Secret                `json:"incomingCallContext"`
	CorrelationID       string                `json:"correlationId,omitempty"`
	CustomContext       *CustomCallingContext `json:"customContext,omitempty"`
	OnBehalfOfCallee    *Identifier           `json:"onBehalfOfCallee,omitempty"`
}

// SubscriptionValidation is the handshake for a subscription; answer with the code. Source:
// https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema.
type SubscriptionValidation struct {
	ValidationCode string `json:"validationCode"`
	ValidationURL  string `json:"validationUrl,omitempty"`
}

// gridEnvelope has the fields of both schemas.
type gridEnvelope struct {
	ID        string          `json:"id"`
	Topic     string          `json:"topic"`
	Source    string          `json:"source"`
	Subject   string          `json:"subject"`
	EventType string          `json:"eventType"`
	Type      string          `json:"type"`
	EventTime eventTime       `json:"eventTime"`
	Time      eventTime       `json:"time"`
	Data      json.RawMessage `json:"data"`
}

// ParseEventGrid parses the body of an Event Grid delivery: an array of events in the Event Grid schema, or
// one CloudEvent or an array of them. Events of other types are kept without data.
func ParseEventGrid(body []byte) ([]GridEvent, error) {
	envelopes, err := decodeOneOrMany[gridEnvelope](body)
	if err != nil {
		return nil, err
	}
	events := make([]GridEvent, 0, len(envelopes))
	for i, envelope := range envelopes {
		event, err := envelope.event()
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", i, err)
		}
		events = append(events, event)
	}
	return events, nil
}

func (e gridEnvelope) event() (GridEvent, error) {
	event := GridEvent{ID: e.ID, Type: e.EventType, Subject: e.Subject, Topic: e.Topic, Time: e.EventTime.Time}
	if event.Type == "" {
		event.Type, event.Topic, event.Time = e.Type, e.Source, e.Time.Time
	}
	if event.Type == "" || event.ID == "" {
		return GridEvent{}, errors.New("an event has an id and a type, this one lacks one")
	}
	var err error
	switch event.Type {
	case EventGridTypeIncomingCall:
		event.IncomingCall = &IncomingCall{}
		err = decodeData(event.Type, e.Data, event.IncomingCall)
	case EventGridTypeSubscriptionValidation:
		event.Validation = &SubscriptionValidation{}
		err = decodeData(event.Type, e.Data, event.Validation)
	}
	if err != nil {
		return GridEvent{}, err
	}
	return event, nil
}
