// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Types of Event Grid events that concern incoming calls and recordings.
// Source: https://learn.microsoft.com/azure/event-grid/communication-services-voice-video-events.
const (
	EventGridTypeIncomingCall           = "Microsoft.Communication.IncomingCall"
	EventGridTypeRecordingFileStatus    = "Microsoft.Communication.RecordingFileStatusUpdated"
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
	// RecordingFile is set for EventGridTypeRecordingFileStatus.
	RecordingFile *RecordingFileStatusUpdated
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

// RecordingFileStatusUpdated says that a recording's content can be fetched, for a day. The event's subject names the recording:
// /recording/call/CALL/serverCallId/CALL/recordingId/RECORDING.
// Source: https://learn.microsoft.com/azure/event-grid/communication-services-voice-video-events.
type RecordingFileStatusUpdated struct {
	// RecordingID is from the subject, "" if it is not there.
	RecordingID          string               `json:"-"`
	RecordingStorageInfo RecordingStorageInfo `json:"recordingStorageInfo"`
	RecordingStartTime   time.Time            `json:"recordingStartTime"`
	// RecordingDurationMS is in milliseconds.
	RecordingDurationMS int64 `json:"recordingDurationMs"`
	// RecordingContentType is Audio or AudioVideo, RecordingChannelType Mixed or Unmixed, RecordingFormatType Mp3, Mp4 or Wav.
	RecordingContentType string `json:"recordingContentType,omitempty"`
	RecordingChannelType string `json:"recordingChannelType,omitempty"`
	RecordingFormatType  string `json:"recordingFormatType,omitempty"`
	SessionEndReason     string `json:"sessionEndReason,omitempty"`
}

// RecordingStorageInfo is where a recording is.
type RecordingStorageInfo struct {
	RecordingChunks []RecordingChunk `json:"recordingChunks"`
}

// RecordingChunk is a part of a recording. Its locations are for DownloadRecording and DeleteRecording, unless the recording went
// to a storage container of its requester.
type RecordingChunk struct {
	DocumentID       string `json:"documentId"`
	ContentLocation  string `json:"contentLocation"`
	MetadataLocation string `json:"metadataLocation"`
	DeleteLocation   string `json:"deleteLocation"`
	// Index counts from 0.
	Index     int    `json:"index"`
	EndReason string `json:"endReason,omitempty"`
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
	case EventGridTypeRecordingFileStatus:
		event.RecordingFile = &RecordingFileStatusUpdated{}
		_, event.RecordingFile.RecordingID, _ = strings.Cut(e.Subject, "/recordingId/")
		err = decodeData(event.Type, e.Data, event.RecordingFile)
	case EventGridTypeSubscriptionValidation:
		event.Validation = &SubscriptionValidation{}
		err = decodeData(event.Type, e.Data, event.Validation)
	}
	if err != nil {
		return GridEvent{}, err
	}
	return event, nil
}
