// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package party

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

const guid = "11111111-2222-4333-8444-555555555555"

func number(text string) *v1alpha1.Identifier {
	return &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(text)}
}

func raw(id string) *v1alpha1.Identifier { return &v1alpha1.Identifier{RawID: id} }

func user(id string) *v1alpha1.Identifier { return &v1alpha1.Identifier{CommunicationUser: id} }

func teamsUser(id string, cloud v1alpha1.TeamsCloud) *v1alpha1.Identifier {
	return &v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: id, Cloud: cloud}}
}

func teamsApp(id string, cloud v1alpha1.TeamsCloud) *v1alpha1.Identifier {
	return &v1alpha1.Identifier{TeamsApp: &v1alpha1.TeamsApp{AppID: id, Cloud: cloud}}
}

func extension(resource, tenant, id string, cloud v1alpha1.TeamsCloud) *v1alpha1.Identifier {
	return &v1alpha1.Identifier{TeamsExtensionUser: &v1alpha1.TeamsExtensionUser{
		UserID: id, TenantID: tenant, ResourceID: resource, Cloud: cloud,
	}}
}

// parties are valid identifiers and their raw IDs, as Microsoft documents them.
func parties() map[string]*v1alpha1.Identifier {
	return map[string]*v1alpha1.Identifier{
		"4:+14255550123":         number("+14255550123"),
		"4:+442079460123":        number("+442079460123"),
		"8:acs:r_u":              user("8:acs:r_u"),
		"8:acs:u":                user("8:acs:u"),
		"8:dod-acs:r_u":          user("8:dod-acs:r_u"),
		"8:gcch-acs:r_u":         user("8:gcch-acs:r_u"),
		"8:spool:a_b_c":          user("8:spool:a_b_c"),
		"8:acs:a_b_c_d":          user("8:acs:a_b_c_d"),
		"8:orgid:" + guid:        teamsUser(guid, v1alpha1.TeamsCloudPublic),
		"8:dod:" + guid:          teamsUser(guid, v1alpha1.TeamsCloudDoD),
		"8:gcch:" + guid:         teamsUser(guid, v1alpha1.TeamsCloudGCCHigh),
		"28:orgid:" + guid:       teamsApp(guid, v1alpha1.TeamsCloudPublic),
		"28:dod:" + guid:         teamsApp(guid, v1alpha1.TeamsCloudDoD),
		"28:gcch:" + guid:        teamsApp(guid, v1alpha1.TeamsCloudGCCHigh),
		"8:acs:res_ten_usr":      extension("res", "ten", "usr", v1alpha1.TeamsCloudPublic),
		"8:dod-acs:res_ten_usr":  extension("res", "ten", "usr", v1alpha1.TeamsCloudDoD),
		"8:gcch-acs:res_ten_usr": extension("res", "ten", "usr", v1alpha1.TeamsCloudGCCHigh),
	}
}

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	for rawID, id := range parties() {
		if got := RawID(id); got != rawID {
			t.Errorf("%+v is %q, want %q", id, got, rawID)
		}
		if diff := cmp.Diff(id, FromRawID(RawID(id))); diff != "" {
			t.Errorf("%s there and back (-want +got):\n%s", rawID, diff)
		}
	}
}

func TestRawIDOfNobody(t *testing.T) {
	t.Parallel()
	for _, nobody := range []*v1alpha1.Identifier{nil, {}} {
		if got := RawID(nobody); got != "" {
			t.Errorf("nobody became %q", got)
		}
	}
}

func TestRawIDWithoutACloud(t *testing.T) {
	t.Parallel()
	if got := RawID(teamsUser("u", "")); got != "8:orgid:u" {
		t.Errorf("an absent cloud is the public one, got %s", got)
	}
}

