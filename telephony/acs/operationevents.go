// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// operationReported is what an event says of an operation. ok is false for an event about something else.
func operationReported(data acs.EventData) (reported telephony.OperationReported, ok bool) {
	reported.Attempt, reported.Reason = data.Common().OperationContext, reasonIn(data)
	switch data := data.(type) {
	case *acs.PlayStarted:
	case *acs.PlayCompleted, *acs.SendDtmfTonesCompleted, *acs.AddParticipantSucceeded, *acs.RemoveParticipantSucceeded, *acs.CallTransferAccepted:
		reported.Outcome = v1alpha1.ActionCompleted
	case *acs.PlayCanceled, *acs.RecognizeCanceled:
		reported.Outcome = v1alpha1.ActionCancelled
	case *acs.CancelAddParticipantSucceeded:
		reported.Outcome, reported.Handle = v1alpha1.ActionCancelled, data.InvitationID
	case *acs.RecognizeCompleted:
		reported.Outcome, reported.Answer = v1alpha1.ActionCompleted, answerIn(data)
	case *acs.RecognizeFailed:
		reported.Outcome = unrecognized(reported.SubCode)
	case *acs.AddParticipantFailed:
		reported.Outcome = notAdded(reported.Cause)
	case *acs.PlayFailed, *acs.SendDtmfTonesFailed, *acs.RemoveParticipantFailed, *acs.CallTransferFailed, *acs.HoldFailed:
		reported.Outcome = v1alpha1.ActionFailed
	case *acs.RecordingStateChanged:
		reported.Handle = data.RecordingID
	case *acs.StartRecordingFailed:
		reported.Outcome, reported.Handle = v1alpha1.ActionFailed, data.RecordingID
	default:
		return telephony.OperationReported{}, false
	}
	return reported, true
}

func answerIn(recognized *acs.RecognizeCompleted) *telephony.InputAnswer {
	answer := &telephony.InputAnswer{}
	if pressed := recognized.DTMFResult; pressed != nil {
		answer.Tones = keysOf(pressed.Tones)
	}
	if chosen := recognized.ChoiceResult; chosen != nil {
		answer.Label, answer.Speech, answer.Confidence = chosen.Label, chosen.RecognizedPhrase, chosen.Confidence
	}
	if said := recognized.SpeechResult; said != nil {
		answer.Speech, answer.Confidence = said.Speech, said.Confidence
	}
	return answer
}

// Sub-codes of RecognizeFailed.
// Source: https://learn.microsoft.com/azure/communication-services/how-tos/call-automation/recognize-action.
const (
	initialSilence  = 8510
	interToneSilent = 8532
	wrongTone       = 8534
	speechNoMatch   = 8547
	cancelled       = 8508
)

func unrecognized(subCode int) v1alpha1.ActionOutcome {
	switch subCode {
	case initialSilence, interToneSilent:
		return v1alpha1.ActionNoInput
	case wrongTone, speechNoMatch:
		return v1alpha1.ActionNoMatch
	case cancelled:
		return v1alpha1.ActionCancelled
	default:
		return v1alpha1.ActionFailed
	}
}

func notAdded(cause telephony.Cause) v1alpha1.ActionOutcome {
	switch cause {
	case telephony.CauseBusy:
		return v1alpha1.ActionBusy
	case telephony.CauseDeclined:
		return v1alpha1.ActionDeclined
	case telephony.CauseUnreached:
		return v1alpha1.ActionNoAnswer
	case telephony.CauseCancelled:
		return v1alpha1.ActionCancelled
	default:
		return v1alpha1.ActionFailed
	}
}
