// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"fmt"
	"strings"
	"testing"
)

const oneWay = "select parties in exactly one way: set one of exact, prefix, kind and remove the others"

// rejecting is a route that rejects what matches.
func rejecting(match string) string {
	return "{providerRef: {name: acs}, match: " + match + ", action: {reject: {}}}"
}

// acting is a route that does this with every call.
func acting(action string) string { return "{providerRef: {name: acs}, action: " + action + "}" }

// times is text n times, as a list of YAML.
func times(n int, text string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(text+", ", n), ", ") + "]"
}

func TestRouteSpec(t *testing.T) {
	t.Parallel()
	priority := func(p string) string {
		return "{providerRef: {name: acs}, priority: " + p + ", action: {reject: {}}}"
	}
	judge(t, "CallRoute", []judged{
		{"the least", "a provider and an action make a route", acting("{reject: {}}"), ""},
		{"no provider", "whose calls?", "{action: {reject: {}}}", "spec.providerRef: Required value"},
		{"provider without a name", "whose calls?", "{providerRef: {}, action: {reject: {}}}", "spec.providerRef.name: Required value"},
		{"provider with an empty name", "whose calls?", `{providerRef: {name: ""}, action: {reject: {}}}`, "spec.providerRef.name"},
		{"provider with a long name", "no object has such a name", "{providerRef: {name: " + strings.Repeat("a", 254) + "}, action: {reject: {}}}", "spec.providerRef.name: Too long"},
		{"highest priority", "the bound is allowed", priority("1000000"), ""},
		{"lowest priority", "the bound is allowed", priority("-1000000"), ""},
		{"too high a priority", "beyond the bound", priority("1000001"), "less than or equal to 1000000"},
		{"too low a priority", "beyond the bound", priority("-1000001"), "greater than or equal to -1000000"},
		{"priority of one and a half", "a priority is whole", priority("1.5"), "spec.priority"},
	})
}

func TestRouteMatch(t *testing.T) {
	t.Parallel()
	one := func(match string) string { return rejecting("{to: [" + match + "]}") }
	ok := "{prefix: '+1'}"
	cases := []judged{
		{"empty", "it matches every call", rejecting("{}"), ""},
		{"no called party", "leave it out instead", rejecting("{to: []}"), "spec.match.to: Invalid value"},
		{"no caller", "leave it out instead", rejecting("{from: []}"), "spec.match.from: Invalid value"},
		{"32 called parties", "the bound is allowed", rejecting("{to: " + times(32, ok) + "}"), ""},
		{"33 called parties", "beyond the bound", rejecting("{to: " + times(33, ok) + "}"), "must have at most 32 items"},
		{"32 callers", "the bound is allowed", rejecting("{from: " + times(32, ok) + "}"), ""},
		{"33 callers", "beyond the bound", rejecting("{from: " + times(33, ok) + "}"), "must have at most 32 items"},
		{"anonymous caller", "callers withhold their number", rejecting("{from: [{kind: Anonymous}]}"), ""},
		{
			"anonymous called party", "nobody calls nobody", rejecting("{to: [" + ok + ", {kind: Anonymous}]}"),
			"a called party is never anonymous: set kind Anonymous in from",
		},
		{"unknown kind", "a misspelt kind matches nothing", one("{kind: Phone}"), "spec.match.to[0].kind: Unsupported value"},
		{"no way", "it selects nobody", one("{}"), oneWay},
		{"two ways", "which of them?", one("{prefix: '+1', kind: PhoneNumber}"), oneWay},
		{"three ways", "which of them?", one("{prefix: '+1', kind: PhoneNumber, exact: {phoneNumber: '+14255550100'}}"), oneWay},
		{"caller in two ways", "which of them?", rejecting("{from: [{prefix: '+1', kind: PhoneNumber}]}"), oneWay},
		{"origin", "by labels", rejecting("{origin: {selector: {matchLabels: {team: sales}}}}"), ""},
		{"every origin", "an empty selector selects every Call", rejecting("{origin: {selector: {}}}"), ""},
		{"origin without a selector", "which Calls?", rejecting("{origin: {}}"), "spec.match.origin.selector: Required value"},
	}
	for _, kind := range []string{"PhoneNumber", "CommunicationUser", "TeamsUser", "TeamsApp", "TeamsExtensionUser", "Other"} {
		cases = append(cases, judged{"kind " + kind, "every kind of called party", one("{kind: " + kind + "}"), ""})
	}
	judge(t, "CallRoute", cases)
}