func TestFromRawID(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	cases := []struct {
		name, reason string
		id           string
		want         *v1alpha1.Identifier
	}{
		{"nobody", "there is nothing to name", "", nil},
		{"withheld", "a caller who withholds the number is nobody", "4:anonymous", nil},
		{"number in a call twice", "the suffix tells participants apart, not parties", "4:+14255550123_2", number("+14255550123")},
		{"raw ID without plus", "so many digits have a country code", "4:14255550123", number("+14255550123")},
		{"withheld, in other letters", "it is one word", "4:Anonymous", nil},
		{"withheld, twice in a call", "the suffix tells participants apart, not parties", "4:anonymous_2", nil},
		{"number of no digits", "nobody is named", "4:", nil},
		{"named caller", "a caller with a name is not anonymous", "4:MyBank", raw("4:MyBank")},
		{"short code", "it has no country code", "4:72727", raw("4:72727")},
		{"national number", "the country is unknown", "4:4255550123", raw("4:4255550123")},
		{"address", "a SIP address is no number", "4:sip:ada@example.com", raw("4:sip:ada@example.com")},
		{"number that is too long", "E.164 has 15 digits at most", "4:+1425555012345678", raw("4:+1425555012345678")},
		{"visitor in Teams", "a guest withholds no number", "8:teamsvisitor:abc", raw("8:teamsvisitor:abc")},
		{"kind that nobody knows", "it is recorded all the same", "48:future", raw("48:future")},
		{"user without an ID", "it is recorded as it is", "8:acs:", raw("8:acs:")},
		{"person without an ID", "it is recorded as it is", "8:orgid:", raw("8:orgid:")},
		{"application without an ID", "it is recorded as it is", "28:orgid:", raw("28:orgid:")},
		{"extension user without a tenant", "it is recorded as it is", "8:acs:a__c", raw("8:acs:a__c")},
		{"user with a long ID", "it is recorded as it is", "8:acs:" + long, raw("8:acs:" + long)},
		{"very long ID", "what the API server takes is recorded", "9:" + long + long, raw("9:" + (long + long)[:maxRawID-3] + "…")},
		{"person with a long ID", "it is recorded as it is", "8:orgid:" + long, raw("8:orgid:" + long)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, FromRawID(c.id)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		a, b         *v1alpha1.Identifier
		want         bool
	}{
		{"the same number", "", number("+14255550123"), number("+14255550123"), true},
		{"one number begins the other", "no comparison by substring", number("+1425555012"), number("+14255550123"), false},
		{"letters of another case", "GUIDs mean the same in any case of letters", teamsUser("ABCD", v1alpha1.TeamsCloudPublic), teamsUser("abcd", ""), true},
		{"another cloud", "each cloud has its own people", teamsUser("u", v1alpha1.TeamsCloudPublic), teamsUser("u", v1alpha1.TeamsCloudDoD), false},
		{"person and application", "they have IDs of their own", teamsUser("u", ""), teamsApp("u", ""), false},
		{"the same name", "letters of either case", raw("4:MyBank"), raw("4:mybank"), true},
		{"another name", "", raw("4:MyBank"), raw("4:MyBank2"), false},
		{"a name and nobody", "a named caller is not anonymous", raw("4:MyBank"), nil, false},
		{"nobody twice", "nobody is nobody's equal", nil, nil, false},
		{"nobody and an empty identifier", "nobody is nobody's equal", nil, &v1alpha1.Identifier{}, false},
		{"somebody and nobody", "nobody is nobody's equal", number("+14255550123"), nil, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if Equal(c.a, c.b) != c.want || Equal(c.b, c.a) != c.want {
				t.Errorf("%s: want %t both ways", c.reason, c.want)
			}
		})
	}
}

func TestSameID(t *testing.T) {
	t.Parallel()
	if !SameID("8:acs:A_b", "8:acs:a_B") || !SameID("4:14255550123", "4:+14255550123") || SameID("", "") || SameID("4:+14255550123", "4:+14255550124") {
		t.Error("IDs are the same in any case of letters, nobody's ID is never the same, and others differ")
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for want, id := range map[string]*v1alpha1.Identifier{
		"": nil, "+14255550123": number("+14255550123"), "MyBank": raw("4:MyBank"), "48:future": raw("48:future"), "8:acs:r_u": user("8:acs:r_u"), "28:gcch:a": teamsApp("a", v1alpha1.TeamsCloudGCCHigh),
	} {
		if got := Text(id); got != want {
			t.Errorf("%+v reads as %q, want %q", id, got, want)
		}
	}
}

// FuzzFromRawID: whatever the service sends, what comes of it can be stored, and survives the way there and back.
func FuzzFromRawID(f *testing.F) {
	for rawID := range parties() {
		f.Add(rawID)
	}
	for _, odd := range []string{"", ":", "::", "4:", "4:anonymous", "4:MyBank", "4:72727", "4:14255550123", "4:sip:ada@example.com", "4:+14255550123_", "4:+0", "8:acs:_", "8:acs:__", "8:acs:a_b_c", "28:orgid:a b", "8:orgid:a_b", "8:orgid:" + strings.Repeat("\x86", maxPart+1)} {
		f.Add(odd)
	}
	f.Fuzz(func(t *testing.T, rawID string) {
		id := FromRawID(rawID)
		if id == nil {
			return
		}
		if !Storable(id) && (id.RawID == "" || utf8.RuneCountInString(id.RawID) > maxRawID || !utf8.ValidString(id.RawID)) {
			t.Errorf("%q became %+v, which the API server refuses", rawID, id)
		}
		if diff := cmp.Diff(id, FromRawID(RawID(id))); diff != "" {
			t.Errorf("%q there and back (-want +got):\n%s", rawID, diff)
		}
		if !Equal(id, FromRawID(RawID(id))) || Text(id) == "" {
			t.Errorf("%q is not itself, or has no text", rawID)
		}
	})
}

// FuzzThereAndBack: every party that can be stored survives the way to the service and back.
func FuzzThereAndBack(f *testing.F) {
	f.Add(byte(0), "+14255550123", "", "")
	f.Add(byte(1), "8:acs:r_u", "", "")
	f.Add(byte(2), guid, "", "")
	f.Add(byte(6), guid, "", "")
	f.Add(byte(14), "r", "t", "u")
	f.Add(byte(4), "\xbd", "t", "u")
	f.Fuzz(func(t *testing.T, kind byte, a, b, c string) {
		cloud := []v1alpha1.TeamsCloud{v1alpha1.TeamsCloudPublic, v1alpha1.TeamsCloudDoD, v1alpha1.TeamsCloudGCCHigh}[kind/5%3]
		id := []*v1alpha1.Identifier{number(a), user(a), teamsUser(a, cloud), teamsApp(a, cloud), extension(a, b, c, cloud)}[kind%5]
		if !Storable(id) || strings.Count(id.CommunicationUser, "_") == 2 {
			return // with two, it is a Teams extension user: the API server says so
		}
		if diff := cmp.Diff(id, FromRawID(RawID(id))); diff != "" {
			t.Errorf("there and back (-want +got):\n%s", diff)
		}
	})
}
