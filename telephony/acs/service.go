// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"errors"
	"fmt"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/secret"
	"github.com/call-operator/call-operator/telephony"
)

// service is one Communication Services resource. It implements telephony.Service.
type service struct {
	client *acs.Client
	pins   v1alpha1.AttemptRequest
}

// errNoCall says that the service carried out the request, but did not name the call.
var errNoCall = errors.New("the answer names no call")

// Pins implements telephony.Service.
func (s *service) Pins() v1alpha1.AttemptRequest { return s.pins }

// Dial implements telephony.Service.
func (s *service) Dial(ctx context.Context, request telephony.DialRequest, attempt telephony.Attempt) (telephony.Answer, error) {
	if err := callable(request.To); err != nil {
		return telephony.Answer{}, err
	}
	repeat := onceBy(attempt)
	placed, err := s.forAttempt(attempt).CreateCall(notAfter(ctx, attempt.NotAfter), s.createCall(request, attempt), repeat)
	return answerTo(placed, repeat, err)
}

// AnswerIncoming implements telephony.Service.
func (s *service) AnswerIncoming(ctx context.Context, incoming secret.Text, attempt telephony.Attempt) (telephony.Answer, error) {
	repeat := onceBy(attempt)
	answered, err := s.forAttempt(attempt).AnswerCall(ctx, acs.AnswerCallRequest{
		IncomingCallContext: incoming, CallbackURI: attempt.CallbackURL, OperationContext: attempt.Record.ID,
		CallIntelligenceOptions: s.intelligence(attempt),
	}, repeat)
	return answerTo(answered, repeat, err)
}

// answerTo is the answer to a request that places or answers a call.
func answerTo(call *acs.CallConnectionProperties, repeat acs.Repeatability, err error) (telephony.Answer, error) {
	if err == nil && call.CallConnectionID == "" {
		err = errNoCall
	}
	if err != nil {
		return telephony.Answer{}, errorOf(err)
	}
	return telephony.Answer{Call: idsOf(*call), Repeatability: repeatability(*repeat.Result)}, nil
}

// Redirect implements telephony.Service.
func (s *service) Redirect(ctx context.Context, incoming secret.Text, to *v1alpha1.Identifier, attempt telephony.Attempt) (telephony.Answer, error) {
	if err := callable(to); err != nil {
		return telephony.Answer{}, err
	}
	repeat := onceBy(attempt)
	err := s.forAttempt(attempt).RedirectCall(ctx, acs.RedirectCallRequest{IncomingCallContext: incoming, Target: identifier(to)}, repeat)
	return telephony.Answer{Repeatability: repeatability(*repeat.Result)}, errorOf(err)
}

// Reject implements telephony.Service.
func (s *service) Reject(ctx context.Context, incoming secret.Text, reason v1alpha1.RejectReason, attempt telephony.Attempt) (telephony.Answer, error) {
	repeat := onceBy(attempt)
	err := s.forAttempt(attempt).RejectCall(ctx, acs.RejectCallRequest{IncomingCallContext: incoming, CallRejectReason: rejectReason(reason)}, repeat)
	return telephony.Answer{Repeatability: repeatability(*repeat.Result)}, errorOf(err)
}

// Move implements telephony.Service. Unlike a dial, it may be retried at once: moving somebody twice moves them once.
func (s *service) Move(ctx context.Context, request telephony.MoveRequest, attempt telephony.Attempt) (telephony.Answer, error) {
	repeat := onceBy(attempt)
	repeat.Once = false
	participants := make([]acs.Identifier, len(request.Participants))
	for i, id := range request.Participants {
		participants[i] = acs.ParseRawID(id)
	}
	_, err := s.forAttempt(attempt).MoveParticipants(ctx, request.To, acs.MoveParticipantsRequest{
		TargetParticipants: participants, FromCall: request.From, OperationContext: attempt.Record.ID, OperationCallbackURI: attempt.CallbackURL,
	}, repeat)
	return telephony.Answer{Repeatability: repeatability(*repeat.Result)}, refusal(err, "move", "one of the calls is")
}

// Sub-codes of refusals that pass by themselves.
const (
	// mediaActive and mediaConflict say that the call plays or listens already.
	mediaActive   = 8500
	mediaConflict = 8583
	// callNotEstablished says that the service is still setting up the call.
	callNotEstablished = 8501
)

