// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"net/http"
)

func mediaCases() []operationCase {
	target := TargetRequest{TargetParticipant: phone, OperationContext: opContext, OperationCallbackURI: opCallback}
	const targetJSON = `{"targetParticipant":` + phoneJSON + `,` + contextJSON + `}`
	return []operationCase{
		{
			name: "play", clientMethod: "Play", method: http.MethodPost, path: atCall + ":play", status: 202,
			body: `{"playSources":[{"kind":"file","playSourceCacheId":"c","file":{"uri":"https://a.example.test/a.wav"}},
				{"kind":"text","text":{"text":"hello","sourceLocale":"en-US","voiceKind":"female","voiceName":"v","customVoiceEndpointId":"e"}},
				{"kind":"ssml","ssml":{"ssmlText":"<speak/>","customVoiceEndpointId":"e"}}],
				"playTo":[` + phoneJSON + `],"playOptions":{"loop":false},"interruptCallMediaOperation":false,` + contextJSON + `}`,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return nothing(c.Play(ctx, "cc-1", PlayRequest{
					PlaySources: []PlaySource{
						{Kind: "file", PlaySourceCacheID: "c", File: &FileSource{URI: "https://a.example.test/a.wav"}},
						{Kind: "text", Text: &TextSource{Text: "hello", SourceLocale: "en-US", VoiceKind: "female", VoiceName: "v", CustomVoiceEndpointID: "e"}},
						{Kind: "ssml", SSML: &SSMLSource{SSMLText: "<speak/>", CustomVoiceEndpointID: "e"}},
					},
					PlayTo: []Identifier{phone}, PlayOptions: &PlayOptions{}, InterruptCallMediaOperation: ptr(false),
					OperationContext: opContext, OperationCallbackURI: opCallback,
				}))
			},
		},
		{
			name: "cancelAllMediaOperations", clientMethod: "CancelAllMediaOperations", method: http.MethodPost, path: atCall + ":cancelAllMediaOperations", status: 202,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return nothing(c.CancelAllMediaOperations(ctx, "cc-1"))
			},
		},
		{
			name: "recognize", clientMethod: "Recognize", method: http.MethodPost, path: atCall + ":recognize", status: 202,
			body: `{"recognizeInputType":"speechOrDtmf","playPrompt":{"kind":"text","text":{"text":"hello"}},"interruptCallMediaOperation":true,
				"recognizeOptions":{"targetParticipant":` + phoneJSON + `,"interruptPrompt":false,"initialSilenceTimeoutInSeconds":0,"speechLanguage":"en-US",
					"speechRecognitionModelEndpointId":"m","dtmfOptions":{"interToneTimeoutInSeconds":1,"maxTonesToCollect":4,"stopTones":["pound"]},
					"choices":[{"label":"yes","phrases":["yes","sure"],"tone":"one"}],"speechOptions":{"endSilenceTimeoutInMs":0}},` + contextJSON + `}`,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return nothing(c.Recognize(ctx, "cc-1", RecognizeRequest{
					RecognizeInputType: "speechOrDtmf", PlayPrompt: &PlaySource{Kind: "text", Text: &TextSource{Text: "hello"}},
					InterruptCallMediaOperation: ptr(true), OperationContext: opContext, OperationCallbackURI: opCallback,
					RecognizeOptions: RecognizeOptions{
						TargetParticipant: phone, InterruptPrompt: ptr(false), InitialSilenceTimeoutInSeconds: ptr[int32](0), SpeechLanguage: "en-US",
						SpeechRecognitionModelEndpointID: "m",
						DTMFOptions:                      &DTMFOptions{InterToneTimeoutInSeconds: ptr[int32](1), MaxTonesToCollect: ptr[int32](4), StopTones: []Tone{TonePound}},
						Choices:                          []Choice{{Label: "yes", Phrases: []string{"yes", "sure"}, Tone: ToneOne}},
						SpeechOptions:                    &SpeechOptions{EndSilenceTimeoutInMS: ptr[int64](0)},
					},
				}))
			},
		},
		{
			name: "sendDtmfTones", clientMethod: "SendDTMFTones", method: http.MethodPost, path: atCall + ":sendDtmfTones", repeatable: true, status: 202,
			body: `{"tones":["zero","a","asterisk"],"targetParticipant":` + phoneJSON + `,` + contextJSON + `}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				return c.SendDTMFTones(ctx, "cc-1", SendDTMFTonesRequest{
					Tones: []Tone{ToneZero, ToneA, ToneAsterisk}, TargetParticipant: phone, OperationContext: opContext, OperationCallbackURI: opCallback,
				}, r)
			},
			answer: `{"operationContext":"ctx"}`, want: &OperationResponse{OperationContext: "ctx"},
		},
		{
			name: "startContinuousDtmfRecognition", clientMethod: "StartContinuousDTMFRecognition", method: http.MethodPost,
			path: atCall + ":startContinuousDtmfRecognition", status: 200, body: targetJSON,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return nothing(c.StartContinuousDTMFRecognition(ctx, "cc-1", target))
			},
		},
		{
			name: "stopContinuousDtmfRecognition", clientMethod: "StopContinuousDTMFRecognition", method: http.MethodPost,
			path: atCall + ":stopContinuousDtmfRecognition", status: 200, body: targetJSON,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return nothing(c.StopContinuousDTMFRecognition(ctx, "cc-1", target))
			},
		},
		{
			name: "hold", clientMethod: "Hold", method: http.MethodPost, path: atCall + ":hold", status: 200,
			body: `{"targetParticipant":` + phoneJSON + `,"playSourceInfo":{"kind":"file","file":{"uri":"https://a.example.test/a.wav"}},` + contextJSON + `}`,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				music := &PlaySource{Kind: "file", File: &FileSource{URI: "https://a.example.test/a.wav"}}
				return nothing(c.Hold(ctx, "cc-1", HoldRequest{
					TargetParticipant: phone, PlaySourceInfo: music, OperationContext: opContext, OperationCallbackURI: opCallback,
				}))
			},
		},
		{
			name: "unhold", clientMethod: "Unhold", method: http.MethodPost, path: atCall + ":unhold", status: 200, body: targetJSON,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return nothing(c.Unhold(ctx, "cc-1", target))
			},
		},
	}
}

// streamCases are the operations on streams, which have requests of two kinds.
func streamCases() []operationCase {
	streaming := func(name, method string, do func(*Client, context.Context, string, MediaStreamingRequest) error) operationCase {
		return operationCase{
			name: name, clientMethod: method, method: http.MethodPost, path: atCall + ":" + name, status: 202, body: `{` + contextJSON + `}`,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return nothing(do(c, ctx, "cc-1", MediaStreamingRequest{OperationContext: opContext, OperationCallbackURI: opCallback}))
			},
		}
	}
	transcription := func(name, method string, do func(*Client, context.Context, string, TranscriptionRequest) error) operationCase {
		return operationCase{
			name: name, clientMethod: method, method: http.MethodPost, path: atCall + ":" + name, status: 202,
			body: `{"locale":"en-US","speechModelEndpointId":"m",` + contextJSON + `}`,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return nothing(do(c, ctx, "cc-1", TranscriptionRequest{
					Locale: "en-US", SpeechModelEndpointID: "m", OperationContext: opContext, OperationCallbackURI: opCallback,
				}))
			},
		}
	}
	return []operationCase{
		streaming("startMediaStreaming", "StartMediaStreaming", (*Client).StartMediaStreaming),
		streaming("stopMediaStreaming", "StopMediaStreaming", (*Client).StopMediaStreaming),
		transcription("startTranscription", "StartTranscription", (*Client).StartTranscription),
		transcription("stopTranscription", "StopTranscription", (*Client).StopTranscription),
		transcription("updateTranscription", "UpdateTranscription", (*Client).UpdateTranscription),
	}
}

func recordingCases() []operationCase {
	const state = `{"recordingId":"r/1","recordingState":"active","recordingKind":"teams"}`
	want := &RecordingStateResponse{RecordingID: "r/1", RecordingState: RecordingStateActive, RecordingKind: RecordingKindTeams}
	const at = "/calling/recordings/r%2F1"
	return []operationCase{
		{
			name: "startRecording", clientMethod: "StartRecording", method: http.MethodPost, path: "/calling/recordings", repeatable: true, status: 202,
			body: `{"callLocator":{"kind":"groupCallLocator","groupCallId":"g"},"recordingStateCallbackUri":"https://app.example.test/r",
				"recordingContentType":"audio","recordingChannelType":"unmixed","recordingFormatType":"wav",
				"audioChannelParticipantOrdering":[` + phoneJSON + `],"channelAffinity":[{"channel":0,"participant":` + userJSON + `}],"pauseOnStart":true,
				"externalStorage":{"recordingStorageKind":"azureBlobStorage","recordingDestinationContainerUrl":"https://b.example.test/c"}}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				return c.StartRecording(ctx, StartRecordingRequest{
					CallLocator: &CallLocator{Kind: CallLocatorKindGroup, GroupCallID: "g"}, RecordingStateCallbackURI: "https://app.example.test/r",
					RecordingContentType: "audio", RecordingChannelType: "unmixed", RecordingFormatType: "wav",
					AudioChannelParticipants: []Identifier{phone}, ChannelAffinity: []ChannelAffinity{{Channel: ptr[int32](0), Participant: user}},
					PauseOnStart:    ptr(true),
					ExternalStorage: &RecordingStorage{RecordingStorageKind: "azureBlobStorage", RecordingDestinationContainerURL: "https://b.example.test/c"},
				}, r)
			},
			answer: state, want: want,
		},
		{
			name: "getRecording", clientMethod: "GetRecording", method: http.MethodGet, path: at, retried: true, status: 200,
			call:   func(ctx context.Context, c *Client, _ Repeatability) (any, error) { return c.GetRecording(ctx, "r/1") },
			answer: state, want: want,
		},
		{
			name: "stopRecording", clientMethod: "StopRecording", method: http.MethodDelete, path: at, retried: true, status: 204,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return nothing(c.StopRecording(ctx, "r/1"))
			},
		},
		{
			name: "pauseRecording", clientMethod: "PauseRecording", method: http.MethodPost, path: at + ":pause", status: 202,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return nothing(c.PauseRecording(ctx, "r/1"))
			},
		},
		{
			name: "resumeRecording", clientMethod: "ResumeRecording", method: http.MethodPost, path: at + ":resume", status: 202,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return nothing(c.ResumeRecording(ctx, "r/1"))
			},
		},
	}
}
