// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package rawid reads and writes raw IDs: the text that names a party of a call, such as 4:+14255550123.
//
// Source: https://learn.microsoft.com/azure/communication-services/concepts/identifiers.
package rawid

import "strings"

// Kind is the kind of a party.
type Kind string

// The kinds of parties.
const (
	KindUnknown            Kind = "unknown"
	KindPhoneNumber        Kind = "phoneNumber"
	KindCommunicationUser  Kind = "communicationUser"
	KindTeamsUser          Kind = "teamsUser"
	KindTeamsApp           Kind = "teamsApp"
	KindTeamsExtensionUser Kind = "teamsExtensionUser"
	// KindSIPURI is a SIP address. Communication Services has no such parties: the raw ID is the address itself.
	KindSIPURI Kind = "sipURI"
)

// Cloud is the cloud that a party lives in.
type Cloud string

// The clouds.
const (
	CloudPublic Cloud = "public"
	CloudDoD    Cloud = "dod"
	CloudGCCH   Cloud = "gcch"
)

// PhonePrefix begins the raw ID of a telephone number.
const PhonePrefix = "4:"

// Anonymous replaces a withheld number.
const Anonymous = "anonymous"

const (
	prefixTeamsVisitor = "8:teamsvisitor:"
	prefixSpool        = "8:spool:"
)

// Party is the content of a raw ID.
type Party struct {
	Kind  Kind
	Cloud Cloud
	// Anonymous says that a caller withheld the number, or that a person in Teams is not signed in.
	Anonymous bool
	// Value is what follows the prefix: the number with the suffix that tells it apart from the same number in one call, the user or
	// the app. For a communication user, it is the whole raw ID.
	Value string
	// TenantID and ResourceID belong to a Teams extension user.
	TenantID, ResourceID string
}

// scope is the middle part of a raw ID with three parts, such as 8:orgid:USER.
type scope struct {
	kind  Kind
	cloud Cloud
}

var scopes = map[string]scope{
	"8:orgid:":         {KindTeamsUser, CloudPublic},
	"8:dod:":           {KindTeamsUser, CloudDoD},
	"8:gcch:":          {KindTeamsUser, CloudGCCH},
	prefixTeamsVisitor: {KindTeamsUser, CloudPublic},
	"28:orgid:":        {KindTeamsApp, CloudPublic},
	"28:dod:":          {KindTeamsApp, CloudDoD},
	"28:gcch:":         {KindTeamsApp, CloudGCCH},
	"8:acs:":           {KindCommunicationUser, CloudPublic},
	"8:dod-acs:":       {KindCommunicationUser, CloudDoD},
	"8:gcch-acs:":      {KindCommunicationUser, CloudGCCH},
	prefixSpool:        {KindCommunicationUser, CloudPublic},
}

// Parse reads a raw ID. One of no known form is of unknown kind.
func Parse(rawID string) Party {
	if number, ok := strings.CutPrefix(rawID, PhonePrefix); ok {
		return Party{Kind: KindPhoneNumber, Value: number, Anonymous: number == Anonymous}
	}
	if strings.HasPrefix(rawID, "sip:") || strings.HasPrefix(rawID, "sips:") {
		return Party{Kind: KindSIPURI, Value: rawID}
	}
	unknown := Party{Kind: KindUnknown, Value: rawID}
	parts := strings.Split(rawID, ":")
	if len(parts) != 3 {
		return unknown
	}
	prefix, rest := parts[0]+":"+parts[1]+":", parts[2]
	found, ok := scopes[prefix]
	if !ok {
		return unknown
	}
	party := Party{Kind: found.kind, Cloud: found.cloud, Value: rest, Anonymous: prefix == prefixTeamsVisitor}
	if found.kind != KindCommunicationUser {
		return party
	}
	// The ID of a communication user has two parts, that of a Teams extension user three.
	if ids := strings.Split(rest, "_"); len(ids) == 3 && prefix != prefixSpool {
		return Party{Kind: KindTeamsExtensionUser, Cloud: found.cloud, ResourceID: ids[0], TenantID: ids[1], Value: ids[2]}
	}
	party.Value = rawID
	return party
}

// String is the raw ID of the party.
func (p Party) String() string {
	switch p.Kind {
	case KindPhoneNumber:
		if p.Anonymous {
			return PhonePrefix + Anonymous
		}
		return PhonePrefix + p.Value
	case KindTeamsUser:
		if p.Anonymous {
			return prefixTeamsVisitor + p.Value
		}
		return "8:" + p.word("orgid", "dod", "gcch") + ":" + p.Value
	case KindTeamsApp:
		return "28:" + p.word("orgid", "dod", "gcch") + ":" + p.Value
	case KindTeamsExtensionUser:
		return "8:" + p.word("acs", "dod-acs", "gcch-acs") + ":" + strings.Join([]string{p.ResourceID, p.TenantID, p.Value}, "_")
	default:
		return p.Value
	}
}

// word is the one for the party's cloud.
func (p Party) word(public, dod, gcch string) string {
	switch Cloud(strings.ToLower(string(p.Cloud))) {
	case CloudDoD:
		return dod
	case CloudGCCH:
		return gcch
	default:
		return public
	}
}

// Same tells whether two raw IDs name the same party. Case does not matter, nor does the plus sign of a number. An empty ID matches
// nothing.
func Same(a, b string) bool {
	return a != "" && Key(a) == Key(b)
}

// Key is the same text for raw IDs that name the same party.
func Key(rawID string) string { return strings.ToLower(withPlus(rawID)) }

// shortestNumber is how many digits a number has at least that may have lost its plus sign: short codes have fewer.
const shortestNumber = 8

// withPlus adds the plus sign that a number lacks.
func withPlus(rawID string) string {
	number, isPhone := strings.CutPrefix(rawID, PhonePrefix)
	digits, _, _ := strings.Cut(number, "_")
	if !isPhone || len(digits) < shortestNumber || strings.Trim(digits, "0123456789") != "" {
		return rawID
	}
	return PhonePrefix + "+" + number
}
