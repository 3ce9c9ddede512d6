// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialqueue

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/types"
)

// Caller numbers and callees.
const (
	numberA = "+14255550100"
	numberB = "+442079460000"

	ann = "+14255550123"
	bob = "+14255550124"
	cat = "+442079460123"
)

var (
	epoch    = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	provider = types.NamespacedName{Namespace: "n", Name: "p"}

	one      = Limits{Concurrent: 1}
	two      = Limits{Concurrent: 2}
	unbound  = Limits{Concurrent: 1000}
	admitted = Decision{Admitted: true}
)

func second(n int) time.Time { return epoch.Add(time.Duration(n) * time.Second) }

// call is a ticket of a Call that was created in a second of the test; the name is its UID and key.
func call(name string, created int, number, callee string) Ticket {
	return Ticket{
		UID: types.UID(name), Key: keyOf(name), Created: second(created), Number: number, Callee: callee, Provider: provider,
	}
}

func keyOf(name string) types.NamespacedName { return types.NamespacedName{Namespace: "n", Name: name} }

func keysOf(names ...string) []types.NamespacedName {
	keys := make([]types.NamespacedName, 0, len(names))
	for _, name := range names {
		keys = append(keys, keyOf(name))
	}
	return keys
}

func full(ahead int) Decision  { return Decision{Reason: Capacity, Ahead: ahead} }
func taken(ahead int) Decision { return Decision{Reason: Callee, Ahead: ahead} }
func at(milliseconds int) time.Time {
	return epoch.Add(time.Duration(milliseconds) * time.Millisecond)
}

func paced(ahead, milliseconds int) Decision {
	return Decision{Reason: Pace, Ahead: ahead, RetryAfter: time.Duration(milliseconds) * time.Millisecond}
}

// step takes one action on a queue and reports a wrong answer, if any.
type step func(*Queue) string

func admit(ticket Ticket, limits Limits, want Decision) step {
	return admitAt(ticket, limits, epoch, want)
}

func admitAt(ticket Ticket, limits Limits, now time.Time, want Decision, woken ...string) step {
	return func(q *Queue) string {
		got, keys := q.Admit(ticket, limits, now)
		return cmp.Diff(want, got) + cmp.Diff(keysOf(woken...), keys, cmpopts.EquateEmpty())
	}
}

// nobody says who was woken, if anybody was.
func nobody(woken []types.NamespacedName) string {
	return cmp.Diff(keysOf(), woken, cmpopts.EquateEmpty())
}

// waking is a step that wakes others.
func waking(do func(*Queue) []types.NamespacedName, woken ...string) step {
	return func(q *Queue) string { return cmp.Diff(keysOf(woken...), do(q), cmpopts.EquateEmpty()) }
}

func hold(tickets ...Ticket) step {
	return func(q *Queue) string {
		for _, ticket := range tickets {
			if diff := nobody(q.MarkPlaced(ticket)); diff != "" {
				return diff
			}
		}
		return ""
	}
}

func wait(tickets ...Ticket) step {
	return func(q *Queue) string {
		for _, ticket := range tickets {
			if diff := nobody(q.Wait(ticket)); diff != "" {
				return diff
			}
		}
		return ""
	}
}

func release(name string, woken ...string) step {
	return waking(func(q *Queue) []types.NamespacedName { return q.Release(call(name, 0, "", "")) }, woken...)
}

func releaseKey(name string, woken ...string) step {
	return waking(func(q *Queue) []types.NamespacedName { return q.ReleaseKey(keyOf(name)) }, woken...)
}

// episode is a thing that the queue does, step by step.
type episode struct {
	name, reason string
	steps        []step
}

func play(t *testing.T, episodes []episode) {
	t.Helper()
	for _, e := range episodes {
		t.Run(e.name, func(t *testing.T) {
			q := New()
			for i, do := range e.steps {
				if diff := do(q); diff != "" {
					t.Fatalf("%s: step %d (-want +got):\n%s", e.reason, i+1, diff)
				}
			}
		})
	}
}

