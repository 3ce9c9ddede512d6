// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package legs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

const (
	numberA  = "+14255550111"
	numberB  = "+14255550122"
	numberC  = "+14255550133"
	stranger = "+442079460101"
	anna     = "8:acs:r_anna"
	ben      = "8:acs:r_ben"
)

var epoch = time.Date(2026, 3, 5, 8, 59, 21, 0, time.UTC)

func at(seconds int) time.Time { return epoch.Add(time.Duration(seconds) * time.Second) }

func number(text string) *v1alpha1.Identifier {
	return &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(text)}
}

func user(id string) *v1alpha1.Identifier { return &v1alpha1.Identifier{CommunicationUser: id} }

func rings(from, to *v1alpha1.Identifier, id string) Leg {
	return Leg{UID: "leg", From: from, To: to, CorrelationID: id, Rang: at(0)}
}

func placed(name, from string, to *v1alpha1.Identifier, id string, change ...func(*Call)) Call {
	call := Call{Name: name, UID: types.UID(name), From: &v1alpha1.Caller{PhoneNumber: v1alpha1.PhoneNumber(from)}, To: to, CorrelationID: id, Sent: at(-2)}
	for _, f := range change {
		f(&call)
	}
	return call
}

func redirected(name string, from, to, target *v1alpha1.Identifier, id string, change ...func(*Redirect)) Redirect {
	redirect := Redirect{
		Leg: Leg{UID: types.UID(name), From: from, To: to, CorrelationID: id, Rang: at(-3)}, Route: name, Target: target, Sent: at(-2),
		Origin: Pairing{State: Outside},
	}
	for _, f := range change {
		f(&redirect)
	}
	return redirect
}

func origin(call Call) func(*Redirect) {
	return func(r *Redirect) { r.Origin = paired(&call, v1alpha1.PairedByParties) }
}

func arrived(leg types.UID) func(*Call)        { return func(c *Call) { c.Leg = leg } }
func sent(seconds int) func(*Call)             { return func(c *Call) { c.Sent = at(seconds) } }
func connected(seconds int) func(*Call)        { return func(c *Call) { c.Connected = at(seconds) } }
func ended(seconds int) func(*Call)            { return func(c *Call) { c.Ended = at(seconds) } }
func as(userID string) func(*Call)             { return func(c *Call) { c.From.CommunicationUser = userID } }
func redirectedAt(seconds int) func(*Redirect) { return func(r *Redirect) { r.Sent = at(seconds) } }
func running(name, id string) Running {
	return Running{Name: name, UID: types.UID(name), CorrelationID: id}
}
func twoOf(a, b Call) Known        { return Known{Calls: []Call{a, b}} }
func oneOf(calls ...Call) Known    { return Known{Calls: calls} }
func through(rs ...Redirect) Known { return Known{Redirects: rs} }

// found is a Pairing, by names.
type found struct {
	State      State
	Name       string
	By         v1alpha1.PairedBy
	Candidates []string
	OrOutside  bool
}

func foundOf(p Pairing) found {
	f := found{State: p.State, By: p.By, OrOutside: p.OrOutside}
	if p.Call != nil {
		f.Name = p.Call.Name
	}
	if p.Inviter != nil {
		f.Name = p.Inviter.Name
	}
	for _, c := range p.Candidates {
		f.Candidates = append(f.Candidates, c.Name)
	}
	return f
}

var outside = found{State: Outside}

func pairedWith(name string, by v1alpha1.PairedBy) found {
	return found{State: Paired, Name: name, By: by}
}

