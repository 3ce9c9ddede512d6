// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package legs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// network is a service, and what the operator knows of the calls there.
type network struct {
	t      *testing.T
	random *rand.Rand
	shared bool
	// behind is how far the service's clock is behind ours.
	behind time.Duration
	now    time.Time
	calls  []*networkCall
	paired int
}

// networkCall is an outbound Call, and its arriving leg.
type networkCall struct {
	Call
	id string
	// leg arrives when it is due, unless it is lost.
	leg  Leg
	due  time.Time
	lost bool
	told bool
}

// mayPlace is the rule that the dial queue keeps.
func (n *network) mayPlace(from string, to *v1alpha1.Identifier) bool {
	return !slices.ContainsFunc(n.calls, func(c *networkCall) bool {
		if string(c.From.PhoneNumber) != from || c.To.PhoneNumber != to.PhoneNumber || c.Leg != "" {
			return false
		}
		return c.over().IsZero() || n.now.Before(c.over().Add(Grace+time.Second))
	})
}

func (n *network) place(from string, to *v1alpha1.Identifier) {
	if !n.mayPlace(from, to) {
		return
	}
	name := fmt.Sprintf("call-%d", len(n.calls))
	c := &networkCall{Call: placed(name, from, to, ""), id: name + "-id"}
	c.Sent = n.now.Truncate(time.Second)
	legID := c.id
	if !n.shared {
		legID = name + "-leg-id"
	}
	rang := n.now.Add(time.Duration(n.random.IntN(8000)) * time.Millisecond)
	c.leg = Leg{UID: types.UID(name + "-leg"), From: number(from), To: to, CorrelationID: legID, Rang: rang.Add(-n.behind).Truncate(time.Second)}
	if n.random.IntN(10) == 0 {
		c.leg.From = nil
	}
	// Mostly at once, sometimes with the second or the third delivery.
	c.due = rang.Add([]time.Duration{100 * time.Millisecond, 100 * time.Millisecond, 10 * time.Second, 29 * time.Second}[n.random.IntN(4)])
	c.lost = n.random.IntN(6) == 0
	n.calls = append(n.calls, c)
}

// advance lets time pass, and everything happen that is due.
func (n *network) advance(d time.Duration) {
	n.now = n.now.Add(d)
	for _, c := range n.calls {
		if c.CorrelationID == "" && n.random.IntN(2) == 0 {
			c.CorrelationID = c.id
		}
		rangAt := c.leg.Rang.Add(n.behind)
		switch {
		case c.over().IsZero() && n.now.After(rangAt.Add(2*time.Second)) && n.random.IntN(6) == 0:
			c.Connected = n.now.Truncate(time.Second)
		case c.Ended.IsZero() && n.random.IntN(12) == 0:
			c.Ended = n.now.Truncate(time.Second)
			// What is over rings nobody from then on.
			c.lost = c.lost || !c.told && n.now.Before(rangAt)
		}
	}
	for _, c := range n.calls {
		if !c.told && !c.lost && !n.now.Before(c.due) {
			c.told = true
			n.arrive(c)
		}
	}
}

// arrive pairs a leg, as the manager does: what rang out is not looked at.
func (n *network) arrive(c *networkCall) {
	if n.now.Sub(c.leg.Rang) >= v1alpha1.IncomingCallRing {
		return
	}
	got := Pair(c.leg, n.known())
	switch {
	case got.State == Paired && got.Call.UID != c.UID:
		n.t.Errorf("the leg of %s was paired with %s", c.Name, got.Call.Name)
	case got.State == Paired:
		c.Leg = c.leg.UID
		n.paired++
	case c.leg.From != nil && n.behind >= 0 && got.State != Paired:
		n.t.Errorf("the leg of %s, sent at %s, over at %s, which rang at %s, was not paired: %+v", c.Name, c.Sent, c.over(), c.leg.Rang, foundOf(got))
	}
}

// known is what the manager knows.
func (n *network) known() Known {
	known := Known{}
	for _, c := range n.calls {
		known.Calls = append(known.Calls, c.Call)
	}
	n.random.Shuffle(len(known.Calls), func(i, j int) { known.Calls[i], known.Calls[j] = known.Calls[j], known.Calls[i] })
	return known
}

