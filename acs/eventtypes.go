// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import "time"

// Types of events, complete as of api-version 2026-03-12.
const (
	EventTypeCallConnected                         = eventPrefix + "CallConnected"
	EventTypeCallDisconnected                      = eventPrefix + "CallDisconnected"
	EventTypeCreateCallFailed                      = eventPrefix + "CreateCallFailed"
	EventTypeAnswerFailed                          = eventPrefix + "AnswerFailed"
	EventTypeConnectFailed                         = eventPrefix + "ConnectFailed"
	EventTypeCallTransferFailed                    = eventPrefix + "CallTransferFailed"
	EventTypePlayStarted                           = eventPrefix + "PlayStarted"
	EventTypePlayCompleted                         = eventPrefix + "PlayCompleted"
	EventTypePlayCanceled                          = eventPrefix + "PlayCanceled"
	EventTypeRecognizeCanceled                     = eventPrefix + "RecognizeCanceled"
	EventTypeContinuousDtmfRecognitionToneFailed   = eventPrefix + "ContinuousDtmfRecognitionToneFailed"
	EventTypeContinuousDtmfRecognitionStopped      = eventPrefix + "ContinuousDtmfRecognitionStopped"
	EventTypeSendDtmfTonesCompleted                = eventPrefix + "SendDtmfTonesCompleted"
	EventTypeSendDtmfTonesFailed                   = eventPrefix + "SendDtmfTonesFailed"
	EventTypeHoldFailed                            = eventPrefix + "HoldFailed"
	EventTypeAddParticipantSucceeded               = eventPrefix + "AddParticipantSucceeded"
	EventTypeAddParticipantFailed                  = eventPrefix + "AddParticipantFailed"
	EventTypeRemoveParticipantSucceeded            = eventPrefix + "RemoveParticipantSucceeded"
	EventTypeRemoveParticipantFailed               = eventPrefix + "RemoveParticipantFailed"
	EventTypeMoveParticipantSucceeded              = eventPrefix + "MoveParticipantSucceeded"
	EventTypeMoveParticipantFailed                 = eventPrefix + "MoveParticipantFailed"
	EventTypeCancelAddParticipantSucceeded         = eventPrefix + "CancelAddParticipantSucceeded"
	EventTypeCancelAddParticipantFailed            = eventPrefix + "CancelAddParticipantFailed"
	EventTypeParticipantsUpdated                   = eventPrefix + "ParticipantsUpdated"
	EventTypeCallTransferAccepted                  = eventPrefix + "CallTransferAccepted"
	EventTypePlayFailed                            = eventPrefix + "PlayFailed"
	EventTypeRecognizeFailed                       = eventPrefix + "RecognizeFailed"
	EventTypeRecognizeCompleted                    = eventPrefix + "RecognizeCompleted"
	EventTypeContinuousDtmfRecognitionToneReceived = eventPrefix + "ContinuousDtmfRecognitionToneReceived"
	EventTypeMediaStreamingStarted                 = eventPrefix + "MediaStreamingStarted"
	EventTypeMediaStreamingStopped                 = eventPrefix + "MediaStreamingStopped"
	EventTypeMediaStreamingFailed                  = eventPrefix + "MediaStreamingFailed"
	EventTypeTranscriptionStarted                  = eventPrefix + "TranscriptionStarted"
	EventTypeTranscriptionStopped                  = eventPrefix + "TranscriptionStopped"
	EventTypeTranscriptionUpdated                  = eventPrefix + "TranscriptionUpdated"
	EventTypeTranscriptionFailed                   = eventPrefix + "TranscriptionFailed"
	EventTypeRecordingStateChanged                 = eventPrefix + "RecordingStateChanged"
	EventTypeStartRecordingFailed                  = eventPrefix + "StartRecordingFailed"
)

// The plural of the names of a move's events: the documentation has the singular, applications of 2025 were seen to expect these.
const (
	EventTypeMoveParticipantsSucceeded = eventPrefix + "MoveParticipantsSucceeded"
	EventTypeMoveParticipantsFailed    = eventPrefix + "MoveParticipantsFailed"
)

