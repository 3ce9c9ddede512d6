// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"slices"
	"time"

	"github.com/call-operator/call-operator/acs"
)

// holdAudio is what somebody on hold hears, again and again.
type holdAudio struct {
	record *phoneRecord
	began  time.Time
}

// hold shows in the roster only, unless its audio cannot be played: then HoldFailed follows, and the participant is off hold
// again. Recorded: azure-sdk-for-js, Hold_Unhold_participant_in_a_call, 2025-03.
func (w *world) hold(id string, request acs.HoldRequest) (answer, *apiError) {
	l, failure := w.present(id, request.TargetParticipant)
	if failure != nil {
		return answer{}, failure
	}
	var audio []acs.PlaySource
	if request.PlaySourceInfo != nil {
		audio = []acs.PlaySource{*request.PlaySourceInfo}
	}
	if failure := l.checkSources(audio); failure != nil {
		return answer{}, failure
	}
	p := l.conversation.find(request.TargetParticipant.ID())
	w.setHeld(l, p, true)
	because := w.failing("hold")
	if because == nil && audio != nil {
		because = sourceFailure(audio[0])
	}
	if because != nil {
		context := of(request.OperationContext, request.OperationCallbackURI)
		w.later(0, func(w *world) {
			w.emit(l, "HoldFailed", context, *because)
			if p.in == l.conversation {
				w.setHeld(l, p, false)
			}
		})
	} else if audio != nil {
		w.startHoldAudio(l, p, audio[0], request.OperationContext)
	}
	return answered(http.StatusOK, nil, l), nil
}

func (w *world) unhold(id string, request acs.TargetRequest) (answer, *apiError) {
	l, failure := w.present(id, request.TargetParticipant)
	if failure != nil {
		return answer{}, failure
	}
	p := l.conversation.find(request.TargetParticipant.ID())
	w.stopHoldAudio(l, p)
	w.setHeld(l, p, false)
	return answered(http.StatusOK, nil, l), nil
}

// setHeld shows in the roster, and in the phone's log.
func (w *world) setHeld(l *leg, p *party, held bool) {
	if p.held != held {
		kind := PhoneUnheld
		if held {
			kind = PhoneHeld
		}
		w.record(p, PhoneEvent{Kind: kind})
	}
	p.held = held
	w.later(0, func(w *world) { w.tellRoster(l.conversation) })
}

func (w *world) startHoldAudio(l *leg, p *party, source acs.PlaySource, operationContext string) {
	w.stopHoldAudio(l, p)
	if p.phone == nil {
		return
	}
	p.audio = &holdAudio{record: w.note(p, heardSource(source, operationContext)), began: w.options.Now()}
	l.holds = append(l.holds, p)
	if chosen, ok := p.choose(words([]acs.PlaySource{source})); ok {
		if !chosen.During {
			chosen.After += Duration(w.options.PromptTime)
		}
		w.react(p, chosen.Reaction)
	}
}

// stopHoldAudio notes how often somebody on hold heard it.
func (w *world) stopHoldAudio(l *leg, p *party) {
	if p.audio == nil || !slices.Contains(l.holds, p) {
		return
	}
	rounds := w.options.Now().Sub(p.audio.began) / w.options.PromptTime
	event := p.audio.record.change(func(event *PhoneEvent) { event.Times = 1 + int(rounds) })
	w.tell(p.audio.record.phone, event)
	p.audio = nil
	l.holds = slices.DeleteFunc(l.holds, func(other *party) bool { return other == p })
}
