// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialqueue

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Ticket is a call as input for the queue.
type Ticket struct {
	// UID and Key name the Call.
	UID types.UID
	Key types.NamespacedName
	// Version orders the versions of the Calls of one name: a higher one is newer. 0 counts as older than none.
	Version uint64
	// Created is since when the call could be placed; the oldest goes first.
	Created time.Time
	// Number is the caller ID, at its service; "" has no capacity to wait for.
	Number string
	// Callee is the called number, at the calling service; "" conflicts with nothing. With Pair it is both of our own numbers
	// that the call connects, until MarkPlaced sets it to "" because the call's leg has arrived.
	Callee string
	Pair   bool
	// Provider is the call's provider.
	Provider types.NamespacedName
}

// At identifies a number at a service. The same number at different services counts as two numbers. An empty number stays
// "".
func At(service, number string) string {
	if number == "" {
		return ""
	}
	return service + " " + number
}

// Limits are the limits for Admit.
type Limits struct {
	// Concurrent is how many calls may use the ticket's number at once.
	Concurrent int
	// PerSecond is how many calls the provider places each second; 0 is no limit.
	PerSecond int
}

// Reason is why a ticket was not admitted.
type Reason string

// The reasons.
const (
	// Capacity says that the number has no free slot, or that older tickets wait for it.
	Capacity Reason = "Capacity"
	// Callee says that another call to the same callee is active.
	Callee Reason = "Callee"
	// Leg says that the leg of another call of the same Pair has not arrived yet.
	Leg Reason = "Leg"
	// Pace says that the provider has placed as many calls as it may in a second.
	Pace Reason = "Pace"
	// Outdated says that a newer Call of that name is known, so this one is gone.
	Outdated Reason = "Outdated"
)

// Decision is the answer to Admit.
type Decision struct {
	Admitted bool
	// Reason is why not.
	Reason Reason
	// Ahead is how many tickets are before this one: in its provider's line if it waits for the pace, otherwise in its
	// number's.
	Ahead int
	// RetryAfter is when to ask again unless woken earlier; 0 means only when woken.
	RetryAfter time.Duration
}

// Queue is the dial queue. Its methods may be called concurrently.
type Queue struct {
	mu      sync.Mutex
	tickets map[types.UID]*entry
	keys    map[types.NamespacedName]types.UID
	lines   map[string]*numberQueue
	callees map[string]*callee
	paces   map[types.NamespacedName]*rate
	// woken are the tickets that should ask again, until the current method returns them.
	woken []types.NamespacedName
}

// entry is a ticket that the queue knows.
type entry struct {
	Ticket
	holds bool
	// told says that it waits for the pace alone, and knows when to ask again.
	told bool
}

// callee has the caller of one number, and the waiters for it.
type callee struct {
	holders int
	waiters waiters
}

// New returns an empty queue.
func New() *Queue {
	return &Queue{
		tickets: map[types.UID]*entry{},
		keys:    map[types.NamespacedName]types.UID{},
		lines:   map[string]*numberQueue{},
		callees: map[string]*callee{},
		paces:   map[types.NamespacedName]*rate{},
	}
}

// Admit asks for a slot. An admitted ticket holds its slot until Release; any other is in line. Admit is idempotent. Like all
// methods it also returns the tickets that should ask again now, best first.
func (q *Queue) Admit(ticket Ticket, limits Limits, now time.Time) (Decision, []types.NamespacedName) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.replaceOlder(ticket) {
		return Decision{Reason: Outdated}, nil
	}
	known := q.upsert(ticket)
	if known.holds {
		return Decision{Admitted: true}, q.takeWoken()
	}
	decision := q.decide(known, limits, now)
	known.told = decision.Reason == Pace
	switch {
	case decision.Admitted:
		q.take(known)
		q.takeToken(known.Provider, limits, now)
	case known.told:
		q.enterRate(known)
	default:
		q.leaveRate(known)
	}
	return decision, q.takeWoken()
}

// Wait adds a ticket that will ask for a slot, so that no younger one passes it until it has asked.
func (q *Queue) Wait(ticket Ticket) []types.NamespacedName {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.replaceOlder(ticket) {
		q.upsert(ticket)
	}
	return q.takeWoken()
}