func TestCapacity(t *testing.T) {
	a, b, c := call("a", 1, numberA, ann), call("b", 2, numberA, bob), call("c", 3, numberA, cat)
	play(t, []episode{
		{"up to the limit", "the limit is how many, not one less", []step{
			admit(a, two, admitted), admit(b, two, admitted), admit(c, two, full(0)),
		}},
		{"per number", "another number has its own limit", []step{
			admit(a, one, admitted), admit(b, one, full(0)), admit(call("x", 3, numberB, cat), one, admitted),
		}},
		{"released", "a free slot is free for all use", []step{
			admit(a, one, admitted), release("a"), admit(b, one, admitted),
		}},
		{"asked twice", "to ask again is to ask once: a slot is taken once", []step{
			admit(a, two, admitted), admit(a, two, admitted), admit(b, two, admitted),
		}},
		{"released twice", "the second release frees nobody else's slot", []step{
			admit(a, two, admitted), admit(b, two, admitted), release("a"), release("a"),
			admit(call("a2", 4, numberA, ""), two, admitted), admit(c, two, full(0)),
		}},
		{"unknown", "who is not known has nothing to give up", []step{release("x"), releaseKey("x")}},
		{"no number", "a call without a caller number has no capacity to wait for", []step{
			admit(call("x", 1, "", ann), Limits{}, admitted), admit(call("y", 2, "", bob), Limits{}, admitted),
		}},
		{"no slots", "a number with the limit 0 places nothing", []step{admit(a, Limits{}, full(0)), release("a")}},
		{"limit lowered", "who is in stays in, nobody comes in until there is room again", []step{
			admit(a, two, admitted), admit(b, two, admitted), admit(c, one, full(0)), release("a"), admit(c, one, full(0)),
			release("b", "c"), admit(c, one, admitted),
		}},
		{"limit raised", "the limit is what the last one who asked was told", []step{
			admit(a, one, admitted), admit(b, one, full(0)), admit(b, two, admitted),
		}},
	})
}

func TestOldestFirst(t *testing.T) {
	h := call("h", 0, numberA, cat)
	a, b, c := call("a", 1, numberA, ""), call("b", 2, numberA, ""), call("c", 3, numberA, "")
	play(t, []episode{
		{"by age", "not in the order of asking", []step{
			admit(h, one, admitted), admit(c, one, full(0)), admit(a, one, full(0)), admit(b, one, full(1)), admit(c, one, full(2)),
			release("h", "a"), admit(c, one, full(2)), admit(b, one, full(1)), admit(a, one, admitted),
		}},
		{"same age", "the API server keeps whole seconds, so names decide", []step{
			admit(h, one, admitted), admit(call("z", 1, numberA, ""), one, full(0)), admit(call("y", 1, numberA, ""), one, full(0)),
			release("h", "y"),
		}},
		{"as many as there is room for", "of two slots the older is due one, the younger the other", []step{
			admit(a, one, admitted), admit(b, one, full(0)), admit(c, one, full(1)),
			admit(c, two, full(1)), release("a", "b", "c"), admit(c, two, admitted), admit(b, two, admitted),
		}},
		{"who waits by note alone", "after a restart no younger one passes an older one that has not asked yet", []step{
			wait(a, b), admit(b, one, full(1)), admit(a, one, admitted), admit(b, one, full(0)), release("a", "b"), admit(b, one, admitted),
		}},
		{"noted twice", "to be noted again is to be noted once", []step{
			wait(a, a), admit(b, one, full(1)), release("a", "b"), admit(b, one, admitted),
		}},
		{"held before its service was known", "the slot is one of the service's from then on, and of no other", []step{
			hold(call("a", 0, At("provider n/p", numberA), "")), hold(call("a", 0, At("s", numberA), "")),
			admit(call("b", 1, At("s", numberA), ""), one, full(0)), admit(call("c", 2, At("provider n/p", numberA), ""), one, admitted),
			release("a", "b"),
		}},
		{"noted as waiting, but holds", "a stale view takes nobody's slot away", []step{
			admit(a, one, admitted), wait(a), admit(b, one, full(0)), release("a", "b"),
		}},
		{"withdrawn", "who leaves the line leaves it to the next", []step{
			wait(a), admit(b, one, full(1)), admit(c, one, full(2)), release("a", "b"), admit(b, one, admitted),
		}},
	})
}

