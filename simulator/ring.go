// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/call-operator/call-operator/acs"
)

// notAnswered is the result of a ring that the caller gave up.
var notAnswered = result{487, 10004, "Not answered in time."}

// declined is how a call ends that an app user, or an app of one, declines: with a success code, and CallDisconnected is
// delivered before the event that tells that the call was never connected.
// Recorded: azure-sdk-for-java, createVOIPCallAndRejectAutomatedTest, 2025-06.
var declined = result{200, 5002, "The conversation has ended. DiagCode: 0#5002.@"}

// callIn rings somebody into a conversation, for so long at most.
func (w *world) callIn(r *ring, patience time.Duration) {
	r.id = uuid.NewString()
	w.rings[r.id] = r
	if r.ids == (callIDs{}) {
		r.ids = r.conversation.ids
	}
	w.later(patience, func(w *world) { w.giveUp(r, notAnswered) })
	w.ringAt(r, r.dialled)
}

// giveUp ends an unanswered ring.
func (w *world) giveUp(r *ring, because result) {
	if w.settle(r) {
		r.failed(w, because)
	}
}

// ringAt rings a party: a phone with a script, an app through Event Grid, or both.
func (w *world) ringAt(r *ring, to acs.Identifier) {
	r.to = to
	r.attempt++
	id := to.ID()
	phone, scripted := w.phones[id]
	if w.raisesIncoming(to) {
		if r.separate && to.PhoneNumber != nil && !w.options.SharedCallIDs {
			r.ids = newIDs()
		}
		w.tellIncoming(r)
		if !scripted {
			w.ringEnds(r, incomingRing, result{480, 10037, "No endpoint. DiagCode: 480#10037.@"})
			return
		}
	}
	if !scripted {
		phone = *w.options.DefaultPhone
	}
	if phone.Unreachable != nil {
		w.ringEnds(r, 0, result{phone.Unreachable.Code, phone.Unreachable.SubCode, "The number cannot be reached."})
		return
	}
	w.journal.add(Entry{Kind: EntryRing, Phone: id, CorrelationID: r.conversation.ids.correlation, OperationContext: r.operationContext})
	w.follow(r, phone, isTelephone(id))
}

// follow lets the phone do what its script says.
func (w *world) follow(r *ring, phone Phone, telephone bool) {
	switch {
	case phone.Answer != nil:
		attempt := r.attempt
		w.later(time.Duration(phone.Answer.After), func(w *world) {
			if r.attempt == attempt && w.settle(r) {
				w.journal.add(Entry{Kind: EntryAnswer, Phone: r.to.ID(), CorrelationID: r.conversation.ids.correlation})
				r.answered(w, &party{id: r.dialled.ID(), phone: &phone, rang: r.to.ID()})
			}
		})
	case phone.Busy != nil:
		w.ringEnds(r, time.Duration(phone.Busy.After), result{486, network(560486, telephone), "Busy Here."})
	case phone.Decline != nil:
		because := declined
		if telephone {
			because = result{603, 560603, "Decline. DiagCode: 603#560603.@"}
		}
		w.ringEnds(r, time.Duration(phone.Decline.After), because)
	}
	// One that does not answer rings until the caller gives up.
}

// network is a sub-code of the telephone network, 0 for a callee outside of it.
func network(subCode int, telephone bool) int {
	if telephone {
		return subCode
	}
	return 0
}

// ringEnds ends the current callee's ring after a time. A redirect rings another party, with its own time.
func (w *world) ringEnds(r *ring, after time.Duration, because result) {
	attempt := r.attempt
	w.later(after, func(w *world) {
		if r.attempt == attempt {
			w.giveUp(r, because)
		}
	})
}

// settle ends a ring, and tells whether this was the first to do so.
func (w *world) settle(r *ring) bool {
	if r.settled {
		return false
	}
	r.settled = true
	delete(w.rings, r.id)
	delete(w.invitations, r.invitation)
	return true
}

func (w *world) raisesIncoming(to acs.Identifier) bool {
	if !w.subscribed {
		return false
	}
	if to.PhoneNumber != nil {
		return w.owned[to.PhoneNumber.Value]
	}
	return to.CommunicationUser != nil
}

// tellIncoming raises IncomingCall with a fresh context.
func (w *world) tellIncoming(r *ring) {
	filler := make([]byte, contextBytes)
	_, _ = rand.Read(filler) // never fails
	r.context = base64.RawURLEncoding.EncodeToString([]byte(r.id)) + "." + base64.RawURLEncoding.EncodeToString(filler)
	r.expires = w.options.Now().Add(incomingRing)
	w.journal.add(Entry{Kind: EntryIncoming, Phone: r.to.ID(), CorrelationID: r.ids.correlation})
	w.effects = append(w.effects, effect{announcement: r.announcement()})
}

// byContext finds the ring that a context is the capability of.
func (w *world) byContext(context acs.Secret) (*ring, *apiError) {
	refused := &apiError{400, "8523", "The incoming call context is invalid."}
	encoded, _, found := strings.Cut(context.Reveal(), ".")
	if !found {
		return nil, refused
	}
	id, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil, refused
	}
	r, ok := w.rings[string(id)]
	switch {
	case !ok:
		return nil, &apiError{404, "8522", "The incoming call is over, or was taken."}
	case r.context != context.Reveal():
		return nil, refused
	case w.options.Now().After(r.expires):
		return nil, expiredContext(w.options.Now(), r.expires)
	}
	return r, nil
}

// placeFromPhone has a phone call a number or user of the resource.
func (w *world) placeFromPhone(from, to acs.Identifier) (correlationID string, failure *apiError) {
	switch {
	case from.ID() == "" || to.ID() == "":
		return "", &apiError{400, "8523", "Set from and to: a number such as +14255550123, or a raw ID such as 8:acs:RESOURCE_USER."}
	case !w.raisesIncoming(to):
		return "", &apiError{400, "8523", "Only an owned number or an ACS user can be called, and there must be an Event Grid subscription."}
	}
	c := newConversation()
	caller := Phone{Answer: &After{}}
	if known, ok := w.phones[from.ID()]; ok {
		caller = known
	}
	w.callIn(&ring{
		conversation: c, from: from, dialled: to,
		answered: func(w *world, p *party) {
			first := &party{id: from.ID(), phone: &caller, rang: from.ID()}
			c.add(first)
			w.enter(c, p)
			if caller.HangUp != nil {
				w.later(time.Duration(caller.HangUp.After), func(w *world) { w.phoneHangsUp(first) })
			}
		},
		failed: func(*world, result) {},
	}, w.options.RingTimeout)
	return c.ids.correlation, nil
}

// enter adds the party that answered to the conversation: an app by connecting its leg, a person directly.
func (w *world) enter(c *conversation, p *party) {
	if p.app != nil {
		w.connect(p.app)
		w.tellRoster(c)
		return
	}
	w.join(c, p)
}
