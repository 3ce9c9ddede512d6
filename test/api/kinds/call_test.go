// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Sentences that several Calls earn.
const (
	saysE164       = "write the number in E.164 form: a plus sign, the country code and the number, digits only and 15 at most, such as +14255550123"
	saysWhom       = `set to, the party to call, such as to: {phoneNumber: "+14255550123"} (only the webhook receiver sets inbound, and never together with to)`
	saysOneWay     = "name the party in exactly one way: set one of phoneNumber, communicationUser, teamsUser, teamsApp, teamsExtensionUser, sipURI, rawID and remove the others"
	saysCallerID   = "a call to a phone number needs a caller ID: set from.phoneNumber to one of the provider's numbers"
	saysUser       = "communicationUser must be the ID of an ACS user, such as 8:acs:RESOURCE_USER"
	saysSIPURI     = "sipURI must be a user and a host without parameters, such as sip:ada@pbx.example.com"
	saysRing       = "ringTimeout must be a duration from 1s to 3m, such as 45s"
	saysDuration   = "maxDuration must be a duration of at least 1s, such as 30m"
	saysProvider   = "write the name of a CallProvider: lower case letters, digits, - and ., such as acs"
	saysFrom       = "from is empty: set phoneNumber to one of the provider's numbers"
	saysSecretName = "write the name of a Secret: lower case letters, digits, - and ., such as acs-connection"
)

const numberToNumber = `
providerRef: {name: acs}
from: {phoneNumber: "+14255550100"}
to: {phoneNumber: "+14255550123"}
`

// with is the ordinary outbound Call with one more line.
func with(line string) string { return numberToNumber + line + "\n" }

// to is a Call to a party.
func to(party string) string {
	return "providerRef: {name: acs}\nfrom: {phoneNumber: \"+14255550100\"}\nto: " + party + "\n"
}

// from is a Call to a user, from a caller.
func from(caller string) string {
	return "providerRef: {name: acs}\nfrom: " + caller + "\nto: {communicationUser: \"8:acs:r_u\"}\n"
}

func inbound(fields string) string {
	return "providerRef: {name: acs}\ninbound: {" + fields + "}\n"
}

func provider(name string) string {
	return fmt.Sprintf("providerRef: {name: %q}\nto: {communicationUser: \"8:acs:r_u\"}\n", name)
}

const arrived = `to: {phoneNumber: "+14255550100"}, receivedTime: "2026-11-23T12:00:00Z"`

