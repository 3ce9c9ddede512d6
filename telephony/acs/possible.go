// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/rawid"
	"github.com/call-operator/call-operator/telephony"
)

// longestSilence is how many seconds of silence ACS waits for speech; for keys it waits longer.
// Source: https://learn.microsoft.com/azure/communication-services/how-tos/call-automation/recognize-action.
const longestSilence = 20

// possible refuses what ACS is known to refuse, and says what to do instead.
func possible(request telephony.OperateRequest) error {
	asked := request.Operation
	for _, party := range called(asked) {
		if err := callable(party); err != nil {
			return err
		}
	}
	for _, prompt := range prompts(asked) {
		if err := playable(prompt); err != nil {
			return err
		}
	}
	switch {
	case asked.Mute != nil && rawid.Parse(request.Participant).Kind != rawid.KindCommunicationUser:
		return telephony.Unsupported("Azure Communication Services mutes users of apps only, not telephones: use hold, or removeParticipant.")
	case asked.Recognize != nil && understandsSpeech(asked.Recognize) && silence(asked.Recognize) > longestSilence:
		return refused(fmt.Sprintf("Azure Communication Services waits %d seconds for speech at most: lower initialSilenceTimeoutSeconds.", longestSilence))
	case asked.Recognize != nil && understandsSpeech(asked.Recognize) && someHaveTones(asked.Recognize.Choices):
		return refused("Azure Communication Services takes a tone for each choice or for none: give every choice a tone, or leave all of them out.")
	case needsSpeechService(asked) && request.Placed != nil && request.Placed.CognitiveServicesEndpoint == "":
		return refused("Text and speech need an Azure AI services resource, and this call was placed or answered without one: " +
			"set spec.acs.cognitiveServicesEndpoint of the CallProvider, and create a new Call.")
	default:
		return nil
	}
}

// called are the parties that an operation calls.
func called(asked *v1alpha1.CallOperation) []*v1alpha1.Identifier {
	switch {
	case asked.AddParticipant != nil:
		return []*v1alpha1.Identifier{&asked.AddParticipant.Participant}
	case asked.Transfer != nil:
		return []*v1alpha1.Identifier{&asked.Transfer.To}
	default:
		return nil
	}
}

// prompts are what an operation plays.
func prompts(asked *v1alpha1.CallOperation) []*v1alpha1.Prompt {
	switch {
	case asked.Play != nil:
		return []*v1alpha1.Prompt{&asked.Play.Prompt}
	case asked.Recognize != nil && asked.Recognize.Prompt != nil:
		return []*v1alpha1.Prompt{asked.Recognize.Prompt}
	case asked.Hold != nil && asked.Hold.Music != nil:
		return []*v1alpha1.Prompt{asked.Hold.Music}
	default:
		return nil
	}
}

func playable(prompt *v1alpha1.Prompt) error {
	if prompt.File != "" && !strings.HasPrefix(prompt.File, "https://") && !strings.HasPrefix(prompt.File, "http://") {
		return telephony.Unsupported("Azure Communication Services plays files from the web only: set file to the https URL of a WAV file.")
	}
	return nil
}

// needsSpeechService tells whether an operation takes the speech service: to read text, or to understand speech.
func needsSpeechService(asked *v1alpha1.CallOperation) bool {
	for _, prompt := range prompts(asked) {
		if prompt.File == "" {
			return true
		}
	}
	return asked.Recognize != nil && understandsSpeech(asked.Recognize)
}

func understandsSpeech(asked *v1alpha1.RecognizeOperation) bool {
	return asked.Speech != nil || asked.Choices != nil && !onlyPressed(asked)
}

// someHaveTones tells whether some choices have a tone and others have none.
func someHaveTones(choices []v1alpha1.Choice) bool {
	with := 0
	for i := range choices {
		if choices[i].Tone != "" {
			with++
		}
	}
	return with > 0 && with < len(choices)
}

func silence(asked *v1alpha1.RecognizeOperation) int32 {
	if asked.InitialSilenceTimeoutSeconds == nil {
		return 0
	}
	return *asked.InitialSilenceTimeoutSeconds
}

// errNotSent is the error of a request that was refused before it was sent.
var errNotSent = errors.New("refused before it was sent")

// refused says that ACS would refuse a request as it is.
func refused(sentence string) error {
	return &telephony.Error{
		Class: telephony.ClassRefused, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonInvalidRequest, Sentence: sentence, Err: errNotSent,
	}
}
