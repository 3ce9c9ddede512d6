// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"slices"

	"github.com/call-operator/call-operator/acs"
)

// answer is an operation's answer: a status and a body, nil for none.
type answer struct {
	status int
	body   any
	// connection is the leg that the operation is about, if it is about one.
	connection *leg
	// connectionID and correlationID are taken from that under the lock. The latter is the chain ID.
	connectionID, correlationID string
}

func answered(status int, body any, l *leg) answer {
	return answer{status: status, body: body, connection: l}
}

func invalid(message string) *apiError { return &apiError{http.StatusBadRequest, "8523", message} }

// createCall rings the targets; the first answer connects the call.
func (w *world) createCall(request acs.CreateCallRequest) (answer, *apiError) {
	if failure := w.checkCreate(request); failure != nil {
		return answer{}, failure
	}
	c := newConversation()
	identity := ""
	if request.Source != nil {
		identity = request.Source.ID
	}
	l := w.newLeg(c, c.ids, request.CallbackURI, request.OperationContext, identity)
	l.failure, l.speaks = "CreateCallFailed", speaks(request.CallIntelligenceOptions)
	l.targets, l.displayName = normalized(request.Targets), request.SourceDisplayName
	self := acs.CommunicationUserIdentifier(l.self.id)
	l.source = &self
	from := self
	if request.SourceCallerIDNumber != nil {
		l.callerNumber = request.SourceCallerIDNumber.Value
		from = acs.PhoneNumberIdentifier(l.callerNumber)
		if !w.admit(l) {
			w.later(0, func(w *world) { w.fail(l, result{603, 560603, "Decline."}) })
			return answered(http.StatusCreated, w.properties(l), l), nil
		}
	}
	open := len(l.targets)
	for _, target := range l.targets {
		r := &ring{
			conversation: c, from: from, displayName: l.displayName, dialled: target, custom: request.CustomCallingContext, separate: true,
			answered: func(w *world, p *party) {
				if !w.connect(l) {
					w.turnAway(p)
					return
				}
				w.enter(l.conversation, p)
			},
			failed: func(w *world, because result) {
				if open--; open == 0 && l.state == acs.CallConnectionStateConnecting {
					w.fail(l, because)
				}
			},
		}
		l.rings = append(l.rings, r)
		w.callIn(r, w.options.RingTimeout)
	}
	return answered(http.StatusCreated, w.properties(l), l), nil
}

// normalized are identifiers with everything that follows from their raw IDs.
func normalized(identifiers []acs.Identifier) []acs.Identifier {
	normal := make([]acs.Identifier, 0, len(identifiers))
	for _, identifier := range identifiers {
		normal = append(normal, acs.ParseRawID(identifier.ID()))
	}
	return normal
}

// admit counts a call of its caller number to the telephone network, unless there are as many as there may be.
func (w *world) admit(l *leg) bool {
	if !slices.ContainsFunc(l.targets, func(target acs.Identifier) bool { return target.PhoneNumber != nil }) {
		return true
	}
	if limit := w.options.MaxConcurrentCallsPerNumber; limit > 0 && w.busy[l.callerNumber] >= limit {
		return false
	}
	w.busy[l.callerNumber]++
	l.limited = true
	return true
}

// turnAway tells an app that it answered a caller who is gone.
func (w *world) turnAway(p *party) {
	if p.app != nil {
		w.fail(p.app, requestTerminated)
	}
}

func (w *world) checkCreate(request acs.CreateCallRequest) *apiError {
	switch {
	case len(request.Targets) == 0:
		return invalid("The field Targets is invalid.")
	case !w.options.callbackAllowed(request.CallbackURI):
		return invalid("The field CallbackUri is invalid.")
	}
	for _, target := range normalized(request.Targets) {
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
		return invalid("A phone number is not in E.164 form, such as +14255550123.")
	}
	return nil
}

// fail reports that a leg will not be connected, and that it is over.
func (w *world) fail(l *leg, because result) {
	if because != declined {
		w.tellFailed(l, because)
	}
	w.disconnect(l, because)
}

// tellFailed reports that a leg will not be connected. CreateCallFailed carries no operation context, the others do.
func (w *world) tellFailed(l *leg, because result) {
	context := withContext
	if l.failure == "CreateCallFailed" {
		context = withoutContext
	}
	w.emit(l, l.failure, context, because)
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
	switch {
	case request.AnsweredBy != nil:
		identity = request.AnsweredBy.ID
	case r.to.CommunicationUser != nil:
		identity = r.to.ID()
	}
	l := w.newLeg(r.conversation, r.ids, request.CallbackURI, request.OperationContext, identity)
	l.state, l.failure, l.answeredBy, l.self.dialled = acs.CallConnectionStateUnknown, "AnswerFailed", l.self.id, r.dialled.ID()
	l.targets, l.source, l.displayName = []acs.Identifier{r.to}, &r.from, r.displayName
	l.speaks = speaks(request.CallIntelligenceOptions)
	if r.to.PhoneNumber != nil {
		l.answeredFor = r.to.PhoneNumber.Value
	}
	body := w.properties(l)
	body.ServerCallID = r.ids.server
	w.settle(r)
	// The answer to this request comes first, mostly; the events follow.
	w.later(0, func(w *world) {
		if l.state != acs.CallConnectionStateUnknown {
			r.failed(w, requestTerminated)
			return
		}
		r.answered(w, l.self)
	})
	return answered(http.StatusOK, body, l), nil
}

