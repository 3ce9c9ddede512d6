// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"

	"github.com/call-operator/call-operator/acs"
)

func (w *world) startStreaming(id string, request acs.MediaStreamingRequest) (answer, *apiError) {
	return w.stream(id, request, "MediaStreamingStarted", "mediaStreamingStarted", "subscriptionStarted")
}

func (w *world) stopStreaming(id string, request acs.MediaStreamingRequest) (answer, *apiError) {
	return w.stream(id, request, "MediaStreamingStopped", "mediaStreamingStopped", "subscriptionStopped")
}

func (w *world) stream(id string, request acs.MediaStreamingRequest, kind, status, details string) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	return w.accepted(l, http.StatusAccepted, kind, of(request.OperationContext, request.OperationCallbackURI), map[string]any{
		"mediaStreamingUpdate": map[string]any{"contentType": "audio", "mediaStreamingStatus": status, "mediaStreamingStatusDetails": details},
	})
}

func (w *world) startTranscription(id string, request acs.TranscriptionRequest) (answer, *apiError) {
	return w.transcribe(id, request, "TranscriptionStarted", "transcriptionStarted", "subscriptionStarted")
}

func (w *world) stopTranscription(id string, request acs.TranscriptionRequest) (answer, *apiError) {
	return w.transcribe(id, request, "TranscriptionStopped", "transcriptionStopped", "subscriptionStopped")
}

func (w *world) updateTranscription(id string, request acs.TranscriptionRequest) (answer, *apiError) {
	return w.transcribe(id, request, "TranscriptionUpdated", "transcriptionUpdated", "transcriptionLocaleUpdated")
}

func (w *world) transcribe(id string, request acs.TranscriptionRequest, kind, status, details string) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	return w.accepted(l, http.StatusAccepted, kind, of(request.OperationContext, request.OperationCallbackURI), map[string]any{
		"transcriptionUpdate": map[string]any{"transcriptionStatus": status, "transcriptionStatusDetails": details},
	})
}