// TestPair: only one call between the same two numbers may have a pending leg; as many as there are slots may be active.
func TestPair(t *testing.T) {
	t.Parallel()
	q := New()
	both := func(name string, created int) Ticket {
		ticket := call(name, created, numberA, "A B")
		ticket.Pair = true
		return ticket
	}
	first, second, third := both("first", 1), both("second", 2), both("third", 3)
	limits := Limits{Concurrent: 2}
	if decision, _ := q.Admit(first, limits, epoch); !decision.Admitted {
		t.Fatalf("the first is placed: %+v", decision)
	}
	if decision, _ := q.Admit(second, limits, epoch); decision.Reason != Leg {
		t.Errorf("the second waits until the leg of the first was seen: %+v", decision)
	}
	if decision, _ := q.Admit(call("elsewhere", 4, numberA, "other"), Limits{Concurrent: 3}, epoch); !decision.Admitted {
		t.Errorf("one that waits for a leg has no use for a slot: %+v", decision)
	}
	q.Release(call("elsewhere", 4, numberA, "other"))
	seen := first
	seen.Callee = ""
	if woken := q.MarkPlaced(seen); len(woken) != 1 || woken[0] != second.Key {
		t.Errorf("woken are %v, want the second: the leg of the first was seen", woken)
	}
	if woken := q.MarkPlaced(seen); len(woken) != 0 {
		t.Errorf("woken are %v: to say it twice is to say it once", woken)
	}
	if decision, _ := q.Admit(second, limits, epoch); !decision.Admitted {
		t.Errorf("the second is placed: %+v", decision)
	}
	if decision, _ := q.Admit(third, limits, epoch); decision.Reason != Capacity {
		t.Errorf("the first has its slot until it is over: %+v", decision)
	}
}

func TestCallee(t *testing.T) {
	a, b := call("a", 1, numberA, ann), call("b", 2, numberA, ann)
	c, x := call("c", 3, numberA, bob), call("x", 4, numberB, ann)
	play(t, []episode{
		{"one at a time", "a callee is not rung twice at once, whatever the capacity", []step{
			admit(a, unbound, admitted), admit(b, unbound, taken(0)), admit(x, unbound, taken(0)), release("a", "b"), admit(b, unbound, admitted),
		}},
		{"passed by", "who waits for a callee has no use for a slot", []step{
			admit(a, two, admitted), admit(b, two, taken(0)), admit(c, two, admitted),
		}},
		{"no callee", "our own numbers take many calls at once", []step{
			admit(call("y", 1, numberA, ""), two, admitted), admit(call("z", 2, numberA, ""), two, admitted),
		}},
		{"across numbers", "the callee's next is woken in whatever line it is", []step{
			admit(a, one, admitted), admit(x, one, taken(0)), release("a", "x"), admit(x, one, admitted),
		}},
		{"both", "number and callee wake each their next", []step{
			admit(a, one, admitted), admit(c, one, full(0)), admit(x, one, taken(0)), release("a", "c", "x"),
		}},
		{"woken once", "the next for both is woken once", []step{
			admit(a, one, admitted), admit(b, one, full(0)), release("a", "b"),
		}},
		{"the next cannot go", "the oldest waits for its number, so the callee's slot goes to the next who can use it", []step{
			hold(call("h", 0, numberA, cat), call("k", 0, "", ann)),
			admit(b, one, full(0)), admit(x, one, taken(0)), release("k", "x"), admit(x, one, admitted),
		}},
		{"a number is no callee", "an empty number is not a number that all share", []step{
			admit(call("y", 1, "", ""), one, admitted), admit(call("z", 2, "", ""), one, admitted), release("y"),
		}},
	})
}

