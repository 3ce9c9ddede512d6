// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"fmt"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/internal/rawid"
	"github.com/call-operator/call-operator/telephony"
)

// operation is an operation in a call, and the call as it is.
type operation struct {
	telephony.OperateRequest
	*service
	attempt telephony.Attempt
	now     view
}

// done is the answer to an operation that has taken full effect.
var done = telephony.Answer{Repeatability: v1alpha1.RepeatabilityConfirmed, Done: true}

// begun is the answer to an operation whose end events report.
var begun = telephony.Answer{Repeatability: v1alpha1.RepeatabilityConfirmed}

// Operate implements telephony.Service.
func (s *service) Operate(ctx context.Context, request telephony.OperateRequest, attempt telephony.Attempt) (telephony.Answer, error) {
	o := operation{OperateRequest: request, service: s, attempt: attempt}
	if err := o.possible(); err != nil {
		return telephony.Answer{}, err
	}
	var err error
	if o.now, err = s.look(ctx, request.Connection); err != nil {
		return telephony.Answer{}, err
	}
	switch phase, known := o.now.phase(request.Connection); {
	case !known:
		return telephony.Answer{}, gone(request.Connection)
	case phase != telephony.PhaseConnected:
		return telephony.Answer{}, &telephony.Error{
			Class: telephony.ClassNotReady, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonCallNotConnected, Sentence: "Nobody has answered the call yet.",
		}
	}
	return o.carryOut(ctx)
}

func (o operation) carryOut(ctx context.Context) (telephony.Answer, error) {
	switch asked := o.Operation; asked.Name() {
	case v1alpha1.OperationPlay:
		return o.play(ctx, asked.Play)
	case v1alpha1.OperationRecognize:
		return o.recognize(ctx, asked.Recognize)
	case v1alpha1.OperationSendTones:
		return o.sendTones(ctx, string(asked.SendTones.Tones))
	case v1alpha1.OperationAddParticipant:
		return o.addParticipant(ctx, asked.AddParticipant)
	case v1alpha1.OperationRemoveParticipant:
		return o.removeParticipant(ctx)
	case v1alpha1.OperationTransfer:
		return o.transfer(ctx, asked.Transfer)
	case v1alpha1.OperationMute:
		return o.mute(ctx)
	case v1alpha1.OperationHold:
		return o.hold(ctx, asked.Hold)
	case v1alpha1.OperationUnhold:
		return o.unhold(ctx)
	case v1alpha1.OperationRecord:
		return o.record(ctx, asked.Record)
	case v1alpha1.OperationCancelMedia:
		return done, o.stopMedia(ctx)
	default:
		return telephony.Answer{}, telephony.Unsupported("Asterisk cannot do that: it has no such operation. Use a newer version of the operator.")
	}
}

// possible refuses what Asterisk is known not to do.
func (o operation) possible() error {
	switch asked := o.Operation; {
	case asked.Recognize != nil:
		return answerable(asked.Recognize)
	case asked.AddParticipant != nil && hasVoIP(asked.AddParticipant.Headers):
		return telephony.Unsupported("Asterisk cannot do that: it has no headers between app users (headers.voip).")
	case asked.Transfer != nil && asked.Transfer.Headers != nil:
		return telephony.Unsupported("Asterisk cannot do that: a transferred call has no headers of the operator's. Leave out transfer.headers.")
	case asked.Record != nil:
		return recordable(asked.Record)
	default:
		return nil
	}
}

func hasVoIP(headers *v1alpha1.OutboundHeaders) bool { return headers != nil && len(headers.VoIP) > 0 }

// answerable refuses questions that are to be answered by speech.
func answerable(asked *v1alpha1.RecognizeOperation) error {
	if asked.Speech != nil {
		return telephony.Unsupported("Asterisk cannot do that: it does not understand speech. Ask for tones, or for choices that have a tone each.")
	}
	for i := range asked.Choices {
		if asked.Choices[i].Tone == "" || len(asked.Choices[i].Phrases) > 0 {
			return telephony.Unsupported("Asterisk cannot do that: it does not understand speech. Give each choice a tone, and leave out phrases.")
		}
	}
	return nil
}

// channelOf is the channel of the participant that the operation is about.
func (o operation) channelOf() (*ari.Channel, error) {
	channels, _ := o.now.named(o.Connection, []string{o.Participant})
	if len(channels) == 0 {
		return nil, notDone(fmt.Sprintf("%s is not in the call.", nameOf(o.Participant)))
	}
	return o.now.channels[channels[0]], nil
}

// nameOf is a raw ID for people to read.
func nameOf(id string) string {
	if id == "" {
		return "The participant"
	}
	return rawid.Parse(id).Value
}

// Stop implements telephony.Service.
func (s *service) Stop(ctx context.Context, request telephony.OperateRequest, attempt telephony.Attempt) error {
	switch request.Operation.Name() {
	case v1alpha1.OperationPlay, v1alpha1.OperationRecognize:
		now, err := s.look(ctx, request.Connection)
		if err != nil {
			return err
		}
		o := operation{OperateRequest: request, service: s, attempt: attempt, now: now}
		return o.stopWhere(ctx, func(m *Media, _ bool) bool { return m.Attempt == attempt.Record.ID })
	case v1alpha1.OperationAddParticipant:
		return s.stopRinging(ctx, attempt.Record.ID)
	case v1alpha1.OperationRecord:
		return s.stopRecording(ctx, recordingName(keyOf(attempt), attempt.Record.ID))
	default:
		return nil
	}
}