// eventTypes makes the data of each type of event.
var eventTypes = map[string]func() EventData{
	EventTypeCallConnected:                         func() EventData { return &CallConnected{} },
	EventTypeCallDisconnected:                      func() EventData { return &CallDisconnected{} },
	EventTypeCreateCallFailed:                      func() EventData { return &CreateCallFailed{} },
	EventTypeAnswerFailed:                          func() EventData { return &AnswerFailed{} },
	EventTypeConnectFailed:                         func() EventData { return &ConnectFailed{} },
	EventTypeCallTransferFailed:                    func() EventData { return &CallTransferFailed{} },
	EventTypePlayStarted:                           func() EventData { return &PlayStarted{} },
	EventTypePlayCompleted:                         func() EventData { return &PlayCompleted{} },
	EventTypePlayCanceled:                          func() EventData { return &PlayCanceled{} },
	EventTypeRecognizeCanceled:                     func() EventData { return &RecognizeCanceled{} },
	EventTypeContinuousDtmfRecognitionToneFailed:   func() EventData { return &ContinuousDtmfRecognitionToneFailed{} },
	EventTypeContinuousDtmfRecognitionStopped:      func() EventData { return &ContinuousDtmfRecognitionStopped{} },
	EventTypeSendDtmfTonesCompleted:                func() EventData { return &SendDtmfTonesCompleted{} },
	EventTypeSendDtmfTonesFailed:                   func() EventData { return &SendDtmfTonesFailed{} },
	EventTypeHoldFailed:                            func() EventData { return &HoldFailed{} },
	EventTypeAddParticipantSucceeded:               func() EventData { return &AddParticipantSucceeded{} },
	EventTypeAddParticipantFailed:                  func() EventData { return &AddParticipantFailed{} },
	EventTypeRemoveParticipantSucceeded:            func() EventData { return &RemoveParticipantSucceeded{} },
	EventTypeRemoveParticipantFailed:               func() EventData { return &RemoveParticipantFailed{} },
	EventTypeMoveParticipantSucceeded:              func() EventData { return &MoveParticipantSucceeded{} },
	EventTypeMoveParticipantFailed:                 func() EventData { return &MoveParticipantFailed{} },
	EventTypeMoveParticipantsSucceeded:             func() EventData { return &MoveParticipantSucceeded{} },
	EventTypeMoveParticipantsFailed:                func() EventData { return &MoveParticipantFailed{} },
	EventTypeCancelAddParticipantSucceeded:         func() EventData { return &CancelAddParticipantSucceeded{} },
	EventTypeCancelAddParticipantFailed:            func() EventData { return &CancelAddParticipantFailed{} },
	EventTypeParticipantsUpdated:                   func() EventData { return &ParticipantsUpdated{} },
	EventTypeCallTransferAccepted:                  func() EventData { return &CallTransferAccepted{} },
	EventTypePlayFailed:                            func() EventData { return &PlayFailed{} },
	EventTypeRecognizeFailed:                       func() EventData { return &RecognizeFailed{} },
	EventTypeRecognizeCompleted:                    func() EventData { return &RecognizeCompleted{} },
	EventTypeContinuousDtmfRecognitionToneReceived: func() EventData { return &ContinuousDtmfRecognitionToneReceived{} },
	EventTypeMediaStreamingStarted:                 func() EventData { return &MediaStreamingStarted{} },
	EventTypeMediaStreamingStopped:                 func() EventData { return &MediaStreamingStopped{} },
	EventTypeMediaStreamingFailed:                  func() EventData { return &MediaStreamingFailed{} },
	EventTypeTranscriptionStarted:                  func() EventData { return &TranscriptionStarted{} },
	EventTypeTranscriptionStopped:                  func() EventData { return &TranscriptionStopped{} },
	EventTypeTranscriptionUpdated:                  func() EventData { return &TranscriptionUpdated{} },
	EventTypeTranscriptionFailed:                   func() EventData { return &TranscriptionFailed{} },
	EventTypeRecordingStateChanged:                 func() EventData { return &RecordingStateChanged{} },
	EventTypeStartRecordingFailed:                  func() EventData { return &StartRecordingFailed{} },
}

