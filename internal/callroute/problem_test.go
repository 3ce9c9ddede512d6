// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callroute

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

type finding struct {
	name, reason string
	route        *v1alpha1.CallRoute
	others       []*v1alpha1.CallRoute
	want         string
	// names is what the message names, so that a person finds what to change.
	names string
}

func find(t *testing.T, provider *v1alpha1.CallProvider, cases []finding) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			alone := Problem(c.route, c.others, provider)
			if alone.Reason != c.want || !strings.Contains(alone.Message, c.names) {
				t.Errorf("%s: want %q naming %q, got %+v", c.reason, c.want, c.names, alone)
			}
			if (alone.Reason == "") != (alone.Message == "") {
				t.Errorf("a reason has a message and no reason has none: %+v", alone)
			}
			if among := Problem(c.route, append(c.others, c.route), provider); among != alone {
				t.Errorf("found %+v with itself among the routes, and %+v without", among, alone)
			}
		})
	}
}

func TestProblemInItself(t *testing.T) {
	t.Parallel()
	one := func(matches ...v1alpha1.PartyMatch) *v1alpha1.CallRoute { return route("r", to(matches...)) }
	find(t, owner(sales), []finding{
		{name: "every call", reason: "it can take calls", route: route("r")},
		{
			name: "unusable selector", reason: "it selects nothing", route: route("r", fromOurs(unusable())),
			want: v1alpha1.ReasonInvalidSelector, names: "spec.match.origin.selector",
		},
		{name: "usable selector", reason: "it can take calls", route: route("r", fromOurs(labelled("x")))},
		{name: "own number", reason: "calls to it arrive", route: one(exact(number(sales)))},
		{
			name: "foreign number", reason: "no call to it can arrive", route: one(exact(number(support))),
			want: v1alpha1.ReasonNumberNotOwned, names: "CallProvider acs",
		},
		{name: "one number of two", reason: "calls to the other arrive", route: one(exact(number(support)), exact(number(sales)))},
		{name: "prefix of an own number", reason: "calls to it arrive", route: one(prefix("+1425"))},
		{name: "prefix of no own number", reason: "no call can arrive", route: one(prefix("+44")), want: v1alpha1.ReasonNumberNotOwned},
		{name: "all numbers", reason: "calls to the own one arrive", route: one(kind(v1alpha1.PartyKindPhoneNumber))},
		{name: "user", reason: "nobody lists the users that a resource has", route: one(exact(user(anna)))},
		{name: "users", reason: "nobody lists the users that a resource has", route: one(kind(v1alpha1.PartyKindCommunicationUser))},
		{name: "anonymous", reason: "a called party has a name", route: one(kind(v1alpha1.PartyKindAnonymous)), want: v1alpha1.ReasonNumberNotOwned},
		{name: "foreign caller", reason: "callers are not ours", route: route("r", from(exact(number(london))))},
		{
			name: "selector before number", reason: "each mistake is shown in its turn", want: v1alpha1.ReasonInvalidSelector,
			route: route("r", to(exact(number(support))), fromOurs(unusable())),
		},
	})
	find(t, owner(), []finding{
		{name: "all of no numbers", reason: "no call can arrive", route: one(kind(v1alpha1.PartyKindPhoneNumber)), want: v1alpha1.ReasonNumberNotOwned},
	})
}

func TestProblemWithOthers(t *testing.T) {
	t.Parallel()
	toSales := to(exact(number(sales)))
	find(t, owner(sales, support), []finding{
		{
			name: "shadowed", reason: "a route before it takes each of its calls", want: v1alpha1.ReasonShadowed, names: "CallRoute high ",
			route: route("r", toSales), others: []*v1alpha1.CallRoute{route("high", priority(1))},
		},
		{
			name: "ambiguous", reason: "only the names decide", want: v1alpha1.ReasonAmbiguous, names: "CallRoute a ",
			route: route("r", toSales), others: []*v1alpha1.CallRoute{route("a", toSales)},
		},
		{
			name: "goes first by name", reason: "it is the other that takes nothing", route: route("a", toSales),
			others: []*v1alpha1.CallRoute{route("r", toSales)},
		},
		{
			name: "fallback", reason: "a fallback route does not conflict", route: route("r", toSales),
			others: []*v1alpha1.CallRoute{route("a-fallback", priority(-1))},
		},
		{
			name: "narrower before it", reason: "the rest of its calls is left", route: route("r"),
			others: []*v1alpha1.CallRoute{route("high", priority(1), toSales)},
		},
		{
			name: "undecided before it", reason: "what no Call of ours placed is left", route: route("r", toSales),
			others: []*v1alpha1.CallRoute{route("high", priority(1), fromOurs(labelled("x")))},
		},
		{
			name: "the first that shadows is named", reason: "that is the one to look at", want: v1alpha1.ReasonShadowed, names: "CallRoute higher ",
			route: route("r", toSales), others: []*v1alpha1.CallRoute{route("high", priority(1)), route("higher", priority(2))},
		},
		{
			name: "redirect before it", reason: "what leaves does not come back", want: v1alpha1.ReasonShadowed,
			route: route("r", toSales), others: []*v1alpha1.CallRoute{route("high", priority(1), toSales, redirectTo(user(anna)))},
		},
		{
			name: "redirect to itself", reason: "the call comes back and is left to others", route: route("r", toSales),
			others: []*v1alpha1.CallRoute{route("high", priority(1), toSales, redirectTo(number(sales)))},
		},
		{
			name: "redirect of every call", reason: "the call comes back and is left to others", route: route("r", toSales),
			others: []*v1alpha1.CallRoute{route("high", priority(1), redirectTo(user(anna)))},
		},
		{
			name: "redirects in a circle", reason: "the call comes back through another route", route: route("r", toSales),
			others: []*v1alpha1.CallRoute{
				route("high", priority(1), toSales, redirectTo(number(support))),
				route("back", priority(1), to(exact(number(support))), redirectTo(number(sales))),
			},
		},
		{
			name: "redirects in another circle", reason: "the call goes round elsewhere", want: v1alpha1.ReasonShadowed, names: "CallRoute high ",
			route: route("r", toSales), others: []*v1alpha1.CallRoute{
				route("high", priority(1), toSales, redirectTo(number(support))),
				route("round", priority(1), to(exact(number(support))), redirectTo(number(support))),
			},
		},
	})
}

