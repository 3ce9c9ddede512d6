// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

// CallConnectionState is the state of one leg of a call.
type CallConnectionState string

// The states of a call connection. Unknown is a normal answer to answerCall.
const (
	CallConnectionStateUnknown          CallConnectionState = "unknown"
	CallConnectionStateConnecting       CallConnectionState = "connecting"
	CallConnectionStateConnected        CallConnectionState = "connected"
	CallConnectionStateTransferring     CallConnectionState = "transferring"
	CallConnectionStateTransferAccepted CallConnectionState = "transferAccepted"
	CallConnectionStateDisconnecting    CallConnectionState = "disconnecting"
	CallConnectionStateDisconnected     CallConnectionState = "disconnected"
)

// CallConnectionProperties describes one leg of a call.
type CallConnectionProperties struct {
	CallConnectionID           string              `json:"callConnectionId,omitempty"`
	ServerCallID               string              `json:"serverCallId,omitempty"`
	Targets                    []Identifier        `json:"targets,omitempty"`
	CallConnectionState        CallConnectionState `json:"callConnectionState,omitempty"`
	CallbackURI                string              `json:"callbackUri,omitempty"`
	SourceCallerIDNumber       *PhoneNumber        `json:"sourceCallerIdNumber,omitempty"`
	SourceDisplayName          string              `json:"sourceDisplayName,omitempty"`
	Source                     *Identifier         `json:"source,omitempty"`
	CorrelationID              string              `json:"correlationId,omitempty"`
	AnsweredBy                 *CommunicationUser  `json:"answeredBy,omitempty"`
	AnsweredFor                *PhoneNumber        `json:"answeredFor,omitempty"`
	MediaStreamingSubscription *MediaSubscription  `json:"mediaStreamingSubscription,omitempty"`
	TranscriptionSubscription  *TextSubscription   `json:"transcriptionSubscription,omitempty"`
}

// MediaSubscription is a call's media stream.
type MediaSubscription struct {
	ID                     string   `json:"id,omitempty"`
	State                  string   `json:"state,omitempty"`
	SubscribedContentTypes []string `json:"subscribedContentTypes,omitempty"`
}

// TextSubscription is a call's transcription.
type TextSubscription struct {
	ID                    string   `json:"id,omitempty"`
	State                 string   `json:"state,omitempty"`
	SubscribedResultTypes []string `json:"subscribedResultTypes,omitempty"`
	Locale                string   `json:"locale,omitempty"`
}

// CallParticipant is somebody in a call.
type CallParticipant struct {
	Identifier Identifier `json:"identifier"`
	IsMuted    bool       `json:"isMuted"`
	IsOnHold   bool       `json:"isOnHold"`
}

// CreateCallRequest asks to place a call. One target makes a two-party call, several make a group call.
type CreateCallRequest struct {
	// Targets are the parties to call.
	Targets []Identifier `json:"targets"`
	// CallbackURI is the https URL that the call's events are posted to.
	CallbackURI string `json:"callbackUri"`
	// SourceCallerIDNumber is the caller ID, one of the resource's numbers; a phone number target needs it.
	SourceCallerIDNumber *PhoneNumber `json:"sourceCallerIdNumber,omitempty"`
	// SourceDisplayName is the name that a callee in an app is shown.
	SourceDisplayName string `json:"sourceDisplayName,omitempty"`
	// Source is the ACS user that the call is placed as.
	Source *CommunicationUser `json:"source,omitempty"`
	// OperationContext comes back in the events of this request.
	OperationContext        string                   `json:"operationContext,omitempty"`
	CallIntelligenceOptions *CallIntelligenceOptions `json:"callIntelligenceOptions,omitempty"`
	MediaStreamingOptions   *MediaStreamingOptions   `json:"mediaStreamingOptions,omitempty"`
	TranscriptionOptions    *TranscriptionOptions    `json:"transcriptionOptions,omitempty"`
	TeamsAppSource          *MicrosoftTeamsApp       `json:"teamsAppSource,omitempty"`
	// CustomCallingContext is sent to the callee. ACS documents it for addParticipant and transfer; that createCall takes
	// it is an assumption.
	CustomCallingContext *CustomCallingContext `json:"customCallingContext,omitempty"`
}

