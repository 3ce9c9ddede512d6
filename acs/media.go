// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"net/http"
)

// Tone is a DTMF tone.
type Tone string

// The DTMF tones.
const (
	ToneZero     Tone = "zero"
	ToneOne      Tone = "one"
	ToneTwo      Tone = "two"
	ToneThree    Tone = "three"
	ToneFour     Tone = "four"
	ToneFive     Tone = "five"
	ToneSix      Tone = "six"
	ToneSeven    Tone = "seven"
	ToneEight    Tone = "eight"
	ToneNine     Tone = "nine"
	ToneA        Tone = "a"
	ToneB        Tone = "b"
	ToneC        Tone = "c"
	ToneD        Tone = "d"
	TonePound    Tone = "pound"
	ToneAsterisk Tone = "asterisk"
)

// PlaySource is something to play: exactly one of File, Text and SSML, as Kind says.
type PlaySource struct {
	// Kind is file, text or ssml.
	Kind              string      `json:"kind"`
	PlaySourceCacheID string      `json:"playSourceCacheId,omitempty"`
	File              *FileSource `json:"file,omitempty"`
	Text              *TextSource `json:"text,omitempty"`
	SSML              *SSMLSource `json:"ssml,omitempty"`
}

// FileSource is an audio file that the service fetches.
type FileSource struct {
	URI string `json:"uri"`
}

// TextSource is text that the service speaks.
type TextSource struct {
	Text                  string `json:"text"`
	SourceLocale          string `json:"sourceLocale,omitempty"`
	VoiceKind             string `json:"voiceKind,omitempty"`
	VoiceName             string `json:"voiceName,omitempty"`
	CustomVoiceEndpointID string `json:"customVoiceEndpointId,omitempty"`
}

// SSMLSource is marked-up text that the service speaks.
type SSMLSource struct {
	SSMLText              string `json:"ssmlText"`
	CustomVoiceEndpointID string `json:"customVoiceEndpointId,omitempty"`
}

// PlayOptions say how to play.
type PlayOptions struct {
	Loop bool `json:"loop"`
}

// PlayRequest asks to play something.
type PlayRequest struct {
	PlaySources []PlaySource `json:"playSources"`
	// PlayTo are who hears it; none means everybody.
	PlayTo                      []Identifier `json:"playTo,omitempty"`
	PlayOptions                 *PlayOptions `json:"playOptions,omitempty"`
	InterruptCallMediaOperation *bool        `json:"interruptCallMediaOperation,omitempty"`
	OperationContext            string       `json:"operationContext,omitempty"`
	OperationCallbackURI        string       `json:"operationCallbackUri,omitempty"`
}

// RecognizeRequest asks to listen to a participant.
type RecognizeRequest struct {
	// RecognizeInputType is dtmf, speech, speechOrDtmf or choices.
	RecognizeInputType          string           `json:"recognizeInputType"`
	PlayPrompt                  *PlaySource      `json:"playPrompt,omitempty"`
	PlayPrompts                 []PlaySource     `json:"playPrompts,omitempty"`
	InterruptCallMediaOperation *bool            `json:"interruptCallMediaOperation,omitempty"`
	RecognizeOptions            RecognizeOptions `json:"recognizeOptions"`
	OperationContext            string           `json:"operationContext,omitempty"`
	OperationCallbackURI        string           `json:"operationCallbackUri,omitempty"`
}

// RecognizeOptions say whom to listen to, and for what.
type RecognizeOptions struct {
	TargetParticipant Identifier `json:"targetParticipant"`
	InterruptPrompt   *bool      `json:"interruptPrompt,omitempty"`
	// InitialSilenceTimeoutInSeconds is from 0 to 300.
	InitialSilenceTimeoutInSeconds   *int32         `json:"initialSilenceTimeoutInSeconds,omitempty"`
	SpeechLanguage                   string         `json:"speechLanguage,omitempty"`
	SpeechRecognitionModelEndpointID string         `json:"speechRecognitionModelEndpointId,omitempty"`
	DTMFOptions                      *DTMFOptions   `json:"dtmfOptions,omitempty"`
	Choices                          []Choice       `json:"choices,omitempty"`
	SpeechOptions                    *SpeechOptions `json:"speechOptions,omitempty"`
}

// DTMFOptions say when tones are complete.
type DTMFOptions struct {
	// InterToneTimeoutInSeconds is from 1 to 60.
	InterToneTimeoutInSeconds *int32 `json:"interToneTimeoutInSeconds,omitempty"`
	MaxTonesToCollect         *int32 `json:"maxTonesToCollect,omitempty"`
	StopTones                 []Tone `json:"stopTones,omitempty"`
}

// Choice is something to say or press.
type Choice struct {
	Label   string   `json:"label"`
	Phrases []string `json:"phrases"`
	Tone    Tone     `json:"tone,omitempty"`
}

// SpeechOptions say when speech is complete.
type SpeechOptions struct {
	EndSilenceTimeoutInMS *int64 `json:"endSilenceTimeoutInMs,omitempty"`
}

// SendDTMFTonesRequest asks to send tones.
type SendDTMFTonesRequest struct {
	Tones                []Tone     `json:"tones"`
	TargetParticipant    Identifier `json:"targetParticipant"`
	OperationContext     string     `json:"operationContext,omitempty"`
	OperationCallbackURI string     `json:"operationCallbackUri,omitempty"`
}

// TargetRequest is the request of operations on one participant.
type TargetRequest struct {
	TargetParticipant    Identifier `json:"targetParticipant"`
	OperationContext     string     `json:"operationContext,omitempty"`
	OperationCallbackURI string     `json:"operationCallbackUri,omitempty"`
}

