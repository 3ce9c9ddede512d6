// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/call-operator/call-operator/acs"
)

// defaultInvitation is how long somebody who is added is rung when the request does not say.
const defaultInvitation = 60 * time.Second

func (w *world) listParticipants(id string) (answer, *apiError) {
	l, failure := w.byID(id)
	if failure != nil {
		return answer{}, failure
	}
	return answer{http.StatusOK, map[string]any{"value": l.conversation.roster()}, l}, nil
}

func (w *world) getParticipant(id, rawID string) (answer, *apiError) {
	l, failure := w.byID(id)
	if failure != nil {
		return answer{}, failure
	}
	p := l.conversation.find(rawID)
	if p == nil {
		return answer{}, &apiError{http.StatusNotFound, "8522", "Participant not found."}
	}
	return answer{http.StatusOK, p.participant(), l}, nil
}

// addParticipant rings somebody into the call.
func (w *world) addParticipant(id string, request acs.AddParticipantRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	if failure := w.checkTarget(request.ParticipantToAdd, request.SourceCallerIDNumber); failure != nil {
		return answer{}, failure
	}
	timeout := defaultInvitation
	if seconds := request.InvitationTimeoutInSeconds; seconds != nil {
		if *seconds < 0 || *seconds > 180 {
			return answer{}, invalid("The field InvitationTimeoutInSeconds is invalid.")
		}
		timeout = time.Duration(*seconds) * time.Second
	}
	invited := request.ParticipantToAdd
	context := of(request.OperationContext, request.OperationCallbackURI)
	detail := map[string]any{"participant": acs.ParseRawID(invited.ID())}
	from := *l.source
	if request.SourceCallerIDNumber != nil {
		from = acs.PhoneNumberIdentifier(request.SourceCallerIDNumber.Value)
	}
	r := &ring{
		conversation: l.conversation, from: from, dialled: invited,
		answered: func(w *world, p *party) {
			w.emit(l, "AddParticipantSucceeded", context, success(), detail)
			w.enter(l.conversation, p)
		},
		failed: func(w *world, because result) { w.emit(l, "AddParticipantFailed", context, because, detail) },
	}
	invitation := uuid.NewString()
	w.callIn(r)
	l.rings = append(l.rings, r)
	w.invitations[invitation] = r
	w.ringEnds(r, timeout, result{487, 10004, "Not answered in time."})
	return answer{http.StatusAccepted, acs.AddParticipantResponse{
		Participant:      &acs.CallParticipant{Identifier: acs.ParseRawID(invited.ID())},
		OperationContext: request.OperationContext, InvitationID: invitation,
	}, l}, nil
}

// cancelAddParticipant withdraws an invitation that nobody has taken.
func (w *world) cancelAddParticipant(id string, request acs.CancelAddParticipantRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	context := of(request.OperationContext, request.OperationCallbackURI)
	detail := map[string]any{"invitationId": request.InvitationID}
	w.later(0, func(w *world) {
		r, ok := w.invitations[request.InvitationID]
		if !ok || !w.settle(r) {
			w.emit(l, "CancelAddParticipantFailed", context, result{404, 8522, "The invitation was not found, or was answered."}, detail)
			return
		}
		w.emit(l, "CancelAddParticipantSucceeded", context, result{200, 5300, "The invitation was cancelled."}, detail)
	})
	return answer{http.StatusAccepted, acs.CancelAddParticipantResponse{
		InvitationID: request.InvitationID, OperationContext: request.OperationContext,
	}, l}, nil
}

