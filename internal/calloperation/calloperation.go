// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package calloperation says how operations in a call differ, for CallActions and for the steps of CallFlows.
package calloperation

import (
	"slices"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/telephony"
)

// Traits are what differs between operations once they are sent.
type Traits struct {
	// Repeats says that the service carries out a repeated request once.
	Repeats bool
	// InRoster says that a roster shows when it was carried out.
	InRoster bool
	// Stops says that it can be stopped.
	Stops bool
}

// TraitsOf are the traits of an operation. A prompt that is sent twice is heard twice, a question asked twice, and a recording made twice:
// none of them is sent again.
func TraitsOf(asked *v1alpha1.CallOperation) Traits {
	switch asked.Name() {
	case v1alpha1.OperationPlay, v1alpha1.OperationRecognize:
		return Traits{Stops: true}
	case v1alpha1.OperationAddParticipant:
		return Traits{Repeats: true, InRoster: true, Stops: true}
	case v1alpha1.OperationRemoveParticipant, v1alpha1.OperationHold, v1alpha1.OperationUnhold:
		return Traits{Repeats: true, InRoster: true}
	case v1alpha1.OperationRecord:
		return Traits{Repeats: !StartsRecording(asked), Stops: StartsRecording(asked)}
	default:
		return Traits{Repeats: true}
	}
}

// AfterRecording is how long after the end of a call the content of its recording may be reported.
const AfterRecording = 10 * time.Minute

// StartsRecording tells whether an operation starts a recording.
func StartsRecording(asked *v1alpha1.CallOperation) bool {
	return asked.Record != nil && (asked.Record.Command == v1alpha1.RecordStart || asked.Record.Command == "")
}

// NeedsRecording tells whether an operation pauses, resumes or stops a recording.
func NeedsRecording(asked *v1alpha1.CallOperation) bool {
	return asked.Record != nil && !StartsRecording(asked)
}

// Called is who an operation calls, nil if it calls nobody.
func Called(asked *v1alpha1.CallOperation) *v1alpha1.Identifier {
	switch {
	case asked.AddParticipant != nil:
		return &asked.AddParticipant.Participant
	case asked.Transfer != nil:
		return &asked.Transfer.To
	default:
		return nil
	}
}

// Participant is who an operation in a call is about: named, or the other end of the call; nil if it is about nobody in particular.
func Participant(asked *v1alpha1.CallOperation, call *v1alpha1.Call) *v1alpha1.Identifier {
	switch asked.Name() {
	case v1alpha1.OperationRecognize:
		return orOtherEnd(asked.Recognize.Participant, call)
	case v1alpha1.OperationSendTones:
		return orOtherEnd(asked.SendTones.Participant, call)
	case v1alpha1.OperationAddParticipant:
		return &asked.AddParticipant.Participant
	case v1alpha1.OperationRemoveParticipant:
		return &asked.RemoveParticipant.Participant
	case v1alpha1.OperationTransfer:
		return orOtherEnd(asked.Transfer.Participant, call)
	case v1alpha1.OperationMute:
		return &asked.Mute.Participant
	case v1alpha1.OperationHold:
		return orOtherEnd(asked.Hold.Participant, call)
	case v1alpha1.OperationUnhold:
		return orOtherEnd(asked.Unhold.Participant, call)
	default:
		return nil
	}
}

func orOtherEnd(named *v1alpha1.Identifier, call *v1alpha1.Call) *v1alpha1.Identifier {
	if named != nil {
		return named
	}
	return OtherEnd(call)
}

// OtherEnd is the callee of an outbound call or the caller of an incoming one; nil if that is not known.
func OtherEnd(call *v1alpha1.Call) *v1alpha1.Identifier {
	if call.Spec.Inbound != nil {
		return call.Spec.Inbound.From
	}
	return call.Spec.To
}

// From is the caller as somebody who is called into a call sees it.
func From(asked *v1alpha1.CallOperation, call *v1alpha1.Call) *v1alpha1.Caller {
	var named *v1alpha1.Caller
	switch {
	case asked.AddParticipant != nil:
		named = asked.AddParticipant.From
	case asked.Transfer != nil:
		named = asked.Transfer.From
	default:
		return nil
	}
	switch inbound := call.Spec.Inbound; {
	case named != nil:
		return named
	case inbound == nil:
		return call.Spec.From
	case inbound.To.PhoneNumber != "":
		return &v1alpha1.Caller{PhoneNumber: inbound.To.PhoneNumber}
	default:
		return nil
	}
}

// Placed is what a call was placed or answered with; nil if that is not known any more.
func Placed(call *v1alpha1.Call) *v1alpha1.AttemptRequest {
	if call.Status.Attempt == nil {
		return nil
	}
	return call.Status.Attempt.Request
}

// Shown tells whether a roster shows that an operation on a participant was carried out.
func Shown(asked *v1alpha1.CallOperation, participant string, roster []telephony.Participant) bool {
	at := slices.IndexFunc(roster, func(p telephony.Participant) bool { return party.SameID(p.ID, participant) })
	present := at >= 0
	switch {
	case asked.AddParticipant != nil:
		return present
	case asked.RemoveParticipant != nil:
		return !present
	case asked.Hold != nil:
		return present && roster[at].OnHold
	case asked.Unhold != nil:
		return present && !roster[at].OnHold
	default:
		return false
	}
}
