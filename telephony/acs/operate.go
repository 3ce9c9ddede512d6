// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// operation is an operation that is sent to ACS.
type operation struct {
	telephony.OperateRequest
	client   *acs.Client
	repeat   acs.Repeatability
	context  string
	callback string
}

// Operate implements telephony.Service.
func (s *service) Operate(ctx context.Context, request telephony.OperateRequest, attempt telephony.Attempt) (telephony.Answer, error) {
	if err := possible(request); err != nil {
		return telephony.Answer{}, err
	}
	op := s.operation(request, attempt)
	answer, err := op.send(ctx)
	answer.Repeatability = repeatability(*op.repeat.Result)
	return answer, refusal(err, "operation", "the call is")
}

// Stop implements telephony.Service.
func (s *service) Stop(ctx context.Context, request telephony.OperateRequest, attempt telephony.Attempt) error {
	op := s.operation(request, attempt)
	switch request.Operation.Name() {
	case v1alpha1.OperationPlay, v1alpha1.OperationRecognize:
		return errorOf(op.client.CancelAllMediaOperations(ctx, op.Connection))
	case v1alpha1.OperationRecord:
		if op.Handle == "" || request.Operation.Record.Command != v1alpha1.RecordStart {
			return nil
		}
		return errorOf(op.client.StopRecording(ctx, op.Handle))
	case v1alpha1.OperationAddParticipant:
		if op.Handle == "" {
			return nil
		}
		_, err := op.client.CancelAddParticipant(ctx, op.Connection, acs.CancelAddParticipantRequest{
			InvitationID: op.Handle, OperationContext: op.context, OperationCallbackURI: op.callback,
		}, acs.Repeatability{})
		return errorOf(err)
	default:
		return nil
	}
}

func (s *service) operation(request telephony.OperateRequest, attempt telephony.Attempt) operation {
	return operation{
		OperateRequest: request, client: s.forAttempt(attempt), repeat: onceBy(attempt), context: attempt.Record.ID, callback: attempt.CallbackURL,
	}
}

func (o operation) send(ctx context.Context) (telephony.Answer, error) {
	switch asked := o.Operation; asked.Name() {
	case v1alpha1.OperationPlay:
		return telephony.Answer{}, o.client.Play(ctx, o.Connection, o.play(asked.Play))
	case v1alpha1.OperationRecognize:
		return telephony.Answer{}, o.client.Recognize(ctx, o.Connection, o.recognize(asked.Recognize))
	case v1alpha1.OperationSendTones:
		_, err := o.client.SendDTMFTones(ctx, o.Connection, acs.SendDTMFTonesRequest{
			Tones: tonesOf(asked.SendTones.Tones), TargetParticipant: o.participant(), OperationContext: o.context, OperationCallbackURI: o.callback,
		}, o.repeat)
		return telephony.Answer{}, err
	case v1alpha1.OperationAddParticipant:
		return o.addParticipant(ctx, asked.AddParticipant)
	case v1alpha1.OperationRemoveParticipant:
		_, err := o.client.RemoveParticipant(ctx, o.Connection, acs.RemoveParticipantRequest{
			ParticipantToRemove: o.participant(), OperationContext: o.context, OperationCallbackURI: o.callback,
		}, o.repeat)
		return telephony.Answer{}, err
	case v1alpha1.OperationTransfer:
		return telephony.Answer{}, o.transfer(ctx, asked.Transfer)
	case v1alpha1.OperationMute:
		_, err := o.client.MuteParticipants(ctx, o.Connection, acs.MuteParticipantsRequest{
			TargetParticipants: []acs.Identifier{o.participant()}, OperationContext: o.context,
		}, o.repeat)
		return telephony.Answer{Done: true}, err
	case v1alpha1.OperationHold:
		return telephony.Answer{}, o.client.Hold(ctx, o.Connection, o.hold(asked.Hold))
	case v1alpha1.OperationUnhold:
		return telephony.Answer{}, o.client.Unhold(ctx, o.Connection, acs.TargetRequest{
			TargetParticipant: o.participant(), OperationContext: o.context, OperationCallbackURI: o.callback,
		})
	case v1alpha1.OperationRecord:
		return o.record(ctx, asked.Record)
	case v1alpha1.OperationCancelMedia:
		return telephony.Answer{Done: true}, o.client.CancelAllMediaOperations(ctx, o.Connection)
	default:
		return telephony.Answer{}, telephony.Unsupported("Azure Communication Services has no such operation: use a newer version of the operator.")
	}
}

