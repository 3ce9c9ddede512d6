// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"

	"github.com/call-operator/call-operator/acs"
)

// answer is what an operation answers: a status and a body, nil for none.
type answer struct {
	status int
	body   any
	// connection is the leg that the operation is about; its correlation ID is the chain ID.
	connection *leg
}

func invalid(message string) *apiError { return &apiError{http.StatusBadRequest, "8523", message} }

// createCall rings the targets; the first who answers connects the call.
func (w *world) createCall(request acs.CreateCallRequest) (answer, *apiError) {
	if failure := w.checkCreate(request); failure != nil {
		return answer{}, failure
	}
	c := newConversation()
	identity := ""
	if request.Source != nil {
		identity = request.Source.ID
	}
	l := w.newLeg(c, request.CallbackURI, request.OperationContext, identity)
	l.targets, l.displayName = request.Targets, request.SourceDisplayName
	from := acs.CommunicationUserIdentifier(l.self.id)
	l.source = &from
	if request.SourceCallerIDNumber != nil {
		l.callerNumber = request.SourceCallerIDNumber.Value
		from = acs.PhoneNumberIdentifier(l.callerNumber)
		w.busy[l.callerNumber]++
		if limit := w.options.MaxConcurrentCallsPerNumber; limit > 0 && w.busy[l.callerNumber] > limit {
			w.later(0, func(w *world) { w.failCreate(l, result{603, 560603, "Decline."}) })
			return answer{http.StatusCreated, w.properties(l), l}, nil
		}
	}
	open := len(request.Targets)
	for _, target := range request.Targets {
		r := &ring{
			conversation: c, from: from, displayName: l.displayName, dialled: target,
			answered: func(w *world, p *party) {
				w.connect(l)
				w.enter(c, p)
			},
			failed: func(w *world, because result) {
				if open--; open == 0 && l.state == acs.CallConnectionStateConnecting {
					w.failCreate(l, because)
				}
			},
		}
		l.rings = append(l.rings, r)
		w.callIn(r)
	}
	return answer{http.StatusCreated, w.properties(l), l}, nil
}

func (w *world) checkCreate(request acs.CreateCallRequest) *apiError {
	switch {
	case len(request.Targets) == 0:
		return invalid("The field Targets is invalid.")
	case !w.options.callbackAllowed(request.CallbackURI):
		return invalid("The field CallbackUri is invalid.")
	}
	for _, target := range request.Targets {
		if failure := w.checkTarget(target, request.SourceCallerIDNumber); failure != nil {
			return failure
		}
	}
	return nil
}

// checkTarget checks a party to be called, and the caller ID that a number needs. That a number which is not owned is
// refused with 403 and 510403 at once, and not by an event, is assumed.
func (w *world) checkTarget(target acs.Identifier, caller *acs.PhoneNumber) *apiError {
	switch {
	case target.ID() == "":
		return invalid("A target names nobody.")
	case target.PhoneNumber == nil:
		return nil
	case caller == nil:
		return invalid("A phone number target needs a sourceCallerIdNumber.")
	case len(w.owned) > 0 && !w.owned[caller.Value]:
		return &apiError{http.StatusForbidden, "510403", "The caller number is not owned by the resource."}
	case !e164.MatchString(target.PhoneNumber.Value):
		return &apiError{http.StatusBadRequest, "560484", "The number is badly formed."}
	}
	return nil
}

// failCreate tells that nobody answered. CreateCallFailed carries no operation context, CallDisconnected does.
func (w *world) failCreate(l *leg, because result) {
	if l.state != acs.CallConnectionStateConnecting {
		return
	}
	w.emit(l, "CreateCallFailed", withoutContext, because)
	w.disconnect(l, because)
}

// answerCall takes an incoming call.
func (w *world) answerCall(request acs.AnswerCallRequest) (answer, *apiError) {
	if !w.options.callbackAllowed(request.CallbackURI) {
		return answer{}, invalid("The field CallbackUri is invalid.")
	}
	r, failure := w.byContext(request.IncomingCallContext)
	if failure != nil {
		return answer{}, failure
	}
	identity := ""
	if request.AnsweredBy != nil {
		identity = request.AnsweredBy.ID
	}
	l := w.newLeg(r.conversation, request.CallbackURI, request.OperationContext, identity)
	l.state = acs.CallConnectionStateUnknown
	l.targets, l.source, l.displayName = []acs.Identifier{r.to}, &r.from, r.displayName
	if r.to.PhoneNumber != nil {
		l.answeredFor = r.to.PhoneNumber.Value
	}
	body := w.properties(l)
	body.ServerCallID = r.conversation.serverCallID
	w.settle(r)
	// The answer to this request comes first, mostly; the events follow.
	w.later(0, func(w *world) {
		if l.state == acs.CallConnectionStateUnknown {
			r.answered(w, l.self)
		}
	})
	return answer{http.StatusOK, body, l}, nil
}

