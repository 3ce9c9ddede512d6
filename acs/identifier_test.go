// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	testResource = "0f1f6d2c-9b3e-4c5d-8a7b-1c2d3e4f5a6b"
	testUser     = "00000011-2233-4455-6677-8899aabbccdd"
	testTenant   = "7a1c9b1e-2d3f-4a5b-9c8d-0e1f2a3b4c5d"
)

// TestRawIDs reads raw IDs and makes them again from the nested model alone.
func TestRawIDs(t *testing.T) {
	t.Parallel()
	acsUser := func(id string) Identifier {
		return Identifier{Kind: KindCommunicationUser, CommunicationUser: &CommunicationUser{ID: id}}
	}
	number := func(n PhoneNumber) Identifier { return Identifier{Kind: KindPhoneNumber, PhoneNumber: &n} }
	teamsUser := func(u MicrosoftTeamsUser) Identifier {
		return Identifier{Kind: KindMicrosoftTeamsUser, MicrosoftTeamsUser: &u}
	}
	teamsApp := func(cloud Cloud) Identifier {
		return Identifier{Kind: KindMicrosoftTeamsApp, MicrosoftTeamsApp: &MicrosoftTeamsApp{AppID: testUser, Cloud: cloud}}
	}
	extension := func(cloud Cloud) Identifier {
		return Identifier{Kind: KindTeamsExtensionUser, TeamsExtensionUser: &TeamsExtensionUser{
			UserID: testUser, TenantID: testTenant, ResourceID: testResource, Cloud: cloud,
		}}
	}
	unknown := Identifier{Kind: KindUnknown}
	cases := []struct {
		name, reason, rawID string
		want                Identifier
	}{
		{name: "phone", reason: "4: and the number", rawID: "4:+14255550123", want: number(PhoneNumber{Value: "+14255550123"})},
		{name: "phoneWithoutPlus", reason: "the number is not judged", rawID: "4:14255550123", want: number(PhoneNumber{Value: "14255550123"})},
		{name: "anonymous", reason: "a caller who withheld the number", rawID: "4:anonymous", want: number(PhoneNumber{Value: "anonymous", IsAnonymous: true})},
		{name: "asserted", reason: "the asserted ID stays part of the value, as in Microsoft's SDKs", rawID: "4:+14255550123_a1", want: number(PhoneNumber{Value: "+14255550123_a1", AssertedID: "a1"})},
		{name: "assertedTwice", reason: "the last underscore counts", rawID: "4:+14255550123_a_b", want: number(PhoneNumber{Value: "+14255550123_a_b", AssertedID: "b"})},
		{name: "assertedEmpty", reason: "nothing follows the underscore", rawID: "4:+14255550123_", want: number(PhoneNumber{Value: "+14255550123_"})},
		{name: "almostAnonymous", reason: "only the very word is anonymous", rawID: "4:anonymous_1", want: number(PhoneNumber{Value: "anonymous_1", AssertedID: "1"})},
		{name: "phoneEmpty", reason: "a number of no digits", rawID: "4:", want: number(PhoneNumber{})},
		{name: "phoneColons", reason: "all after 4: is the number", rawID: "4:a:b", want: number(PhoneNumber{Value: "a:b"})},
		{name: "user", reason: "two parts are an ACS user", rawID: "8:acs:" + testResource + "_" + testUser, want: acsUser("8:acs:" + testResource + "_" + testUser)},
		{name: "userDOD", reason: "in another cloud", rawID: "8:dod-acs:r_u", want: acsUser("8:dod-acs:r_u")},
		{name: "userGCCH", reason: "and another", rawID: "8:gcch-acs:r_u", want: acsUser("8:gcch-acs:r_u")},
		{name: "userOnePart", reason: "any number of parts but three", rawID: "8:acs:u", want: acsUser("8:acs:u")},
		{name: "userFourParts", reason: "any number of parts but three", rawID: "8:acs:a_b_c_d", want: acsUser("8:acs:a_b_c_d")},
		{name: "spool", reason: "a kind of user of old", rawID: "8:spool:a_b_c", want: acsUser("8:spool:a_b_c")},
		{name: "extension", reason: "three parts are a Teams extension user", rawID: "8:acs:" + testResource + "_" + testTenant + "_" + testUser, want: extension(CloudPublic)},
		{name: "extensionDOD", reason: "in another cloud", rawID: "8:dod-acs:" + testResource + "_" + testTenant + "_" + testUser, want: extension(CloudDOD)},
		{name: "extensionGCCH", reason: "and another", rawID: "8:gcch-acs:" + testResource + "_" + testTenant + "_" + testUser, want: extension(CloudGCCH)},
		{name: "teams", reason: "a person in Teams", rawID: "8:orgid:" + testUser, want: teamsUser(MicrosoftTeamsUser{UserID: testUser, Cloud: CloudPublic})},
		{name: "teamsDOD", reason: "in another cloud", rawID: "8:dod:" + testUser, want: teamsUser(MicrosoftTeamsUser{UserID: testUser, Cloud: CloudDOD})},
		{name: "teamsGCCH", reason: "and another", rawID: "8:gcch:" + testUser, want: teamsUser(MicrosoftTeamsUser{UserID: testUser, Cloud: CloudGCCH})},
		{name: "visitor", reason: "a guest without an account", rawID: "8:teamsvisitor:" + testUser, want: teamsUser(MicrosoftTeamsUser{UserID: testUser, IsAnonymous: true, Cloud: CloudPublic})},
		{name: "app", reason: "an application in Teams", rawID: "28:orgid:" + testUser, want: teamsApp(CloudPublic)},
		{name: "appDOD", reason: "in another cloud", rawID: "28:dod:" + testUser, want: teamsApp(CloudDOD)},
		{name: "appGCCH", reason: "and another", rawID: "28:gcch:" + testUser, want: teamsApp(CloudGCCH)},
		{name: "bot", reason: "two parts are of no known form", rawID: "28:" + testUser, want: unknown},
		{name: "fourParts", reason: "nor are four", rawID: "8:orgid:a:b", want: unknown},
		{name: "otherScope", reason: "nor is another scope", rawID: "8:other:a", want: unknown},
		{name: "capitals", reason: "prefixes are in lower case", rawID: "8:ACS:r_u", want: unknown},
		{name: "bare", reason: "nor is a bare word", rawID: "somebody", want: unknown},
		{name: "prefixOfNumber", reason: "48: is not 4:", rawID: "48:+14255550123", want: unknown},
		{name: "empty", reason: "nothing names nobody", rawID: "", want: unknown},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.want.RawID = tc.rawID
			got := ParseRawID(tc.rawID)
			if diff := cmp.Diff(tc.want, got, exactly); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if got.ID() != tc.rawID {
				t.Errorf("the ID is %q, want %q", got.ID(), tc.rawID)
			}
			checkRoundTrips(t, got)
		})
	}
}

