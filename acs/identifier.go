// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"encoding/json"
	"errors"
	"strings"
)

// IdentifierKind says which kind of party an Identifier names.
type IdentifierKind string

// The kinds of identifiers.
const (
	KindUnknown            IdentifierKind = "unknown"
	KindCommunicationUser  IdentifierKind = "communicationUser"
	KindPhoneNumber        IdentifierKind = "phoneNumber"
	KindMicrosoftTeamsUser IdentifierKind = "microsoftTeamsUser"
	KindMicrosoftTeamsApp  IdentifierKind = "microsoftTeamsApp"
	KindTeamsExtensionUser IdentifierKind = "teamsExtensionUser"
)

// Cloud is the cloud that a Microsoft Teams identity lives in.
type Cloud string

// The clouds. An absent cloud is the public one.
const (
	CloudPublic Cloud = "public"
	CloudDOD    Cloud = "dod"
	CloudGCCH   Cloud = "gcch"
)

// Identifier names a party of a call, as CommunicationIdentifier does on the wire. At most one of the nested models is
// set. Compare identifiers by ID, since the service may leave out or add fields.
type Identifier struct {
	Kind               IdentifierKind      `json:"kind,omitempty"`
	RawID              string              `json:"rawId,omitempty"`
	CommunicationUser  *CommunicationUser  `json:"communicationUser,omitempty"`
	PhoneNumber        *PhoneNumber        `json:"phoneNumber,omitempty"`
	MicrosoftTeamsUser *MicrosoftTeamsUser `json:"microsoftTeamsUser,omitempty"`
	MicrosoftTeamsApp  *MicrosoftTeamsApp  `json:"microsoftTeamsApp,omitempty"`
	TeamsExtensionUser *TeamsExtensionUser `json:"teamsExtensionUser,omitempty"`
}

// CommunicationUser is an Azure Communication Services user.
type CommunicationUser struct {
	// ID is the user's ID, such as 8:acs:RESOURCE_USER. It is its raw ID too.
	ID string `json:"id"`
}

// PhoneNumber is a telephone number.
type PhoneNumber struct {
	// Value is the number in E.164 form, or "anonymous".
	Value string `json:"value"`
	// IsAnonymous says that the caller withheld the number.
	IsAnonymous bool `json:"isAnonymous,omitempty"`
	// AssertedID distinguishes participants with the same number in one call.
	AssertedID string `json:"assertedId,omitempty"`
}

// MicrosoftTeamsUser is a person in Microsoft Teams.
type MicrosoftTeamsUser struct {
	UserID      string `json:"userId"`
	IsAnonymous bool   `json:"isAnonymous,omitempty"`
	Cloud       Cloud  `json:"cloud,omitempty"`
}

// MicrosoftTeamsApp is an application in Microsoft Teams.
type MicrosoftTeamsApp struct {
	AppID string `json:"appId"`
	Cloud Cloud  `json:"cloud,omitempty"`
}

// TeamsExtensionUser is a person reached through Teams Phone extensibility.
type TeamsExtensionUser struct {
	UserID     string `json:"userId"`
	TenantID   string `json:"tenantId"`
	ResourceID string `json:"resourceId"`
	Cloud      Cloud  `json:"cloud,omitempty"`
}

// PhoneNumberIdentifier names a telephone number in E.164 form.
func PhoneNumberIdentifier(number string) Identifier {
	return named(Identifier{PhoneNumber: &PhoneNumber{Value: number}})
}

// CommunicationUserIdentifier names an ACS user by its ID.
func CommunicationUserIdentifier(id string) Identifier {
	return named(Identifier{CommunicationUser: &CommunicationUser{ID: id}})
}

// TeamsUserIdentifier names a person in Teams by Entra object ID.
func TeamsUserIdentifier(userID string, cloud Cloud) Identifier {
	return named(Identifier{MicrosoftTeamsUser: &MicrosoftTeamsUser{UserID: userID, Cloud: cloud}})
}

// TeamsAppIdentifier names an application in Teams by application ID.
func TeamsAppIdentifier(appID string, cloud Cloud) Identifier {
	return named(Identifier{MicrosoftTeamsApp: &MicrosoftTeamsApp{AppID: appID, Cloud: cloud}})
}

// TeamsExtensionUserIdentifier names a person reached through Teams Phone extensibility.
func TeamsExtensionUserIdentifier(userID, tenantID, resourceID string, cloud Cloud) Identifier {
	return named(Identifier{TeamsExtensionUser: &TeamsExtensionUser{
		UserID: userID, TenantID: tenantID, ResourceID: resourceID, Cloud: cloud,
	}})
}

// named fills in kind and raw ID from the nested model.
func named(id Identifier) Identifier {
	id.Kind = id.kind()
	id.RawID = id.ID()
	return id
}

// kind is the kind of the nested model, or else the kind as it is spelt in this package.
func (i Identifier) kind() IdentifierKind {
	switch {
	case i.CommunicationUser != nil:
		return KindCommunicationUser
	case i.PhoneNumber != nil:
		return KindPhoneNumber
	case i.MicrosoftTeamsUser != nil:
		return KindMicrosoftTeamsUser
	case i.MicrosoftTeamsApp != nil:
		return KindMicrosoftTeamsApp
	case i.TeamsExtensionUser != nil:
		return KindTeamsExtensionUser
	}
	for _, known := range []IdentifierKind{
		KindCommunicationUser, KindPhoneNumber, KindMicrosoftTeamsUser, KindMicrosoftTeamsApp, KindTeamsExtensionUser,
	} {
		if strings.EqualFold(string(i.Kind), string(known)) {
			return known
		}
	}
	return KindUnknown
}

// SameAs tells whether both name the same party, whichever fields are set. GUIDs in raw IDs are compared without regard to case;
// an empty identifier matches nothing.
func (i Identifier) SameAs(other Identifier) bool {
	return SameRawID(i.ID(), other.ID())
}

// nested counts the nested models.
func (i Identifier) nested() int {
	count := 0
	for _, set := range []bool{
		i.CommunicationUser != nil, i.PhoneNumber != nil, i.MicrosoftTeamsUser != nil, i.MicrosoftTeamsApp != nil,
		i.TeamsExtensionUser != nil,
	} {
		if set {
			count++
		}
	}
	return count
}

// UnmarshalJSON parses an identifier as the service sends it: the kind may be absent or have different capitals. Two nested
// models are an error.
func (i *Identifier) UnmarshalJSON(data []byte) error {
	type plain Identifier
	var read plain
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	*i = Identifier(read)
	if i.nested() > 1 {
		return errors.New("an identifier names one party in one way, this one has several")
	}
	i.Kind = i.kind()
	return nil
}