func TestCallParties(t *testing.T) {
	t.Parallel()
	judge(t, "Call", []judged{
		{"number to number", "an ordinary call", numberToNumber, ""},
		{"no target", "a call needs somebody to call", "providerRef: {name: acs}", saysWhom},
		{"both directions", "a call has one direction", numberToNumber + "inbound: {" + arrived + "}", saysWhom},
		{"nobody", "a party needs a name", to("{}"), saysOneWay},
		{"two kinds in one", "a party has one name", to(`{phoneNumber: "+14255550123", communicationUser: "8:acs:r_u"}`), saysOneWay},
		{"two Teams kinds in one", "a party has one name", to("{teamsUser: {userID: u}, teamsApp: {appID: a}}"), saysOneWay},
		{"shortest number", "two digits are E.164", to(`{phoneNumber: "+12"}`), ""},
		{"longest number", "15 digits are E.164", to(`{phoneNumber: "+123456789012345"}`), ""},
		{"too long", "16 digits are not", to(`{phoneNumber: "+1234567890123456"}`), saysE164},
		{"one digit", "a country code is no number", to(`{phoneNumber: "+1"}`), saysE164},
		{"no plus", "a national number says nothing elsewhere", to(`{phoneNumber: "14255550123"}`), saysE164},
		{"leading zero", "no country code begins with 0", to(`{phoneNumber: "+04255550123"}`), saysE164},
		{"spaces", "digits only", to(`{phoneNumber: "+1 425 555 0123"}`), saysE164},
		{"letters", "digits only", to(`{phoneNumber: "+1425555CALL"}`), saysE164},
		{"line break", "digits only", to(`{phoneNumber: "+14255550123\n"}`), saysE164},
		{"empty number", "an empty text is no number", to(`{phoneNumber: ""}`), saysE164},
		{"far too long", "a bound of the schema", to(`{phoneNumber: "+` + strings.Repeat("1", 32) + `"}`), "may not be more than 32 bytes"},
		{"user", "an ACS user", to(`{communicationUser: "8:acs:r_u"}`), ""},
		{"user of the DoD", "an ACS user", to(`{communicationUser: "8:dod-acs:r_u"}`), ""},
		{"user of GCC High", "an ACS user", to(`{communicationUser: "8:gcch-acs:r_u"}`), ""},
		{"Skype user", "an ACS user", to(`{communicationUser: "8:spool:r_u"}`), ""},
		{"user without prefix", "the prefix says what it is", to(`{communicationUser: "r_u"}`), saysUser},
		{"Teams user as ACS user", "it has a field of its own", to(`{communicationUser: "8:orgid:u"}`), saysUser},
		{"empty user", "an empty text is no user", to(`{communicationUser: ""}`), saysUser},
		{"long user", "a bound of the schema", to(`{communicationUser: "8:acs:` + strings.Repeat("u", 251) + `"}`), "may not be more than 256 bytes"},
		{"Teams user", "a person in Teams", to("{teamsUser: {userID: u}}"), ""},
		{"Teams user without an ID", "whom to call", to("{teamsUser: {cloud: DoD}}"), "spec.to.teamsUser.userID: Required value"},
		{"Teams user in no cloud", "the clouds are named", to("{teamsUser: {userID: u, cloud: Mars}}"), `supported values: "Public", "DoD", "GCCHigh"`},
		{"Teams app", "a queue in Teams", to("{teamsApp: {appID: a, cloud: GCCHigh}}"), ""},
		{"Teams app without an ID", "whom to call", to("{teamsApp: {}}"), "spec.to.teamsApp.appID: Required value"},
		{"Teams extension user", "a person through Teams Phone", to("{teamsExtensionUser: {userID: u, tenantID: t, resourceID: r}}"), ""},
		{"Teams extension user, half", "all three make the ID", to("{teamsExtensionUser: {userID: u, tenantID: t}}"), "spec.to.teamsExtensionUser.resourceID: Required value"},
		{"SIP address", "a phone of a PBX", to(`{sipURI: "sip:ada@pbx.example.com"}`), ""},
		{"secure SIP address with a port", "a phone of a PBX", to(`{sipURI: "sips:ada.l%20x+1@pbx-1.example.com:5061"}`), ""},
		{"SIP address from nobody", "a PBX needs no caller ID", "providerRef: {name: pbx}\nto: {sipURI: \"sip:200@pbx.example.com\"}", ""},
		{"SIP address and number", "a party has one name", to(`{phoneNumber: "+14255550123", sipURI: "sip:ada@pbx.example.com"}`), saysOneWay},
		{"SIP address without a scheme", "not a SIP address", to(`{sipURI: "ada@pbx.example.com"}`), saysSIPURI},
		{"SIP address without a user", "whom to call", to(`{sipURI: "sip:pbx.example.com"}`), saysSIPURI},
		{"SIP address with parameters", "they would be Asterisk's", to(`{sipURI: "sip:ada@pbx.example.com;transport=tcp"}`), saysSIPURI},
		{"SIP address with headers", "they would be the INVITE's", to(`{sipURI: "sip:ada@pbx.example.com?Subject=x"}`), saysSIPURI},
		{"SIP address with a comma", "it would be two in a list of Asterisk", to(`{sipURI: "sip:ada,bob@pbx.example.com"}`), saysSIPURI},
		{"SIP address with an ampersand", "it would ring two phones of Asterisk", to(`{sipURI: "sip:ada&PJSIP/bob@pbx.example.com"}`), saysSIPURI},
		{"SIP address with a variable", "Asterisk would expand it", to(`{sipURI: "sip:${EXTEN}@pbx.example.com"}`), saysSIPURI},
		{"SIP address with a line break", "it would be a header of SIP", to(`{sipURI: "sip:ada@pbx.example.com\n"}`), saysSIPURI},
		{"empty SIP address", "an empty text is nobody", to(`{sipURI: ""}`), saysSIPURI},
		{"long SIP address", "a bound of the schema", to(`{sipURI: "sip:ada@` + strings.Repeat("h", 249) + `"}`), "may not be more than 256 bytes"},
		{"number from nobody", "ACS needs a caller ID", "providerRef: {name: acs}\nto: {phoneNumber: \"+14255550123\"}", saysCallerID},
		{"number from a name", "ACS needs a caller ID", "providerRef: {name: acs}\nfrom: {displayName: Ada}\nto: {phoneNumber: \"+14255550123\"}", saysCallerID},
		{"user from nobody", "an app needs no caller ID", "providerRef: {name: acs}\nto: {communicationUser: \"8:acs:r_u\"}", ""},
		{"from a name", "an app shows it", from("{displayName: Ada}"), ""},
		{"from a user and a number", "each has its place", from(`{communicationUser: "8:acs:r_v", phoneNumber: "+14255550100"}`), ""},
		{"from nothing", "it says nothing", from("{}"), saysFrom},
		{"from a bad number", "digits only", from(`{phoneNumber: "0100"}`), saysE164},
		{"from a bad user", "the prefix says what it is", from("{communicationUser: ada}"), saysUser},
		{"from an empty name", "it shows nothing", from(`{displayName: ""}`), "should be at least 1 chars long"},
		{"from a long name", "a bound of the schema", from("{displayName: " + strings.Repeat("a", 257) + "}"), "may not be more than 256 bytes"},
	})
}

