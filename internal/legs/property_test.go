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
	seen   []types.UID
	swaps  int
}

// networkCall is an outbound Call, and its arriving leg.
type networkCall struct {
	Call
	id string
	// leg arrives when it is due, unless it is lost.
	leg      Leg
	due      time.Time
	lost     bool
	told     bool
	answered time.Time
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
	var calls []Call
	for _, known := range n.calls {
		calls = append(calls, known.Call)
	}
	n.random.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
	got := Pair(c.leg, Known{Calls: calls})
	switch {
	case got.State == Paired && got.Call.UID != c.UID:
		n.swaps++
		n.t.Errorf("the leg of %s was paired with %s", c.Name, got.Call.Name)
	case got.State == Paired:
		c.Leg = c.leg.UID
	case c.leg.From != nil && n.behind >= 0 && got.State != Paired:
		n.t.Errorf("the leg of %s, sent at %s, over at %s, which rang at %s, was not paired: %+v", c.Name, c.Sent, c.over(), c.leg.Rang, foundOf(got))
	}
}

// TestNoLegIsPairedWrongly plays random interleavings of calls between three numbers, with legs that come late, are lost, or
// withhold the number, with and without shared IDs, and with clocks that differ.
func TestNoLegIsPairedWrongly(t *testing.T) {
	t.Parallel()
	numbers := []string{numberA, numberB, numberC}
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
			n.advance(time.Duration(n.random.IntN(1500)) * time.Millisecond)
		}
		if t.Failed() {
			t.Fatalf("seed %d, shared IDs %t, the service's clock is %s behind", seed, n.shared, n.behind)
		}
	}
}
