// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/call-operator/call-operator/acs"
)

// recording is a recording of a call. It ends with the call.
type recording struct {
	id       string
	leg      *leg
	callback string
	state    acs.RecordingState
	started  string
}

func (w *world) startRecording(request acs.StartRecordingRequest) (answer, *apiError) {
	l, failure := w.recorded(request)
	if failure != nil {
		return answer{}, failure
	}
	if request.RecordingStateCallbackURI != "" && !w.options.callbackAllowed(request.RecordingStateCallbackURI) {
		return answer{}, invalid("The field RecordingStateCallbackUri is invalid.")
	}
	r := &recording{
		id: uuid.NewString(), leg: l, callback: request.RecordingStateCallbackURI, state: acs.RecordingStateActive,
		started: w.options.Now().UTC().Format(eventTime),
	}
	if request.PauseOnStart != nil && *request.PauseOnStart {
		r.state = acs.RecordingStateInactive
	}
	w.recordings[r.id] = r
	state := r.state
	w.later(0, func(w *world) { w.tellRecording(r, state) })
	return answered(http.StatusOK, r.response(), l), nil
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
	result, failure := w.setRecording(id, acs.RecordingStateInactive, http.StatusNoContent)
	delete(w.recordings, id)
	return result, failure
}

// endRecordings ends the recordings of a call that is over.
func (w *world) endRecordings(l *leg) {
	for id, r := range w.recordings {
		if r.leg != l {
			continue
		}
		if r.state == acs.RecordingStateActive {
			r.state = acs.RecordingStateInactive
			w.tellRecording(r, r.state)
		}
		delete(w.recordings, id)
	}
}
