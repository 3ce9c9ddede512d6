// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

// TeamsPhoneCallDetails is what Microsoft Teams shows to the person who takes a call. Source:
// https://github.com/Azure/azure-rest-api-specs, communication/data-plane/CallAutomation.
type TeamsPhoneCallDetails struct {
	TeamsPhoneCallerDetails *TeamsPhoneCallerDetails `json:"teamsPhoneCallerDetails,omitempty"`
	TeamsPhoneSourceDetails *TeamsPhoneSourceDetails `json:"teamsPhoneSourceDetails,omitempty"`
	// SessionID identifies the session in the application's own records.
	SessionID string `json:"sessionId,omitempty"`
	Intent    string `json:"intent,omitempty"`
	// CallTopic is shown in the notification of the call, up to 48 characters of it.
	CallTopic string `json:"callTopic,omitempty"`
	// CallContext sums up the call so far.
	CallContext      string `json:"callContext,omitempty"`
	TranscriptURL    string `json:"transcriptUrl,omitempty"`
	CallSentiment    string `json:"callSentiment,omitempty"`
	SuggestedActions string `json:"suggestedActions,omitempty"`
}

// TeamsPhoneCallerDetails describes the caller.
type TeamsPhoneCallerDetails struct {
	Caller                      *Identifier       `json:"caller,omitempty"`
	Name                        string            `json:"name,omitempty"`
	PhoneNumber                 string            `json:"phoneNumber,omitempty"`
	RecordID                    string            `json:"recordId,omitempty"`
	ScreenPopURL                string            `json:"screenPopUrl,omitempty"`
	IsAuthenticated             *bool             `json:"isAuthenticated,omitempty"`
	AdditionalCallerInformation map[string]string `json:"additionalCallerInformation,omitempty"`
}

// TeamsPhoneSourceDetails describes the party that hands the call over.
type TeamsPhoneSourceDetails struct {
	Source   *Identifier       `json:"source,omitempty"`
	Language string            `json:"language,omitempty"`
	Status   map[string]string `json:"status,omitempty"`
	// IntendedTargets are the intended recipients of the call, by the application's own names for
	// them.
	IntendedTargets map[string]Identifier `json:"intendedTargets,omitempty"`
}
