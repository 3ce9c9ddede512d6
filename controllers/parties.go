// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
)

// acsIdentifier is a party as ACS names it.
func acsIdentifier(party *v1alpha1.Identifier) acs.Identifier {
	switch {
	case party.PhoneNumber != "":
		return acs.PhoneNumberIdentifier(string(party.PhoneNumber))
	case party.CommunicationUser != "":
		return acs.CommunicationUserIdentifier(party.CommunicationUser)
	case party.TeamsUser != nil:
		return acs.TeamsUserIdentifier(party.TeamsUser.UserID, acsCloud(party.TeamsUser.Cloud))
	case party.TeamsApp != nil:
		return acs.TeamsAppIdentifier(party.TeamsApp.AppID, acsCloud(party.TeamsApp.Cloud))
	case party.TeamsExtensionUser != nil:
		user := party.TeamsExtensionUser
		return acs.TeamsExtensionUserIdentifier(user.UserID, user.TenantID, user.ResourceID, acsCloud(user.Cloud))
	default:
		return acs.Identifier{}
	}
}

func acsCloud(cloud v1alpha1.TeamsCloud) acs.Cloud {
	switch cloud {
	case v1alpha1.TeamsCloudDoD:
		return acs.CloudDOD
	case v1alpha1.TeamsCloudGCCHigh:
		return acs.CloudGCCH
	default:
		return acs.CloudPublic
	}
}

// partyText is a party as a person reads it: the number, or the raw ID of whoever has none.
func partyText(party *v1alpha1.Identifier) string {
	switch {
	case party == nil:
		return ""
	case party.PhoneNumber != "":
		return string(party.PhoneNumber)
	default:
		return acsIdentifier(party).ID()
	}
}

// partiesText is who calls whom, as text.
func partiesText(spec *v1alpha1.CallSpec) (from, to string) {
	if spec.Inbound != nil {
		return partyText(spec.Inbound.From), partyText(&spec.Inbound.To)
	}
	return callerText(spec.From), partyText(spec.To)
}

func callerText(caller *v1alpha1.Caller) string {
	switch {
	case caller == nil:
		return ""
	case caller.PhoneNumber != "":
		return string(caller.PhoneNumber)
	case caller.CommunicationUser != "":
		return caller.CommunicationUser
	default:
		return caller.DisplayName
	}
}
