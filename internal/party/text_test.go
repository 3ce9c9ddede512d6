// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package party

import (
	"testing"
	"unicode/utf8"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// eachKind is a party of each kind, as the spec and a person name it, and its raw ID.
var eachKind = []struct {
	name string
	spec v1alpha1.Identifier
	text string
	want string
}{
	{
		"phone number", v1alpha1.Identifier{PhoneNumber: "+14255550123"}, "+14255550123",
		"4:+14255550123",
	},
	{
		"ACS user", v1alpha1.Identifier{CommunicationUser: "8:acs:r_u"}, "8:acs:r_u",
		"8:acs:r_u",
	},
	{
		"Teams user", v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: "u", Cloud: v1alpha1.TeamsCloudPublic}}, "8:orgid:u",
		"8:orgid:u",
	},
	{
		"Teams user, cloud unset", v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: "u"}}, "8:orgid:u",
		"8:orgid:u",
	},
	{
		"Teams user of the DoD", v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: "u", Cloud: v1alpha1.TeamsCloudDoD}}, "8:dod:u",
		"8:dod:u",
	},
	{
		"Teams app", v1alpha1.Identifier{TeamsApp: &v1alpha1.TeamsApp{AppID: "a", Cloud: v1alpha1.TeamsCloudGCCHigh}}, "28:gcch:a",
		"28:gcch:a",
	},
	{
		"Teams extension user",
		v1alpha1.Identifier{TeamsExtensionUser: &v1alpha1.TeamsExtensionUser{UserID: "u", TenantID: "t", ResourceID: "r", Cloud: v1alpha1.TeamsCloudPublic}},
		"8:acs:r_t_u",
		"8:acs:r_t_u",
	},
	{"nobody", v1alpha1.Identifier{}, "", ""},
}

func TestEachKind(t *testing.T) {
	for _, p := range eachKind {
		t.Run(p.name, func(t *testing.T) {
			if got := RawID(&p.spec); got != p.want {
				t.Errorf("the raw ID is %q, want %q", got, p.want)
			}
			if got := Text(&p.spec); got != p.text {
				t.Errorf("what a person reads is %q, want %q", got, p.text)
			}
		})
	}
}

func TestBoth(t *testing.T) {
	number := v1alpha1.Identifier{PhoneNumber: "+14255550123"}
	cases := []struct {
		name, reason, from, to string
		spec                   v1alpha1.CallSpec
	}{
		{
			"number to number", "who calls whom", "+14255550100", "+14255550123",
			v1alpha1.CallSpec{From: &v1alpha1.Caller{PhoneNumber: "+14255550100", CommunicationUser: "8:acs:r_u", DisplayName: "Ada"}, To: &number},
		},
		{
			"as a user", "who has no number is called by the ID", "8:acs:r_u", "+14255550123",
			v1alpha1.CallSpec{From: &v1alpha1.Caller{CommunicationUser: "8:acs:r_u", DisplayName: "Ada"}, To: &number},
		},
		{"by name", "a name is better than nothing", "Ada", "+14255550123", v1alpha1.CallSpec{From: &v1alpha1.Caller{DisplayName: "Ada"}, To: &number}},
		{"from nobody", "an app may be called without a caller", "", "+14255550123", v1alpha1.CallSpec{To: &number}},
		{
			"incoming", "the caller is theirs, the callee ours", "+14255550123", "+14255550100",
			v1alpha1.CallSpec{Inbound: &v1alpha1.InboundCall{From: &number, To: v1alpha1.Identifier{PhoneNumber: "+14255550100"}}},
		},
		{
			"incoming, withheld", "the number was withheld", "", "+14255550100",
			v1alpha1.CallSpec{Inbound: &v1alpha1.InboundCall{To: v1alpha1.Identifier{PhoneNumber: "+14255550100"}}},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if from, to := Both(&c.spec); from != c.from || to != c.to {
				t.Errorf("%s: %q calls %q, want %q and %q", c.reason, from, to, c.from, c.to)
			}
		})
	}
}

func TestShort(t *testing.T) {
	const longest = len("+123456789012345")
	cases := []struct{ name, reason, text, want string }{
		{"nobody", "a number that is withheld has no text", "", ""},
		{"number", "a number is shown whole", "+14255550123", "+14255550123"},
		{"longest number", "a number is shown whole, however long", "+123456789012345", "+123456789012345"},
		{"app user", "the kind and the end of the ID tell who it is", "8:acs:" + guid + "_00000020-0000-4000-8000-0000000abcde", "8:acs:...00abcde"},
		{"Teams user", "the ID is long too", "8:orgid:" + guid, "8:orgi...5555555"},
		{"one letter too long", "no text is wider than the longest number", "8:acs:r_12345678x", "8:acs:...345678x"},
		{"name", "a name is as long as its caller likes", "Señora Núñez de la Peña", "Señora...la Peña"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Short(c.text)
			if got != c.want {
				t.Errorf("%s: %q, want %q", c.reason, got, c.want)
			}
			if width := utf8.RuneCountInString(got); width > longest {
				t.Errorf("%q has %d columns, want at most %d", got, width, longest)
			}
		})
	}
}
