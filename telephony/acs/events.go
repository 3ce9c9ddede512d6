// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"strings"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/telephony"
)

// eventTypePrefix is in front of every event type of Call Automation.
const eventTypePrefix = "Microsoft.Communication."

// EventOf is an event of ACS in the words of package telephony.
func EventOf(event acs.Event) telephony.Event {
	common := event.Data.Common()
	return telephony.Event{
		ID: event.ID, Type: strings.TrimPrefix(event.Type, eventTypePrefix), Time: event.Time,
		Call: telephony.CallIDs{Connection: common.CallConnectionID, ServerCall: common.ServerCallID, Correlation: common.CorrelationID},
		News: newsOf(event.Data),
	}
}

func newsOf(data acs.EventData) telephony.News {
	common := data.Common()
	switch data := data.(type) {
	case *acs.CallConnected:
		return telephony.Connected{}
	case *acs.ParticipantsUpdated:
		return telephony.Roster{Sequence: int64(data.SequenceNumber), Participants: participantsOf(data.Participants)}
	case *acs.CallDisconnected:
		return telephony.Disconnected{Reason: reasonIn(data)}
	case *acs.CreateCallFailed, *acs.AnswerFailed, *acs.ConnectFailed:
		return telephony.NotConnected{Reason: reasonIn(data)}
	case *acs.MoveParticipantSucceeded:
		return telephony.ParticipantMoved{Attempt: common.OperationContext, From: data.FromCall, Participant: data.Participant.ID(), Reason: reasonIn(data)}
	case *acs.MoveParticipantFailed:
		return telephony.ParticipantMoved{Failed: true, Attempt: common.OperationContext, From: data.FromCall, Participant: data.Participant.ID(), Reason: reasonIn(data)}
	default:
		if reported, ok := operationReported(data); ok {
			return reported
		}
		return nil
	}
}

func reasonIn(data acs.EventData) telephony.Reason {
	info := data.Common().ResultInformation
	if info == nil {
		return ReasonOf(0, 0)
	}
	return ReasonOf(info.Code, info.SubCode)
}

// participantsOf is a roster of ACS; nil stays nil.
func participantsOf(roster []acs.CallParticipant) []telephony.Participant {
	if roster == nil {
		return nil
	}
	participants := make([]telephony.Participant, len(roster))
	for i, p := range roster {
		participants[i] = telephony.Participant{ID: p.Identifier.ID(), Muted: p.IsMuted, OnHold: p.IsOnHold}
	}
	return participants
}

// idsOf are the IDs of a call.
func idsOf(call acs.CallConnectionProperties) telephony.CallIDs {
	return telephony.CallIDs{Connection: call.CallConnectionID, ServerCall: call.ServerCallID, Correlation: call.CorrelationID}
}

// stateOf is a call as ACS knows it.
func stateOf(call acs.CallConnectionProperties) telephony.State {
	state := telephony.State{Call: idsOf(call), Phase: telephony.PhaseRinging}
	switch call.CallConnectionState {
	case acs.CallConnectionStateConnected, acs.CallConnectionStateTransferring, acs.CallConnectionStateTransferAccepted:
		state.Phase = telephony.PhaseConnected
	case acs.CallConnectionStateDisconnected:
		state.Phase = telephony.PhaseOver
	}
	return state
}