// CallConnected says: a call connection stands.
type CallConnected struct{ CallEvent }

// CallDisconnected says: a call connection is over; it is the last event of it.
type CallDisconnected struct{ CallEvent }

// CreateCallFailed says: a call could not be placed, or was not answered. It carries no operation context.
type CreateCallFailed struct{ CallEvent }

// AnswerFailed says: an incoming call could not be answered.
type AnswerFailed struct{ CallEvent }

// ConnectFailed says: control of a call could not be taken.
type ConnectFailed struct{ CallEvent }

// CallTransferFailed says: a transfer failed.
type CallTransferFailed struct{ CallEvent }

// PlayStarted says: playing began.
type PlayStarted struct{ CallEvent }

// PlayCompleted says: playing ended.
type PlayCompleted struct{ CallEvent }

// PlayCanceled says: playing was stopped.
type PlayCanceled struct{ CallEvent }

// RecognizeCanceled says: recognising was stopped.
type RecognizeCanceled struct{ CallEvent }

// ContinuousDtmfRecognitionToneFailed says: listening for tones failed.
type ContinuousDtmfRecognitionToneFailed struct{ CallEvent }

// ContinuousDtmfRecognitionStopped says: listening for tones stopped.
type ContinuousDtmfRecognitionStopped struct{ CallEvent }

// SendDtmfTonesCompleted says: tones were sent.
type SendDtmfTonesCompleted struct{ CallEvent }

// SendDtmfTonesFailed says: tones could not be sent.
type SendDtmfTonesFailed struct{ CallEvent }

// HoldFailed says: a participant could not be put on hold.
type HoldFailed struct{ CallEvent }

// AddParticipantSucceeded says: somebody joined on invitation.
type AddParticipantSucceeded struct {
	CallEvent
	Participant Identifier `json:"participant"`
}

// AddParticipantFailed says: an invitation failed.
type AddParticipantFailed struct {
	CallEvent
	Participant Identifier `json:"participant"`
}

// RemoveParticipantSucceeded says: somebody was put out of the call.
type RemoveParticipantSucceeded struct {
	CallEvent
	Participant Identifier `json:"participant"`
}

// RemoveParticipantFailed says: somebody could not be put out of the call.
type RemoveParticipantFailed struct {
	CallEvent
	Participant Identifier `json:"participant"`
}

// MoveParticipantSucceeded says: somebody was moved into this call.
type MoveParticipantSucceeded struct {
	CallEvent
	Participant Identifier `json:"participant"`
	// FromCall is the connection ID of the source call; it may be missing.
	FromCall string `json:"fromCall"`
}

// MoveParticipantFailed says: somebody could not be moved into this call.
type MoveParticipantFailed struct {
	CallEvent
	Participant Identifier `json:"participant"`
	// FromCall is the connection ID of the source call; it may be missing.
	FromCall string `json:"fromCall"`
}

// CancelAddParticipantSucceeded says: an invitation was withdrawn.
type CancelAddParticipantSucceeded struct {
	CallEvent
	InvitationID string `json:"invitationId"`
}

// CancelAddParticipantFailed says: an invitation could not be withdrawn.
type CancelAddParticipantFailed struct {
	CallEvent
	InvitationID string `json:"invitationId"`
}

// ParticipantsUpdated says: the roster of a call.
type ParticipantsUpdated struct {
	CallEvent
	// SequenceNumber orders the rosters of one call; numbers may be left out.
	SequenceNumber int               `json:"sequenceNumber"`
	Participants   []CallParticipant `json:"participants"`
}

// CallTransferAccepted says: a transfer was accepted.
type CallTransferAccepted struct {
	CallEvent
	TransferTarget *Identifier `json:"transferTarget,omitempty"`
	Transferee     *Identifier `json:"transferee,omitempty"`
}

// PlayFailed says: playing failed.
type PlayFailed struct {
	CallEvent
	FailedPlaySourceIndex *int `json:"failedPlaySourceIndex,omitempty"`
}