func TestRoutePrefix(t *testing.T) {
	t.Parallel()
	const wrong = "prefix must be the beginning of a number in E.164 form, such as +1425"
	for text, want := range map[string]string{
		"+": "", "+1": "", "+1425": "", "+14255550123": "", "+123456789012345": "",
		"":                  "spec.match.to[0].prefix",
		"1425":              wrong,
		"+0":                wrong,
		"+1 425":            wrong,
		"+1425*":            wrong,
		"++1":               wrong,
		"+1234567890123456": "spec.match.to[0].prefix: Too long",
	} {
		judge(t, "CallRoute", []judged{{fmt.Sprintf("%q", text), "a prefix of E.164", rejecting("{to: [{prefix: '" + text + "'}]}"), want}})
	}
}

const (
	noNumber  = "write the number in E.164 form: a plus sign, the country code and the number, digits only and 15 at most, such as +14255550123"
	nameOne   = "name the party in exactly one way: set one of phoneNumber, communicationUser, teamsUser, teamsApp, teamsExtensionUser, sipURI, rawID and remove the others"
	noUser    = "communicationUser must be the ID of an ACS user, such as 8:acs:RESOURCE_USER"
	threePart = "an ID of three parts names a Teams extension user: set teamsExtensionUser instead, with resourceID, tenantID and userID"
)

// identifiers are parties as people may write them, and the message for each.
func identifiers() []judged {
	extension := func(user, tenant, resource string) string {
		return fmt.Sprintf("{teamsExtensionUser: {userID: %q, tenantID: %q, resourceID: %q}}", user, tenant, resource)
	}
	long := strings.Repeat("x", 129)
	return []judged{
		{"number", "E.164", "{phoneNumber: '+14255550123'}", ""},
		{"number without a plus", "no E.164", "{phoneNumber: '14255550123'}", noNumber},
		{"user", "an ID of two parts", "{communicationUser: '8:acs:r_u'}", ""},
		{"user of four parts", "no Teams extension user", "{communicationUser: '8:acs:a_b_c_d'}", ""},
		{"Skype user of three parts", "those never are Teams extension users", "{communicationUser: '8:spool:a_b_c'}", ""},
		{"user of three parts", "the service takes it for a Teams extension user", "{communicationUser: '8:acs:a_b_c'}", threePart},
		{"user of another cloud of three parts", "the service takes it for a Teams extension user", "{communicationUser: '8:gcch-acs:a_b_c'}", threePart},
		{"number as a user", "no user", "{communicationUser: '4:+14255550123'}", noUser},
		{"person", "an object ID", "{teamsUser: {userID: 'a-b'}}", ""},
		{"person as a raw ID", "it would name somebody else", "{teamsUser: {userID: '8:orgid:a'}}", "userID must be the person's Entra object ID"},
		{"person without an ID", "who?", "{teamsUser: {}}", "teamsUser.userID: Required value"},
		{"person in an unknown cloud", "a misspelt cloud", "{teamsUser: {userID: a, cloud: public}}", "teamsUser.cloud: Unsupported value"},
		{"person with a long ID", "beyond the bound", "{teamsUser: {userID: " + long + "}}", "teamsUser.userID: Too long"},
		{"application", "an application ID", "{teamsApp: {appID: 'a-b'}}", ""},
		{"application as a raw ID", "it would name something else", "{teamsApp: {appID: '28:orgid:a'}}", "appID must be the Entra application ID"},
		{"extension user", "three IDs", extension("u", "t", "r"), ""},
		{"extension user with an underscore", "it would name somebody else", extension("u_v", "t", "r"), "userID must be the person's Entra object ID"},
		{"extension user in an underscored tenant", "it would name somebody else", extension("u", "t_v", "r"), "tenantID must be the ID of the Entra tenant"},
		{"extension user of an underscored resource", "it would name somebody else", extension("u", "t", "r_v"), "resourceID must be the resource's immutable ID"},
		{"nobody", "who?", "{}", nameOne},
		{"two parties", "which of them?", "{phoneNumber: '+14255550123', communicationUser: '8:acs:r_u'}", nameOne},
	}
}

// TestIdentifiers asks at every place where a party is named.
func TestIdentifiers(t *testing.T) {
	t.Parallel()
	places := []struct{ name, kind, before, after string }{
		{"called party", "CallRoute", "{providerRef: {name: acs}, action: {reject: {}}, match: {to: [{exact: ", "}]}}"},
		{"caller", "CallRoute", "{providerRef: {name: acs}, action: {reject: {}}, match: {from: [{exact: ", "}]}}"},
		{"redirect", "CallRoute", "{providerRef: {name: acs}, action: {redirect: {to: ", "}}}"},
		{"participant", "ParticipantMove", "{from: {name: a}, to: {name: b}, participants: [", "]}"},
	}
	for _, place := range places {
		t.Run(place.name, func(t *testing.T) {
			t.Parallel()
			cases := identifiers()
			for i := range cases {
				cases[i].spec = place.before + cases[i].spec + place.after
			}
			judge(t, place.kind, cases)
		})
	}
}