func TestPace(t *testing.T) {
	pace := func(perSecond int) Limits { return Limits{Concurrent: 100, PerSecond: perSecond} }
	a, b, c := call("a", 1, numberA, ann), call("b", 2, numberA, bob), call("c", 3, numberA, cat)
	d, onB := call("d", 4, numberA, ""), call("y", 2, numberB, "")
	elsewhere, elsewhereB := call("x", 4, numberB, ""), b
	elsewhere.Provider = types.NamespacedName{Namespace: "n", Name: "q"}
	elsewhereB.Provider = elsewhere.Provider
	play(t, []episode{
		{"spread", "two a second are one each half second", []step{
			admitAt(a, pace(2), at(0), admitted), admitAt(b, pace(2), at(0), paced(0, 500)),
			admitAt(b, pace(2), at(499), paced(0, 1)), admitAt(b, pace(2), at(500), admitted), admitAt(c, pace(2), at(600), paced(0, 400)),
		}},
		{"no burst after a pause", "what was not used is lost", []step{
			admitAt(a, pace(1), at(0), admitted), admitAt(b, pace(1), at(9000), admitted), admitAt(c, pace(1), at(9000), paced(0, 1000)),
		}},
		{"per provider, not per number", "another number of the provider is paced, another provider is not", []step{
			admitAt(a, pace(1), at(0), admitted), admitAt(onB, pace(1), at(0), paced(0, 1000)),
			admitAt(elsewhere, pace(1), at(0), admitted),
		}},
		{"unbounded", "0 is no bound", []step{
			admitAt(a, pace(0), at(0), admitted), admitAt(b, pace(0), at(0), admitted),
		}},
		{"who holds is not paced", "to ask again is to ask once", []step{
			admitAt(a, pace(1), at(0), admitted), admitAt(a, pace(1), at(0), admitted),
			admitAt(b, pace(1), at(1000), admitted),
		}},
		{"a call that is noted takes no pace", "it was placed some time ago", []step{
			hold(a), admitAt(b, pace(1), at(0), admitted),
		}},
		{"released", "the call was perhaps placed all the same, so its second is used", []step{
			admitAt(a, pace(1), at(0), admitted), release("a"), admitAt(b, pace(1), at(0), paced(0, 1000)),
		}},
		{"in turn", "the oldest goes first, and the others learn their turn", []step{
			admitAt(a, pace(1), at(0), admitted), admitAt(d, pace(1), at(0), paced(0, 1000)), admitAt(c, pace(1), at(100), paced(0, 900)),
			admitAt(b, pace(1), at(200), paced(0, 800)), admitAt(d, pace(1), at(1000), paced(2, 2000)), admitAt(c, pace(1), at(1000), paced(1, 1000)),
			admitAt(b, pace(1), at(1000), admitted, "c"), admitAt(c, pace(1), at(1000), paced(0, 1000)), admitAt(d, pace(1), at(1000), paced(1, 2000)),
			admitAt(c, pace(1), at(2000), admitted, "d"), admitAt(d, pace(1), at(3000), admitted),
		}},
		{"noted", "after a restart no younger one passes an older one that has not asked yet", []step{
			wait(a, b), admitAt(c, pace(1), at(0), paced(2, 2000)), admitAt(a, pace(1), at(100), admitted),
			admitAt(c, pace(1), at(100), paced(1, 2000)), admitAt(b, pace(1), at(1100), admitted, "c"), admitAt(c, pace(1), at(2100), admitted),
		}},
		{"who does not come in time", "its turn goes to the next when it had time enough, and it keeps its place", []step{
			admitAt(a, pace(1), at(0), admitted), admitAt(b, pace(1), at(0), paced(0, 1000)), admitAt(c, pace(1), at(0), paced(1, 2000)),
			admitAt(c, pace(1), at(1999), paced(1, 1)), admitAt(c, pace(1), at(2000), admitted), admitAt(d, pace(1), at(2000), paced(1, 2000)),
			admitAt(b, pace(1), at(3000), admitted, "d"),
		}},
		{"who goes away", "the next is woken, since its turn is earlier than it was told", []step{
			admitAt(a, pace(1), at(0), admitted), admitAt(b, pace(1), at(0), paced(0, 1000)), admitAt(c, pace(1), at(0), paced(1, 2000)),
			admitAt(d, pace(1), at(0), paced(2, 3000)), release("c"), release("b", "d"), admitAt(d, pace(1), at(1000), admitted),
		}},
		{"who was placed elsewhere", "the next is woken, since its turn is earlier than it was told", []step{
			admitAt(a, pace(1), at(0), admitted), admitAt(b, pace(1), at(0), paced(0, 1000)), admitAt(c, pace(1), at(0), paced(1, 2000)),
			waking(func(q *Queue) []types.NamespacedName { return q.MarkPlaced(b) }, "c"), admitAt(c, pace(1), at(1000), admitted),
		}},
		{"who finds no slot", "it waits for something else, and the next is woken", []step{
			admitAt(a, pace(1), at(0), admitted), admitAt(b, pace(1), at(0), paced(0, 1000)), admitAt(onB, pace(1), at(0), paced(1, 2000)),
			admitAt(b, Limits{1, 1}, at(500), full(0), "y"), admitAt(onB, pace(1), at(1000), admitted), release("a", "b"),
		}},
		{"who has its time", "a free slot wakes who waits for that, and nobody who waits for the pace", []step{
			admitAt(a, Limits{3, 1}, at(0), admitted), admitAt(b, Limits{3, 1}, at(0), paced(0, 1000)), admitAt(c, Limits{3, 1}, at(0), paced(1, 2000)),
			admitAt(d, Limits{3, 1}, at(0), full(2)), release("a", "d"),
		}},
		{"to another provider", "a Call that is changed waits in the other's line", []step{
			admitAt(a, pace(1), at(0), admitted), admitAt(b, pace(1), at(0), paced(0, 1000)), admitAt(c, pace(1), at(0), paced(1, 2000)),
			admitAt(elsewhereB, pace(1), at(0), admitted, "c"), admitAt(c, pace(1), at(1000), admitted),
		}},
		{"no longer bound", "who asks is placed at once", []step{
			admitAt(a, pace(1), at(0), admitted), admitAt(b, pace(1), at(0), paced(0, 1000)), admitAt(c, pace(0), at(0), admitted),
			admitAt(b, pace(0), at(0), admitted),
		}},
		{"capacity before pace", "who has to wait for a slot waits to be woken, not for a time", []step{
			admitAt(a, Limits{1, 1}, at(0), admitted), admitAt(b, Limits{1, 1}, at(0), full(0)),
		}},
	})
}

