// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callroute

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// choice is what Choose says, by name.
type choice struct{ Route, Open string }

func choiceOf(chosen Choice) choice {
	c := choice{Open: chosen.Open}
	if chosen.Route != nil {
		c.Route = chosen.Route.Name
	}
	return c
}

type choosing struct {
	name, reason string
	routes       []*v1alpha1.CallRoute
	call         Call
	want         choice
}

func choose(t *testing.T, cases []choosing) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			// The order in which a cache lists the routes is no order.
			for range 2 {
				if diff := cmp.Diff(c.want, choiceOf(Choose(c.routes, c.call))); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.reason, diff)
				}
				slices.Reverse(c.routes)
			}
		})
	}
}

func TestChooseByOrder(t *testing.T) {
	t.Parallel()
	call := Call{From: number(london), To: number(sales), Origin: outside()}
	choose(t, []choosing{
		{name: "no routes", reason: "the call is left to ring for others", call: call},
		{
			name: "none matches", reason: "the call is left to ring for others", call: call,
			routes: []*v1alpha1.CallRoute{route("a", to(exact(number(support)))), route("b", from(exact(user(anna))))},
		},
		{
			name: "highest priority", reason: "the highest priority goes first", call: call,
			routes: []*v1alpha1.CallRoute{route("a", priority(-5)), route("b"), route("c", priority(7))}, want: choice{Route: "c"},
		},
		{
			name: "equals by name", reason: "equals go by name", call: call,
			routes: []*v1alpha1.CallRoute{route("b"), route("a"), route("c")}, want: choice{Route: "a"},
		},
		{
			name: "the highest does not match", reason: "the next one is asked", call: call,
			routes: []*v1alpha1.CallRoute{route("a", priority(9), to(exact(number(support)))), route("b")}, want: choice{Route: "b"},
		},
		{
			name: "an empty match", reason: "what a match leaves out matches every call", call: call,
			routes: []*v1alpha1.CallRoute{{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: v1alpha1.CallRouteSpec{Match: &v1alpha1.RouteMatch{}}}},
			want:   choice{Route: "a"},
		},
	})
}

func TestChooseByParty(t *testing.T) {
	t.Parallel()
	every := []v1alpha1.PartyKind{
		v1alpha1.PartyKindPhoneNumber, v1alpha1.PartyKindCommunicationUser, v1alpha1.PartyKindTeamsUser,
		v1alpha1.PartyKindTeamsApp, v1alpha1.PartyKindTeamsExtensionUser, v1alpha1.PartyKindOther, v1alpha1.PartyKindAnonymous,
	}
	callers := []*v1alpha1.Identifier{number(london), user(anna), teamsUser("u"), teamsApp("a"), extension("u"), named("MyBank"), nil}
	for i, caller := range callers {
		for j, k := range every {
			got := Choose([]*v1alpha1.CallRoute{route("a", from(kind(k)))}, Call{From: caller, To: number(sales)})
			if (got.Route != nil) != (i == j) {
				t.Errorf("a caller of kind %s and a match of kind %s: %v", every[i], k, choiceOf(got))
			}
		}
	}
	cases := []struct {
		name, reason string
		match        v1alpha1.PartyMatch
		party        *v1alpha1.Identifier
		want         bool
	}{
		{"exact number", "the number is the same", exact(number(sales)), number(sales), true},
		{"another number", "no comparison by substring", exact(number("+1425555010")), number(sales), false},
		{"exact user", "letters of another case are the same ID", exact(user("8:acs:R_ANNA")), user(anna), true},
		{"exact, of another kind", "a user is no number", exact(user(anna)), number(sales), false},
		{"exact and nobody", "who withholds the number is no party", exact(number(sales)), nil, false},
		{"exact name", "a caller who shows a name", exact(named("MyBank")), named("MyBank"), true},
		{"exact name, of another", "another name is another caller", exact(named("MyBank")), named("MyBank2"), false},
		{"exact name and nobody", "who withholds the number has no name", exact(named("MyBank")), nil, false},
		{"prefix and name", "only numbers have prefixes", prefix("+"), named("MyBank"), false},
		{"short code", "a short code is no number", kind(v1alpha1.PartyKindPhoneNumber), named("72727"), false},
		{"prefix", "the number begins so", prefix("+1425"), number(sales), true},
		{"prefix of all", "every number begins with a plus sign", prefix("+"), number(london), true},
		{"whole number as a prefix", "a number begins with itself", prefix(sales), number(sales), true},
		{"longer than the number", "the number ends before", prefix(sales + "1"), number(sales), false},
		{"other prefix", "the number begins otherwise", prefix("+44"), number(sales), false},
		{"prefix and user", "only numbers have prefixes", prefix("+"), user(anna), false},
		{"prefix and nobody", "who withholds the number matches kind Anonymous only", prefix("+"), nil, false},
		{"nothing set", "the API server refuses it, and it selects nobody", v1alpha1.PartyMatch{}, number(sales), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := matchesParty(c.match, c.party); got != c.want {
				t.Errorf("%s: got %t", c.reason, got)
			}
		})
	}
	call := Call{From: number(london), To: number(sales)}
	choose(t, []choosing{
		{
			name: "one of several", reason: "one of the parties has to match", call: call,
			routes: []*v1alpha1.CallRoute{route("a", to(exact(number(support)), prefix("+1425")))}, want: choice{Route: "a"},
		},
		{
			name: "caller and called", reason: "both have to match", call: call,
			routes: []*v1alpha1.CallRoute{route("a", to(exact(number(sales))), from(prefix("+1"))), route("b", to(exact(number(sales))), from(prefix("+44")))},
			want:   choice{Route: "b"},
		},
		{
			name: "withheld", reason: "a route for every caller takes those who withhold their number too", call: Call{To: number(sales)},
			routes: []*v1alpha1.CallRoute{route("a")}, want: choice{Route: "a"},
		},
	})
}

