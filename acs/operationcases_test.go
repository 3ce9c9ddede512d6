// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"net/http"
	"slices"
)

const (
	atCalls = "/calling/callConnections"
	atCall  = "/calling/callConnections/cc-1"

	phoneJSON = `{"kind":"phoneNumber","rawId":"4:+14255550123","phoneNumber":{"value":"+14255550123"}}`
	userJSON  = `{"kind":"communicationUser","rawId":"8:acs:r_u","communicationUser":{"id":"8:acs:r_u"}}`

	// contextJSON are the two fields that most requests can have.
	contextJSON = `"operationContext":"ctx","operationCallbackUri":"https://app.example.test/op"`
	opContext   = "ctx"
	opCallback  = "https://app.example.test/op"
)

var (
	phone = PhoneNumberIdentifier("+14255550123")
	user  = CommunicationUserIdentifier("8:acs:r_u")
)

func operationCases() []operationCase {
	return slices.Concat(callCases(), participantCases(), mediaCases(), streamCases(), recordingCases())
}

// ptr returns a pointer to a value.
func ptr[T any](value T) *T { return &value }

func callCases() []operationCase {
	properties := `{"callConnectionId":"cc-1","callConnectionState":"unknown","correlationId":"co","source":` + userJSON + `,"futureField":1}`
	wantProperties := &CallConnectionProperties{
		CallConnectionID: "cc-1", CallConnectionState: CallConnectionStateUnknown, CorrelationID: "co", Source: &user,
	}
	const callback = "https://app.example.test/cb"
	return []operationCase{
		{
			name: "createCall", clientMethod: "CreateCall", method: http.MethodPost, path: atCalls, repeatable: true, status: 201,
			body: `{"targets":[` + phoneJSON + `],"callbackUri":"` + callback + `","operationContext":"ctx",
				"sourceCallerIdNumber":{"value":"+14255550100"},"sourceDisplayName":"A","source":{"id":"8:acs:r_u"},
				"callIntelligenceOptions":{"cognitiveServicesEndpoint":"https://cog.example.test/"},
				"mediaStreamingOptions":{"transportType":"websocket","audioChannelType":"mixed","transportUrl":"wss://m.example.test","contentType":"audio",
					"startMediaStreaming":false,"enableBidirectional":true,"audioFormat":"pcm16KMono","enableDtmfTones":true},
				"transcriptionOptions":{"transportType":"websocket","locale":"en-US","startTranscription":true,"enableIntermediateResults":false},
				"teamsAppSource":{"appId":"app","cloud":"public"}}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				return c.CreateCall(ctx, CreateCallRequest{
					Targets: []Identifier{phone}, CallbackURI: callback, OperationContext: "ctx",
					SourceCallerIDNumber: &PhoneNumber{Value: "+14255550100"}, SourceDisplayName: "A", Source: user.CommunicationUser,
					CallIntelligenceOptions: &CallIntelligenceOptions{CognitiveServicesEndpoint: "https://cog.example.test/"},
					MediaStreamingOptions: &MediaStreamingOptions{
						TransportType: "websocket", AudioChannelType: "mixed", TransportURL: "wss://m.example.test", ContentType: "audio",
						StartMediaStreaming: ptr(false), EnableBidirectional: ptr(true), AudioFormat: "pcm16KMono", EnableDTMFTones: ptr(true),
					},
					TranscriptionOptions: &TranscriptionOptions{
						TransportType: "websocket", Locale: "en-US", StartTranscription: ptr(true), EnableIntermediateResults: ptr(false),
					},
					TeamsAppSource: &MicrosoftTeamsApp{AppID: "app", Cloud: CloudPublic},
				}, r)
			},
			answer: properties, want: wantProperties,
		},
		{
			name: "answerCall", clientMethod: "AnswerCall", method: http.MethodPost, path: atCalls + ":answer", repeatable: true, status: 200,
			body: `{"incomingCallContext":"opaque","callbackUri":"` + callback + `","operationContext":"ctx","answeredBy":{"id":"8:acs:r_u"}}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				return c.AnswerCall(ctx, AnswerCallRequest{
					IncomingCallContext: NewSecret("opaque"), CallbackURI: callback, OperationContext: "ctx", AnsweredBy: user.CommunicationUser,
				}, r)
			},
			answer: properties, want: wantProperties,
		},
		{
			name: "redirectCall", clientMethod: "RedirectCall", method: http.MethodPost, path: atCalls + ":redirect", repeatable: true, status: 204,
			body: `{"incomingCallContext":"opaque","target":` + userJSON + `}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				return nothing(c.RedirectCall(ctx, RedirectCallRequest{IncomingCallContext: NewSecret("opaque"), Target: user}, r))
			},
		},
		{
			name: "rejectCall", clientMethod: "RejectCall", method: http.MethodPost, path: atCalls + ":reject", repeatable: true, status: 204,
			body: `{"incomingCallContext":"opaque","callRejectReason":"busy"}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				return nothing(c.RejectCall(ctx, RejectCallRequest{IncomingCallContext: NewSecret("opaque"), CallRejectReason: CallRejectReasonBusy}, r))
			},
		},
		{
			name: "connect", clientMethod: "Connect", method: http.MethodPost, path: atCalls + ":connect", repeatable: true, status: 200,
			body: `{"callLocator":{"kind":"serverCallLocator","serverCallId":"sc"},"callbackUri":"` + callback + `","operationContext":"ctx"}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				locator := CallLocator{Kind: CallLocatorKindServer, ServerCallID: "sc"}
				return c.Connect(ctx, ConnectRequest{CallLocator: locator, CallbackURI: callback, OperationContext: "ctx"}, r)
			},
			answer: properties, want: wantProperties,
		},
		{
			name: "getCall", clientMethod: "GetCall", method: http.MethodGet, path: atCall, retried: true, status: 200,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) { return c.GetCall(ctx, "cc-1") },
			answer: `{"callConnectionId":"cc-1","serverCallId":"sc","targets":[` + phoneJSON + `],"callConnectionState":"connected","callbackUri":"u",
				"sourceCallerIdNumber":{"value":"+14255550100"},"sourceDisplayName":"A","answeredBy":{"id":"8:acs:r_u"},"answeredFor":{"value":"+14255550101"},
				"mediaStreamingSubscription":{"id":"m","state":"active","subscribedContentTypes":["audio"]},
				"transcriptionSubscription":{"id":"t","state":"inactive","subscribedResultTypes":["final"],"locale":"en-US"}}`,
			want: &CallConnectionProperties{
				CallConnectionID: "cc-1", ServerCallID: "sc", Targets: []Identifier{phone}, CallConnectionState: CallConnectionStateConnected,
				CallbackURI: "u", SourceCallerIDNumber: &PhoneNumber{Value: "+14255550100"}, SourceDisplayName: "A",
				AnsweredBy: user.CommunicationUser, AnsweredFor: &PhoneNumber{Value: "+14255550101"},
				MediaStreamingSubscription: &MediaSubscription{ID: "m", State: "active", SubscribedContentTypes: []string{"audio"}},
				TranscriptionSubscription:  &TextSubscription{ID: "t", State: "inactive", SubscribedResultTypes: []string{"final"}, Locale: "en-US"},
			},
		},
		{
			name: "hangupCall", clientMethod: "HangUp", method: http.MethodDelete, path: atCall, retried: true, status: 204,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return nothing(c.HangUp(ctx, "cc-1"))
			},
		},
		{
			name: "terminateCall", clientMethod: "Terminate", method: http.MethodPost, path: atCall + ":terminate", repeatable: true, retried: true, status: 204,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				return nothing(c.Terminate(ctx, "cc-1", r))
			},
		},
	}
}

func participantCases() []operationCase {
	const at = atCall + "/participants"
	return []operationCase{
		{
			name: "getParticipants", clientMethod: "ListParticipants", method: http.MethodGet, path: at, retried: true, status: 200,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return c.ListParticipants(ctx, "cc-1")
			},
			answer: `{"value":[{"identifier":` + phoneJSON + `,"isMuted":true,"isOnHold":false}]}`,
			want:   []CallParticipant{{Identifier: phone, IsMuted: true}},
		},
		{
			name: "getParticipant", clientMethod: "GetParticipant", method: http.MethodGet, path: at + "/4%3A%2B14255550123", retried: true, status: 200,
			call: func(ctx context.Context, c *Client, _ Repeatability) (any, error) {
				return c.GetParticipant(ctx, "cc-1", phone.ID())
			},
			answer: `{"identifier":` + phoneJSON + `,"isOnHold":true}`, want: &CallParticipant{Identifier: phone, IsOnHold: true},
		},
		{
			name: "addParticipant", clientMethod: "AddParticipant", method: http.MethodPost, path: at + ":add", repeatable: true, status: 202,
			body: `{"participantToAdd":` + phoneJSON + `,"sourceCallerIdNumber":{"value":"+14255550100"},"sourceDisplayName":"A","invitationTimeoutInSeconds":0,
				"customCallingContext":{"voipHeaders":{"k":"v"},"sipHeaders":{"User-To-User":"u"},
					"teamsPhoneCallDetails":{"callTopic":"t","teamsPhoneCallerDetails":{"caller":` + userJSON + `,"isAuthenticated":false},
						"teamsPhoneSourceDetails":{"language":"en","intendedTargets":{"a":` + userJSON + `}}}},` + contextJSON + `}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				return c.AddParticipant(ctx, "cc-1", AddParticipantRequest{
					ParticipantToAdd: phone, SourceCallerIDNumber: &PhoneNumber{Value: "+14255550100"}, SourceDisplayName: "A",
					InvitationTimeoutInSeconds: ptr[int32](0), OperationContext: opContext, OperationCallbackURI: opCallback,
					CustomCallingContext: &CustomCallingContext{
						VoIPHeaders: map[string]string{"k": "v"}, SIPHeaders: map[string]string{"User-To-User": "u"},
						TeamsPhoneCallDetails: &TeamsPhoneCallDetails{
							CallTopic: "t", TeamsPhoneCallerDetails: &TeamsPhoneCallerDetails{Caller: &user, IsAuthenticated: ptr(false)},
							TeamsPhoneSourceDetails: &TeamsPhoneSourceDetails{Language: "en", IntendedTargets: map[string]Identifier{"a": user}},
						},
					},
				}, r)
			},
			answer: `{"participant":{"identifier":` + phoneJSON + `},"operationContext":"ctx","invitationId":"inv"}`,
			want:   &AddParticipantResponse{Participant: &CallParticipant{Identifier: phone}, OperationContext: "ctx", InvitationID: "inv"},
		},
		{
			name: "cancelAddParticipant", clientMethod: "CancelAddParticipant", method: http.MethodPost, path: at + ":cancelAddParticipant",
			repeatable: true, status: 202, body: `{"invitationId":"inv",` + contextJSON + `}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				request := CancelAddParticipantRequest{InvitationID: "inv", OperationContext: opContext, OperationCallbackURI: opCallback}
				return c.CancelAddParticipant(ctx, "cc-1", request, r)
			},
			answer: `{"invitationId":"inv","operationContext":"ctx"}`, want: &CancelAddParticipantResponse{InvitationID: "inv", OperationContext: "ctx"},
		},
		{
			name: "removeParticipant", clientMethod: "RemoveParticipant", method: http.MethodPost, path: at + ":remove", repeatable: true, status: 202,
			body: `{"participantToRemove":` + phoneJSON + `,` + contextJSON + `}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				request := RemoveParticipantRequest{ParticipantToRemove: phone, OperationContext: opContext, OperationCallbackURI: opCallback}
				return c.RemoveParticipant(ctx, "cc-1", request, r)
			},
			answer: `{"operationContext":"ctx"}`, want: &OperationResponse{OperationContext: "ctx"},
		},
		{
			name: "moveParticipants", clientMethod: "MoveParticipants", method: http.MethodPost, path: at + ":moveHere", repeatable: true, status: 202,
			body: `{"targetParticipants":[` + phoneJSON + `],"fromCall":"cc-2",` + contextJSON + `}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				return c.MoveParticipants(ctx, "cc-1", MoveParticipantsRequest{
					TargetParticipants: []Identifier{phone}, FromCall: "cc-2", OperationContext: opContext, OperationCallbackURI: opCallback,
				}, r)
			},
			answer: `{"participants":[{"identifier":` + phoneJSON + `}],"operationContext":"ctx","fromCall":"cc-2"}`,
			want:   &MoveParticipantsResponse{Participants: []CallParticipant{{Identifier: phone}}, OperationContext: "ctx", FromCall: "cc-2"},
		},
		{
			name: "mute", clientMethod: "MuteParticipants", method: http.MethodPost, path: at + ":mute", repeatable: true, status: 200,
			body: `{"targetParticipants":[` + userJSON + `],"operationContext":"ctx"}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				return c.MuteParticipants(ctx, "cc-1", MuteParticipantsRequest{TargetParticipants: []Identifier{user}, OperationContext: "ctx"}, r)
			},
			answer: `{"operationContext":"ctx"}`, want: &OperationResponse{OperationContext: "ctx"},
		},
		{
			name: "transferToParticipant", clientMethod: "TransferToParticipant", method: http.MethodPost, path: atCall + ":transferToParticipant",
			repeatable: true, status: 202,
			body: `{"targetParticipant":` + phoneJSON + `,"transferee":` + userJSON + `,"sourceCallerIdNumber":{"value":"+14255550100"},` + contextJSON + `}`,
			call: func(ctx context.Context, c *Client, r Repeatability) (any, error) {
				return c.TransferToParticipant(ctx, "cc-1", TransferToParticipantRequest{
					TargetParticipant: phone, Transferee: &user, SourceCallerIDNumber: &PhoneNumber{Value: "+14255550100"},
					OperationContext: opContext, OperationCallbackURI: opCallback,
				}, r)
			},
			answer: `{"operationContext":"ctx"}`, want: &OperationResponse{OperationContext: "ctx"},
		},
	}
}
