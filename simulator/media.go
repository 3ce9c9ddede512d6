// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"slices"
	"time"

	"github.com/call-operator/call-operator/acs"
)

const (
	// playTime is how long a prompt plays.
	playTime = 200 * time.Millisecond

	// initialSilence is how long a participant may say nothing when the request does not tell.
	initialSilence = 5 * time.Second
)

// mediaOperation is what plays to a call or listens to it: at most one at a time.
type mediaOperation struct {
	canceled string
	context  operationContext
}

// beginMedia makes an operation the one that runs.
func (w *world) beginMedia(id string, interrupt *bool, canceled string, context operationContext) (*leg, *mediaOperation, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return nil, nil, failure
	}
	if l.media != nil {
		if interrupt == nil || !*interrupt {
			return nil, nil, &apiError{http.StatusBadRequest, "8500", "Another media operation is active."}
		}
		w.cancelOperation(l)
	}
	l.media = &mediaOperation{canceled: canceled, context: context}
	return l, l.media, nil
}

func (w *world) cancelOperation(l *leg) {
	if l.media == nil {
		return
	}
	kind, context := l.media.canceled, l.media.context
	l.media = nil
	w.later(0, func(w *world) { w.emit(l, kind, context, canceled) })
}

// finishMedia ends an operation after a time, unless it was canceled or the call is over.
func (w *world) finishMedia(l *leg, operation *mediaOperation, after time.Duration, finish func(*world)) {
	w.later(after, func(w *world) {
		if l.media == operation && l.state == acs.CallConnectionStateConnected {
			l.media = nil
			finish(w)
		}
	})
}

func (w *world) play(id string, request acs.PlayRequest) (answer, *apiError) {
	if len(request.PlaySources) == 0 {
		return answer{}, invalid("The field PlaySources is invalid.")
	}
	context := of(request.OperationContext, request.OperationCallbackURI)
	l, operation, failure := w.beginMedia(id, request.InterruptCallMediaOperation, "PlayCanceled", context)
	if failure != nil {
		return answer{}, failure
	}
	w.later(0, func(w *world) { w.emit(l, "PlayStarted", context, success()) })
	if request.PlayOptions == nil || !request.PlayOptions.Loop {
		w.finishMedia(l, operation, time.Duration(len(request.PlaySources))*playTime, func(w *world) {
			w.emit(l, "PlayCompleted", context, success())
		})
	}
	return answered(http.StatusAccepted, nil, l), nil
}

func (w *world) cancelMedia(id string) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	w.cancelOperation(l)
	return answered(http.StatusAccepted, nil, l), nil
}

// recognize listens to a phone. It presses the tones of its script; speech it has none.
func (w *world) recognize(id string, request acs.RecognizeRequest) (answer, *apiError) {
	options := request.RecognizeOptions
	if !slices.Contains([]string{"dtmf", "speech", "speechOrDtmf", "choices"}, request.RecognizeInputType) {
		return answer{}, invalid("The field RecognizeInputType is invalid.")
	}
	context := of(request.OperationContext, request.OperationCallbackURI)
	l, operation, failure := w.beginMedia(id, request.InterruptCallMediaOperation, "RecognizeCanceled", context)
	if failure != nil {
		return answer{}, failure
	}
	details, heard := recognized(request, w.pressed(l, options.TargetParticipant))
	if heard {
		w.finishMedia(l, operation, playTime, func(w *world) {
			w.emit(l, "RecognizeCompleted", context, result{200, 8531, "The tones were received."}, details)
		})
		return answered(http.StatusAccepted, nil, l), nil
	}
	silence := initialSilence
	if seconds := options.InitialSilenceTimeoutInSeconds; seconds != nil {
		silence = time.Duration(*seconds) * time.Second
	}
	w.finishMedia(l, operation, silence, func(w *world) {
		w.emit(l, "RecognizeFailed", context, result{400, 8510, "Nothing was heard before the initial silence time-out."})
	})
	return answered(http.StatusAccepted, nil, l), nil
}

// pressed are the tones that a participant's phone presses.
func (w *world) pressed(l *leg, target acs.Identifier) []acs.Tone {
	p := l.conversation.find(target.ID())
	if p == nil || p.phone == nil {
		return nil
	}
	return p.phone.Press
}