// checkRoundTrips makes an identifier again from JSON, and its raw ID from the nested model alone.
func checkRoundTrips(t *testing.T, id Identifier) {
	t.Helper()
	text, err := json.Marshal(id)
	if err != nil {
		t.Fatal(err)
	}
	var read Identifier
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatalf("%s cannot be read back: %v", text, err)
	}
	if diff := cmp.Diff(id, read, exactly); diff != "" {
		t.Errorf("JSON changed it (-want +got):\n%s", diff)
	}
	if id.nested() == 1 {
		without := id
		without.RawID = ""
		if without.ID() != id.RawID {
			t.Errorf("the nested model gives %q, want %q", without.ID(), id.RawID)
		}
	}
}

// TestIdentifiers makes identifiers of each kind, which must be those that their raw IDs read as.
func TestIdentifiers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		got   Identifier
		rawID string
	}{
		{name: "phone", got: PhoneNumberIdentifier("+14255550123"), rawID: "4:+14255550123"},
		{name: "user", got: CommunicationUserIdentifier("8:acs:r_u"), rawID: "8:acs:r_u"},
		{name: "teams", got: TeamsUserIdentifier("u", CloudPublic), rawID: "8:orgid:u"},
		{name: "teamsDOD", got: TeamsUserIdentifier("u", CloudDOD), rawID: "8:dod:u"},
		{name: "app", got: TeamsAppIdentifier("a", CloudGCCH), rawID: "28:gcch:a"},
		{name: "extension", got: TeamsExtensionUserIdentifier("u", "t", "r", CloudDOD), rawID: "8:dod-acs:r_t_u"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(ParseRawID(tc.rawID), tc.got, exactly); diff != "" {
				t.Errorf("it differs from what %s reads as (-read +made):\n%s", tc.rawID, diff)
			}
		})
	}
	if got := TeamsUserIdentifier("u", "").ID() + TeamsAppIdentifier("a", "moon").ID(); got != "8:orgid:u28:orgid:a" {
		t.Errorf("an absent or unknown cloud gives %s, want the public one", got)
	}
}