// CallIntelligenceOptions names the Azure AI services resource for speech.
type CallIntelligenceOptions struct {
	CognitiveServicesEndpoint string `json:"cognitiveServicesEndpoint,omitempty"`
}

// MediaStreamingOptions streams a call's audio to a WebSocket.
type MediaStreamingOptions struct {
	TransportType       string `json:"transportType"`
	AudioChannelType    string `json:"audioChannelType"`
	TransportURL        string `json:"transportUrl,omitempty"`
	ContentType         string `json:"contentType,omitempty"`
	StartMediaStreaming *bool  `json:"startMediaStreaming,omitempty"`
	EnableBidirectional *bool  `json:"enableBidirectional,omitempty"`
	AudioFormat         string `json:"audioFormat,omitempty"`
	EnableDTMFTones     *bool  `json:"enableDtmfTones,omitempty"`
}

// TranscriptionOptions transcribes a call.
type TranscriptionOptions struct {
	TransportType             string `json:"transportType"`
	Locale                    string `json:"locale"`
	TransportURL              string `json:"transportUrl,omitempty"`
	SpeechModelEndpointID     string `json:"speechModelEndpointId,omitempty"`
	StartTranscription        *bool  `json:"startTranscription,omitempty"`
	EnableIntermediateResults *bool  `json:"enableIntermediateResults,omitempty"`
}

// AnswerCallRequest asks to answer an incoming call.
type AnswerCallRequest struct {
	// IncomingCallContext is the capability from the IncomingCall event.
	IncomingCallContext     Secret                   `json:"incomingCallContext"`
	CallbackURI             string                   `json:"callbackUri"`
	OperationContext        string                   `json:"operationContext,omitempty"`
	CallIntelligenceOptions *CallIntelligenceOptions `json:"callIntelligenceOptions,omitempty"`
	AnsweredBy              *CommunicationUser       `json:"answeredBy,omitempty"`
	MediaStreamingOptions   *MediaStreamingOptions   `json:"mediaStreamingOptions,omitempty"`
	TranscriptionOptions    *TranscriptionOptions    `json:"transcriptionOptions,omitempty"`
}

// RedirectCallRequest asks to redirect an incoming call. A call from an app cannot be redirected to a phone number.
type RedirectCallRequest struct {
	IncomingCallContext Secret     `json:"incomingCallContext"`
	Target              Identifier `json:"target"`
}

// CallRejectReason says why an incoming call is rejected.
type CallRejectReason string

// The reasons for rejecting.
const (
	CallRejectReasonNone      CallRejectReason = "none"
	CallRejectReasonBusy      CallRejectReason = "busy"
	CallRejectReasonForbidden CallRejectReason = "forbidden"
)

// RejectCallRequest asks to reject an incoming call.
type RejectCallRequest struct {
	IncomingCallContext Secret           `json:"incomingCallContext"`
	CallRejectReason    CallRejectReason `json:"callRejectReason,omitempty"`
}

// CallLocatorKind says how a CallLocator names a call.
type CallLocatorKind string

// The kinds of locators.
const (
	CallLocatorKindGroup  CallLocatorKind = "groupCallLocator"
	CallLocatorKindServer CallLocatorKind = "serverCallLocator"
	CallLocatorKindRoom   CallLocatorKind = "roomCallLocator"
)

// CallLocator names an active call.
type CallLocator struct {
	Kind         CallLocatorKind `json:"kind"`
	GroupCallID  string          `json:"groupCallId,omitempty"`
	ServerCallID string          `json:"serverCallId,omitempty"`
	RoomID       string          `json:"roomId,omitempty"`
}

// ConnectRequest asks to take control of an active call.
type ConnectRequest struct {
	CallLocator             CallLocator              `json:"callLocator"`
	CallbackURI             string                   `json:"callbackUri"`
	OperationContext        string                   `json:"operationContext,omitempty"`
	CallIntelligenceOptions *CallIntelligenceOptions `json:"callIntelligenceOptions,omitempty"`
	MediaStreamingOptions   *MediaStreamingOptions   `json:"mediaStreamingOptions,omitempty"`
	TranscriptionOptions    *TranscriptionOptions    `json:"transcriptionOptions,omitempty"`
}
