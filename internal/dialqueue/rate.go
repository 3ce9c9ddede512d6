// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialqueue

import (
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// rate is when a provider may place its next call, and the waiters for that.
type rate struct {
	// free is when the first in line may be placed.
	free time.Time
	// begun tells whether a waiter has asked since the line began.
	begun bool
	// waiters are the entries that wait for the pace alone, and those that have not asked yet.
	waiters waiters
}

// turn is when a waiter with that many before it may be placed: after one interval for each of them. A new line does not
// use past intervals.
func (p *rate) turn(ahead int, interval time.Duration, now time.Time) time.Time {
	if !p.begun {
		p.begun = true
		if p.free.Before(now) {
			p.free = now
		}
	}
	return p.free.Add(time.Duration(ahead) * interval)
}

// interval is the time from one call to the next.
func (l Limits) interval() time.Duration {
	return time.Second / time.Duration(l.PerSecond)
}

func (q *Queue) rateOf(provider types.NamespacedName) *rate {
	known, ok := q.paces[provider]
	if !ok {
		known = &rate{}
		q.paces[provider] = known
	}
	return known
}

// join puts a waiter into its provider's line.
func (q *Queue) enterRate(e *entry) {
	q.rateOf(e.Provider).waiters.add(e)
}

// leaveRate removes an entry from its provider's line. It wakes the new first one, since its turn is earlier than announced.
func (q *Queue) leaveRate(e *entry) {
	p, ok := q.paces[e.Provider]
	if !ok {
		return
	}
	wasFirst := len(p.waiters) > 0 && p.waiters[0] == e
	p.waiters.remove(e)
	switch {
	case len(p.waiters) == 0:
		p.begun = false
		if p.free.IsZero() {
			delete(q.paces, e.Provider)
		}
	case wasFirst && p.waiters[0].told:
		q.wake(p.waiters[0])
	}
}

// takeToken uses up the provider's turn.
func (q *Queue) takeToken(provider types.NamespacedName, limits Limits, now time.Time) {
	q.pruneRates(now)
	if limits.PerSecond > 0 {
		q.rateOf(provider).free = now.Add(limits.interval())
	}
}

// pruneRates drops paces that are free again, which is the same as none. Otherwise those of deleted providers would stay
// forever.
func (q *Queue) pruneRates(now time.Time) {
	maps.DeleteFunc(q.paces, func(_ types.NamespacedName, p *rate) bool {
		return len(p.waiters) == 0 && !now.Before(p.free)
	})
}
