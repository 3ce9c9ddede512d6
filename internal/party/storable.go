// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package party

import (
	"regexp"
	"unicode/utf8"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// The formats that the CRDs accept for the parts of an Identifier.
var (
	phoneNumber = regexp.MustCompile(`^[+][1-9][0-9]{1,14}$`)
	// withoutPlus is a number in E.164 form without the plus sign, long enough to have a country code.
	withoutPlus       = regexp.MustCompile(`^[1-9][0-9]{10,14}$`)
	communicationUser = regexp.MustCompile(`^8:(acs|dod-acs|gcch-acs|spool):[^:]+$`)
	sipURI            = regexp.MustCompile(`^sips?:[-_.!~*+%a-zA-Z0-9]+@[-.a-zA-Z0-9]+(:[0-9]{1,5})?$`)
	part              = regexp.MustCompile(`^[^:_ ]+$`)
)

const (
	maxCommunicationUser = 256
	maxSIPURI            = 256
	maxPart              = 128
	maxRawID             = 512
)

// Storable tells whether the API server accepts an identifier of one known kind. An object with a rejected identifier could
// never be created, and its call would be lost.
func Storable(id *v1alpha1.Identifier) bool {
	switch {
	case id.PhoneNumber != "":
		return phoneNumber.MatchString(string(id.PhoneNumber))
	case id.SIPURI != "":
		return sipURI.MatchString(id.SIPURI) && len(id.SIPURI) <= maxSIPURI
	case id.CommunicationUser != "":
		user := id.CommunicationUser
		return communicationUser.MatchString(user) && isText(user, maxCommunicationUser)
	case id.TeamsUser != nil:
		return areParts(id.TeamsUser.UserID)
	case id.TeamsApp != nil:
		return areParts(id.TeamsApp.AppID)
	case id.TeamsExtensionUser != nil:
		user := id.TeamsExtensionUser
		return areParts(user.UserID, user.TenantID, user.ResourceID)
	default:
		return false
	}
}

func areParts(texts ...string) bool {
	for _, text := range texts {
		if !part.MatchString(text) || !isText(text, maxPart) {
			return false
		}
	}
	return true
}

// isText tells whether JSON can carry a text as it is, and it is not too long.
func isText(text string, most int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most
}

// storableRawID is a raw ID that the API server accepts. A longer one is truncated, so that its party is still recorded.
func storableRawID(rawID string) string {
	if runes := []rune(rawID); len(runes) > maxRawID {
		return string(runes[:maxRawID-1]) + "…"
	}
	return rawID
}
