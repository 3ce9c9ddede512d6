// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"net/http"
)

// RecordingState says whether a recording runs.
type RecordingState string

// The states of a recording.
const (
	RecordingStateActive   RecordingState = "active"
	RecordingStateInactive RecordingState = "inactive"
)

// RecordingKind is the kind of a recording's owner.
type RecordingKind string

// The kinds of recordings.
const (
	RecordingKindACS             RecordingKind = "azureCommunicationServices"
	RecordingKindTeams           RecordingKind = "teams"
	RecordingKindTeamsCompliance RecordingKind = "teamsCompliance"
)

// StartRecordingRequest asks to record a call, which is named by exactly one of CallLocator and CallConnectionID.
type StartRecordingRequest struct {
	CallLocator               *CallLocator      `json:"callLocator,omitempty"`
	CallConnectionID          string            `json:"callConnectionId,omitempty"`
	RecordingStateCallbackURI string            `json:"recordingStateCallbackUri,omitempty"`
	RecordingContentType      string            `json:"recordingContentType,omitempty"`
	RecordingChannelType      string            `json:"recordingChannelType,omitempty"`
	RecordingFormatType       string            `json:"recordingFormatType,omitempty"`
	AudioChannelParticipants  []Identifier      `json:"audioChannelParticipantOrdering,omitempty"`
	ChannelAffinity           []ChannelAffinity `json:"channelAffinity,omitempty"`
	PauseOnStart              *bool             `json:"pauseOnStart,omitempty"`
	ExternalStorage           *RecordingStorage `json:"externalStorage,omitempty"`
}

// ChannelAffinity gives a participant an audio channel, from 0 to 4.
type ChannelAffinity struct {
	Channel     *int32     `json:"channel,omitempty"`
	Participant Identifier `json:"participant"`
}

// RecordingStorage says where a recording is kept.
type RecordingStorage struct {
	// RecordingStorageKind is azureCommunicationServices or azureBlobStorage.
	RecordingStorageKind             string `json:"recordingStorageKind"`
	RecordingDestinationContainerURL string `json:"recordingDestinationContainerUrl,omitempty"`
}

// RecordingStateResponse is the state of a recording.
type RecordingStateResponse struct {
	RecordingID    string         `json:"recordingId,omitempty"`
	RecordingState RecordingState `json:"recordingState,omitempty"`
	RecordingKind  RecordingKind  `json:"recordingKind,omitempty"`
}

func recording(name, method, recordingID, action string, answer int) operation {
	return operation{
		name: name, method: method, path: []string{pathCalling, pathRecordings, recordingID}, action: action, answers: []int{answer},
	}
}

// StartRecording records a call; RecordingStateChanged or StartRecordingFailed follows.
func (c *Client) StartRecording(ctx context.Context, request StartRecordingRequest, repeat Repeatability) (*RecordingStateResponse, error) {
	return call[RecordingStateResponse](ctx, c, operation{
		name: "startRecording", method: http.MethodPost, path: []string{pathCalling, pathRecordings}, body: request, repeat: repeat,
		answers: []int{http.StatusOK, http.StatusAccepted},
	})
}

// GetRecording reads the state of a recording.
func (c *Client) GetRecording(ctx context.Context, recordingID string) (*RecordingStateResponse, error) {
	return call[RecordingStateResponse](ctx, c, recording("getRecording", http.MethodGet, recordingID, "", http.StatusOK))
}

// StopRecording ends a recording; RecordingStateChanged follows.
func (c *Client) StopRecording(ctx context.Context, recordingID string) error {
	return c.do(ctx, recording("stopRecording", http.MethodDelete, recordingID, "", http.StatusNoContent))
}

// PauseRecording pauses a recording; RecordingStateChanged follows.
func (c *Client) PauseRecording(ctx context.Context, recordingID string) error {
	return c.do(ctx, recording("pauseRecording", http.MethodPost, recordingID, "pause", http.StatusAccepted))
}

// ResumeRecording resumes a recording; RecordingStateChanged follows.
func (c *Client) ResumeRecording(ctx context.Context, recordingID string) error {
	return c.do(ctx, recording("resumeRecording", http.MethodPost, recordingID, "resume", http.StatusAccepted))
}
