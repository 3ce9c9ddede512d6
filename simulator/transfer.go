// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"

	"github.com/call-operator/call-operator/acs"
)

// transfer connects a participant to another party. In a two-party call, the app loses control of it.
func (w *world) transfer(id string, request acs.TransferToParticipantRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	target := acs.ParseRawID(request.TargetParticipant.ID())
	caller := request.SourceCallerIDNumber
	if caller == nil && l.callerNumber != "" {
		caller = &acs.PhoneNumber{Value: l.callerNumber}
	}
	if failure := w.checkTarget(target, caller); failure != nil {
		return answer{}, failure
	}
	transferee, failure := l.transferee(request.Transferee)
	if failure != nil {
		return answer{}, failure
	}
	from := acs.ParseRawID(transferee.id)
	if caller != nil {
		from = acs.PhoneNumberIdentifier(caller.Value)
	}
	context := of(request.OperationContext, request.OperationCallbackURI)
	r := &ring{conversation: newConversation(), from: from, dialled: target, custom: request.CustomCallingContext}
	r.answered = func(w *world, p *party) {
		if transferee.in != l.conversation {
			w.turnAway(p)
			return
		}
		w.emit(l, "CallTransferAccepted", context, success(), map[string]any{
			"transferTarget": target, "transferee": acs.ParseRawID(transferee.id),
		})
		w.handOver(l, transferee, r.conversation)
		w.enter(r.conversation, p)
	}
	r.failed = func(w *world, because result) { w.emit(l, "CallTransferFailed", context, because) }
	l.rings = append(l.rings, r)
	w.callIn(r, w.options.RingTimeout)
	return answered(http.StatusAccepted, acs.OperationResponse{OperationContext: request.OperationContext}, l), nil
}

// transferee is the participant to transfer: in a two-party call the other party, in a group call the
// named one.
func (l *leg) transferee(named *acs.Identifier) (*party, *apiError) {
	if named != nil {
		p := l.conversation.find(named.ID())
		if p == nil || p == l.self {
			return nil, &apiError{http.StatusNotFound, "8522", "Participant not found."}
		}
		return p, nil
	}
	if len(l.conversation.parties) != 2 {
		return nil, invalid("A group call needs a transferee.")
	}
	for _, p := range l.conversation.parties {
		if p != l.self {
			return p, nil
		}
	}
	return nil, invalid("A call needs somebody to transfer.")
}

// handOver takes somebody out of a leg's conversation into another one.
func (w *world) handOver(l *leg, p *party, to *conversation) {
	from := l.conversation
	from.remove(p)
	if p.app != nil {
		p.app.moveTo(to)
	}
	to.add(p)
	if len(from.parties) <= 1 {
		w.end(from, result{200, 7015, "The conversation was transferred."})
		return
	}
	w.tellRoster(from)
}
