// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package party converts the parties of a call between the identifiers of the API and those of ACS.
package party

import (
	"cmp"
	"strings"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
)

// ToACS converts a party to its ACS identifier. An empty party, or one that the API server would reject, gives the zero value.
func ToACS(id *v1alpha1.Identifier) acs.Identifier {
	switch {
	case id == nil:
		return acs.Identifier{}
	case id.PhoneNumber != "":
		return acs.PhoneNumberIdentifier(string(id.PhoneNumber))
	case id.CommunicationUser != "":
		return acs.CommunicationUserIdentifier(id.CommunicationUser)
	case id.TeamsUser != nil:
		return acs.TeamsUserIdentifier(id.TeamsUser.UserID, toCloud(id.TeamsUser.Cloud))
	case id.TeamsApp != nil:
		return acs.TeamsAppIdentifier(id.TeamsApp.AppID, toCloud(id.TeamsApp.Cloud))
	case id.TeamsExtensionUser != nil:
		user := id.TeamsExtensionUser
		return acs.TeamsExtensionUserIdentifier(user.UserID, user.TenantID, user.ResourceID, toCloud(user.Cloud))
	case id.RawID != "":
		return acs.ParseRawID(id.RawID)
	default:
		return acs.Identifier{}
	}
}

// FromACS converts an ACS identifier to a party of the API. It is nil only for an empty identifier and for a caller who
// withholds the number; a party without another name gets its raw ID.
func FromACS(id acs.Identifier) *v1alpha1.Identifier {
	rawID := id.ID()
	// A participant who withholds the number may be in a call twice, too.
	first, _, _ := strings.Cut(rawID, "_")
	if rawID == "" || rawID == numberPrefix || strings.EqualFold(first, withheld) {
		return nil
	}
	if named := fromModel(acs.ParseRawID(rawID)); named != nil && storable(named) {
		return named
	}
	return &v1alpha1.Identifier{RawID: storableRawID(rawID)}
}

const (
	// numberPrefix begins the raw ID of a number, withheld is the raw ID of a withheld number.
	numberPrefix = "4:"
	withheld     = "4:anonymous"
)

func fromModel(id acs.Identifier) *v1alpha1.Identifier {
	switch {
	case id.PhoneNumber != nil:
		// A number that is in a call twice has a suffix that distinguishes the two.
		number, _, _ := strings.Cut(id.PhoneNumber.Value, "_")
		if withoutPlus.MatchString(number) {
			number = "+" + number
		}
		return &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(number)}
	case id.CommunicationUser != nil:
		return &v1alpha1.Identifier{CommunicationUser: id.CommunicationUser.ID}
	case id.MicrosoftTeamsUser != nil && !id.MicrosoftTeamsUser.IsAnonymous:
		user := id.MicrosoftTeamsUser
		return &v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: user.UserID, Cloud: fromCloud(user.Cloud)}}
	case id.MicrosoftTeamsApp != nil:
		app := id.MicrosoftTeamsApp
		return &v1alpha1.Identifier{TeamsApp: &v1alpha1.TeamsApp{AppID: app.AppID, Cloud: fromCloud(app.Cloud)}}
	case id.TeamsExtensionUser != nil:
		user := id.TeamsExtensionUser
		return &v1alpha1.Identifier{TeamsExtensionUser: &v1alpha1.TeamsExtensionUser{
			UserID: user.UserID, TenantID: user.TenantID, ResourceID: user.ResourceID, Cloud: fromCloud(user.Cloud),
		}}
	default:
		return nil
	}
}

// Equal tells whether both name the same party.
func Equal(a, b *v1alpha1.Identifier) bool {
	return ToACS(a).SameAs(ToACS(b))
}

// SameID tells whether two raw IDs name the same party; an empty ID matches nothing.
func SameID(a, b string) bool {
	return acs.SameRawID(a, b)
}

// Both returns caller and callee as readable text. A caller who withholds the number gives an empty text.
func Both(call *v1alpha1.CallSpec) (from, to string) {
	if inbound := call.Inbound; inbound != nil {
		return Text(inbound.From), Text(&inbound.To)
	}
	to = Text(call.To)
	if call.From == nil {
		return "", to
	}
	return cmp.Or(string(call.From.PhoneNumber), call.From.CommunicationUser, call.From.DisplayName), to
}

// Text is a party as readable text: the number, or the raw ID if there is none.
func Text(id *v1alpha1.Identifier) string {
	switch {
	case id == nil:
		return ""
	case id.PhoneNumber != "":
		return string(id.PhoneNumber)
	case id.RawID != "":
		return strings.TrimPrefix(id.RawID, numberPrefix)
	default:
		return ToACS(id).ID()
	}
}

func toCloud(cloud v1alpha1.TeamsCloud) acs.Cloud {
	switch cloud {
	case v1alpha1.TeamsCloudDoD:
		return acs.CloudDOD
	case v1alpha1.TeamsCloudGCCHigh:
		return acs.CloudGCCH
	default:
		return acs.CloudPublic
	}
}

func fromCloud(cloud acs.Cloud) v1alpha1.TeamsCloud {
	switch cloud {
	case acs.CloudDOD:
		return v1alpha1.TeamsCloudDoD
	case acs.CloudGCCH:
		return v1alpha1.TeamsCloudGCCHigh
	default:
		return v1alpha1.TeamsCloudPublic
	}
}
