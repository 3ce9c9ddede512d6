// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Event is what Asterisk reports. It has no ID, so a repetition cannot be recognised.
type Event struct {
	// Type is the name of the Go type of Data, unless that is *UnknownEvent.
	Type string `json:"type"`
	// Application is the Stasis application that it is reported to.
	Application string `json:"application"`
	// Time is when it happened, by Asterisk's clock.
	Time Time `json:"timestamp"`
	// AsteriskID is the entity ID of Asterisk.
	AsteriskID string `json:"asterisk_id"`
	// Data is one of the types of this file.
	Data EventData `json:"-"`
}

// EventData is the part of an event that its type decides.
type EventData interface{ isEvent() }

type eventData struct{}

func (eventData) isEvent() {}

// StasisStart says that a channel is under the application's control from now on. Args are the application's arguments.
type StasisStart struct {
	eventData
	Args    []string `json:"args"`
	Channel Channel  `json:"channel"`
}

// StasisEnd says that a channel has left the application.
type StasisEnd struct {
	eventData
	Channel Channel `json:"channel"`
}

// ChannelStateChange says that a channel's state has changed.
type ChannelStateChange struct {
	eventData
	Channel Channel `json:"channel"`
}

// Dial says how far the dialling of a channel has come: "", RINGING, PROGRESS, ANSWER, and for channels that were not created with
// CreateChannel how it ended.
type Dial struct {
	eventData
	DialStatus string  `json:"dialstatus"`
	Peer       Channel `json:"peer"`
}

// ChannelHangupRequest says that a channel is about to end. Without a cause, the phone hung up; with Soft, Asterisk was asked to.
type ChannelHangupRequest struct {
	eventData
	Cause         *int    `json:"cause"`
	TechnicalCode *int    `json:"tech_cause"`
	Soft          bool    `json:"soft"`
	Channel       Channel `json:"channel"`
}

// ChannelDestroyed says that a channel has ended.
type ChannelDestroyed struct {
	eventData
	// Cause is a Q.850 cause, and CauseText its name.
	Cause     int    `json:"cause"`
	CauseText string `json:"cause_txt"`
	// TechnicalCode is the SIP status, if SIP gave one.
	TechnicalCode *int    `json:"tech_cause"`
	Channel       Channel `json:"channel"`
}

// ChannelEnteredBridge says that a channel is in a bridge, with everybody who is there.
type ChannelEnteredBridge struct {
	eventData
	Bridge  Bridge  `json:"bridge"`
	Channel Channel `json:"channel"`
}

// ChannelLeftBridge says that a channel is no longer in a bridge, with everybody who is there.
type ChannelLeftBridge struct {
	eventData
	Bridge  Bridge  `json:"bridge"`
	Channel Channel `json:"channel"`
}

// BridgeDestroyed says that a bridge does not exist any more.
type BridgeDestroyed struct {
	eventData
	Bridge Bridge `json:"bridge"`
}

// ChannelDtmfReceived says that a key was pressed.
type ChannelDtmfReceived struct {
	eventData
	Digit          string  `json:"digit"`
	DurationMillis int     `json:"duration_ms"`
	Channel        Channel `json:"channel"`
}

// PlaybackFinished says that something was played to its end, was stopped, or could not be played.
type PlaybackFinished struct {
	eventData
	Playback Playback `json:"playback"`
}

// RecordingStarted says that a recording has begun.
type RecordingStarted struct {
	eventData
	Recording Recording `json:"recording"`
}

// RecordingFinished says that a recording is over, and kept.
type RecordingFinished struct {
	eventData
	Recording Recording `json:"recording"`
}

// RecordingFailed says that nothing is recorded.
type RecordingFailed struct {
	eventData
	Recording Recording `json:"recording"`
}

// ApplicationRegistered says that this listener hears the application's events from now on.
type ApplicationRegistered struct{ eventData }

// ApplicationReplaced says that another listener hears the application's events from now on.
type ApplicationReplaced struct{ eventData }

// UnknownEvent is an event of a type that this package does not know.
type UnknownEvent struct {
	eventData
	// Raw is the whole event.
	Raw json.RawMessage
}

// newData has an empty value for each known type.
var newData = map[string]func() EventData{
	"StasisStart":           func() EventData { return &StasisStart{} },
	"StasisEnd":             func() EventData { return &StasisEnd{} },
	"ChannelStateChange":    func() EventData { return &ChannelStateChange{} },
	"Dial":                  func() EventData { return &Dial{} },
	"ChannelHangupRequest":  func() EventData { return &ChannelHangupRequest{} },
	"ChannelDestroyed":      func() EventData { return &ChannelDestroyed{} },
	"ChannelEnteredBridge":  func() EventData { return &ChannelEnteredBridge{} },
	"ChannelLeftBridge":     func() EventData { return &ChannelLeftBridge{} },
	"BridgeDestroyed":       func() EventData { return &BridgeDestroyed{} },
	"ChannelDtmfReceived":   func() EventData { return &ChannelDtmfReceived{} },
	"PlaybackFinished":      func() EventData { return &PlaybackFinished{} },
	"RecordingStarted":      func() EventData { return &RecordingStarted{} },
	"RecordingFinished":     func() EventData { return &RecordingFinished{} },
	"RecordingFailed":       func() EventData { return &RecordingFailed{} },
	"ApplicationRegistered": func() EventData { return &ApplicationRegistered{} },
	"ApplicationReplaced":   func() EventData { return &ApplicationReplaced{} },
}

// ParseEvent decodes an event.
func ParseEvent(data []byte) (Event, error) {
	var event Event
	if err := json.Unmarshal(data, &event); err != nil {
		return Event{}, fmt.Errorf("ari: decoding an event: %w", err)
	}
	if event.Type == "" {
		return Event{}, errors.New("ari: decoding an event: it has no type")
	}
	create, known := newData[event.Type]
	if !known {
		event.Data = &UnknownEvent{Raw: append(json.RawMessage(nil), data...)}
		return event, nil
	}
	event.Data = create()
	if err := json.Unmarshal(data, event.Data); err != nil {
		return Event{}, fmt.Errorf("ari: decoding an event of type %s: %w", event.Type, err)
	}
	return event, nil
}