func (o operation) participant() acs.Identifier { return acs.ParseRawID(o.Participant) }

func (o operation) play(asked *v1alpha1.PlayOperation) acs.PlayRequest {
	return acs.PlayRequest{
		PlaySources: []acs.PlaySource{playSource(&asked.Prompt)}, PlayTo: identifiers(asked.To), PlayOptions: &acs.PlayOptions{Loop: asked.Loop},
		InterruptCallMediaOperation: onlyTrue(asked.Interrupt), OperationContext: o.context, OperationCallbackURI: o.callback,
	}
}

func (o operation) recognize(asked *v1alpha1.RecognizeOperation) acs.RecognizeRequest {
	interruptPrompt := !asked.IgnoreInputDuringPrompt
	request := acs.RecognizeRequest{
		RecognizeInputType: inputType(asked), InterruptCallMediaOperation: onlyTrue(asked.Interrupt),
		OperationContext: o.context, OperationCallbackURI: o.callback,
		RecognizeOptions: acs.RecognizeOptions{
			TargetParticipant: o.participant(), InterruptPrompt: &interruptPrompt, SpeechLanguage: asked.Locale,
			InitialSilenceTimeoutInSeconds: asked.InitialSilenceTimeoutSeconds,
		},
	}
	if asked.Prompt != nil {
		prompt := playSource(asked.Prompt)
		request.PlayPrompt = &prompt
	}
	options := &request.RecognizeOptions
	switch {
	case onlyPressed(asked):
		one := int32(1)
		options.DTMFOptions = &acs.DTMFOptions{MaxTonesToCollect: &one}
	case asked.Choices != nil:
		options.Choices = choicesOf(asked.Choices)
	}
	if keys := asked.Tones; keys != nil {
		options.DTMFOptions = &acs.DTMFOptions{
			InterToneTimeoutInSeconds: keys.InterToneTimeoutSeconds, MaxTonesToCollect: keys.Max, StopTones: tonesOf(keys.StopTones),
		}
	}
	if speech := asked.Speech; speech != nil {
		options.SpeechOptions = &acs.SpeechOptions{EndSilenceTimeoutInMS: speech.EndSilenceTimeoutMilliseconds}
	}
	return request
}

func inputType(asked *v1alpha1.RecognizeOperation) string {
	switch {
	case onlyPressed(asked):
		return "dtmf"
	case asked.Choices != nil:
		return "choices"
	case asked.Tones != nil && asked.Speech != nil:
		return "speechOrDtmf"
	case asked.Speech != nil:
		return "speech"
	default:
		return "dtmf"
	}
}

// onlyPressed tells whether all choices are pressed and none is said. ACS gets them as one tone then, since choices take its speech service.
func onlyPressed(asked *v1alpha1.RecognizeOperation) bool {
	for i := range asked.Choices {
		if asked.Choices[i].Tone == "" || len(asked.Choices[i].Phrases) > 0 {
			return false
		}
	}
	return len(asked.Choices) > 0
}

// choicesOf are choices for ACS. One that is only pressed has its label as its phrase, since ACS demands one.
func choicesOf(asked []v1alpha1.Choice) []acs.Choice {
	choices := make([]acs.Choice, len(asked))
	for i, choice := range asked {
		choices[i] = acs.Choice{Label: choice.Label, Phrases: choice.Phrases, Tone: toneNames[choice.Tone]}
		if len(choice.Phrases) == 0 {
			choices[i].Phrases = []string{choice.Label}
		}
	}
	return choices
}

func (o operation) addParticipant(ctx context.Context, asked *v1alpha1.AddParticipantOperation) (telephony.Answer, error) {
	request := acs.AddParticipantRequest{
		ParticipantToAdd: identifier(&asked.Participant), InvitationTimeoutInSeconds: asked.RingTimeoutSeconds,
		OperationContext: o.context, OperationCallbackURI: o.callback, CustomCallingContext: customContext(asked.Headers),
	}
	if o.From != nil {
		request.SourceDisplayName, request.SourceCallerIDNumber = o.From.DisplayName, callerID(o.From)
	}
	added, err := o.client.AddParticipant(ctx, o.Connection, request, o.repeat)
	if err != nil {
		return telephony.Answer{}, err
	}
	return telephony.Answer{Handle: added.InvitationID}, nil
}