func TestChooseByOrigin(t *testing.T) {
	t.Parallel()
	at := func(origin Origin) Call { return Call{From: number(sales), To: number(support), Origin: origin} }
	selective := func() []*v1alpha1.CallRoute {
		return []*v1alpha1.CallRoute{route("first", priority(1), fromOurs(labelled("sales"))), route("second")}
	}
	choose(t, []choosing{
		{name: "ours", reason: "the Call that placed it has the labels", routes: selective(), call: at(ours("sales")), want: choice{Route: "first"}},
		{name: "ours, with other labels", reason: "the next route is asked", routes: selective(), call: at(ours("help")), want: choice{Route: "second"}},
		{name: "outside", reason: "it has no origin", routes: selective(), call: at(outside()), want: choice{Route: "second"}},
		{name: "not known yet", reason: "no later route may take what the first would", routes: selective(), call: at(unknownYet()), want: choice{Open: "first"}},
		{
			name: "not known, and of no account", reason: "a route before the open one takes the call", call: at(unknownYet()),
			routes: append(selective(), route("zero", priority(2))), want: choice{Route: "zero"},
		},
		{
			name: "not known, and another party", reason: "a route that does not match anyway is not open", call: at(unknownYet()),
			routes: []*v1alpha1.CallRoute{route("first", priority(1), to(exact(number(sales))), fromOurs(labelled("sales"))), route("second")},
			want:   choice{Route: "second"},
		},
		{
			name: "one of two, both with the labels", reason: "whichever it is, the route takes it", call: at(oneOf(false, "sales", "sales")),
			routes: selective(), want: choice{Route: "first"},
		},
		{
			name: "one of two, one with the labels", reason: "the next route may take it by mistake", call: at(oneOf(false, "sales", "help")),
			routes: selective(), want: choice{Open: "first"},
		},
		{
			name: "one of two, none with the labels", reason: "whichever it is, the next route takes it", call: at(oneOf(true, "help", "other")),
			routes: selective(), want: choice{Route: "second"},
		},
		{
			name: "one with the labels, or outside", reason: "it may be a stranger", call: at(oneOf(true, "sales")),
			routes: selective(), want: choice{Open: "first"},
		},
		{
			name: "empty selector", reason: "it selects every Call of ours", call: at(ours("help")),
			routes: []*v1alpha1.CallRoute{route("a", fromOurs(&metav1.LabelSelector{}))}, want: choice{Route: "a"},
		},
		{
			name: "empty selector, ours without labels", reason: "it selects every Call of ours", call: at(Origin{State: OriginOurs}),
			routes: []*v1alpha1.CallRoute{route("a", fromOurs(&metav1.LabelSelector{}))}, want: choice{Route: "a"},
		},
		{
			name: "empty selector, outside", reason: "a call from outside has no origin", call: at(outside()),
			routes: []*v1alpha1.CallRoute{route("a", fromOurs(&metav1.LabelSelector{}))},
		},
		{
			name: "unusable selector", reason: "it selects nothing, and keeps no call waiting", call: at(unknownYet()),
			routes: []*v1alpha1.CallRoute{route("a", priority(1), fromOurs(unusable())), route("b")}, want: choice{Route: "b"},
		},
	})
}