// redirectCall rings another party instead.
func (w *world) redirectCall(request acs.RedirectCallRequest) (answer, *apiError) {
	r, failure := w.byContext(request.IncomingCallContext)
	if failure != nil {
		return answer{}, failure
	}
	target := acs.ParseRawID(request.Target.ID())
	switch {
	case target.ID() == "":
		return answer{}, invalid("The target names nobody.")
	case target.PhoneNumber != nil && r.from.PhoneNumber == nil:
		return answer{}, invalid("A VoIP call cannot be redirected to a phone number.")
	case target.PhoneNumber != nil && !e164.MatchString(target.PhoneNumber.Value):
		return answer{}, invalid("A phone number is not in E.164 form, such as +14255550123.")
	}
	r.context, r.separate = "", true
	w.ringAt(r, target)
	return answer{status: http.StatusNoContent, correlationID: r.ids.correlation}, nil
}

// rejectCall rejects the call.
func (w *world) rejectCall(request acs.RejectCallRequest) (answer, *apiError) {
	r, failure := w.byContext(request.IncomingCallContext)
	if failure != nil {
		return answer{}, failure
	}
	because := declined
	if r.to.PhoneNumber != nil {
		because = result{603, 0, "Decline. DiagCode: 603#0.@"}
	}
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
	return answer{status: http.StatusNoContent, correlationID: r.ids.correlation}, nil
}

// connectCall takes control of an active conversation, or of a room.
func (w *world) connectCall(request acs.ConnectRequest) (answer, *apiError) {
	if !w.options.callbackAllowed(request.CallbackURI) {
		return answer{}, invalid("The field CallbackUri is invalid.")
	}
	c, failure := w.located(request.CallLocator)
	if failure != nil {
		return answer{}, failure
	}
	l := w.newLeg(c, c.ids, request.CallbackURI, request.OperationContext, "")
	l.failure, l.speaks = "ConnectFailed", speaks(request.CallIntelligenceOptions)
	self := acs.CommunicationUserIdentifier(l.self.id)
	l.source = &self
	w.later(0, func(w *world) {
		if w.connect(l) {
			w.tellRoster(l.conversation)
		}
	})
	return answered(http.StatusOK, w.properties(l), l), nil
}

// located finds an active call. A group call or a room begins with its first participant.
func (w *world) located(locator acs.CallLocator) (*conversation, *apiError) {
	key := ""
	switch locator.Kind {
	case acs.CallLocatorKindServer:
		if c, ok := w.byServerID[locator.ServerCallID]; ok {
			return c, nil
		}
		return nil, &apiError{http.StatusNotFound, "8522", "Call not found."}
	case acs.CallLocatorKindGroup:
		key = locator.GroupCallID
	case acs.CallLocatorKindRoom:
		key = locator.RoomID
	}
	if key == "" {
		return nil, invalid("The field CallLocator is invalid.")
	}
	key = string(locator.Kind) + " " + key
	c, ok := w.byLocator[key]
	if !ok {
		c = newConversation()
		c.locator = key
		w.byLocator[key] = c
	}
	return c, nil
}

func (w *world) getCall(id string) (answer, *apiError) {
	l, failure := w.byID(id)
	if failure != nil {
		return answer{}, failure
	}
	return answered(http.StatusOK, w.properties(l), l), nil
}

// requestTerminated is the result of a call that was given up before anybody answered; that it is 487 is assumed.
var requestTerminated = result{487, 0, "Request Terminated."}

// hangUp takes the app out of the call, which ends a call between two.
func (w *world) hangUp(id string) (answer, *apiError) {
	return w.endLater(id, func(w *world, l *leg) {
		if c := l.conversation; len(c.parties) > 2 {
			w.leave(c, l.self, endedByApp)
			return
		}
		w.endBy(l)
	})
}

// terminate ends the call for everybody.
func (w *world) terminate(id string) (answer, *apiError) {
	return w.endLater(id, func(w *world, l *leg) { w.endBy(l) })
}

// endLater ends a leg after the teardown. One that was not connected rings nobody from now on, and fails.
func (w *world) endLater(id string, end func(*world, *leg)) (answer, *apiError) {
	l, failure := w.byID(id)
	switch {
	case failure != nil:
		return answer{}, failure
	case l.state == acs.CallConnectionStateDisconnecting:
		return answer{}, terminated()
	}
	connected := l.state == acs.CallConnectionStateConnected
	l.state = acs.CallConnectionStateDisconnecting
	w.settleAll(l)
	w.later(w.options.Teardown, func(w *world) {
		switch {
		case l.state == acs.CallConnectionStateDisconnected:
		case connected:
			end(w, l)
		default:
			w.fail(l, requestTerminated)
		}
	})
	return answered(http.StatusNoContent, nil, l), nil
}

// properties describe a leg. A call that is being placed has no server call ID yet.
func (w *world) properties(l *leg) acs.CallConnectionProperties {
	properties := acs.CallConnectionProperties{
		CallConnectionID: l.id, CallConnectionState: l.state, CorrelationID: l.ids.correlation,
		CallbackURI: l.callback, Targets: l.targets, SourceDisplayName: l.displayName, Source: l.source,
	}
	if l.state == acs.CallConnectionStateConnected {
		properties.ServerCallID = l.ids.server
	}
	if l.callerNumber != "" {
		properties.SourceCallerIDNumber = &acs.PhoneNumber{Value: l.callerNumber}
	}
	if l.answeredBy != "" {
		properties.AnsweredBy = &acs.CommunicationUser{ID: l.answeredBy}
	}
	if l.answeredFor != "" {
		properties.AnsweredFor = &acs.PhoneNumber{Value: l.answeredFor}
	}
	return properties
}
