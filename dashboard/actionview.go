// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/party"
)

// actionView is a CallAction as the page shows it.
type actionView struct {
	identity
	// Call is the name of the Call, and CallUID its UID once the action was sent.
	Call      string `json:"call"`
	CallUID   string `json:"callUID,omitempty"`
	Operation string `json:"operation"`
	// What is what is played, asked or sent, or who it is about.
	What     string     `json:"what,omitempty"`
	Phase    string     `json:"phase"`
	Message  string     `json:"message,omitempty"`
	Outcome  string     `json:"outcome,omitempty"`
	AsWanted bool       `json:"asWanted,omitempty"`
	Answer   string     `json:"answer,omitempty"`
	Ended    *time.Time `json:"ended,omitempty"`
}

func viewOfAction(action *v1alpha1.CallAction) actionView {
	status := &action.Status
	view := actionView{
		identity: identify(kindAction, action), Call: referenceText(action.Spec.Call, status.Call), Operation: string(action.Spec.Name()),
		What: conditions.Shortened(whatIsDone(&action.Spec.CallOperation), longestWhat), Phase: string(status.Phase),
	}
	if status.Call != nil {
		view.CallUID = string(status.Call.UID)
	}
	_, view.Message = explanation(status.Conditions)
	if status.Answer != nil {
		view.Answer = status.Answer.Summary
	}
	if result := status.Result; result != nil {
		view.Outcome, view.Message, view.Ended = string(result.Outcome), result.Message, timeOf(&result.EndTime)
		view.AsWanted = result.Outcome == v1alpha1.ActionCompleted
	}
	return view
}

// longestWhat is how many characters of a text are shown.
const longestWhat = 160

// whatIsDone is the object of an operation: what is said, or to whom it is done; empty is the other party, or everybody.
func whatIsDone(asked *v1alpha1.CallOperation) string {
	switch asked.Name() {
	case v1alpha1.OperationPlay:
		return promptText(&asked.Play.Prompt)
	case v1alpha1.OperationRecognize:
		return questionText(asked.Recognize)
	case v1alpha1.OperationSendTones:
		return string(asked.SendTones.Tones)
	case v1alpha1.OperationAddParticipant:
		return party.Text(&asked.AddParticipant.Participant)
	case v1alpha1.OperationRemoveParticipant:
		return party.Text(&asked.RemoveParticipant.Participant)
	case v1alpha1.OperationTransfer:
		return party.Text(&asked.Transfer.To)
	case v1alpha1.OperationMute:
		return party.Text(&asked.Mute.Participant)
	case v1alpha1.OperationHold:
		return party.Text(asked.Hold.Participant)
	case v1alpha1.OperationUnhold:
		return party.Text(asked.Unhold.Participant)
	case v1alpha1.OperationRecord:
		return strings.ToLower(string(asked.Record.Command))
	default:
		return ""
	}
}

func promptText(prompt *v1alpha1.Prompt) string {
	if prompt == nil {
		return ""
	}
	return cmp.Or(prompt.Text, prompt.File, prompt.SSML)
}

// questionText is the prompt with the choices, such as: Press 1. (1: confirm, cancel).
func questionText(asked *v1alpha1.RecognizeOperation) string {
	text := promptText(asked.Prompt)
	if len(asked.Choices) == 0 {
		return text
	}
	choices := make([]string, len(asked.Choices))
	for i, choice := range asked.Choices {
		if choices[i] = choice.Label; choice.Tone != "" {
			choices[i] = choice.Tone + ": " + choice.Label
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%s (%s)", text, strings.Join(choices, ", ")))
}