// removeParticipant puts somebody out of the call.
func (w *world) removeParticipant(id string, request acs.RemoveParticipantRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	context := of(request.OperationContext, request.OperationCallbackURI)
	removed := request.ParticipantToRemove.ID()
	detail := map[string]any{"participant": acs.ParseRawID(removed)}
	w.later(0, func(w *world) {
		p := l.conversation.find(removed)
		if p == nil || p == l.self {
			w.emit(l, "RemoveParticipantFailed", context, result{404, 8522, "Participant not found."}, detail)
			return
		}
		w.emit(l, "RemoveParticipantSucceeded", context, success(), detail)
		w.leave(l.conversation, p, result{200, 5300, "The conversation has ended. DiagCode: 0#5300.@"})
	})
	return answer{http.StatusAccepted, acs.OperationResponse{OperationContext: request.OperationContext}, l}, nil
}

// moveParticipants moves people from another call of the resource. One event tells of each.
func (w *world) moveParticipants(id string, request acs.MoveParticipantsRequest) (answer, *apiError) {
	target, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	source, failure := w.connected(request.FromCall)
	switch {
	case failure != nil:
		return answer{}, failure
	case source.conversation == target.conversation:
		return answer{}, invalid("A participant cannot be moved within one call.")
	case len(request.TargetParticipants) == 0:
		return answer{}, invalid("The field TargetParticipants is invalid.")
	}
	context := of(request.OperationContext, request.OperationCallbackURI)
	w.later(0, func(w *world) {
		for _, moved := range request.TargetParticipants {
			w.move(source, target, moved.ID(), context)
		}
	})
	return answer{http.StatusAccepted, acs.MoveParticipantsResponse{
		Participants: target.conversation.roster(), OperationContext: request.OperationContext, FromCall: request.FromCall,
	}, target}, nil
}

// move moves one participant. The source ends when only its app is left.
func (w *world) move(source, target *leg, rawID string, context operationContext) {
	detail := map[string]any{"participant": acs.ParseRawID(rawID), "fromCall": source.id}
	p := source.conversation.find(rawID)
	if p == nil || p == source.self || target.state != acs.CallConnectionStateConnected {
		w.emit(target, "MoveParticipantFailed", context, result{404, 8522, "Participant not found."}, detail)
		return
	}
	from := source.conversation
	from.remove(p)
	target.conversation.add(p)
	w.emit(target, "MoveParticipantSucceeded", context, success(), detail)
	w.tellRoster(target.conversation)
	if len(from.parties) <= 1 {
		w.end(from, result{200, 5002, "The conversation has ended. DiagCode: 0#5002.@"})
		return
	}
	w.tellRoster(from)
}

// mute mutes ACS users, which shows in the roster only.
func (w *world) mute(id string, request acs.MuteParticipantsRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	for _, target := range request.TargetParticipants {
		p := l.conversation.find(target.ID())
		if p == nil {
			return answer{}, &apiError{http.StatusNotFound, "8522", "Participant not found."}
		}
		if target.CommunicationUser == nil {
			return answer{}, invalid("Only an ACS user can be muted.")
		}
		p.muted = true
	}
	w.later(0, func(w *world) { w.tellRoster(l.conversation) })
	return answer{http.StatusOK, acs.OperationResponse{OperationContext: request.OperationContext}, l}, nil
}

// transfer hands the call over: the app loses control of it.
func (w *world) transfer(id string, request acs.TransferToParticipantRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	if failure := w.checkTransfer(request); failure != nil {
		return answer{}, failure
	}
	context := of(request.OperationContext, request.OperationCallbackURI)
	w.later(0, func(w *world) {
		if l.state != acs.CallConnectionStateConnected {
			return
		}
		w.emit(l, "CallTransferAccepted", context, success(), map[string]any{"transferTarget": acs.ParseRawID(request.TargetParticipant.ID())})
		w.end(l.conversation, result{200, 7015, "The conversation was transferred."})
	})
	return answer{http.StatusAccepted, acs.OperationResponse{OperationContext: request.OperationContext}, l}, nil
}

func (w *world) checkTransfer(request acs.TransferToParticipantRequest) *apiError {
	if request.TargetParticipant.ID() == "" {
		return invalid("The field TargetParticipant is invalid.")
	}
	return nil
}