// HoldRequest asks to put a participant on hold, with something to hear meanwhile.
type HoldRequest struct {
	TargetParticipant    Identifier  `json:"targetParticipant"`
	PlaySourceInfo       *PlaySource `json:"playSourceInfo,omitempty"`
	OperationContext     string      `json:"operationContext,omitempty"`
	OperationCallbackURI string      `json:"operationCallbackUri,omitempty"`
}

// MediaStreamingRequest is the request of the operations on a call's media stream.
type MediaStreamingRequest struct {
	OperationContext     string `json:"operationContext,omitempty"`
	OperationCallbackURI string `json:"operationCallbackUri,omitempty"`
}

// TranscriptionRequest is the request of the operations on a call's transcription; stopping takes no locale and model.
type TranscriptionRequest struct {
	Locale                string `json:"locale,omitempty"`
	SpeechModelEndpointID string `json:"speechModelEndpointId,omitempty"`
	OperationContext      string `json:"operationContext,omitempty"`
	OperationCallbackURI  string `json:"operationCallbackUri,omitempty"`
}

// media is an operation on a call's media.
func media(action, callConnectionID string, body any, answer int) operation {
	return operation{
		name: action, method: http.MethodPost, path: connections(callConnectionID), action: action, body: body, answers: []int{answer},
	}
}

// Play plays to participants; PlayStarted and PlayCompleted, or PlayFailed or PlayCanceled follow.
func (c *Client) Play(ctx context.Context, callConnectionID string, request PlayRequest) error {
	return c.do(ctx, media("play", callConnectionID, request, http.StatusAccepted))
}

// CancelAllMediaOperations stops what plays and listens; PlayCanceled and RecognizeCanceled follow.
func (c *Client) CancelAllMediaOperations(ctx context.Context, callConnectionID string) error {
	return c.do(ctx, media("cancelAllMediaOperations", callConnectionID, nil, http.StatusAccepted))
}

// Recognize listens to a participant; RecognizeCompleted, RecognizeFailed or RecognizeCanceled follows.
func (c *Client) Recognize(ctx context.Context, callConnectionID string, request RecognizeRequest) error {
	return c.do(ctx, media("recognize", callConnectionID, request, http.StatusAccepted))
}

// SendDTMFTones sends tones to a participant; SendDtmfTonesCompleted or SendDtmfTonesFailed follows.
func (c *Client) SendDTMFTones(ctx context.Context, callConnectionID string, request SendDTMFTonesRequest, repeat Repeatability) (*OperationResponse, error) {
	op := media("sendDtmfTones", callConnectionID, request, http.StatusAccepted)
	op.repeat = repeat
	return call[OperationResponse](ctx, c, op)
}

// StartContinuousDTMFRecognition listens for tones; ContinuousDtmfRecognitionToneReceived follows for each.
func (c *Client) StartContinuousDTMFRecognition(ctx context.Context, callConnectionID string, request TargetRequest) error {
	return c.do(ctx, media("startContinuousDtmfRecognition", callConnectionID, request, http.StatusOK))
}

// StopContinuousDTMFRecognition stops listening for tones; ContinuousDtmfRecognitionStopped follows.
func (c *Client) StopContinuousDTMFRecognition(ctx context.Context, callConnectionID string, request TargetRequest) error {
	return c.do(ctx, media("stopContinuousDtmfRecognition", callConnectionID, request, http.StatusOK))
}

// Hold puts a participant on hold. Success shows in ParticipantsUpdated; HoldFailed says otherwise.
func (c *Client) Hold(ctx context.Context, callConnectionID string, request HoldRequest) error {
	return c.do(ctx, media("hold", callConnectionID, request, http.StatusOK))
}

// Unhold takes a participant off hold, which shows in ParticipantsUpdated.
func (c *Client) Unhold(ctx context.Context, callConnectionID string, request TargetRequest) error {
	return c.do(ctx, media("unhold", callConnectionID, request, http.StatusOK))
}

// StartMediaStreaming starts a call's media stream; MediaStreamingStarted or MediaStreamingFailed follows.
func (c *Client) StartMediaStreaming(ctx context.Context, callConnectionID string, request MediaStreamingRequest) error {
	return c.do(ctx, media("startMediaStreaming", callConnectionID, request, http.StatusAccepted))
}

// StopMediaStreaming stops a call's media stream; MediaStreamingStopped or MediaStreamingFailed follows.
func (c *Client) StopMediaStreaming(ctx context.Context, callConnectionID string, request MediaStreamingRequest) error {
	return c.do(ctx, media("stopMediaStreaming", callConnectionID, request, http.StatusAccepted))
}

// StartTranscription starts a call's transcription; TranscriptionStarted or TranscriptionFailed follows.
func (c *Client) StartTranscription(ctx context.Context, callConnectionID string, request TranscriptionRequest) error {
	return c.do(ctx, media("startTranscription", callConnectionID, request, http.StatusAccepted))
}

// StopTranscription stops a call's transcription; TranscriptionStopped or TranscriptionFailed follows.
func (c *Client) StopTranscription(ctx context.Context, callConnectionID string, request TranscriptionRequest) error {
	return c.do(ctx, media("stopTranscription", callConnectionID, request, http.StatusAccepted))
}

// UpdateTranscription changes a call's transcription; TranscriptionUpdated or TranscriptionFailed follows.
func (c *Client) UpdateTranscription(ctx context.Context, callConnectionID string, request TranscriptionRequest) error {
	return c.do(ctx, media("updateTranscription", callConnectionID, request, http.StatusAccepted))
}