// refusal is errorOf for a request about live calls; what names them in a sentence, such as "the call is".
func refusal(err error, request, calls string) error {
	var refused *acs.Error
	var known *telephony.Error
	failed := errorOf(err)
	switch {
	case !errors.As(failed, &known) || !errors.As(err, &refused):
	case refused.SubCode == callNotEstablished:
		known.Class, known.Reason = telephony.ClassNotReady, v1alpha1.ReasonCallNotConnected
		known.Sentence = fmt.Sprintf("ACS says that %s not established yet.", calls)
	case refused.SubCode == mediaActive, refused.SubCode == mediaConflict:
		known.Class, known.Reason = telephony.ClassNotReady, v1alpha1.ReasonActionInFlight
		known.Sentence = "ACS says that the call plays or listens for something else."
	case known.Class.Final():
		known.Sentence = fmt.Sprintf("ACS refused the %s (HTTP %d): %s", request, refused.StatusCode, refused.Meaning())
	}
	return failed
}

// HangUp implements telephony.Service. It needs no Repeatability headers: ending a call twice ends it once.
func (s *service) HangUp(ctx context.Context, connection string) error {
	return errorOf(s.client.Terminate(ctx, connection, acs.Repeatability{}))
}

// State implements telephony.Service.
func (s *service) State(ctx context.Context, connection string) (telephony.State, error) {
	properties, err := s.client.GetCall(ctx, connection)
	if err != nil {
		return telephony.State{}, errorOf(err)
	}
	return stateOf(*properties), nil
}

// Roster implements telephony.Service.
func (s *service) Roster(ctx context.Context, connection string) ([]telephony.Participant, error) {
	participants, err := s.client.ListParticipants(ctx, connection)
	return participantsOf(participants), errorOf(err)
}

// createCall is the request that places a call.
func (s *service) createCall(request telephony.DialRequest, attempt telephony.Attempt) acs.CreateCallRequest {
	created := acs.CreateCallRequest{
		Targets: []acs.Identifier{identifier(request.To)}, CallbackURI: attempt.CallbackURL, OperationContext: attempt.Record.ID,
		CallIntelligenceOptions: s.intelligence(attempt),
	}
	if from := request.From; from != nil {
		created.SourceDisplayName = from.DisplayName
		if from.PhoneNumber != "" {
			created.SourceCallerIDNumber = &acs.PhoneNumber{Value: string(from.PhoneNumber)}
		}
		if from.CommunicationUser != "" {
			created.Source = &acs.CommunicationUser{ID: from.CommunicationUser}
		}
	}
	if headers := request.Headers; headers != nil {
		created.CustomCallingContext = &acs.CustomCallingContext{SIPHeaders: headersOf(headers.SIP), VoIPHeaders: headersOf(headers.VoIP)}
	}
	return created
}

func headersOf(headers map[string]v1alpha1.HeaderValue) acs.Headers {
	sent := make(acs.Headers, len(headers))
	for name, value := range headers {
		sent[name] = string(value)
	}
	return sent
}

// forAttempt is the client for the request of an attempt. It always uses the API version of the first request.
func (s *service) forAttempt(attempt telephony.Attempt) *acs.Client {
	if pinned := attempt.Record.Request; pinned != nil {
		return s.client.WithAPIVersion(pinned.APIVersion)
	}
	return s.client
}

// intelligence is the AI resource in the request of an attempt: the recorded one or, if nothing is recorded, the provider's.
func (s *service) intelligence(attempt telephony.Attempt) *acs.CallIntelligenceOptions {
	endpoint := s.pins.CognitiveServicesEndpoint
	if pinned := attempt.Record.Request; pinned != nil {
		endpoint = pinned.CognitiveServicesEndpoint
	}
	if endpoint == "" {
		return nil
	}
	return &acs.CallIntelligenceOptions{CognitiveServicesEndpoint: endpoint}
}

// onceBy is the Repeatability of an attempt. The client does not retry once the effect may be unknown: the operator decides about
// repetitions, and records them first. Its Result receives what the answer says about the ID.
func onceBy(attempt telephony.Attempt) acs.Repeatability {
	return acs.Repeatability{ID: attempt.Record.ID, FirstSent: attempt.Record.FirstSent.Time, Once: true, Result: new(acs.RepeatabilityResult)}
}

// repeatability is the API's word for an answer's Repeatability-Result.
func repeatability(result acs.RepeatabilityResult) v1alpha1.RequestRepeatability {
	switch result {
	case acs.RepeatabilityAccepted:
		return v1alpha1.RepeatabilityConfirmed
	case acs.RepeatabilityRejected:
		return v1alpha1.RepeatabilityRejected
	default:
		return v1alpha1.RepeatabilityNotConfirmed
	}
}

func rejectReason(reason v1alpha1.RejectReason) acs.CallRejectReason {
	switch reason {
	case v1alpha1.RejectReasonBusy:
		return acs.CallRejectReasonBusy
	case v1alpha1.RejectReasonForbidden:
		return acs.CallRejectReasonForbidden
	default:
		return acs.CallRejectReasonNone
	}
}