func TestHold(t *testing.T) {
	a, b, c := call("a", 1, numberA, ann), call("b", 2, numberA, bob), call("c", 3, numberA, ann)
	play(t, []episode{
		{"counts", "the limit holds across restarts", []step{hold(a), admit(b, one, full(0)), release("a", "b")}},
		{"callee counts", "a callee is not rung twice at once across restarts", []step{hold(a), admit(c, two, taken(0)), release("a", "c")}},
		{"beyond the limit", "what is true is noted; then nobody comes in until there is room", []step{
			hold(a, b), admit(c, one, full(0)), release("b"), admit(c, one, full(0)), release("a", "c"),
		}},
		{"twice", "a call holds one slot", []step{hold(a, a), admit(b, two, admitted)}},
		{"after it was admitted", "the reconciler notes what it has placed", []step{admit(a, two, admitted), hold(a), admit(b, two, admitted)}},
		{"who was in line", "it is placed, so it no longer waits", []step{
			admit(b, Limits{}, full(0)), hold(b), release("b"), admit(a, one, admitted),
		}},
		{"asked for again", "who holds is in", []step{hold(a), admit(a, Limits{}, admitted)}},
	})
}

func TestReleaseKey(t *testing.T) {
	a, b := call("a", 1, numberA, ann), call("b", 2, numberA, bob)
	play(t, []episode{
		{"holder", "a Call that is no more gives up its slot", []step{admit(a, one, admitted), admit(b, one, full(0)), releaseKey("a", "b")}},
		{"waiter", "a Call that is no more leaves the line", []step{wait(a), admit(b, one, full(1)), releaseKey("a", "b")}},
		{"twice", "the second time there is nothing left", []step{admit(a, one, admitted), releaseKey("a"), releaseKey("a")}},
	})
}