// TestIdentifierJSON reads identifiers as the service and Event Grid send them.
func TestIdentifierJSON(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason, text string
		kind               IdentifierKind
		id                 string
	}{
		{name: "full", reason: "the usual form", text: phoneJSON, kind: KindPhoneNumber, id: "4:+14255550123"},
		{name: "capital", reason: "Event Grid writes the kind with a capital", text: `{"kind":"PhoneNumber","rawId":"4:+1"}`, kind: KindPhoneNumber, id: "4:+1"},
		{name: "nestedWins", reason: "the nested model says what it is", text: `{"kind":"unknown","phoneNumber":{"value":"+1"}}`, kind: KindPhoneNumber, id: "4:+1"},
		{name: "plusInModelOnly", reason: "reported: the nested number decides", text: `{"rawId":"4:14255550123","phoneNumber":{"value":"+14255550123"}}`, kind: KindPhoneNumber, id: "4:+14255550123"},
		{name: "suffixInRawIDOnly", reason: "who is in a call twice stays two", text: `{"rawId":"4:14255550123_2","phoneNumber":{"value":"+14255550123"}}`, kind: KindPhoneNumber, id: "4:+14255550123_2"},
		{name: "named", reason: "a caller with a name for a number", text: `{"rawId":"4:MyBank","phoneNumber":{"value":"MyBank"}}`, kind: KindPhoneNumber, id: "4:MyBank"},
		{name: "withheldBesideNumber", reason: "who withholds the number is not named by it", text: `{"rawId":"4:+14255550123","phoneNumber":{"value":"+14255550123","isAnonymous":true}}`, kind: KindPhoneNumber, id: "4:anonymous"},
		{name: "userInModel", reason: "the nested ID decides", text: `{"rawId":"acs:r_u","communicationUser":{"id":"8:acs:r_u"}}`, kind: KindCommunicationUser, id: "8:acs:r_u"},
		{name: "emptyModel", reason: "a model that says nothing decides nothing", text: `{"rawId":"4:+1","phoneNumber":{}}`, kind: KindPhoneNumber, id: "4:+1"},
		{name: "noKindUser", reason: "the kind follows from the nested model", text: `{"communicationUser":{"id":"8:acs:r_u"}}`, kind: KindCommunicationUser, id: "8:acs:r_u"},
		{name: "noKindTeams", reason: "likewise", text: `{"microsoftTeamsUser":{"userId":"u","cloud":"DOD"}}`, kind: KindMicrosoftTeamsUser, id: "8:dod:u"},
		{name: "noKindVisitor", reason: "likewise", text: `{"microsoftTeamsUser":{"userId":"u","isAnonymous":true}}`, kind: KindMicrosoftTeamsUser, id: "8:teamsvisitor:u"},
		{name: "noKindApp", reason: "likewise", text: `{"microsoftTeamsApp":{"appId":"a"}}`, kind: KindMicrosoftTeamsApp, id: "28:orgid:a"},
		{name: "noKindExtension", reason: "likewise", text: `{"teamsExtensionUser":{"userId":"u","tenantId":"t","resourceId":"r"}}`, kind: KindTeamsExtensionUser, id: "8:acs:r_t_u"},
		{name: "asserted", reason: "a number that joined twice", text: `{"phoneNumber":{"value":"+1","assertedId":"a"}}`, kind: KindPhoneNumber, id: "4:+1_a"},
		{name: "assertedInValue", reason: "the suffix may be in the value already", text: `{"phoneNumber":{"value":"+1_a","assertedId":"a"}}`, kind: KindPhoneNumber, id: "4:+1_a"},
		{name: "anonymous", reason: "a withheld number", text: `{"phoneNumber":{"value":"","isAnonymous":true}}`, kind: KindPhoneNumber, id: "4:anonymous"},
		{name: "rawIDOnly", reason: "without model and kind only the ID is known", text: `{"rawId":"8:acs:r_u"}`, kind: KindUnknown, id: "8:acs:r_u"},
		{name: "futureKind", reason: "a kind of the future", text: `{"kind":"hologram","rawId":"9:x","hologram":{"id":"x"}}`, kind: KindUnknown, id: "9:x"},
		{name: "null", reason: "nobody", text: `null`, kind: KindUnknown},
		{name: "nullModels", reason: "null models are none", text: `{"rawId":"4:+1","communicationUser":null,"phoneNumber":{"value":"+1"}}`, kind: KindPhoneNumber, id: "4:+1"},
		{name: "two", reason: "who is it?", text: `{"communicationUser":{"id":"a"},"phoneNumber":{"value":"+1"}}`},
		{name: "number", reason: "no object", text: `4`},
		{name: "wrongType", reason: "a raw ID is text", text: `{"rawId":4}`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got Identifier
			err := json.Unmarshal([]byte(tc.text), &got)
			if tc.kind == "" {
				if err == nil {
					t.Errorf("it is read as %+v: %s", got, tc.reason)
				}
				return
			}
			if err != nil || got.Kind != tc.kind || got.ID() != tc.id {
				t.Errorf("kind %s and ID %q, %v, want %s and %q: %s", got.Kind, got.ID(), err, tc.kind, tc.id, tc.reason)
			}
		})
	}
}

