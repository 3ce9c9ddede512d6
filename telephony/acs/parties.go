// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/telephony"
)

// identifier converts a party to its ACS identifier. An empty party, or one that the API server would reject, gives the zero value.
func identifier(id *v1alpha1.Identifier) acs.Identifier {
	switch {
	case party.RawID(id) == "":
		return acs.Identifier{}
	case id.PhoneNumber != "":
		return acs.PhoneNumberIdentifier(string(id.PhoneNumber))
	case id.CommunicationUser != "":
		return acs.CommunicationUserIdentifier(id.CommunicationUser)
	default:
		return acs.ParseRawID(party.RawID(id))
	}
}

// callable refuses a party that ACS has no way to call.
func callable(id *v1alpha1.Identifier) error {
	if id == nil || id.SIPURI == "" {
		return nil
	}
	return telephony.Unsupported("Azure Communication Services calls no SIP addresses (sipURI): use a phoneNumber, or a CallProvider of Asterisk.")
}
