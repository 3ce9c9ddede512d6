// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/call-operator/call-operator/acs"
)

// What is recorded, and how.
// Source: https://learn.microsoft.com/azure/communication-services/concepts/voice-video-calling/call-recording.
const (
	contentAudio      = "audio"
	contentAudioVideo = "audioVideo"
	channelMixed      = "mixed"
	channelUnmixed    = "unmixed"
	formatWAV         = "wav"
	formatMP3         = "mp3"
	formatMP4         = "mp4"

	storageBlob = "azureBlobStorage"
)

// recording is a recording of a call. It ends with the call.
type recording struct {
	id       string
	leg      *leg
	callback string
	state    acs.RecordingState
	started  string
	// base is where its content can be fetched; people are who was in the call.
	base   string
	people []string
	recordingSettings
	recordingTimes
}

// recordingSettings are how a recording is made. Its container, if any, is that of the caller's own storage.
type recordingSettings struct {
	content, channel, format, container string
}

// settingsOf are the settings of a request; the zero value if they do not fit together, which is documented.
func settingsOf(request acs.StartRecordingRequest) recordingSettings {
	settings := recordingSettings{
		content: cmp.Or(request.RecordingContentType, contentAudioVideo), channel: cmp.Or(request.RecordingChannelType, channelMixed),
	}
	settings.format = cmp.Or(request.RecordingFormatType, defaultFormat(settings))
	if storage := request.ExternalStorage; storage != nil && storage.RecordingStorageKind == storageBlob {
		settings.container = storage.RecordingDestinationContainerURL
	}
	bare := recordingSettings{settings.content, settings.channel, settings.format, ""}
	if !slices.Contains([]recordingSettings{
		{contentAudioVideo, channelMixed, formatMP4, ""}, {contentAudio, channelMixed, formatMP3, ""}, {contentAudio, channelMixed, formatWAV, ""},
		{contentAudio, channelUnmixed, formatWAV, ""},
	}, bare) {
		return recordingSettings{}
	}
	return settings
}

// defaultFormat is the format of a request without one, which is assumed for audio.
func defaultFormat(settings recordingSettings) string {
	switch {
	case settings.content == contentAudioVideo:
		return formatMP4
	case settings.channel == channelUnmixed:
		return formatWAV
	default:
		return formatMP3
	}
}

func (w *world) startRecording(request acs.StartRecordingRequest) (answer, *apiError) {
	l, failure := w.recorded(request)
	if failure != nil {
		return answer{}, failure
	}
	settings := settingsOf(request)
	switch {
	case request.RecordingStateCallbackURI != "" && !w.options.callbackAllowed(request.RecordingStateCallbackURI):
		return answer{}, invalid("The field RecordingStateCallbackUri is invalid.")
	case settings == recordingSettings{}:
		return answer{}, &apiError{http.StatusBadRequest, "8557", "The content, channel and format of the recording do not fit together."}
	case w.isRecorded(l.conversation):
		return answer{}, &apiError{http.StatusBadRequest, "8559", "The call is being recorded already."}
	}
	now := w.options.Now()
	r := &recording{
		id: uuid.NewString(), leg: l, callback: request.RecordingStateCallbackURI, state: acs.RecordingStateActive,
		started: now.UTC().Format(eventTime), base: cmp.Or(w.options.StorageURL, w.address),
		recordingSettings: settings, recordingTimes: recordingTimes{began: now, since: now},
	}
	for _, p := range l.conversation.parties {
		r.people = append(r.people, p.id)
	}
	if request.PauseOnStart != nil && *request.PauseOnStart {
		r.state = acs.RecordingStateInactive
		r.pause(now)
	}
	if because := w.failing("startRecording"); because != nil {
		r.state = acs.RecordingStateInactive
		w.later(0, func(w *world) {
			w.emit(l, "StartRecordingFailed", of("", cmp.Or(r.callback, l.callback)), *because, map[string]any{"recordingId": r.id})
		})
		return answered(http.StatusAccepted, r.response(), l), nil
	}
	w.recordings[r.id] = r
	state := r.state
	w.later(0, func(w *world) { w.tellRecording(r, state) })
	return answered(http.StatusOK, r.response(), l), nil
}