func TestRouteAction(t *testing.T) {
	t.Parallel()
	const oneThing = "a route does exactly one thing: set one of answer, redirect, reject and remove the others"
	redirect := "redirect: {to: {phoneNumber: '+14255550123'}}"
	judge(t, "CallRoute", []judged{
		{"no action", "what to do?", "{providerRef: {name: acs}}", "spec.action: Required value"},
		{"nothing to do", "what to do?", acting("{}"), oneThing},
		{"answer", "it answers", acting("{answer: {}}"), ""},
		{"redirect", "it redirects", acting("{" + redirect + "}"), ""},
		{"reject", "it rejects", acting("{reject: {reason: Busy}}"), ""},
		{"reject as forbidden", "the service knows the reason", acting("{reject: {reason: Forbidden}}"), ""},
		{"reject without a reason", "the service knows the reason", acting("{reject: {reason: None}}"), ""},
		{"reject for a reason of one's own", "the service knows three", acting("{reject: {reason: Rude}}"), "spec.action.reject.reason: Unsupported value"},
		{"answer and reject", "which of them?", acting("{answer: {}, reject: {}}"), oneThing},
		{"answer and redirect", "which of them?", acting("{answer: {}, " + redirect + "}"), oneThing},
		{"redirect and reject", "which of them?", acting("{reject: {}, " + redirect + "}"), oneThing},
		{"all three", "which of them?", acting("{answer: {}, reject: {}, " + redirect + "}"), oneThing},
		{"redirect to nobody", "to whom?", acting("{redirect: {}}"), "spec.action.redirect.to: Required value"},
	})
}

func TestRouteCallLabels(t *testing.T) {
	t.Parallel()
	const (
		wrongKey   = "a key of callLabels must be a label's key: letters, digits, -, _ and ., 63 at most, such as team or example.com/team"
		wrongValue = "a value of callLabels must be a label's value: letters, digits, -, _ and ., 63 at most, such as sales"
	)
	labels := func(text string) string { return acting("{answer: {callLabels: " + text + "}}") }
	many := func(n int) string {
		var pairs []string
		for i := range n {
			pairs = append(pairs, fmt.Sprintf("k%d: v", i))
		}
		return labels("{" + strings.Join(pairs, ", ") + "}")
	}
	name := strings.Repeat("n", 63)
	judge(t, "CallRoute", []judged{
		{"one", "an ordinary label", labels("{team: sales}"), ""},
		{"with a domain", "an ordinary label", labels("{example.com/team: sales}"), ""},
		{"with every mark", "all of them are allowed inside", labels("{a.b-c_D: 1.b-c_D}"), ""},
		{"as long as it may be", "the bound is allowed", labels("{" + name + ": " + name + "}"), ""},
		{"without a value", "a label may be empty", labels("{team: ''}"), ""},
		{"8", "the bound is allowed", many(8), ""},
		{"9", "beyond the bound", many(9), "must have at most 8"},
		{"key with a space", "no label", labels("{'a b': x}"), wrongKey},
		{"empty key", "no label", labels("{'': x}"), wrongKey},
		{"key that begins with a mark", "no label", labels("{-a: x}"), wrongKey},
		{"key that ends with a mark", "no label", labels("{a_: x}"), wrongKey},
		{"long key", "no label", labels("{" + name + "n: x}"), wrongKey},
		{"domain in capitals", "no label", labels("{Example.com/a: x}"), wrongKey},
		{"domain with two dots", "no label", labels("{example..com/a: x}"), wrongKey},
		{"two slashes", "no label", labels("{a/b/c: x}"), wrongKey},
		{"long domain", "no label", labels("{" + strings.Repeat("d", 254) + "/a: x}"), wrongKey},
		{"value with a space", "no label", labels("{team: 'a b'}"), wrongValue},
		{"value with a slash", "no label", labels("{team: a/b}"), wrongValue},
		{"value that begins with a mark", "no label", labels("{team: -a}"), wrongValue},
		{"value that ends with a mark", "no label", labels("{team: a.}"), wrongValue},
		{"a mark alone", "no label", labels("{team: _}"), wrongValue},
		{"long value", "no label", labels("{team: " + name + "n}"), wrongValue},
	})
}
