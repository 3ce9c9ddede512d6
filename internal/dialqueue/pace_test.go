// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialqueue

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
)

// rush is many Calls that wait for one provider's pace, and ask again at their time or when woken, each time a little late,
// as from a work queue.
type rush struct {
	queue   *Queue
	random  *rand.Rand
	limits  Limits
	tickets map[types.NamespacedName]Ticket
	// coming is when each of those that will ask does so.
	coming map[types.NamespacedName]time.Time
	// stuck never asks.
	stuck types.NamespacedName
	now   time.Time

	asked  int
	placed []types.NamespacedName
	times  []time.Time
}

// latest is how late who comes is at most.
const latest = 20 * time.Millisecond

// newRush has n Calls come at once, in no order; the names are in the order of age.
func newRush(n int, limits Limits) *rush {
	r := &rush{
		queue: New(), random: rand.New(rand.NewPCG(20261123, 0)), limits: limits, now: epoch,
		tickets: map[types.NamespacedName]Ticket{}, coming: map[types.NamespacedName]time.Time{},
	}
	for i := range n {
		ticket := call(fmt.Sprintf("t%04d", i), i, numberA, "")
		r.tickets[ticket.Key] = ticket
		r.come(ticket.Key, epoch)
	}
	return r
}

// come has a Call ask at a time, or before if it does so anyway.
func (r *rush) come(key types.NamespacedName, at time.Time) {
	if key == r.stuck {
		return
	}
	at = at.Add(time.Duration(r.random.Int64N(int64(latest))))
	if earlier, ok := r.coming[key]; !ok || at.Before(earlier) {
		r.coming[key] = at
	}
}

// next is who asks next, and when.
func (r *rush) next() types.NamespacedName {
	var next types.NamespacedName
	for key, at := range r.coming {
		if first := r.coming[next]; next.Name == "" || at.Before(first) || at.Equal(first) && key.Name < next.Name {
			next = key
		}
	}
	return next
}

// run lets Calls ask until nobody does, or the time has come.
func (r *rush) run(until time.Time) {
	for len(r.coming) > 0 {
		key := r.next()
		if r.coming[key].After(until) {
			return
		}
		r.now = r.coming[key]
		delete(r.coming, key)
		r.ask(key)
	}
}

func (r *rush) ask(key types.NamespacedName) {
	if slices.Contains(r.placed, key) {
		return
	}
	r.asked++
	decision, woken := r.queue.Admit(r.tickets[key], r.limits, r.now)
	if decision.Admitted {
		r.placed, r.times = append(r.placed, key), append(r.times, r.now)
	}
	if decision.RetryAfter > 0 {
		r.come(key, r.now.Add(decision.RetryAfter))
	}
	r.wake(woken)
}

func (r *rush) wake(woken []types.NamespacedName) {
	for _, key := range woken {
		r.come(key, r.now)
	}
}

func (r *rush) withdraw(i int) {
	key := keyOf(fmt.Sprintf("t%04d", i))
	if slices.Contains(r.placed, key) {
		return
	}
	delete(r.coming, key)
	r.wake(r.queue.Release(r.tickets[key]))
	delete(r.tickets, key)
}

// TestPaceInTurn: under pace too the oldest goes first, no turn is lost and none is taken twice, and a Call asks a few times
// only, however long the line is.
func TestPaceInTurn(t *testing.T) {
	const many = 500
	never := epoch.Add(time.Hour)
	note := func(r *rush) {
		for _, ticket := range r.tickets {
			r.queue.Wait(ticket)
		}
	}
	cases := []struct {
		name, reason string
		limits       Limits
		before       func(*rush)
		// first is the first that is placed in its order; asks, how often each may ask on average, which grows as the
		// logarithm of the line; late, how many turns more than Calls it may take.
		first, asks, late int
	}{
		{"a line", "the first one to ask is placed at once, and the others by age", unbound, func(*rush) {}, 1, 6, 0},
		{"a line that was noted", "the oldest goes first, though it asks last", unbound, note, 0, 6, 0},
		{"with little capacity", "the next comes from another line", Limits{Concurrent: many / 2}, note, 0, 6, 0},
		{"withdrawn", "who comes after those that go away does not wait for their turns", unbound, func(r *rush) {
			r.run(epoch.Add(time.Second))
			for i := 100; i < 300; i++ {
				r.withdraw(i)
			}
		}, 1, 6, 0},
		{"one that does not come", "it costs the others a turn each, and stops nobody", unbound, func(r *rush) {
			note(r)
			r.stuck = keyOf("t0007")
			delete(r.coming, r.stuck)
		}, 0, 12, many},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.limits.PerSecond = 10
			r := newRush(many, c.limits)
			c.before(r)
			r.run(never)
			for over := 0; over < len(r.placed) && len(r.placed) < len(r.tickets); over++ {
				r.wake(r.queue.Release(r.tickets[r.placed[over]]))
				r.run(never)
			}
			r.check(t, c.reason, c.first, c.asks, c.late)
		})
	}
}

func (r *rush) check(t *testing.T, reason string, first, asks, late int) {
	t.Helper()
	delete(r.tickets, r.stuck)
	if len(r.placed) != len(r.tickets) {
		t.Fatalf("%s: %d of %d were placed", reason, len(r.placed), len(r.tickets))
	}
	inOrder := slices.Clone(r.placed[first:])
	slices.SortFunc(inOrder, func(a, b types.NamespacedName) int { return r.tickets[a].Created.Compare(r.tickets[b].Created) })
	if diff := cmp.Diff(inOrder, r.placed[first:]); diff != "" {
		t.Errorf("%s: not placed by age (-want +got):\n%s", reason, diff)
	}
	for i := 1; i < len(r.times); i++ {
		if between := r.times[i].Sub(r.times[i-1]); between < r.limits.interval() {
			t.Errorf("%s: two calls within %s", reason, between)
		}
	}
	turn := r.limits.interval() + latest
	if took, most := r.times[len(r.times)-1].Sub(epoch), time.Duration(len(r.placed)+late)*turn; took > most {
		t.Errorf("%s: it took %s, want at most %s: turns are lost", reason, took, most)
	}
	t.Logf("%d placed, %.1f questions each", len(r.placed), float64(r.asked)/float64(len(r.placed)))
	if r.asked > asks*len(r.placed) {
		t.Errorf("%s: %d Calls asked %d times", reason, len(r.placed), r.asked)
	}
}