// isRecorded tells whether a call has a recording. A second one is refused, which is documented.
func (w *world) isRecorded(c *conversation) bool {
	for _, r := range w.recordings {
		if r.leg.conversation == c {
			return true
		}
	}
	return false
}

// recorded finds the call that is to be recorded.
func (w *world) recorded(request acs.StartRecordingRequest) (*leg, *apiError) {
	switch locator := request.CallLocator; {
	case (locator == nil) == (request.CallConnectionID == ""):
		return nil, invalid("Set exactly one of callLocator and callConnectionId.")
	case locator == nil:
		return w.connected(request.CallConnectionID)
	default:
		c, ok := w.byServerID[locator.ServerCallID]
		if !ok || len(c.legs) == 0 {
			return nil, &apiError{http.StatusNotFound, "8522", "Call not found."}
		}
		return w.connected(c.legs[0].id)
	}
}

func (r *recording) response() acs.RecordingStateResponse {
	return acs.RecordingStateResponse{RecordingID: r.id, RecordingState: r.state, RecordingKind: acs.RecordingKindACS}
}

// tellRecording posts a recording's state to its requester.
func (w *world) tellRecording(r *recording, state acs.RecordingState) {
	if r.callback == "" {
		return
	}
	w.emit(r.leg, "RecordingStateChanged", of("", r.callback), success(), map[string]any{
		"recordingId": r.id, "state": state, "startDateTime": r.started, "recordingKind": acs.RecordingKindACS,
	})
}

func (w *world) recording(id string) (*recording, *apiError) {
	r, ok := w.recordings[id]
	if !ok {
		return nil, &apiError{http.StatusNotFound, "8522", "Recording not found."}
	}
	return r, nil
}

func (w *world) getRecording(id string) (answer, *apiError) {
	r, failure := w.recording(id)
	if failure != nil {
		return answer{}, failure
	}
	return answered(http.StatusOK, r.response(), r.leg), nil
}

// setRecording changes a recording's state.
func (w *world) setRecording(id string, state acs.RecordingState, status int) (answer, *apiError) {
	r, failure := w.recording(id)
	if failure != nil {
		return answer{}, failure
	}
	if r.state != state {
		r.state = state
		if state == acs.RecordingStateActive {
			r.resume(w.options.Now())
		} else {
			r.pause(w.options.Now())
		}
		w.later(0, func(w *world) { w.tellRecording(r, state) })
	}
	return answer{status: status, connection: r.leg}, nil
}

func (w *world) pauseRecording(id string) (answer, *apiError) {
	return w.setRecording(id, acs.RecordingStateInactive, http.StatusAccepted)
}

func (w *world) resumeRecording(id string) (answer, *apiError) {
	return w.setRecording(id, acs.RecordingStateActive, http.StatusAccepted)
}

func (w *world) stopRecording(id string) (answer, *apiError) {
	r, failure := w.recording(id)
	if failure != nil {
		return answer{}, failure
	}
	w.endRecording(r, "RecordingStopped")
	return answer{status: http.StatusNoContent, connection: r.leg}, nil
}

// endRecording ends a recording, and keeps its content.
func (w *world) endRecording(r *recording, reason string) {
	if r.state == acs.RecordingStateActive {
		r.state = acs.RecordingStateInactive
		w.tellRecording(r, r.state)
	}
	delete(w.recordings, r.id)
	w.keep(r, reason)
}

// endRecordings ends the recordings of a call that is over.
func (w *world) endRecordings(l *leg) {
	for _, r := range w.recordings {
		if r.leg == l {
			w.endRecording(r, "CallEnded")
		}
	}
}
