// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callroute

import (
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func header(name string) v1alpha1.HeaderMatch { return v1alpha1.HeaderMatch{Name: name} }

func headerValue(name, value string) v1alpha1.HeaderMatch {
	return v1alpha1.HeaderMatch{Name: name, Value: &value}
}

func headerPrefix(name, prefix string) v1alpha1.HeaderMatch {
	return v1alpha1.HeaderMatch{Name: name, Prefix: prefix}
}

func TestMatchesHeaders(t *testing.T) {
	t.Parallel()
	ticket := &v1alpha1.Headers{SIP: map[string]string{"X-Ticket": "4711"}, VoIP: map[string]string{"customer": ""}}
	cases := []struct {
		name, reason string
		matches      []v1alpha1.HeaderMatch
		headers      *v1alpha1.Headers
		want         bool
	}{
		{"nothing asked", "every call matches", nil, nil, true},
		{"asked, none there", "the call has no headers", []v1alpha1.HeaderMatch{header("X-Ticket")}, nil, false},
		{"there", "any value will do", []v1alpha1.HeaderMatch{header("X-Ticket")}, ticket, true},
		{"there, in other letters", "names mean the same in letters of either case", []v1alpha1.HeaderMatch{header("x-ticket")}, ticket, true},
		{"the value", "the whole value", []v1alpha1.HeaderMatch{headerValue("X-Ticket", "4711")}, ticket, true},
		{"a part of the value", "no comparison by substring", []v1alpha1.HeaderMatch{headerValue("X-Ticket", "471")}, ticket, false},
		{"an empty value", "empty is a value", []v1alpha1.HeaderMatch{headerValue("X-Ticket", "")}, ticket, false},
		{"an empty value, there", "empty is a value", []v1alpha1.HeaderMatch{headerValue("customer", "")}, ticket, true},
		{"prefix", "the value begins so", []v1alpha1.HeaderMatch{headerPrefix("X-Ticket", "47")}, ticket, true},
		{"other prefix", "the value begins otherwise", []v1alpha1.HeaderMatch{headerPrefix("X-Ticket", "71")}, ticket, false},
		{"both sorts", "all have to match, of either sort", []v1alpha1.HeaderMatch{header("X-Ticket"), header("customer")}, ticket, true},
		{"one of two", "all have to match", []v1alpha1.HeaderMatch{header("X-Ticket"), header("X-Other")}, ticket, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := matchesHeaders(c.matches, c.headers); got != c.want {
				t.Errorf("%s: got %t", c.reason, got)
			}
		})
	}
}

// TestChooseByContext: a route that asks for more than a call has does not take it.
func TestChooseByContext(t *testing.T) {
	t.Parallel()
	tickets := route("tickets", func(r *v1alpha1.CallRoute) { matchOf(r).Headers = []v1alpha1.HeaderMatch{header("X-Ticket")} })
	assistant := route("assistant", func(r *v1alpha1.CallRoute) { matchOf(r).OnBehalfOf = []v1alpha1.PartyMatch{exact(number(support))} })
	call := Call{From: number(london), To: number(sales)}
	forSupport, withTicket := call, call
	forSupport.OnBehalfOf = number(support)
	withTicket.Headers = &v1alpha1.Headers{SIP: map[string]string{"X-Ticket": "1"}}
	routes := []*v1alpha1.CallRoute{assistant, tickets}
	choose(t, []choosing{
		{name: "neither", reason: "the call has nothing of what is asked for", call: call, routes: routes},
		{name: "header", reason: "the call has it", call: withTicket, routes: routes, want: choice{Route: "tickets"}},
		{name: "on behalf", reason: "it is for whom the route says", call: forSupport, routes: routes, want: choice{Route: "assistant"}},
	})
}

func TestCoversHeaders(t *testing.T) {
	t.Parallel()
	list := func(matches ...v1alpha1.HeaderMatch) []v1alpha1.HeaderMatch { return matches }
	cases := []struct {
		name string
		a, b []v1alpha1.HeaderMatch
		want bool
	}{
		{"nothing asked", nil, list(header("a")), true},
		{"more asked", list(header("a")), nil, false},
		{"any and a value", list(header("a")), list(headerValue("A", "1")), true},
		{"a value and any", list(headerValue("a", "1")), list(header("a")), false},
		{"the same value", list(headerValue("a", "1")), list(headerValue("a", "1"), header("b")), true},
		{"prefix and value", list(headerPrefix("a", "1")), list(headerValue("a", "12")), true},
		{"longer prefix", list(headerPrefix("a", "12")), list(headerPrefix("a", "1")), false},
		{"shorter prefix", list(headerPrefix("a", "1")), list(headerPrefix("a", "12")), true},
	}
	for _, c := range cases {
		if got := coversHeaders(c.a, c.b); got != c.want {
			t.Errorf("%s: got %t", c.name, got)
		}
	}
}