// MarkPlaced records a placed call, regardless of limits.
func (q *Queue) MarkPlaced(ticket Ticket) []types.NamespacedName {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.replaceOlder(ticket) {
		return nil
	}
	if held, ok := q.tickets[ticket.UID]; ok && held.holds && held.Number != ticket.Number && !ticket.seenBefore(held.Ticket) {
		// The number's service was not known at first: the slot belongs to that service.
		ticket.Version = max(held.Version, ticket.Version)
		q.drop(held)
	}
	known := q.upsert(ticket)
	known.Version = max(known.Version, ticket.Version)
	switch {
	case !known.holds:
		q.take(known)
	case ticket.Callee == "" && known.Callee != "":
		q.leaveCallee(known)
	}
	return q.takeWoken()
}

// Release gives up a ticket's slot or place in line. A ticket with an outdated version releases nothing: it may predate the
// placing of the call.
func (q *Queue) Release(ticket Ticket) []types.NamespacedName {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.replaceOlder(ticket) {
		return nil
	}
	if known, ok := q.tickets[ticket.UID]; ok && !ticket.seenBefore(known.Ticket) {
		q.drop(known)
	}
	return q.takeWoken()
}

// ReleaseKey is Release by the name of a Call.
func (q *Queue) ReleaseKey(key types.NamespacedName) []types.NamespacedName {
	q.mu.Lock()
	defer q.mu.Unlock()
	if known, ok := q.tickets[q.keys[key]]; ok {
		q.drop(known)
	}
	return q.takeWoken()
}

// replaceOlder drops an older Call of the ticket's name: it is gone, and no other event may report that. It tells whether the name
// belongs to the ticket.
func (q *Queue) replaceOlder(ticket Ticket) bool {
	other, ok := q.tickets[q.keys[ticket.Key]]
	if !ok || other.UID == ticket.UID {
		return true
	}
	if ticket.seenBefore(other.Ticket) {
		return false
	}
	q.drop(other)
	return true
}

func (t Ticket) seenBefore(other Ticket) bool {
	return t.Version != 0 && t.Version < other.Version
}

// upsert returns the queue's entry for a ticket, and moves it to another line if the Call was changed before it was placed.
func (q *Queue) upsert(ticket Ticket) *entry {
	known, ok := q.tickets[ticket.UID]
	if ok && known.holds {
		return known
	}
	if !ok {
		known = &entry{Ticket: ticket}
		q.tickets[ticket.UID] = known
		q.keys[ticket.Key] = ticket.UID
		q.wait(known)
		q.enterRate(known)
		return known
	}
	q.move(known, ticket)
	return known
}

// move moves a waiter to its place according to the current Call.
func (q *Queue) move(e *entry, ticket Ticket) {
	was := *e
	sameAge := was.Created.Equal(ticket.Created)
	if was.Number == ticket.Number && was.Callee == ticket.Callee && was.Provider == ticket.Provider && sameAge {
		e.Ticket = ticket
		return
	}
	q.stopWaiting(e)
	if was.Provider != ticket.Provider || !sameAge {
		q.leaveRate(e)
	}
	e.Ticket = ticket
	q.wait(e)
	q.enterRate(e)
	q.prune(&was)
}

// decide decides whether a waiting ticket may be admitted.
func (q *Queue) decide(e *entry, limits Limits, now time.Time) Decision {
	ahead := 0
	if e.Number != "" {
		line := q.queueFor(e.Number)
		line.limit = limits.Concurrent
		ahead = line.waiters.position(e)
		if q.noCapacity(line, ahead) {
			return Decision{Reason: Capacity, Ahead: ahead}
		}
	}
	if q.calleeTaken(e) {
		if e.Pair {
			return Decision{Reason: Leg, Ahead: ahead}
		}
		return Decision{Reason: Callee, Ahead: ahead}
	}
	return q.decideRate(e, limits, now)
}

func (q *Queue) decideRate(e *entry, limits Limits, now time.Time) Decision {
	if limits.PerSecond == 0 {
		return Decision{Admitted: true}
	}
	p := q.rateOf(e.Provider)
	ahead := p.waiters.position(e)
	if turn := p.turn(ahead, limits.interval(), now); now.Before(turn) {
		return Decision{Reason: Pace, Ahead: ahead, RetryAfter: turn.Sub(now)}
	}
	return Decision{Admitted: true}
}

// noCapacity tells whether a line's slots are all taken or due to its first waiters. A waiter for its callee needs no slot yet.
func (q *Queue) noCapacity(l *numberQueue, ahead int) bool {
	free := l.limit - l.holders
	if ahead < free {
		return false
	}
	for _, older := range l.waiters[:ahead] {
		if free <= 0 {
			break
		}
		if !q.calleeTaken(older) {
			free--
		}
	}
	return free <= 0
}

func (q *Queue) calleeTaken(e *entry) bool {
	taken, ok := q.callees[e.Callee]
	return ok && e.Callee != "" && taken.holders > 0
}