// RecognizeFailed says: nothing was recognised.
type RecognizeFailed struct {
	CallEvent
	FailedPlaySourceIndex *int `json:"failedPlaySourceIndex,omitempty"`
}

// RecognizeCompleted says: something was recognised.
type RecognizeCompleted struct {
	CallEvent
	// RecognitionType is dtmf, speech or choices, and says which result is set.
	RecognitionType string        `json:"recognitionType"`
	DTMFResult      *DTMFResult   `json:"dtmfResult,omitempty"`
	ChoiceResult    *ChoiceResult `json:"choiceResult,omitempty"`
	SpeechResult    *SpeechResult `json:"speechResult,omitempty"`
}

// ContinuousDtmfRecognitionToneReceived says: a tone was heard.
type ContinuousDtmfRecognitionToneReceived struct {
	CallEvent
	SequenceID int  `json:"sequenceId"`
	Tone       Tone `json:"tone"`
}

// MediaStreamingStarted says: media streaming began.
type MediaStreamingStarted struct {
	CallEvent
	MediaStreamingUpdate *MediaStreamingUpdate `json:"mediaStreamingUpdate,omitempty"`
}

// MediaStreamingStopped says: media streaming ended.
type MediaStreamingStopped struct {
	CallEvent
	MediaStreamingUpdate *MediaStreamingUpdate `json:"mediaStreamingUpdate,omitempty"`
}

// MediaStreamingFailed says: media streaming failed.
type MediaStreamingFailed struct {
	CallEvent
	MediaStreamingUpdate *MediaStreamingUpdate `json:"mediaStreamingUpdate,omitempty"`
}

// TranscriptionStarted says: transcription began.
type TranscriptionStarted struct {
	CallEvent
	TranscriptionUpdate *TranscriptionUpdate `json:"transcriptionUpdate,omitempty"`
}

// TranscriptionStopped says: transcription ended.
type TranscriptionStopped struct {
	CallEvent
	TranscriptionUpdate *TranscriptionUpdate `json:"transcriptionUpdate,omitempty"`
}

// TranscriptionUpdated says: transcription changed.
type TranscriptionUpdated struct {
	CallEvent
	TranscriptionUpdate *TranscriptionUpdate `json:"transcriptionUpdate,omitempty"`
}

// TranscriptionFailed says: transcription failed.
type TranscriptionFailed struct {
	CallEvent
	TranscriptionUpdate *TranscriptionUpdate `json:"transcriptionUpdate,omitempty"`
}

// RecordingStateChanged says: a recording's state. It carries no operation context.
type RecordingStateChanged struct {
	CallEvent
	RecordingID   string         `json:"recordingId"`
	State         RecordingState `json:"state"`
	StartDateTime *time.Time     `json:"startDateTime,omitempty"`
	RecordingKind RecordingKind  `json:"recordingKind,omitempty"`
}

// StartRecordingFailed says: a recording could not be started.
type StartRecordingFailed struct {
	CallEvent
	RecordingID string `json:"recordingId"`
}

// DTMFResult are the tones that were pressed.
type DTMFResult struct {
	Tones []Tone `json:"tones"`
}

// ChoiceResult is the choice that was spoken or pressed.
type ChoiceResult struct {
	Label            string  `json:"label"`
	RecognizedPhrase string  `json:"recognizedPhrase,omitempty"`
	Confidence       float64 `json:"confidence,omitempty"`
}

// SpeechResult is what was said.
type SpeechResult struct {
	Speech     string  `json:"speech"`
	Confidence float64 `json:"confidence,omitempty"`
}

// MediaStreamingUpdate is the state of a media stream.
type MediaStreamingUpdate struct {
	ContentType                 string `json:"contentType,omitempty"`
	MediaStreamingStatus        string `json:"mediaStreamingStatus,omitempty"`
	MediaStreamingStatusDetails string `json:"mediaStreamingStatusDetails,omitempty"`
}

// TranscriptionUpdate is the state of a transcription.
type TranscriptionUpdate struct {
	TranscriptionStatus        string `json:"transcriptionStatus,omitempty"`
	TranscriptionStatusDetails string `json:"transcriptionStatusDetails,omitempty"`
}
