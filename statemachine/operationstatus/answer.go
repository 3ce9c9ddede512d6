// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/telephony"
)

// Choose completes an answer to a question with choices: a key that is the tone of one of them has that one's label. A key of none of them
// is no match.
func Choose(
	asked *v1alpha1.RecognizeOperation, answer telephony.InputAnswer, outcome v1alpha1.ActionOutcome,
) (telephony.InputAnswer, v1alpha1.ActionOutcome) {
	if asked == nil || len(asked.Choices) == 0 || outcome != v1alpha1.ActionCompleted || answer.Label != "" {
		return answer, outcome
	}
	for i := range asked.Choices {
		if tone := asked.Choices[i].Tone; tone != "" && tone == answer.Tones {
			answer.Label = asked.Choices[i].Label
			return answer, outcome
		}
	}
	return answer, v1alpha1.ActionNoMatch
}

const (
	longestSummary = 40
	longestSpeech  = 1024
)

// ShownAnswer is an answer as a status has it. That to a sensitive question is in a Secret instead.
func ShownAnswer(answer telephony.InputAnswer, sensitive bool, secret string) *v1alpha1.InputAnswer {
	if sensitive {
		return &v1alpha1.InputAnswer{Summary: "(secret)", SecretName: secret}
	}
	shown := &v1alpha1.InputAnswer{
		Tones: v1alpha1.Tones(answer.Tones), Label: answer.Label, Speech: conditions.Shortened(answer.Speech, longestSpeech),
		Summary: conditions.Shortened(cmp.Or(answer.Label, answer.Tones, answer.Speech), longestSummary),
	}
	if answer.Confidence > 0 {
		percent := int32(math.Round(min(answer.Confidence, 1) * 100))
		shown.ConfidencePercent = &percent
	}
	return shown
}

// completed says that an operation was carried out.
func completed(name v1alpha1.OperationName) string {
	switch name {
	case v1alpha1.OperationPlay:
		return "It was played."
	case v1alpha1.OperationRecognize:
		return "An answer was given."
	case v1alpha1.OperationSendTones:
		return "The tones were sent."
	case v1alpha1.OperationAddParticipant:
		return "The participant has joined."
	case v1alpha1.OperationRemoveParticipant:
		return "The participant was removed."
	case v1alpha1.OperationTransfer:
		return "The call was transferred."
	case v1alpha1.OperationMute:
		return "The participant is muted."
	case v1alpha1.OperationHold:
		return "The participant is on hold."
	case v1alpha1.OperationUnhold:
		return "The participant is off hold."
	case v1alpha1.OperationRecord:
		return "The request about the recording was carried out."
	default:
		return "What was played and listened for was stopped."
	}
}

// Said says how an operation ended, by what the service reported.
func Said(name v1alpha1.OperationName, outcome v1alpha1.ActionOutcome, reason telephony.Reason) string {
	var sentence string
	switch outcome {
	case v1alpha1.ActionCompleted:
		return completed(name)
	case v1alpha1.ActionNoInput:
		sentence = "Nothing was pressed or said in time."
	case v1alpha1.ActionNoMatch:
		sentence = "What was pressed or said is none of the choices."
	case v1alpha1.ActionCancelled:
		sentence = "The operation was stopped."
	case v1alpha1.ActionNoAnswer, v1alpha1.ActionBusy, v1alpha1.ActionDeclined:
		return withCodes(reason.Sentence, reason)
	case v1alpha1.ActionCallEnded:
		sentence = "The call or the participant's part in it ended before that."
	default:
		sentence = "The service could not carry it out."
	}
	if reason.Sentence == "" {
		return sentence
	}
	return withCodes(strings.Join([]string{sentence, reason.Sentence}, " "), reason)
}

func withCodes(sentence string, reason telephony.Reason) string {
	if reason.Code == 0 && reason.SubCode == 0 {
		return sentence
	}
	return fmt.Sprintf("%s (%d/%d)", sentence, reason.Code, reason.SubCode)
}
