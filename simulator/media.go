// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"slices"

	"github.com/call-operator/call-operator/acs"
)

// mediaOperation plays a prompt to a call, listens to somebody in it, or does the one after the other. A call runs one at a
// time, and queues the others: that is documented for an operation that does not interrupt. Some exclude each other.
// Source: https://learn.microsoft.com/azure/communication-services/how-tos/call-automation/control-mid-call-media-actions,
// media action compatibility table.
type mediaOperation struct {
	// name begins the names of its events: Play or Recognize.
	name    string
	context operationContext
	// named are the participants that hear the prompt and are heard; none are all. Of operations on named participants there
	// is one at a time; the documentation says that of a recognition in a group call, and of playing to somebody.
	named   []*party
	private bool
	prompt  []acs.PlaySource
	loop    bool
	// listening is what a recognition listens for, nil for a prompt alone.
	listening *recognition

	// playing is what the phones hear at the moment, the same source again in a loop.
	playing map[hearing]*phoneRecord
	// reactions are those of the phones to the whole prompt.
	reactions []promptReaction
	// stops counts the interruptions of the prompt: what was to come after an earlier one does not come.
	stops int
}

// runs is the media operation that runs, nil for none.
func (l *leg) runs() *mediaOperation {
	if len(l.media) == 0 || l.state != acs.CallConnectionStateConnected {
		return nil
	}
	return l.media[0]
}

// isGroup tells whether more than two are in the call.
func (l *leg) isGroup() bool { return len(l.conversation.parties) > 2 }

// queueMedia lets an operation begin after the others, or instead of them if it interrupts.
func (w *world) queueMedia(l *leg, operation *mediaOperation, interrupt *bool) *apiError {
	if interrupt != nil && *interrupt {
		w.cancelOperations(l)
	}
	if operation.private && l.hasPrivateMedia() {
		return mediaConflict()
	}
	l.media = append(l.media, operation)
	if len(l.media) == 1 {
		w.later(0, func(w *world) { w.beginMedia(l, operation) })
	}
	return nil
}

func mediaConflict() *apiError {
	return &apiError{http.StatusPreconditionFailed, "8583", "A media operation on participants is active or queued."}
}

// hasPrivateMedia tells whether an operation on named participants is active or queued.
func (l *leg) hasPrivateMedia() bool {
	return l.sendsTones || slices.ContainsFunc(l.media, func(operation *mediaOperation) bool { return operation.private })
}

func (w *world) beginMedia(l *leg, operation *mediaOperation) {
	if l.runs() != operation {
		return
	}
	w.playPrompt(l, operation, 0, 1)
}

// finishMedia ends the running operation with an event, and begins the next.
func (w *world) finishMedia(l *leg, operation *mediaOperation, event string, because result, details ...map[string]any) {
	w.stopPrompt(operation)
	l.media = slices.DeleteFunc(l.media, func(other *mediaOperation) bool { return other == operation })
	w.emit(l, operation.name+event, operation.context, because, details...)
	if next := l.runs(); next != nil {
		w.later(0, func(w *world) { w.beginMedia(l, next) })
	}
}

// cancelOperations cancels the running operation and the queued ones.
func (w *world) cancelOperations(l *leg) {
	for _, operation := range l.media {
		w.stopPrompt(operation)
		w.later(0, func(w *world) { w.emit(l, operation.name+"Canceled", operation.context, canceled) })
	}
	l.media = nil
}

// dropMedia ends the media of a call that is over. No event tells of it.
func (w *world) dropMedia(l *leg) {
	for _, operation := range l.media {
		w.stopPrompt(operation)
	}
	for _, p := range slices.Clone(l.holds) {
		w.stopHoldAudio(l, p)
	}
	l.media, l.continuous = nil, nil
}

func (w *world) play(id string, request acs.PlayRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	if len(request.PlaySources) == 0 {
		return answer{}, invalid("The field PlaySources is invalid.")
	}
	if failure := l.checkSources(request.PlaySources); failure != nil {
		return answer{}, failure
	}
	operation := &mediaOperation{
		name: "Play", context: of(request.OperationContext, request.OperationCallbackURI), prompt: request.PlaySources,
		loop: request.PlayOptions != nil && request.PlayOptions.Loop, private: len(request.PlayTo) > 0,
	}
	for _, target := range request.PlayTo {
		p := l.conversation.find(target.ID())
		if p == nil {
			return answer{}, noParticipant()
		}
		operation.named = append(operation.named, p)
	}
	if failure := w.queueMedia(l, operation, request.InterruptCallMediaOperation); failure != nil {
		return answer{}, failure
	}
	return answered(http.StatusAccepted, nil, l), nil
}

func (w *world) cancelMedia(id string) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	w.cancelOperations(l)
	return answered(http.StatusAccepted, nil, l), nil
}

func noParticipant() *apiError {
	return &apiError{http.StatusNotFound, "8522", "Participant not found."}
}

// present finds a connected leg that a participant is in.
func (w *world) present(id string, target acs.Identifier) (*leg, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return nil, failure
	}
	if l.conversation.find(target.ID()) == nil {
		return nil, noParticipant()
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