// TestCreatedAnew: of the Calls of one name the last is the one that there is.
func TestCreatedAnew(t *testing.T) {
	a, b, h := call("a", 1, numberA, ann), call("b", 2, numberA, bob), call("h", 0, numberA, cat)
	a.Version = 10
	again := call("a", 3, numberA, ann)
	again.UID, again.Version = "a-again", 20
	late := call("a", 1, numberA, ann) // the first Call, seen before the second
	late.Version = 15
	elsewhere := again
	elsewhere.Number = numberB
	unseen := again // whatever was seen last
	unseen.Version = 0
	waiting := func(ticket Ticket, woken ...string) step {
		return waking(func(q *Queue) []types.NamespacedName { return q.Wait(ticket) }, woken...)
	}
	holding := func(ticket Ticket, woken ...string) step {
		return waking(func(q *Queue) []types.NamespacedName { return q.MarkPlaced(ticket) }, woken...)
	}
	releasing := func(ticket Ticket, woken ...string) step {
		return waking(func(q *Queue) []types.NamespacedName { return q.Release(ticket) }, woken...)
	}
	outdated := Decision{Reason: Outdated}
	play(t, []episode{
		{"waiter", "nobody will ask for the first Call any more, and its place is not kept", []step{
			hold(h), admit(a, one, full(0)), admit(b, one, full(1)), admit(again, one, full(1)), release("h", "b"), admit(b, one, admitted),
		}},
		{"waiter that was next", "who waited behind it is woken", []step{
			wait(a), admit(b, one, full(1)), admitAt(again, one, epoch, full(1), "b"), admit(b, one, admitted),
		}},
		{"holder", "the call of the first Call is nobody's to follow any more, and its slot goes to the next", []step{
			admit(a, one, admitted), admit(b, one, full(0)), admitAt(again, one, epoch, full(1), "b"), admit(b, one, admitted), release("b", "a"),
		}},
		{"noted", "by whatever way it is known that there is another one", []step{
			wait(a), admit(b, one, full(1)), waiting(again, "b"), admit(b, one, admitted),
		}},
		{"placed", "by whatever way it is known that there is another one", []step{
			wait(a), admit(b, one, full(1)), holding(elsewhere, "b"), admit(b, one, admitted),
		}},
		{"that asks for nothing", "by whatever way it is known that there is another one", []step{
			wait(a), admit(b, one, full(1)), releasing(again, "b"), admit(b, one, admitted),
		}},
		{"version not known", "what is seen last is true", []step{
			wait(a), admit(b, one, full(1)), releasing(unseen, "b"), admit(b, one, admitted),
		}},
		{"seen late", "an old view takes nobody's slot or place away", []step{
			admit(again, one, admitted), admit(late, one, outdated), hold(late), wait(late), releasing(late), admit(b, one, full(0)),
			releasing(again, "b"),
		}},
		{"name", "it is now the second Call's", []step{wait(a, again), admit(b, one, admitted), release("b", "a"), releaseKey("a"), releaseKey("a")}},
	})
}

// TestReleaseByWhoSawLess: who has not seen that a call is placed does not give up its slot.
func TestReleaseByWhoSawLess(t *testing.T) {
	seen := func(name string, version uint64) Ticket {
		ticket := call(name, 1, numberA, "")
		ticket.Version = version
		return ticket
	}
	releasing := func(version uint64, woken ...string) step {
		return waking(func(q *Queue) []types.NamespacedName { return q.Release(seen("a", version)) }, woken...)
	}
	b := call("b", 2, numberA, "")
	play(t, []episode{
		{"less", "the attempt is another process's, and is written", []step{
			hold(seen("a", 20)), admit(seen("a", 10), one, admitted), releasing(10), admit(b, one, full(0)),
		}},
		{"as much", "it knows what it gives up", []step{hold(seen("a", 20)), admit(b, one, full(0)), releasing(20, "b")}},
		{"more", "it is over", []step{hold(seen("a", 20)), admit(b, one, full(0)), releasing(30, "b")}},
		{"not known", "what is seen last is true", []step{hold(seen("a", 20)), admit(b, one, full(0)), releasing(0, "b")}},
		{"less than when it was last noted", "what was seen of a call only grows", []step{
			admit(seen("a", 10), one, admitted), hold(seen("a", 20)), hold(seen("a", 15)), releasing(17), admit(b, one, full(0)), releasing(20, "b"),
		}},
	})
}

func TestChangedTicket(t *testing.T) {
	a, b, x := call("a", 1, numberA, ann), call("b", 2, numberA, bob), call("x", 3, numberB, bob)
	moved := call("a", 1, numberB, bob)
	play(t, []episode{
		{"to another number", "a Call that is changed before it is placed leaves the old line for the new", []step{
			wait(a), admit(b, one, full(1)), wait(moved), admit(b, one, admitted), admit(x, one, taken(1)),
		}},
		{"too late", "a call that is placed holds what it was placed with", []step{
			admit(a, one, admitted), admit(moved, one, admitted), admit(x, one, admitted), admit(b, two, taken(0)), release("a"),
		}},
	})
}