func TestChooseOfACallThatComesBack(t *testing.T) {
	t.Parallel()
	back := Call{From: number(london), To: number(sales), Origin: outside(), Redirected: map[string]bool{"loop": true}}
	first := back
	first.Redirected = nil
	choose(t, []choosing{
		{
			name: "first time", reason: "nobody has passed it on yet", call: first,
			routes: []*v1alpha1.CallRoute{route("loop", priority(1), redirectTo(number(sales))), route("next")}, want: choice{Route: "loop"},
		},
		{
			name: "second time", reason: "a redirect never takes a call that it has passed on before", call: back,
			routes: []*v1alpha1.CallRoute{route("loop", priority(1), redirectTo(number(sales))), route("next")}, want: choice{Route: "next"},
		},
		{
			name: "another redirect", reason: "this one has not passed it on", call: back,
			routes: []*v1alpha1.CallRoute{route("other", priority(1), redirectTo(number(support))), route("next")}, want: choice{Route: "other"},
		},
		{
			name: "now it answers", reason: "a route that answers ends the circle, whatever it did before", call: back,
			routes: []*v1alpha1.CallRoute{route("loop", priority(1)), route("next")}, want: choice{Route: "loop"},
		},
		{
			name: "passed on, origin open", reason: "a redirect that is out of question keeps no call waiting",
			call:   Call{To: number(sales), Origin: unknownYet(), Redirected: map[string]bool{"loop": true}},
			routes: []*v1alpha1.CallRoute{route("loop", priority(1), redirectTo(number(sales)), fromOurs(labelled("x"))), route("next")},
			want:   choice{Route: "next"},
		},
	})
}

// TestChooseSaysWhatWasStopped names the route that would have taken a call, had it not redirected it before.
func TestChooseSaysWhatWasStopped(t *testing.T) {
	t.Parallel()
	back := Call{From: number(london), To: number(sales), Origin: outside(), Redirected: map[string]bool{"loop": true, "loop-2": true}}
	loop := route("loop", priority(2), redirectTo(number(sales)))
	cases := []struct {
		name, reason string
		routes       []*v1alpha1.CallRoute
		want         string
	}{
		{"no other route", "the call says why nothing takes it", []*v1alpha1.CallRoute{loop}, "loop"},
		{"another route", "it takes the call, and the circle is seen", []*v1alpha1.CallRoute{loop, route("next")}, "loop"},
		{"an earlier route", "the circle is never come to", []*v1alpha1.CallRoute{loop, route("first", priority(3))}, ""},
		{"of another number", "the route would not take the call anyway", []*v1alpha1.CallRoute{route("loop", redirectTo(number(sales)), to(exact(number(support))))}, ""},
		{"two of them", "the first is named", []*v1alpha1.CallRoute{loop, route("loop-2", redirectTo(number(sales)))}, "loop"},
	}
	for _, c := range cases {
		if got := Choose(c.routes, back).Stopped; got != c.want {
			t.Errorf("%s: %s: got %q, want %q", c.name, c.reason, got, c.want)
		}
	}
}

func TestSortedLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	routes := []*v1alpha1.CallRoute{route("b"), route("a"), route("c", priority(1))}
	var names []string
	for _, r := range Sorted(routes) {
		names = append(names, r.Name)
	}
	if diff := cmp.Diff([]string{"c", "a", "b"}, names); diff != "" {
		t.Errorf("sorted (-want +got):\n%s", diff)
	}
	if routes[0].Name != "b" || routes[2].Name != "c" {
		t.Error("the routes are a cache's and must not be moved")
	}
}
