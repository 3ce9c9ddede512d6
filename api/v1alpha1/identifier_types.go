// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// TeamsCloud names the cloud that a Microsoft Teams identity lives in.
// +kubebuilder:validation:Enum=Public;DoD;GCCHigh
type TeamsCloud string

// The clouds of Microsoft Teams.
const (
	TeamsCloudPublic  TeamsCloud = "Public"
	TeamsCloudDoD     TeamsCloud = "DoD"
	TeamsCloudGCCHigh TeamsCloud = "GCCHigh"
)

// Identifier names one party of a call. Exactly one of its fields is set.
//
// +kubebuilder:validation:XValidation:rule="[has(self.phoneNumber), has(self.communicationUser), has(self.teamsUser), has(self.teamsApp), has(self.teamsExtensionUser), has(self.sipURI), has(self.rawID)].filter(x, x).size() == 1",message="name the party in exactly one way: set one of phoneNumber, communicationUser, teamsUser, teamsApp, teamsExtensionUser, sipURI, rawID and remove the others"
type Identifier struct {
	// phoneNumber is a telephone number in E.164 form: a plus sign, the country code and the subscriber number,
	// digits only, such as +14255550123.
	// +optional
	PhoneNumber PhoneNumber `json:"phoneNumber,omitempty"`

	// communicationUser is the ID of an Azure Communication Services user, such as 8:acs:RESOURCE_USER.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^8:(acs|dod-acs|gcch-acs|spool):[^:]+$')",message="communicationUser must be the ID of an ACS user, such as 8:acs:RESOURCE_USER"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^8:(acs|dod-acs|gcch-acs):[^_]*_[^_]*_[^_]*$')",message="an ID of three parts names a Teams extension user: set teamsExtensionUser instead, with resourceID, tenantID and userID"
	// +optional
	CommunicationUser string `json:"communicationUser,omitempty"`

	// teamsUser is a person in Microsoft Teams.
	// +optional
	TeamsUser *TeamsUser `json:"teamsUser,omitempty"`

	// teamsApp is an application in Microsoft Teams, such as a call queue or an auto attendant.
	// +optional
	TeamsApp *TeamsApp `json:"teamsApp,omitempty"`

	// teamsExtensionUser is a Teams user reached through Teams Phone extensibility.
	// +optional
	TeamsExtensionUser *TeamsExtensionUser `json:"teamsExtensionUser,omitempty"`

	// sipURI is a SIP address, such as sip:ada@pbx.example.com. Azure Communication Services calls none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^sips?:[-_.!~*+%a-zA-Z0-9]+@[-.a-zA-Z0-9]+(:[0-9]{1,5})?$')",message="sipURI must be a user and a host without parameters, such as sip:ada@pbx.example.com"
	SIPURI string `json:"sipURI,omitempty"`

	// rawID is the service's ID of a party of any other kind, such as 4:MyBank for a caller who shows a name instead of a
	// number, or 4:72727 for a short code. Such a party can be matched and moved, but not called.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="!self.matches('^4:[+][1-9][0-9]{1,14}$')",message="rawID names a telephone number: set phoneNumber instead, such as +14255550123"
	RawID string `json:"rawID,omitempty"`
}

// PhoneNumber is a telephone number in E.164 form, such as +14255550123.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=32
// +kubebuilder:validation:XValidation:rule="self.matches('^[+][1-9][0-9]{1,14}$')",message="write the number in E.164 form: a plus sign, the country code and the number, digits only and 15 at most, such as +14255550123"
type PhoneNumber string

// TeamsUser names a person in Microsoft Teams.
type TeamsUser struct {
	// userID is the Entra object ID of the person.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^:_ ]+$')",message="userID must be the person's Entra object ID, such as 00000000-0000-0000-0000-000000000000"
	UserID string `json:"userID,omitempty"`

	// cloud is the cloud that the person's tenant lives in.
	// +optional
	// +default="Public"
	Cloud TeamsCloud `json:"cloud,omitempty"`
}

// TeamsApp names an application in Microsoft Teams.
type TeamsApp struct {
	// appID is the Entra application ID.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^:_ ]+$')",message="appID must be the Entra application ID, such as 00000000-0000-0000-0000-000000000000"
	AppID string `json:"appID,omitempty"`

	// cloud is the cloud that the application's tenant lives in.
	// +optional
	// +default="Public"
	Cloud TeamsCloud `json:"cloud,omitempty"`
}

// TeamsExtensionUser names a Teams user reached through Teams Phone extensibility.
type TeamsExtensionUser struct {
	// userID is the Entra object ID of the person.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^:_ ]+$')",message="userID must be the person's Entra object ID, such as 00000000-0000-0000-0000-000000000000"
	UserID string `json:"userID,omitempty"`

	// tenantID is the Entra tenant of the person.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^:_ ]+$')",message="tenantID must be the ID of the Entra tenant, such as 00000000-0000-0000-0000-000000000000"
	TenantID string `json:"tenantID,omitempty"`

	// resourceID is the immutable ID of the Communication Services resource.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^:_ ]+$')",message="resourceID must be the resource's immutable ID, such as 00000000-0000-0000-0000-000000000000"
	ResourceID string `json:"resourceID,omitempty"`

	// cloud is the cloud that the person's tenant lives in.
	// +optional
	// +default="Public"
	Cloud TeamsCloud `json:"cloud,omitempty"`
}