func TestIdentifierSameAs(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		a, b         Identifier
		want         bool
	}{
		{name: "same", reason: "one party", a: phone, b: phone, want: true},
		{name: "shorter", reason: "fields may be left out", a: phone, b: Identifier{RawID: "4:+14255550123"}, want: true},
		{name: "modelOnly", reason: "the raw ID too", a: phone, b: Identifier{PhoneNumber: &PhoneNumber{Value: "+14255550123"}}, want: true},
		{name: "case", reason: "a GUID means the same in any case of letters", a: ParseRawID("8:orgid:AB"), b: ParseRawID("8:orgid:ab"), want: true},
		{name: "withoutPlus", reason: "a raw ID may lack the plus sign", a: phone, b: Identifier{RawID: "4:14255550123"}, want: true},
		{name: "shortCode", reason: "a short code lacks no plus sign", a: ParseRawID("4:72727"), b: ParseRawID("4:+72727")},
		{name: "prefix", reason: "a number is not the longer one", a: PhoneNumberIdentifier("+1425555012"), b: phone},
		{name: "asserted", reason: "the same number twice in a call is two parties", a: phone, b: ParseRawID("4:+14255550123_a")},
		{name: "nobody", reason: "who withholds the number is not known to be who else does", a: Identifier{}, b: Identifier{Kind: KindUnknown}},
		{name: "somebody", reason: "and not somebody", a: Identifier{}, b: phone},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.a.SameAs(tc.b) != tc.want || tc.b.SameAs(tc.a) != tc.want {
				t.Errorf("want %t both ways: %s", tc.want, tc.reason)
			}
		})
	}
}

func FuzzRawID(f *testing.F) {
	for _, seed := range []string{
		"4:+14255550123", "4:anonymous", "4:+14255550123_1", "8:acs:r_u", "8:acs:r_t_u", "8:gcch-acs:a_b_c", "8:orgid:u", "8:teamsvisitor:u",
		"28:dod:a", "8:spool:a_b_c", "", "8:acs:", "4:_a", "4:anonymous_", "8:acs:__", ":::", "8:orgid:a:b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, rawID string) {
		got := ParseRawID(rawID)
		if got.ID() != rawID {
			t.Errorf("%q became %q", rawID, got.ID())
		}
		if got.nested() > 1 || got.Kind != got.kind() {
			t.Errorf("%q is read as %+v, which contradicts itself", rawID, got)
		}
		without := got
		without.RawID = ""
		if got.Kind != KindUnknown && without.ID() != rawID {
			t.Errorf("%q is %q by its nested model", rawID, without.ID())
		}
		if again := ParseRawID(got.ID()); !cmp.Equal(got, again, exactly) {
			t.Errorf("%q is read as %+v and then as %+v", rawID, got, again)
		}
	})
}
