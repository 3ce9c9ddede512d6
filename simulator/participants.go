// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/call-operator/call-operator/acs"
)

// defaultInvitation is how long an invited participant rings by default.
const defaultInvitation = 60 * time.Second

func (w *world) listParticipants(id string) (answer, *apiError) {
	l, failure := w.byID(id)
	if failure != nil {
		return answer{}, failure
	}
	return answered(http.StatusOK, map[string]any{"value": l.conversation.roster()}, l), nil
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
	return answered(http.StatusOK, p.participant(), l), nil
}

// addParticipant invites somebody into the call.
func (w *world) addParticipant(id string, request acs.AddParticipantRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	invited := acs.ParseRawID(request.ParticipantToAdd.ID())
	if failure := w.checkTarget(invited, request.SourceCallerIDNumber); failure != nil {
		return answer{}, failure
	}
	timeout := defaultInvitation
	if seconds := request.InvitationTimeoutInSeconds; seconds != nil {
		if *seconds < 0 || *seconds > 180 {
			return answer{}, invalid("The field InvitationTimeoutInSeconds is invalid.")
		}
		timeout = time.Duration(*seconds) * time.Second
	}
	context := of(request.OperationContext, request.OperationCallbackURI)
	detail := map[string]any{"participant": invited}
	from := acs.CommunicationUserIdentifier(l.self.id)
	if request.SourceCallerIDNumber != nil {
		from = acs.PhoneNumberIdentifier(request.SourceCallerIDNumber.Value)
	}
	r := &ring{
		conversation: l.conversation, from: from, displayName: request.SourceDisplayName, dialled: invited, invitation: uuid.NewString(),
		custom: request.CustomCallingContext, operationContext: request.OperationContext,
		answered: func(w *world, p *party) {
			if l.state != acs.CallConnectionStateConnected {
				w.turnAway(p)
				return
			}
			w.emit(l, "AddParticipantSucceeded", context, success(), detail)
			w.enter(l.conversation, p)
		},
		failed: func(w *world, because result) { w.emit(l, "AddParticipantFailed", context, because, detail) },
	}
	w.invitations[r.invitation] = r
	l.rings = append(slices.DeleteFunc(l.rings, func(r *ring) bool { return r.settled }), r)
	w.callIn(r, timeout)
	return answered(http.StatusAccepted, acs.AddParticipantResponse{
		Participant:      &acs.CallParticipant{Identifier: invited},
		OperationContext: request.OperationContext, InvitationID: r.invitation,
	}, l), nil
}

// cancelAddParticipant withdraws an unanswered invitation.
func (w *world) cancelAddParticipant(id string, request acs.CancelAddParticipantRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	context := of(request.OperationContext, request.OperationCallbackURI)
	detail := map[string]any{"invitationId": request.InvitationID}
	w.later(0, func(w *world) {
		r, ok := w.invitations[request.InvitationID]
		if !ok || r.conversation != l.conversation || !w.settle(r) {
			w.emit(l, "CancelAddParticipantFailed", context, result{404, 8522, "The invitation was not found, or was answered."}, detail)
			return
		}
		w.emit(l, "CancelAddParticipantSucceeded", context, result{200, 5300, "The invitation was cancelled."}, detail)
	})
	return answered(http.StatusAccepted, acs.CancelAddParticipantResponse{
		InvitationID: request.InvitationID, OperationContext: request.OperationContext,
	}, l), nil
}

// removeParticipant removes somebody from the call.
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
		w.leave(l.conversation, p, removedByOther)
	})
	return answered(http.StatusAccepted, acs.OperationResponse{OperationContext: request.OperationContext}, l), nil
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
	return answered(http.StatusAccepted, acs.MoveParticipantsResponse{
		Participants: target.conversation.roster(), OperationContext: request.OperationContext, FromCall: request.FromCall,
	}, target), nil
}

// move moves one participant. The source ends when only its app is left.
func (w *world) move(source, target *leg, rawID string, context operationContext) {
	detail := map[string]any{"participant": acs.ParseRawID(rawID), "fromCall": source.id}
	from := source.conversation
	p := from.find(rawID)
	switch {
	case p == nil:
		w.emit(target, "MoveParticipantFailed", context, result{404, 8522, "Participant not found."}, detail)
		return
	case p == source.self:
		w.emit(target, "MoveParticipantFailed", context, result{400, 8523, "The app itself cannot be moved."}, detail)
		return
	case target.state != acs.CallConnectionStateConnected:
		w.emit(target, "MoveParticipantFailed", context, result{400, 8528, "Call is terminated."}, detail)
		return
	}
	from.remove(p)
	if p.app != nil {
		p.app.moveTo(target.conversation)
	}
	target.conversation.add(p)
	w.emit(target, "MoveParticipantSucceeded", context, success(), detail)
	w.tellRoster(target.conversation)
	if len(from.parties) <= 1 {
		w.end(from, leftAlone)
		return
	}
	w.tellRoster(from)
}

// moveTo takes the leg of an app, and whom it rings, to the conversation that the app was moved to.
func (l *leg) moveTo(c *conversation) {
	l.conversation.legs = slices.DeleteFunc(l.conversation.legs, func(other *leg) bool { return other == l })
	l.conversation, l.ids = c, c.ids
	c.legs = append(c.legs, l)
	for _, r := range l.rings {
		r.conversation = c
	}
}

// mute mutes ACS users, which shows in the roster only.
func (w *world) mute(id string, request acs.MuteParticipantsRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	muted, failure := l.mutable(request.TargetParticipants)
	if failure != nil {
		return answer{}, failure
	}
	for _, p := range muted {
		p.muted = true
		w.record(p, PhoneEvent{Kind: PhoneMuted})
	}
	w.later(0, func(w *world) { w.tellRoster(l.conversation) })
	return answered(http.StatusOK, acs.OperationResponse{OperationContext: request.OperationContext}, l), nil
}

// mutable finds all participants to mute, or none.
func (l *leg) mutable(targets []acs.Identifier) ([]*party, *apiError) {
	if len(targets) == 0 {
		return nil, invalid("The field TargetParticipants is invalid.")
	}
	var muted []*party
	for _, target := range normalized(targets) {
		p := l.conversation.find(target.ID())
		switch {
		case target.CommunicationUser == nil:
			return nil, invalid("Only an ACS user can be muted.")
		case p == nil:
			return nil, &apiError{http.StatusNotFound, "8522", "Participant not found."}
		}
		muted = append(muted, p)
	}
	return muted, nil
}
