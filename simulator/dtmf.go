// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"slices"
	"time"

	"github.com/call-operator/call-operator/acs"
)

// continuousTones tells of each tone of a participant.
type continuousTones struct {
	context operationContext
	// sequence counts the tones.
	sequence int
}

// sendTones sends tones to a participant, one after the other.
func (w *world) sendTones(id string, request acs.SendDTMFTonesRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	if len(request.Tones) == 0 || slices.ContainsFunc(request.Tones, func(tone acs.Tone) bool { return !slices.Contains(tones, string(tone)) }) {
		return answer{}, invalid("The field Tones is invalid.")
	}
	if l.hasPrivateMedia() {
		return answer{}, mediaConflict()
	}
	context := of(request.OperationContext, request.OperationCallbackURI)
	target := l.conversation.find(request.TargetParticipant.ID())
	because := w.failing("sendDtmfTones")
	if target == nil {
		because = &result{404, 8522, "Participant not found."}
	}
	if because != nil {
		w.later(0, func(w *world) { w.emit(l, "SendDtmfTonesFailed", context, *because) })
		return answered(http.StatusAccepted, acs.OperationResponse{OperationContext: request.OperationContext}, l), nil
	}
	l.sendsTones = true
	w.later(time.Duration(len(request.Tones))*keyPause, func(w *world) {
		l.sendsTones = false
		if l.state != acs.CallConnectionStateConnected {
			return
		}
		w.record(target, PhoneEvent{Kind: PhoneHeardTones, Text: pressTones(request.Tones).Press, OperationContext: request.OperationContext})
		w.emit(l, "SendDtmfTonesCompleted", context, success())
	})
	return answered(http.StatusAccepted, acs.OperationResponse{OperationContext: request.OperationContext}, l), nil
}

// startTones tells of each tone that a phone presses from now on. A phone with tones to press whenever somebody listens
// presses them now.
func (w *world) startTones(id string, request acs.TargetRequest) (answer, *apiError) {
	l, failure := w.present(id, request.TargetParticipant)
	if failure != nil {
		return answer{}, failure
	}
	if l.hasPrivateMedia() {
		return answer{}, mediaConflict()
	}
	p := l.conversation.find(request.TargetParticipant.ID())
	if l.continuous == nil {
		l.continuous = map[*party]*continuousTones{}
	}
	l.continuous[p] = &continuousTones{context: of(request.OperationContext, request.OperationCallbackURI)}
	if p.phone != nil {
		w.react(p, pressTones(p.phone.Press))
	}
	return answered(http.StatusOK, nil, l), nil
}

// hearContinuously tells of a tone, if somebody asked for that.
func (w *world) hearContinuously(l *leg, p *party, tone acs.Tone) {
	listener, ok := l.continuous[p]
	if !ok || l.state != acs.CallConnectionStateConnected {
		return
	}
	listener.sequence++
	w.emit(l, "ContinuousDtmfRecognitionToneReceived", listener.context, success(), map[string]any{"sequenceId": listener.sequence, "tone": tone})
}

func (w *world) stopTones(id string, request acs.TargetRequest) (answer, *apiError) {
	l, failure := w.present(id, request.TargetParticipant)
	if failure != nil {
		return answer{}, failure
	}
	delete(l.continuous, l.conversation.find(request.TargetParticipant.ID()))
	return w.accepted(l, http.StatusOK, "ContinuousDtmfRecognitionStopped", of(request.OperationContext, request.OperationCallbackURI), nil)
}