// others has somebody call whom no Call of ours does: a stranger, who may withhold the number, or whom a call invites.
func (n *network) others(to *v1alpha1.Identifier) {
	leg := Leg{UID: "other", From: number(stranger), To: to, CorrelationID: "other-id", Rang: n.now.Add(-n.behind).Truncate(time.Second)}
	known := n.known()
	switch {
	case n.random.IntN(3) == 0:
		leg.From = nil
	case n.random.IntN(2) == 0 && len(n.calls) > 0:
		inviting := n.calls[n.random.IntN(len(n.calls))]
		if inviting.To.PhoneNumber == to.PhoneNumber {
			return
		}
		leg.From, leg.CorrelationID = number(string(inviting.From.PhoneNumber)), inviting.id
		known.Running = []Running{{Name: inviting.Name, UID: inviting.UID, CorrelationID: inviting.id}}
	}
	if got := Pair(leg, known); got.State == Paired {
		n.t.Errorf("somebody else's call, %+v, was paired with %s", leg, got.Call.Name)
	}
}

// TestNoLegIsPairedWrongly plays random interleavings of calls between three numbers, with legs that come late, are lost, or
// withhold the number, with and without shared IDs, and with clocks that differ.
func TestNoLegIsPairedWrongly(t *testing.T) {
	t.Parallel()
	numbers := []string{numberA, numberB, numberC}
	paired := 0
	for seed := range uint64(400) {
		n := &network{t: t, random: rand.New(rand.NewPCG(seed, 17)), shared: seed%4 == 0, now: epoch}
		if seed%3 == 0 {
			n.behind = time.Duration(n.random.IntN(10)) * time.Second
		}
		for range 120 {
			from, to := numbers[n.random.IntN(3)], numbers[n.random.IntN(3)]
			if from != to && n.random.IntN(3) == 0 {
				n.place(from, number(to))
			}
			if n.random.IntN(4) == 0 {
				n.others(number(to))
			}
			n.advance(time.Duration(n.random.IntN(1500)) * time.Millisecond)
		}
		if t.Failed() {
			t.Fatalf("seed %d, shared IDs %t, the service's clock is %s behind", seed, n.shared, n.behind)
		}
		paired += n.paired
	}
	if paired < 1000 {
		t.Errorf("only %d legs were paired, so the test looks at too little", paired)
	}
}

// TestEveryCircleEnds has routes redirect a call among our numbers at random. None redirects it twice, whatever the legs' IDs are
// and whichever caller the target sees.
func TestEveryCircleEnds(t *testing.T) {
	t.Parallel()
	numbers := []string{numberA, numberB, numberC, "+14255550144"}
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 18))
		target := map[string]string{}
		for _, n := range numbers {
			target[n] = numbers[random.IntN(len(numbers))]
		}
		shared, renamed := random.IntN(2) == 0, random.IntN(2) == 0
		leg := Leg{UID: "leg-0", From: number(stranger), To: number(numbers[random.IntN(len(numbers))]), CorrelationID: "id-0", Rang: epoch}
		var redirects []Redirect
		for hop := 1; ; hop++ {
			at := string(leg.To.PhoneNumber)
			stopped := MustNotRedirect(leg, Pair(leg, Known{Redirects: redirects}), redirects)
			if stopped["at "+at] != "" {
				break
			}
			if hop > len(numbers) {
				t.Fatalf("seed %d: redirected %d times by %d routes: %v", seed, hop, len(numbers), target)
			}
			sent := leg.Rang.Add(time.Duration(random.IntN(20_000)) * time.Millisecond)
			redirects = append(redirects, Redirect{
				Leg: leg, Route: "at " + at, Target: number(target[at]), Sent: sent.Truncate(time.Second), Origin: Pairing{State: Outside},
			})
			next := Leg{
				UID: types.UID(fmt.Sprintf("leg-%d", hop)), From: leg.From, To: number(target[at]), CorrelationID: fmt.Sprintf("id-%d", hop),
				Rang: sent.Add(time.Duration(random.IntN(8000)) * time.Millisecond),
			}
			if shared {
				next.CorrelationID = leg.CorrelationID
			}
			if renamed {
				next.From = leg.To
			}
			leg = next
		}
	}
}