func TestCallSettings(t *testing.T) {
	t.Parallel()
	judge(t, "Call", []judged{
		{"no provider", "somebody has to carry it", "to: {communicationUser: \"8:acs:r_u\"}", "spec.providerRef: Required value"},
		{"nameless provider", "which one", "providerRef: {}\nto: {communicationUser: \"8:acs:r_u\"}", "spec.providerRef.name: Required value"},
		{"provider with dots", "a name of an object", provider("acs.eu-1"), ""},
		{"empty provider", "no object has that name", provider(""), saysProvider},
		{"provider with a slash", "no object has that name", provider("other/acs"), saysProvider},
		{"provider in capitals", "no object has that name", provider("ACS"), saysProvider},
		{"long provider", "a bound of the schema", provider(strings.Repeat("a", 254)), "may not be more than 253 bytes"},
		{"active", "a state", with("state: Active"), ""},
		{"ended", "a state", with("state: Ended"), ""},
		{"paused", "not a state", with("state: Paused"), `supported values: "Active", "Ended"`},
		{"shortest ring", "a second is one ring", with("ringTimeout: 1s"), ""},
		{"longest ring", "three minutes", with("ringTimeout: 3m"), ""},
		{"as Go prints it", "a Go program writes back what it read", with("ringTimeout: 1m0s"), ""},
		{"with a fraction", "a Go program writes back what it read", with("ringTimeout: 1.5s"), ""},
		{"in milliseconds", "a duration", with("ringTimeout: 1500ms"), ""},
		{"no ring", "the callee could not answer", with("ringTimeout: 0s"), saysRing},
		{"a ring too short", "the callee could not answer", with("ringTimeout: 999ms"), saysRing},
		{"negative ring", "time does not go back", with("ringTimeout: -45s"), saysRing},
		{"a ring too long", "the service gives up before", with("ringTimeout: 3m1s"), saysRing},
		{"days", "no unit of a duration", with("ringTimeout: 1d"), saysRing},
		{"no unit", "of what", with(`ringTimeout: "45"`), saysRing},
		{"number", "of what", with("ringTimeout: 45"), "must be of type string"},
		{"empty ring", "not a duration", with(`ringTimeout: ""`), saysRing},
		{"long text", "a bound of the schema", with("ringTimeout: " + strings.Repeat("1", 33) + "s"), "may not be more than 32 bytes"},
		{"not before", "a time", with(`notBefore: "2026-12-01T08:00:00Z"`), ""},
		{"not before, elsewhere", "a time with an offset", with(`notBefore: "2026-12-01T08:00:00+01:00"`), ""},
		{"not before tomorrow", "not a time", with("notBefore: tomorrow"), "spec.notBefore"},
		{"deadline", "seconds", with("startingDeadlineSeconds: 1"), ""},
		{"no time at all", "it would never be placed", with("startingDeadlineSeconds: 0"), "greater than or equal to 1"},
		{"deadline in the far future", "a bound of the schema", with("startingDeadlineSeconds: 2147483648"), "less than or equal to 2147483647"},
		{"incoming, not before", "it came when it came", inbound(arrived) + `notBefore: "2026-12-01T08:00:00Z"`, "notBefore is for outbound calls only: leave it out"},
		{
			"incoming, deadline", "it came when it came", inbound(arrived) + "startingDeadlineSeconds: 60",
			"startingDeadlineSeconds is for outbound calls only: leave it out",
		},
		{"shortest call", "a second", with("maxDuration: 1s"), ""},
		{"as Go prints four hours", "a Go program writes back what it read", with("maxDuration: 4h0m0s"), ""},
		{"long call", "four days", with("maxDuration: 96h"), ""},
		{"longest that can be written", "a number that the duration type holds", with("maxDuration: 99999h99999h99999h99999h"), ""},
		{"no call", "it could not be answered", with("maxDuration: 0s"), saysDuration},
		{"negative call", "time does not go back", with("maxDuration: -1h"), saysDuration},
		{"no duration", "not a duration", with("maxDuration: forever"), saysDuration},
		{"deleted at once", "0 is a time to live too", with("ttlSecondsAfterFinished: 0"), ""},
		{"kept", "an hour", with("ttlSecondsAfterFinished: 3600"), ""},
		{"negative time to live", "time does not go back", with("ttlSecondsAfterFinished: -1"), "should be greater than or equal to 0"},
		{"inbound", "as the receiver writes it", inbound(arrived), ""},
		{"inbound from somebody", "as the receiver writes it", inbound(arrived + `, from: {phoneNumber: "+14255550123"}, callerDisplayName: Ada, correlationID: co, serverCallID: sc`), ""},
		{"inbound to nobody", "who was called", inbound(`receivedTime: "2026-11-23T12:00:00Z"`), "spec.inbound.to: Required value"},
		{"inbound at no time", "a ring lasts 30 s from when", inbound(`to: {phoneNumber: "+14255550100"}`), "spec.inbound.receivedTime: Required value"},
		{"inbound, answered by hand", "a person decides", inbound(arrived) + "action: {answer: {}}", ""},
		{"inbound, two actions", "one thing is done with a call", inbound(arrived) + "action: {answer: {}, reject: {}}", "a route does exactly one thing"},
		{"outbound, with an action", "only what comes in is answered", with("action: {answer: {}}"), "action is for incoming calls only: leave it out"},
		{"inbound from two in one", "a party has one name", inbound(arrived + `, from: {phoneNumber: "+14255550123", teamsUser: {userID: u}}`), saysOneWay},
	})
}

// TestUnknownField: a field that was mistyped is not silently dropped when the writer asks for it, as kubectl does.
func TestUnknownField(t *testing.T) {
	t.Parallel()
	strict := client.WithFieldValidation(plane.Client, metav1.FieldValidationStrict)
	for kind, spec := range map[string]string{"Call": with("ringTimeOut: 45s"), "CallProvider": and("callPerSecond: 3")} {
		err := strict.Create(t.Context(), object(t, kind, "mistyped", spec), client.DryRunAll)
		if !apierrors.IsBadRequest(err) || !strings.Contains(err.Error(), "unknown field") {
			t.Errorf("a mistyped field of a %s: got %v", kind, err)
		}
	}
}
