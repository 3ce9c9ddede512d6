// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"strings"

	"github.com/call-operator/call-operator/internal/rawid"
)

// ID returns the raw ID: of the nested model where there is one that says whose it is, else as the service sent it. The
// nested model decides, since services were seen to send raw IDs without the plus sign that the nested number has.
func (i Identifier) ID() string {
	switch {
	case i.PhoneNumber != nil && (i.PhoneNumber.Value != "" || i.PhoneNumber.IsAnonymous):
		return i.PhoneNumber.rawIDLike(i.RawID)
	case i.CommunicationUser != nil && i.CommunicationUser.ID != "":
		return i.CommunicationUser.ID
	case i.RawID != "":
		return i.RawID
	case i.PhoneNumber != nil:
		return i.PhoneNumber.rawID()
	case i.MicrosoftTeamsUser != nil:
		user := i.MicrosoftTeamsUser
		return rawid.Party{Kind: rawid.KindTeamsUser, Cloud: rawid.Cloud(user.Cloud), Anonymous: user.IsAnonymous, Value: user.UserID}.String()
	case i.MicrosoftTeamsApp != nil:
		app := i.MicrosoftTeamsApp
		return rawid.Party{Kind: rawid.KindTeamsApp, Cloud: rawid.Cloud(app.Cloud), Value: app.AppID}.String()
	case i.TeamsExtensionUser != nil:
		user := i.TeamsExtensionUser
		return rawid.Party{
			Kind: rawid.KindTeamsExtensionUser, Cloud: rawid.Cloud(user.Cloud), ResourceID: user.ResourceID, TenantID: user.TenantID, Value: user.UserID,
		}.String()
	default:
		return ""
	}
}

// rawIDLike is the raw ID of the number, with the suffix that tells it apart from the same number in a raw ID of the service.
func (n PhoneNumber) rawIDLike(rawID string) string {
	id := n.rawID()
	at := strings.LastIndexByte(rawID, '_')
	if at < 0 || n.IsAnonymous || n.AssertedID != "" || strings.Contains(n.Value, "_") || !strings.HasPrefix(rawID, rawid.PhonePrefix) {
		return id
	}
	return id + rawID[at:]
}

// SameRawID tells whether two raw IDs name the same party. Case does not matter, nor does the plus sign of a number. An empty
// ID matches nothing.
func SameRawID(a, b string) bool { return rawid.Same(a, b) }

func (n PhoneNumber) rawID() string {
	value := n.Value
	if n.AssertedID != "" && !strings.HasSuffix(value, "_"+n.AssertedID) {
		value += "_" + n.AssertedID
	}
	return rawid.Party{Kind: rawid.KindPhoneNumber, Value: value, Anonymous: n.IsAnonymous}.String()
}

// ParseRawID reads a raw ID. One of no known form becomes an identifier of unknown kind, which still has its ID.
func ParseRawID(rawID string) Identifier {
	id := Identifier{RawID: rawID}
	switch party := rawid.Parse(rawID); party.Kind {
	case rawid.KindPhoneNumber:
		id.PhoneNumber = numberOf(party)
	case rawid.KindCommunicationUser:
		id.CommunicationUser = &CommunicationUser{ID: rawID}
	case rawid.KindTeamsUser:
		id.MicrosoftTeamsUser = &MicrosoftTeamsUser{UserID: party.Value, IsAnonymous: party.Anonymous, Cloud: Cloud(party.Cloud)}
	case rawid.KindTeamsApp:
		id.MicrosoftTeamsApp = &MicrosoftTeamsApp{AppID: party.Value, Cloud: Cloud(party.Cloud)}
	case rawid.KindTeamsExtensionUser:
		id.TeamsExtensionUser = &TeamsExtensionUser{UserID: party.Value, TenantID: party.TenantID, ResourceID: party.ResourceID, Cloud: Cloud(party.Cloud)}
	}
	id.Kind = id.kind()
	return id
}

// numberOf is the number in a raw ID. The asserted ID stays part of the value, as in Microsoft's SDKs.
func numberOf(party rawid.Party) *PhoneNumber {
	parsed := &PhoneNumber{Value: party.Value, IsAnonymous: party.Anonymous}
	if at := strings.LastIndexByte(party.Value, '_'); at >= 0 && at < len(party.Value)-1 {
		parsed.AssertedID = party.Value[at+1:]
	}
	return parsed
}
