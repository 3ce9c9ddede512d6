// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
)

// eachKind is a party of each kind, as the spec and ACS name it.
var eachKind = []struct {
	name string
	spec v1alpha1.Identifier
	want acs.Identifier
}{
	{
		"phone number", v1alpha1.Identifier{PhoneNumber: "+14255550123"},
		acs.Identifier{Kind: acs.KindPhoneNumber, RawID: "4:+14255550123", PhoneNumber: &acs.PhoneNumber{Value: "+14255550123"}},
	},
	{
		"ACS user", v1alpha1.Identifier{CommunicationUser: "8:acs:r_u"},
		acs.Identifier{Kind: acs.KindCommunicationUser, RawID: "8:acs:r_u", CommunicationUser: &acs.CommunicationUser{ID: "8:acs:r_u"}},
	},
	{
		"Teams user", v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: "u", Cloud: v1alpha1.TeamsCloudPublic}},
		acs.Identifier{
			Kind: acs.KindMicrosoftTeamsUser, RawID: "8:orgid:u",
			MicrosoftTeamsUser: &acs.MicrosoftTeamsUser{UserID: "u", Cloud: acs.CloudPublic},
		},
	},
	{
		"Teams user, cloud unset", v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: "u"}},
		acs.Identifier{
			Kind: acs.KindMicrosoftTeamsUser, RawID: "8:orgid:u",
			MicrosoftTeamsUser: &acs.MicrosoftTeamsUser{UserID: "u", Cloud: acs.CloudPublic},
		},
	},
	{
		"Teams user of the DoD", v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: "u", Cloud: v1alpha1.TeamsCloudDoD}},
		acs.Identifier{
			Kind: acs.KindMicrosoftTeamsUser, RawID: "8:dod:u",
			MicrosoftTeamsUser: &acs.MicrosoftTeamsUser{UserID: "u", Cloud: acs.CloudDOD},
		},
	},
	{
		"Teams app", v1alpha1.Identifier{TeamsApp: &v1alpha1.TeamsApp{AppID: "a", Cloud: v1alpha1.TeamsCloudGCCHigh}},
		acs.Identifier{
			Kind: acs.KindMicrosoftTeamsApp, RawID: "28:gcch:a",
			MicrosoftTeamsApp: &acs.MicrosoftTeamsApp{AppID: "a", Cloud: acs.CloudGCCH},
		},
	},
	{
		"Teams extension user",
		v1alpha1.Identifier{TeamsExtensionUser: &v1alpha1.TeamsExtensionUser{UserID: "u", TenantID: "t", ResourceID: "r", Cloud: v1alpha1.TeamsCloudPublic}},
		acs.Identifier{
			Kind: acs.KindTeamsExtensionUser, RawID: "8:acs:r_t_u",
			TeamsExtensionUser: &acs.TeamsExtensionUser{UserID: "u", TenantID: "t", ResourceID: "r", Cloud: acs.CloudPublic},
		},
	},
	{"nobody", v1alpha1.Identifier{}, acs.Identifier{}},
}

func TestIdentifier(t *testing.T) {
	for _, p := range eachKind {
		t.Run(p.name, func(t *testing.T) {
			if diff := cmp.Diff(p.want, identifier(&p.spec)); diff != "" {
				t.Errorf("what is sent to ACS (-want +got):\n%s", diff)
			}
		})
	}
}