// recognized is what tones mean to a request.
func recognized(request acs.RecognizeRequest, tones []acs.Tone) (details map[string]any, heard bool) {
	if len(tones) == 0 || request.RecognizeInputType == "speech" {
		return nil, false
	}
	if request.RecognizeInputType != "choices" {
		if options := request.RecognizeOptions.DTMFOptions; options != nil && options.MaxTonesToCollect != nil {
			tones = tones[:min(len(tones), max(int(*options.MaxTonesToCollect), 0))]
		}
		return map[string]any{"recognitionType": "dtmf", "dtmfResult": map[string]any{"tones": tones}}, true
	}
	for _, choice := range request.RecognizeOptions.Choices {
		if choice.Tone == tones[0] {
			return map[string]any{"recognitionType": "choices", "choiceResult": map[string]any{"label": choice.Label}}, true
		}
	}
	return nil, false
}

func (w *world) sendTones(id string, request acs.SendDTMFTonesRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	if len(request.Tones) == 0 {
		return answer{}, invalid("The field Tones is invalid.")
	}
	context := of(request.OperationContext, request.OperationCallbackURI)
	found := l.conversation.find(request.TargetParticipant.ID()) != nil
	w.later(0, func(w *world) {
		if !found {
			w.emit(l, "SendDtmfTonesFailed", context, result{404, 8522, "Participant not found."})
			return
		}
		w.emit(l, "SendDtmfTonesCompleted", context, success())
	})
	return answered(http.StatusAccepted, acs.OperationResponse{OperationContext: request.OperationContext}, l), nil
}

// startTones tells of each tone that a phone presses.
func (w *world) startTones(id string, request acs.TargetRequest) (answer, *apiError) {
	l, failure := w.present(id, request.TargetParticipant)
	if failure != nil {
		return answer{}, failure
	}
	context := of(request.OperationContext, request.OperationCallbackURI)
	for i, tone := range w.pressed(l, request.TargetParticipant) {
		w.later(time.Duration(i)*playTime, func(w *world) {
			if l.state == acs.CallConnectionStateConnected {
				w.emit(l, "ContinuousDtmfRecognitionToneReceived", context, success(), map[string]any{"sequenceId": i + 1, "tone": tone})
			}
		})
	}
	return answered(http.StatusOK, nil, l), nil
}

func (w *world) stopTones(id string, request acs.TargetRequest) (answer, *apiError) {
	l, failure := w.present(id, request.TargetParticipant)
	if failure != nil {
		return answer{}, failure
	}
	return w.accepted(l, http.StatusOK, "ContinuousDtmfRecognitionStopped", of(request.OperationContext, request.OperationCallbackURI), nil)
}

// present finds a connected leg that a participant is in.
func (w *world) present(id string, target acs.Identifier) (*leg, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return nil, failure
	}
	if l.conversation.find(target.ID()) == nil {
		return nil, &apiError{http.StatusNotFound, "8522", "Participant not found."}
	}
	return l, nil
}

// accepted answers, and tells of success.
func (w *world) accepted(l *leg, status int, kind string, context operationContext, details map[string]any) (answer, *apiError) {
	w.later(0, func(w *world) {
		if l.state == acs.CallConnectionStateConnected {
			w.emit(l, kind, context, success(), details)
		}
	})
	return answered(status, nil, l), nil
}

func (w *world) hold(id string, request acs.HoldRequest) (answer, *apiError) {
	return w.setHeld(id, request.TargetParticipant, true)
}

func (w *world) unhold(id string, request acs.TargetRequest) (answer, *apiError) {
	return w.setHeld(id, request.TargetParticipant, false)
}

// setHeld shows in the roster only.
func (w *world) setHeld(id string, target acs.Identifier, held bool) (answer, *apiError) {
	l, failure := w.present(id, target)
	if failure != nil {
		return answer{}, failure
	}
	l.conversation.find(target.ID()).held = held
	w.later(0, func(w *world) { w.tellRoster(l.conversation) })
	return answered(http.StatusOK, nil, l), nil
}

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