func TestPair(t *testing.T) {
	t.Parallel()
	aToB := placed("ab", numberA, number(numberB), "id-1")
	cases := []struct {
		name, reason string
		leg          Leg
		known        Known
		want         found
	}{
		{"nobody", "no Call was placed", rings(number(numberA), number(numberB), "id-2"), Known{}, outside},
		{
			"telephone, as recorded", "the two legs of a telephone call have different IDs",
			rings(number(numberA), number(numberB), "id-2"), oneOf(aToB), pairedWith("ab", v1alpha1.PairedByParties),
		},
		{
			"telephone, shared ID", "where the IDs are equal they pair",
			rings(number(numberA), number(numberB), "id-1"), oneOf(aToB), pairedWith("ab", v1alpha1.PairedByCorrelationID),
		},
		{
			"telephone, not answered by the service yet", "what the service will say is not needed",
			rings(number(numberA), number(numberB), "id-2"), oneOf(placed("ab", numberA, number(numberB), "")), pairedWith("ab", v1alpha1.PairedByParties),
		},
		{
			"another caller", "a stranger calls the number that a Call of ours calls",
			rings(number(stranger), number(numberB), "id-2"), oneOf(aToB), outside,
		},
		{"another callee", "our Call goes elsewhere", rings(number(numberA), number(numberC), "id-2"), oneOf(aToB), outside},
		{
			"same ID, another callee", "whom a call invites is no arriving leg of it",
			rings(number(numberA), number(numberC), "id-1"), Known{Calls: []Call{aToB}, Running: []Running{running("ab", "id-1")}},
			found{State: Invited, Name: "ab"},
		},
		{
			"invited into an answered call", "that it invites from a number to which a Call is on its way changes nothing",
			rings(number(numberA), number(numberB), "id-3"), Known{Calls: []Call{aToB}, Running: []Running{running("conference", "id-3")}},
			found{State: Invited, Name: "conference"},
		},
		{
			"invited by a Call with the same parties", "it has arrived already",
			rings(number(numberA), number(numberB), "id-1"), Known{
				Calls: []Call{placed("ab", numberA, number(numberB), "id-1", arrived("other"))}, Running: []Running{running("ab", "id-1")},
			},
			found{State: Invited, Name: "ab"},
		},
		{
			"invited by a Call with the same parties that was answered long ago", "a leg that rings later is not its arriving one",
			rings(number(numberA), number(numberB), "id-1"), Known{
				Calls: []Call{placed("ab", numberA, number(numberB), "id-1", sent(-90), connected(-60))}, Running: []Running{running("ab", "id-1")},
			},
			found{State: Invited, Name: "ab"},
		},
		{
			"paired before", "what was found is not found again",
			rings(number(numberA), number(numberB), "id-2"), twoOf(placed("ab", numberA, number(numberB), "id-1", arrived("leg")), placed("ab2", numberA, number(numberB), "")),
			pairedWith("ab", v1alpha1.PairedByParties),
		},
		{
			"arrived as another leg", "a Call arrives once",
			rings(number(numberA), number(numberB), "id-2"), oneOf(placed("ab", numberA, number(numberB), "id-1", arrived("other"))), outside,
		},
		{
			"two Calls, one arrived", "the other one arrives now",
			rings(number(numberA), number(numberB), "id-2"), twoOf(placed("ab", numberA, number(numberB), "id-1", arrived("other")), placed("ab2", numberA, number(numberB), "id-3")),
			pairedWith("ab2", v1alpha1.PairedByParties),
		},
		{
			"two Calls", "none is guessed",
			rings(number(numberA), number(numberB), "id-2"), twoOf(aToB, placed("ab2", numberA, number(numberB), "id-3")),
			found{State: Unknown, Candidates: []string{"ab", "ab2"}},
		},
		{
			"two Calls, shared ID", "the ID tells",
			rings(number(numberA), number(numberB), "id-3"), twoOf(aToB, placed("ab2", numberA, number(numberB), "id-3")),
			pairedWith("ab2", v1alpha1.PairedByCorrelationID),
		},
		{
			"the first is over long before the second was sent", "its leg could no longer come",
			rings(number(numberA), number(numberB), "id-2"), twoOf(placed("ab", numberA, number(numberB), "", sent(-90), ended(-40)), placed("ab2", numberA, number(numberB), "", sent(-9))),
			pairedWith("ab2", v1alpha1.PairedByParties),
		},
		{
			"the first is over, clocks differ", "that its leg could no longer come is by one clock",
			rings(number(numberA), number(numberB), "id-2"), twoOf(placed("ab", numberA, number(numberB), "", sent(-90), ended(-12)), placed("ab2", numberA, number(numberB), "", sent(20))),
			pairedWith("ab2", v1alpha1.PairedByParties),
		},
		{
			"the service's clock is behind", "half a minute may be clocks",
			rings(number(numberA), number(numberB), "id-2"), oneOf(placed("ab", numberA, number(numberB), "", sent(20))), pairedWith("ab", v1alpha1.PairedByParties),
		},
		{
			"rang long before it was sent", "it is another call's, or a clock is wrong",
			rings(number(numberA), number(numberB), "id-2"), oneOf(placed("ab", numberA, number(numberB), "", sent(40))),
			found{State: Unknown, Candidates: []string{"ab"}, OrOutside: true},
		},
		{
			"rings after the Call was answered", "who is called has answered",
			rings(number(numberA), number(numberB), "id-2"), oneOf(placed("ab", numberA, number(numberB), "", sent(-60), connected(-30))), outside,
		},
		{
			"rings after the Call is over", "nobody is called any more",
			rings(number(numberA), number(numberB), "id-2"), oneOf(placed("ab", numberA, number(numberB), "", sent(-60), ended(-30))), outside,
		},
		{
			"event late", "what is heard of when the Call is answered belongs to it all the same",
			rings(number(numberA), number(numberB), "id-2"), oneOf(placed("ab", numberA, number(numberB), "", connected(9))), pairedWith("ab", v1alpha1.PairedByParties),
		},
		{
			"number withheld", "it may be ours or a stranger",
			rings(nil, number(numberB), "id-2"), oneOf(aToB), found{State: Unknown, Candidates: []string{"ab"}, OrOutside: true},
		},
		{"number withheld, arrived before", "the Call has arrived already", rings(nil, number(numberB), "id-2"), oneOf(placed("ab", numberA, number(numberB), "", arrived("other"))), outside},
		{"number withheld, shared ID", "the ID tells", rings(nil, number(numberB), "id-1"), oneOf(aToB), pairedWith("ab", v1alpha1.PairedByCorrelationID)},
		{"no IDs", "an ID that is not there is equal to none", rings(number(stranger), number(numberB), ""), oneOf(placed("ab", numberA, number(numberB), "")), outside},
		{
			"app users", "their legs have one ID",
			rings(user(anna), user(ben), "id-1"), oneOf(placed("ab", "", user(ben), "id-1", as(anna))), pairedWith("ab", v1alpha1.PairedByCorrelationID),
		},
		{"app users, another ID", "it is another call", rings(user(anna), user(ben), "id-2"), oneOf(placed("ab", "", user(ben), "id-1", as(anna))), outside},
		{
			"app users, not answered yet", "the service will say which it is",
			rings(user(anna), user(ben), "id-1"), oneOf(placed("ab", "", user(ben), "", as(anna))), found{State: Pending, Candidates: []string{"ab"}, OrOutside: true},
		},
		{
			"app users, caller not named", "the service gives the caller an ID of its own",
			rings(user(anna), user(ben), "id-1"), oneOf(placed("ab", "", user(ben), "id-1")), pairedWith("ab", v1alpha1.PairedByCorrelationID),
		},
		{
			"from an app user to a number", "the callee sees the number",
			rings(number(numberA), number(numberB), "id-2"), oneOf(placed("ab", numberA, number(numberB), "id-1", as(anna))), pairedWith("ab", v1alpha1.PairedByParties),
		},
		{
			"an app user calls a number by himself", "the Call to it is another one",
			rings(user(ben), number(numberB), "id-2"), oneOf(placed("ab", numberA, number(numberB), "id-1", as(anna))), outside,
		},
		{
			"redirected to a user, shared ID", "it keeps the Call that placed it",
			rings(number(numberA), user(ben), "id-2"), through(redirected("r", number(numberA), number(numberB), user(ben), "id-2", origin(aToB))),
			pairedWith("ab", v1alpha1.PairedByRedirect),
		},
		{
			"redirected to a number, other ID", "nothing but parties and time tells",
			rings(number(numberA), number(numberC), "id-3"), through(redirected("r", number(numberA), number(numberB), number(numberC), "id-2", origin(aToB))),
			pairedWith("ab", v1alpha1.PairedByRedirect),
		},
		{
			"redirected, and seen to come from the number that redirects", "which caller the target sees is not recorded",
			rings(number(numberB), number(numberC), "id-3"), through(redirected("r", number(numberA), number(numberB), number(numberC), "id-2", origin(aToB))),
			pairedWith("ab", v1alpha1.PairedByRedirect),
		},
		{
			"a stranger's call, redirected", "it comes from outside still",
			rings(number(stranger), number(numberC), "id-3"), through(redirected("r", number(stranger), number(numberB), number(numberC), "id-2")), outside,
		},
		{
			"redirected long ago", "it has rung since then",
			rings(number(numberA), number(numberC), "id-3"), through(redirected("r", number(numberA), number(numberB), number(numberC), "id-2", origin(aToB), redirectedAt(-60))), outside,
		},
		{
			"two were redirected to the same user, other IDs", "none is guessed",
			rings(number(numberA), user(ben), "id-9"), through(
				redirected("r1", number(numberA), number(numberB), user(ben), "id-2", origin(aToB)),
				redirected("r2", number(numberA), number(numberB), user(ben), "id-3", origin(placed("ab2", numberA, number(numberB), "")))),
			found{State: Unknown, Candidates: []string{"ab", "ab2"}},
		},
		{
			"two were redirected to the same user, shared ID", "the ID tells",
			rings(number(numberA), user(ben), "id-3"), through(
				redirected("r1", number(numberA), number(numberB), user(ben), "id-2", origin(aToB)),
				redirected("r2", number(numberA), number(numberB), user(ben), "id-3", origin(placed("ab2", numberA, number(numberB), "")))),
			pairedWith("ab2", v1alpha1.PairedByRedirect),
		},
		{
			"redirected, or a Call of its own", "none is guessed",
			rings(number(numberA), number(numberC), "id-9"), Known{
				Calls:     []Call{placed("ac", numberA, number(numberC), "")},
				Redirects: []Redirect{redirected("r", number(numberA), number(numberB), number(numberC), "id-2", origin(aToB))},
			},
			found{State: Unknown, Candidates: []string{"ac", "ab"}},
		},
		{
			"an invitation by a call that was redirected", "a call that was redirected once may invite later",
			rings(number(numberA), number(numberC), "id-2"), Known{
				Redirects: []Redirect{redirected("r", number(numberA), number(numberB), user(ben), "id-2", origin(aToB))}, Running: []Running{running("ab", "id-2")},
			},
			found{State: Invited, Name: "ab"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, foundOf(Pair(c.leg, c.known))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func TestMustNotRedirect(t *testing.T) {
	t.Parallel()
	many := func(n int, change ...func(*Redirect)) []Redirect {
		var all []Redirect
		for i := range n {
			r := redirected("x", number(stranger), number(numberA), number("+33155550101"), "", change...)
			r.UID = types.UID(rune('a' + i))
			all = append(all, r)
		}
		return all
	}
	cases := []struct {
		name, reason string
		leg          Leg
		redirects    []Redirect
		want         map[string]Stopped
	}{
		{"first time", "nothing has redirected it", rings(number(stranger), number(numberA), "1"), nil, map[string]Stopped{}},
		{
			"comes from a redirect, other ID", "the route that sent it here must not have it again",
			rings(number(stranger), number(numberB), "2"), []Redirect{redirected("x", number(stranger), number(numberA), number(numberB), "1")}, map[string]Stopped{"x": ComesBack},
		},
		{
			"A to B to A, other IDs", "both routes had it",
			rings(number(stranger), number(numberA), "3"), []Redirect{
				redirected("x", number(stranger), number(numberA), number(numberB), "1", redirectedAt(-3)),
				redirected("y", number(stranger), number(numberB), number(numberA), "2", redirectedAt(-1)),
			}, map[string]Stopped{"x": ComesBack, "y": ComesBack},
		},
		{
			"A to B to A, seen to come from the number that redirects", "both routes had it",
			rings(number(numberB), number(numberA), "3"), []Redirect{
				redirected("x", number(stranger), number(numberA), number(numberB), "1", redirectedAt(-3)),
				redirected("y", number(numberA), number(numberB), number(numberA), "2", redirectedAt(-1)),
			}, map[string]Stopped{"x": ComesBack, "y": ComesBack},
		},
		{
			"shared ID", "the ID tells, whatever the parties are",
			rings(number("+33155550101"), number(numberA), "1"), []Redirect{redirected("x", number(stranger), number(numberA), number(numberB), "1", redirectedAt(-50))},
			map[string]Stopped{"x": ComesBack},
		},
		{
			"another caller", "it is another call",
			rings(number(stranger), number(numberB), "2"), []Redirect{redirected("x", number("+33155550101"), number(numberA), number(numberB), "1")}, map[string]Stopped{},
		},
		{
			"the same caller again", "who calls again is no circle",
			rings(number(stranger), number(numberA), "2"), []Redirect{redirected("x", number(stranger), number(numberA), number(numberB), "1")}, map[string]Stopped{},
		},
		{"by hand", "spec.action is no route", rings(number(stranger), number(numberB), "2"), []Redirect{redirected("", number(stranger), number(numberA), number(numberB), "1")}, map[string]Stopped{}},
		{
			"over another network, few", "a caller may call a few times a minute",
			rings(number(stranger), number(numberA), "2"), many(maxRedirects - 1), map[string]Stopped{},
		},
		{
			"over another network, many", "a circle that leads through somewhere else is bounded",
			rings(number(stranger), number(numberA), "2"), many(maxRedirects), map[string]Stopped{"x": TooOften},
		},
		{
			"over another network, slowly", "who calls every few minutes is no circle",
			rings(number(stranger), number(numberA), "2"), many(2*maxRedirects, redirectedAt(-90)), map[string]Stopped{},
		},
		{
			"many withheld numbers", "they are different callers, perhaps",
			rings(nil, number(numberA), "2"), many(2*maxRedirects, func(r *Redirect) { r.From = nil }), map[string]Stopped{},
		},
		{
			"many Calls of ours", "each is a call of its own",
			rings(number(stranger), number(numberA), "2"), many(2*maxRedirects, origin(placed("sa", stranger, number(numberA), ""))), map[string]Stopped{},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, MustNotRedirect(c.leg, Pairing{State: Outside}, c.redirects)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
	own := Pairing{State: Paired, By: v1alpha1.PairedByParties}
	if got := MustNotRedirect(rings(number(stranger), number(numberA), "2"), own, many(2*maxRedirects)); len(got) != 0 {
		t.Errorf("a call that a Call of ours placed is no round of a circle: %v", got)
	}
}
