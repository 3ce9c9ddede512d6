// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import "strings"

// Prefixes of raw IDs.
// Source: https://learn.microsoft.com/azure/communication-services/concepts/identifiers.
const (
	prefixPhone          = "4:"
	prefixTeamsAnonymous = "8:teamsvisitor:"

	anonymous = "anonymous"
)

// scope is the middle part of a raw ID with three parts, such as 8:orgid:USER.
type scope struct {
	kind  IdentifierKind
	cloud Cloud
}

var scopes = map[string]scope{
	"8:orgid:":        {KindMicrosoftTeamsUser, CloudPublic},
	"8:dod:":          {KindMicrosoftTeamsUser, CloudDOD},
	"8:gcch:":         {KindMicrosoftTeamsUser, CloudGCCH},
	"8:teamsvisitor:": {KindMicrosoftTeamsUser, CloudPublic},
	"28:orgid:":       {KindMicrosoftTeamsApp, CloudPublic},
	"28:dod:":         {KindMicrosoftTeamsApp, CloudDOD},
	"28:gcch:":        {KindMicrosoftTeamsApp, CloudGCCH},
	"8:acs:":          {KindCommunicationUser, CloudPublic},
	"8:dod-acs:":      {KindCommunicationUser, CloudDOD},
	"8:gcch-acs:":     {KindCommunicationUser, CloudGCCH},
	"8:spool:":        {KindCommunicationUser, CloudPublic},
}

// prefixOf is the prefix of the raw IDs of a kind in a cloud.
func prefixOf(kind IdentifierKind, cloud Cloud) string {
	words := map[Cloud]string{CloudPublic: "orgid", CloudDOD: "dod", CloudGCCH: "gcch"}
	if kind == KindTeamsExtensionUser {
		words = map[Cloud]string{CloudPublic: "acs", CloudDOD: "dod-acs", CloudGCCH: "gcch-acs"}
	}
	word, ok := words[Cloud(strings.ToLower(string(cloud)))]
	if !ok {
		word = words[CloudPublic]
	}
	if kind == KindMicrosoftTeamsApp {
		return "28:" + word + ":"
	}
	return "8:" + word + ":"
}

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
		if i.MicrosoftTeamsUser.IsAnonymous {
			return prefixTeamsAnonymous + i.MicrosoftTeamsUser.UserID
		}
		return prefixOf(KindMicrosoftTeamsUser, i.MicrosoftTeamsUser.Cloud) + i.MicrosoftTeamsUser.UserID
	case i.MicrosoftTeamsApp != nil:
		return prefixOf(KindMicrosoftTeamsApp, i.MicrosoftTeamsApp.Cloud) + i.MicrosoftTeamsApp.AppID
	case i.TeamsExtensionUser != nil:
		user := i.TeamsExtensionUser
		return prefixOf(KindTeamsExtensionUser, user.Cloud) + strings.Join([]string{user.ResourceID, user.TenantID, user.UserID}, "_")
	default:
		return ""
	}
}

// rawIDLike is the raw ID of the number, with the suffix that tells it apart from the same number in a raw ID of the service.
func (n PhoneNumber) rawIDLike(rawID string) string {
	id := n.rawID()
	at := strings.LastIndexByte(rawID, '_')
	if at < 0 || n.IsAnonymous || n.AssertedID != "" || strings.Contains(n.Value, "_") || !strings.HasPrefix(rawID, prefixPhone) {
		return id
	}
	return id + rawID[at:]
}

// SameRawID tells whether two raw IDs name the same party. Case does not matter, nor does the plus sign of a number. An empty
// ID matches nothing.
func SameRawID(a, b string) bool {
	return a != "" && strings.EqualFold(withPlus(a), withPlus(b))
}

// shortestNumber is how many digits a number has at least that may have lost its plus sign: short codes have fewer.
const shortestNumber = 8

// withPlus adds the plus sign that a number lacks.
func withPlus(rawID string) string {
	number, isPhone := strings.CutPrefix(rawID, prefixPhone)
	digits, _, _ := strings.Cut(number, "_")
	if !isPhone || len(digits) < shortestNumber || strings.Trim(digits, "0123456789") != "" {
		return rawID
	}
	return prefixPhone + "+" + number
}

func (n PhoneNumber) rawID() string {
	switch {
	case n.IsAnonymous:
		return prefixPhone + anonymous
	case n.AssertedID != "" && !strings.HasSuffix(n.Value, "_"+n.AssertedID):
		return prefixPhone + n.Value + "_" + n.AssertedID
	default:
		return prefixPhone + n.Value
	}
}

// ParseRawID reads a raw ID. One of no known form becomes an identifier of unknown kind, which still has its ID.
func ParseRawID(rawID string) Identifier {
	if number, ok := strings.CutPrefix(rawID, prefixPhone); ok {
		return Identifier{Kind: KindPhoneNumber, RawID: rawID, PhoneNumber: parseNumber(number)}
	}
	id := Identifier{Kind: KindUnknown, RawID: rawID}
	parts := strings.Split(rawID, ":")
	if len(parts) != 3 {
		return id
	}
	prefix, rest := parts[0]+":"+parts[1]+":", parts[2]
	found, ok := scopes[prefix]
	if !ok {
		return id
	}
	switch found.kind {
	case KindMicrosoftTeamsUser:
		id.MicrosoftTeamsUser = &MicrosoftTeamsUser{UserID: rest, IsAnonymous: prefix == prefixTeamsAnonymous, Cloud: found.cloud}
	case KindMicrosoftTeamsApp:
		id.MicrosoftTeamsApp = &MicrosoftTeamsApp{AppID: rest, Cloud: found.cloud}
	default:
		parseUser(&id, prefix, rest, found.cloud)
	}
	id.Kind = id.kind()
	return id
}

// parseUser tells an ACS user, whose ID has two parts, from a Teams extension user, whose ID has three.
func parseUser(id *Identifier, prefix, rest string, cloud Cloud) {
	parts := strings.Split(rest, "_")
	if len(parts) == 3 && prefix != "8:spool:" {
		id.TeamsExtensionUser = &TeamsExtensionUser{ResourceID: parts[0], TenantID: parts[1], UserID: parts[2], Cloud: cloud}
		return
	}
	id.CommunicationUser = &CommunicationUser{ID: id.RawID}
}

// parseNumber reads what follows 4: in a raw ID. The asserted ID stays part of the value, as in Microsoft's SDKs.
func parseNumber(number string) *PhoneNumber {
	parsed := &PhoneNumber{Value: number, IsAnonymous: number == anonymous}
	if at := strings.LastIndexByte(number, '_'); at >= 0 && at < len(number)-1 {
		parsed.AssertedID = number[at+1:]
	}
	return parsed
}