func TestCovers(t *testing.T) {
	t.Parallel()
	m := func(options ...option) *v1alpha1.RouteMatch { return route("", options...).Spec.Match }
	cases := []struct {
		name, reason string
		a, b         *v1alpha1.RouteMatch
		want         bool
	}{
		{"all and all", "the same", nil, nil, true},
		{"all and some", "all calls are among all calls", nil, m(to(prefix("+1"))), true},
		{"some and all", "other calls are not among them", m(to(prefix("+1"))), nil, false},
		{"an empty match and all", "an empty match matches every call", &v1alpha1.RouteMatch{}, nil, true},
		{"all and an empty match", "an empty match matches every call", nil, &v1alpha1.RouteMatch{}, true},
		{"the same number", "the same", m(to(exact(number(sales)))), m(to(exact(number(sales)))), true},
		{"another number", "different calls", m(to(exact(number(sales)))), m(to(exact(number(support)))), false},
		{"prefix and number", "the number begins so", m(to(prefix("+1425"))), m(to(exact(number(sales)))), true},
		{"number and prefix", "other numbers begin so too", m(to(exact(number(sales)))), m(to(prefix("+1425"))), false},
		{"short and long prefix", "each number with the long one has the short one", m(to(prefix("+1"))), m(to(prefix("+1425"))), true},
		{"long and short prefix", "other numbers begin so too", m(to(prefix("+1425"))), m(to(prefix("+1"))), false},
		{"kind and prefix", "only numbers have prefixes", m(to(kind(v1alpha1.PartyKindPhoneNumber))), m(to(prefix("+1"))), true},
		{"other kind and prefix", "only numbers have prefixes", m(to(kind(v1alpha1.PartyKindTeamsUser))), m(to(prefix("+1"))), false},
		{"kind and one of it", "one of the kind", m(to(kind(v1alpha1.PartyKindCommunicationUser))), m(to(exact(user(anna)))), true},
		{"kind and the same", "the same", m(from(kind(v1alpha1.PartyKindAnonymous))), m(from(kind(v1alpha1.PartyKindAnonymous))), true},
		{"kind and another", "different calls", m(to(kind(v1alpha1.PartyKindTeamsApp))), m(to(kind(v1alpha1.PartyKindTeamsUser))), false},
		{"both of two", "each is covered by one", m(to(prefix("+1"), prefix("+44"))), m(to(exact(number(london)), exact(number(sales)))), true},
		{"one of two", "the other is not covered", m(to(prefix("+1"))), m(to(exact(number(london)), exact(number(sales)))), false},
		{"callers too", "both parties have to be covered", m(from(prefix("+44"))), m(to(exact(number(sales)))), false},
		{"callers and called", "both are covered", m(from(prefix("+44"))), m(to(exact(number(sales))), from(exact(number(london)))), true},
		{"same origin", "the same", m(fromOurs(labelled("x"))), m(fromOurs(labelled("x")), to(prefix("+1"))), true},
		{"other origin", "different calls", m(fromOurs(labelled("x"))), m(fromOurs(labelled("y"))), false},
		{"origin and none", "calls from outside are not among them", m(fromOurs(&metav1.LabelSelector{})), m(to(prefix("+1"))), false},
		{"none and origin", "all calls are among all calls", nil, m(fromOurs(labelled("x"))), true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := covers(c.a, c.b); got != c.want {
				t.Errorf("%s: got %t", c.reason, got)
			}
		})
	}
}
