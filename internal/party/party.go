// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package party names the parties of a call: as the API does, as raw IDs, and for people.
package party

import (
	"cmp"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/rawid"
)

// RawID is the raw ID of a party; "" for an empty one, or one that the API server would reject.
func RawID(id *v1alpha1.Identifier) string {
	switch {
	case id == nil:
		return ""
	case id.PhoneNumber != "":
		return rawid.Party{Kind: rawid.KindPhoneNumber, Value: string(id.PhoneNumber)}.String()
	case id.CommunicationUser != "":
		return id.CommunicationUser
	case id.TeamsUser != nil:
		return rawid.Party{Kind: rawid.KindTeamsUser, Cloud: toCloud(id.TeamsUser.Cloud), Value: id.TeamsUser.UserID}.String()
	case id.TeamsApp != nil:
		return rawid.Party{Kind: rawid.KindTeamsApp, Cloud: toCloud(id.TeamsApp.Cloud), Value: id.TeamsApp.AppID}.String()
	case id.TeamsExtensionUser != nil:
		user := id.TeamsExtensionUser
		return rawid.Party{
			Kind: rawid.KindTeamsExtensionUser, Cloud: toCloud(user.Cloud), Value: user.UserID, TenantID: user.TenantID, ResourceID: user.ResourceID,
		}.String()
	case id.SIPURI != "":
		return id.SIPURI
	default:
		return id.RawID
	}
}

// FromRawID is the party that a raw ID names. It is nil only for an empty ID and for a caller who withholds the number; a party
// without another name gets its raw ID.
func FromRawID(rawID string) *v1alpha1.Identifier {
	rawID = strings.ToValidUTF8(rawID, "\uFFFD")
	// A participant who withholds the number may be in a call twice, too.
	first, _, _ := strings.Cut(rawID, "_")
	if rawID == "" || rawID == rawid.PhonePrefix || strings.EqualFold(first, withheld) {
		return nil
	}
	if named := named(rawid.Parse(rawID)); named != nil && Storable(named) {
		return named
	}
	return &v1alpha1.Identifier{RawID: storableRawID(rawID)}
}

// withheld is the raw ID of a withheld number.
const withheld = rawid.PhonePrefix + rawid.Anonymous

// named is the API's name of a party, nil if it has none.
func named(party rawid.Party) *v1alpha1.Identifier {
	switch party.Kind {
	case rawid.KindPhoneNumber:
		// A number that is in a call twice has a suffix that distinguishes the two.
		number, _, _ := strings.Cut(party.Value, "_")
		if withoutPlus.MatchString(number) {
			number = "+" + number
		}
		return &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(number)}
	case rawid.KindCommunicationUser:
		return &v1alpha1.Identifier{CommunicationUser: party.Value}
	case rawid.KindTeamsUser:
		if party.Anonymous {
			return nil
		}
		return &v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: party.Value, Cloud: fromCloud(party.Cloud)}}
	case rawid.KindSIPURI:
		return &v1alpha1.Identifier{SIPURI: party.Value}
	case rawid.KindTeamsApp:
		return &v1alpha1.Identifier{TeamsApp: &v1alpha1.TeamsApp{AppID: party.Value, Cloud: fromCloud(party.Cloud)}}
	case rawid.KindTeamsExtensionUser:
		return &v1alpha1.Identifier{TeamsExtensionUser: &v1alpha1.TeamsExtensionUser{
			UserID: party.Value, TenantID: party.TenantID, ResourceID: party.ResourceID, Cloud: fromCloud(party.Cloud),
		}}
	default:
		return nil
	}
}

// Equal tells whether both name the same party.
func Equal(a, b *v1alpha1.Identifier) bool { return SameID(RawID(a), RawID(b)) }

// SameID tells whether two raw IDs name the same party; an empty ID matches nothing.
func SameID(a, b string) bool { return rawid.Same(a, b) }

// Key is the same text for identifiers of the same party, and "" for one of nobody.
func Key(id *v1alpha1.Identifier) string { return rawid.Key(RawID(id)) }

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
		return strings.TrimPrefix(id.RawID, rawid.PhonePrefix)
	default:
		return RawID(id)
	}
}

// Short is the text of a party for a column of a table, no longer than the longest phone number: of a longer one, such as the ID
// of a user, the ends, which differ from user to user.
func Short(text string) string {
	const head, tail = 6, 7
	letters := []rune(text)
	if len(letters) <= head+len("...")+tail {
		return text
	}
	return string(letters[:head]) + "..." + string(letters[len(letters)-tail:])
}

func toCloud(cloud v1alpha1.TeamsCloud) rawid.Cloud {
	switch cloud {
	case v1alpha1.TeamsCloudDoD:
		return rawid.CloudDoD
	case v1alpha1.TeamsCloudGCCHigh:
		return rawid.CloudGCCH
	default:
		return rawid.CloudPublic
	}
}

func fromCloud(cloud rawid.Cloud) v1alpha1.TeamsCloud {
	switch cloud {
	case rawid.CloudDoD:
		return v1alpha1.TeamsCloudDoD
	case rawid.CloudGCCH:
		return v1alpha1.TeamsCloudGCCHigh
	default:
		return v1alpha1.TeamsCloudPublic
	}
}