func (o operation) transfer(ctx context.Context, asked *v1alpha1.TransferOperation) error {
	request := acs.TransferToParticipantRequest{
		TargetParticipant: identifier(&asked.To), OperationContext: o.context, OperationCallbackURI: o.callback,
		CustomCallingContext: customContext(asked.Headers), SourceCallerIDNumber: callerID(o.From),
	}
	if o.Participant != "" {
		transferee := o.participant()
		request.Transferee = &transferee
	}
	_, err := o.client.TransferToParticipant(ctx, o.Connection, request, o.repeat)
	return err
}

func (o operation) hold(asked *v1alpha1.HoldOperation) acs.HoldRequest {
	request := acs.HoldRequest{TargetParticipant: o.participant(), OperationContext: o.context, OperationCallbackURI: o.callback}
	if asked.Music != nil {
		music := playSource(asked.Music)
		request.PlaySourceInfo = &music
	}
	return request
}

// record carries out a command of a recording. What it starts is over when the service reports where the content is.
func (o operation) record(ctx context.Context, asked *v1alpha1.RecordOperation) (telephony.Answer, error) {
	switch asked.Command {
	case v1alpha1.RecordPause:
		return telephony.Answer{Done: true}, o.client.PauseRecording(ctx, o.Handle)
	case v1alpha1.RecordResume:
		return telephony.Answer{Done: true}, o.client.ResumeRecording(ctx, o.Handle)
	case v1alpha1.RecordStop:
		return telephony.Answer{Done: true}, o.client.StopRecording(ctx, o.Handle)
	}
	request := acs.StartRecordingRequest{
		CallConnectionID: o.Connection, RecordingStateCallbackURI: o.callback, RecordingContentType: "audio",
		RecordingChannelType: "mixed", RecordingFormatType: "wav",
	}
	if asked.Channels == v1alpha1.RecordingUnmixed {
		request.RecordingChannelType = "unmixed"
	}
	if asked.Format == v1alpha1.RecordingMP3 {
		request.RecordingFormatType = "mp3"
	}
	if asked.ContainerURL != "" {
		request.ExternalStorage = &acs.RecordingStorage{RecordingStorageKind: "azureBlobStorage", RecordingDestinationContainerURL: asked.ContainerURL}
	}
	started, err := o.client.StartRecording(ctx, request, o.repeat)
	if err != nil {
		return telephony.Answer{}, err
	}
	return telephony.Answer{Handle: started.RecordingID}, nil
}

func customContext(headers *v1alpha1.OutboundHeaders) *acs.CustomCallingContext {
	if headers == nil {
		return nil
	}
	return &acs.CustomCallingContext{SIPHeaders: headersOf(headers.SIP), VoIPHeaders: headersOf(headers.VoIP)}
}

func callerID(from *v1alpha1.Caller) *acs.PhoneNumber {
	if from == nil || from.PhoneNumber == "" {
		return nil
	}
	return &acs.PhoneNumber{Value: string(from.PhoneNumber)}
}

func playSource(prompt *v1alpha1.Prompt) acs.PlaySource {
	switch {
	case prompt.Text != "":
		text := &acs.TextSource{Text: prompt.Text, SourceLocale: prompt.Locale, VoiceName: prompt.Voice}
		if prompt.Voice == "" && prompt.Locale == "" {
			// ACS demands a voice or a locale.
			text.SourceLocale = defaultLocale
		}
		return acs.PlaySource{Kind: "text", Text: text}
	case prompt.SSML != "":
		return acs.PlaySource{Kind: "ssml", SSML: &acs.SSMLSource{SSMLText: prompt.SSML}}
	default:
		return acs.PlaySource{Kind: "file", File: &acs.FileSource{URI: prompt.File}}
	}
}

const defaultLocale = "en-US"

// onlyTrue leaves false out of a request.
func onlyTrue(value bool) *bool {
	if !value {
		return nil
	}
	return &value
}

func identifiers(parties []v1alpha1.Identifier) []acs.Identifier {
	var ids []acs.Identifier
	for i := range parties {
		ids = append(ids, identifier(&parties[i]))
	}
	return ids
}