// redirectCall rings somebody else instead.
func (w *world) redirectCall(request acs.RedirectCallRequest) (answer, *apiError) {
	r, failure := w.byContext(request.IncomingCallContext)
	if failure != nil {
		return answer{}, failure
	}
	switch {
	case request.Target.ID() == "":
		return answer{}, invalid("The target names nobody.")
	case request.Target.PhoneNumber != nil && r.from.PhoneNumber == nil:
		return answer{}, invalid("A VoIP call cannot be redirected to a phone number.")
	}
	r.context = ""
	w.ringAt(r, request.Target)
	return answer{status: http.StatusNoContent}, nil
}

// rejectCall tells the caller no.
func (w *world) rejectCall(request acs.RejectCallRequest) (answer, *apiError) {
	r, failure := w.byContext(request.IncomingCallContext)
	if failure != nil {
		return answer{}, failure
	}
	because := result{603, 0, "Decline. DiagCode: 603#0.@"}
	switch request.CallRejectReason {
	case "", acs.CallRejectReasonNone:
	case acs.CallRejectReasonBusy:
		because = result{486, 0, "Busy Here."}
	case acs.CallRejectReasonForbidden:
		because = result{403, 0, "Forbidden."}
	default:
		return answer{}, invalid("The field CallRejectReason is invalid.")
	}
	if w.settle(r) {
		w.later(0, func(w *world) { r.failed(w, because) })
	}
	return answer{status: http.StatusNoContent}, nil
}

// connectCall takes control of a conversation that goes on, or of a room.
func (w *world) connectCall(request acs.ConnectRequest) (answer, *apiError) {
	if !w.options.callbackAllowed(request.CallbackURI) {
		return answer{}, invalid("The field CallbackUri is invalid.")
	}
	locator := request.CallLocator
	var c *conversation
	switch {
	case locator.Kind == acs.CallLocatorKindServer && w.byServerID[locator.ServerCallID] != nil:
		c = w.byServerID[locator.ServerCallID]
	case locator.Kind == acs.CallLocatorKindServer:
		return answer{}, &apiError{http.StatusNotFound, "8522", "Call not found."}
	case locator.Kind == acs.CallLocatorKindGroup && locator.GroupCallID != "", locator.Kind == acs.CallLocatorKindRoom && locator.RoomID != "":
		key := string(locator.Kind) + locator.GroupCallID + locator.RoomID
		if c = w.byServerID[key]; c == nil {
			c = newConversation()
			c.serverCallID = key
		}
	default:
		return answer{}, invalid("The field CallLocator is invalid.")
	}
	l := w.newLeg(c, request.CallbackURI, request.OperationContext, "")
	w.later(0, func(w *world) {
		w.connect(l)
		w.tellRoster(c)
	})
	return answer{http.StatusOK, w.properties(l), l}, nil
}

func (w *world) getCall(id string) (answer, *apiError) {
	l, failure := w.byID(id)
	if failure != nil {
		return answer{}, failure
	}
	return answer{http.StatusOK, w.properties(l), l}, nil
}

// endedByApp is the result of a call that its app ended.
var endedByApp = result{200, 7000, "The conversation has ended. DiagCode: 0#7000.@"}

// hangUp takes the app out of the call, which ends a call between two.
func (w *world) hangUp(id string) (answer, *apiError) {
	l, failure := w.byID(id)
	if failure != nil {
		return answer{}, failure
	}
	w.later(0, func(w *world) {
		c := l.conversation
		switch {
		case l.state != acs.CallConnectionStateConnected:
			w.cancel(l)
		case len(c.parties) <= 2:
			w.end(c, endedByApp)
		default:
			c.remove(l.self)
			w.disconnect(l, endedByApp)
			w.tellRoster(c)
		}
	})
	return answer{http.StatusNoContent, nil, l}, nil
}

// terminate ends the call for everybody.
func (w *world) terminate(id string) (answer, *apiError) {
	l, failure := w.byID(id)
	if failure != nil {
		return answer{}, failure
	}
	w.later(0, func(w *world) {
		if l.state != acs.CallConnectionStateConnected {
			w.cancel(l)
			return
		}
		w.end(l.conversation, endedByApp)
	})
	return answer{http.StatusNoContent, nil, l}, nil
}

// cancel gives up a call that nobody has answered. That its events are those of a failed call, with 487, is assumed.
func (w *world) cancel(l *leg) {
	for _, r := range l.rings {
		w.settle(r)
	}
	if l.state == acs.CallConnectionStateConnecting {
		w.failCreate(l, result{487, 0, "Request Terminated."})
		return
	}
	w.disconnect(l, result{487, 0, "Request Terminated."})
}

// properties describe a leg. A call that is being placed has no server call ID yet.
func (w *world) properties(l *leg) acs.CallConnectionProperties {
	properties := acs.CallConnectionProperties{
		CallConnectionID: l.id, CallConnectionState: l.state, CorrelationID: l.conversation.correlationID,
		CallbackURI: l.callback, Targets: l.targets, SourceDisplayName: l.displayName, Source: l.source,
	}
	if l.state == acs.CallConnectionStateConnected {
		properties.ServerCallID = l.conversation.serverCallID
	}
	if l.callerNumber != "" {
		properties.SourceCallerIDNumber = &acs.PhoneNumber{Value: l.callerNumber}
	}
	if l.answeredFor != "" {
		properties.AnsweredFor = &acs.PhoneNumber{Value: l.answeredFor}
	}
	return properties
}