// TestConcurrentUse: the limit holds under concurrent use. It is most useful with the race detector.
func TestConcurrentUse(t *testing.T) {
	q := New()
	var holders, most atomic.Int32
	var everybody sync.WaitGroup
	for i := range 8 {
		everybody.Go(func() {
			for round := range 200 {
				ticket := call(fmt.Sprintf("t%d", i), round, numberA, "")
				if decision, _ := q.Admit(ticket, two, epoch); decision.Admitted {
					if now := holders.Add(1); now > most.Load() {
						most.Store(now)
					}
					holders.Add(-1)
				}
				q.Release(ticket)
			}
		})
	}
	everybody.Wait()
	if most.Load() > 2 || len(q.tickets) != 0 {
		t.Errorf("%d at once with a limit of 2, %d left behind", most.Load(), len(q.tickets))
	}
}

// TestNothingIsLeftBehind: numbers, callees and tickets that are no longer used take no memory.
func TestNothingIsLeftBehind(t *testing.T) {
	a, b := call("a", 1, numberA, ann), call("b", 2, numberA, ann)
	elsewhere := call("x", 3, numberB, bob)
	elsewhere.Provider = types.NamespacedName{Namespace: "n", Name: "q"}
	paced := Limits{Concurrent: 2, PerSecond: 1}
	cases := []struct {
		name, reason string
		steps        []step
	}{
		{"placed and over", "one after the other", []step{admit(a, one, admitted), release("a"), admit(b, one, admitted), release("b")}},
		{"left the line", "waiters too", []step{admit(a, one, admitted), admit(b, one, full(0)), release("b"), release("a")}},
		{"changed its numbers", "what a Call was before is forgotten", []step{wait(a), wait(call("a", 1, numberB, bob)), release("a")}},
		{"created anew", "what the Call before it was is forgotten", []step{wait(a), wait(Ticket{UID: "anew", Key: a.Key}), releaseKey("a")}},
		{"noted", "who never asked", []step{wait(a, b, elsewhere), release("a"), release("b"), release("x")}},
		{"a provider that is gone", "its pace is forgotten when the next call is placed", []step{
			admitAt(a, paced, at(0), admitted), release("a"), admitAt(elsewhere, two, at(1000), admitted), release("x"),
		}},
		{"a provider that is gone, with a line", "its pace is forgotten when the next call is placed", []step{
			admitAt(a, paced, at(0), admitted), admitAt(elsewhere, paced, at(0), admitted), admitAt(b, paced, at(1), taken(0)),
			release("a", "b"), admitAt(b, paced, at(1), Decision{Reason: Pace, RetryAfter: 999 * time.Millisecond}),
			release("b"), release("x"), admitAt(call("y", 4, "", ""), two, at(1000), admitted), release("y"),
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q := New()
			for i, do := range c.steps {
				if diff := do(q); diff != "" {
					t.Fatalf("step %d (-want +got):\n%s", i+1, diff)
				}
			}
			if len(q.tickets)+len(q.keys)+len(q.lines)+len(q.callees)+len(q.paces) != 0 {
				t.Errorf("%s: %d tickets, %d keys, lines %v, callees %v, paces %v", c.reason, len(q.tickets), len(q.keys), q.lines, q.callees, q.paces)
			}
		})
	}
}

// TestPutOff: a waiter whose Call is put off, or brought forward, stands where it belongs by then, in each of its lines.
func TestPutOff(t *testing.T) {
	t.Parallel()
	paced := Limits{Concurrent: 1, PerSecond: 1}
	q := New()
	steps := []step{
		admit(call("held", 0, numberA, ""), one, admitted),
		admit(call("a", 1, numberA, ann), paced, full(0)),
		admit(call("b", 2, numberA, bob), paced, full(1)),
		admit(call("a", 9, numberA, ann), paced, full(1)),
		admit(call("b", 2, numberA, bob), paced, full(0)),
	}
	for i, do := range steps {
		if wrong := do(q); wrong != "" {
			t.Fatalf("step %d:\n%s", i, wrong)
		}
	}
	for _, name := range []string{"a", "b", "held"} {
		q.ReleaseKey(keyOf(name))
	}
	if len(q.tickets)+len(q.lines)+len(q.callees)+len(q.paces) != 0 {
		t.Errorf("left behind: %d tickets, %d lines, %d callees, %d paces", len(q.tickets), len(q.lines), len(q.callees), len(q.paces))
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	if At("s", "") != "" {
		t.Error("nobody's number has no line at any service")
	}
	if At("s", numberA) == At("other", numberA) || At("s", numberA) == At("s", numberB) {
		t.Error("a number is one at one service")
	}
}
