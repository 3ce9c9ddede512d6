// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialqueue

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Ticket is a call as the queue sees it.
type Ticket struct {
	// UID and Key name the Call.
	UID types.UID
	Key types.NamespacedName
	// Version orders what was seen of the Calls of one name: a higher one was seen later. 0 is not known to be earlier
	// than anything.
	Version uint64
	// Created is since when the call is wanted; the oldest goes first.
	Created time.Time
	// Number is the caller ID, at its service; "" has no capacity to wait for.
	Number string
	// Callee is the number that is called, at the service that calls it; "" conflicts with nobody. With Pair it is both of our
	// own numbers that the call connects, until Hold says "": then the call's arriving leg was seen.
	Callee string
	Pair   bool
	// Provider carries the call.
	Provider types.NamespacedName
}

// At names a number at a service. Numbers at different services have nothing to do with each other, whoever claims to own them.
// Nobody's number stays "".
func At(service, number string) string {
	if number == "" {
		return ""
	}
	return service + " " + number
}

// Limits bound what Admit lets in.
type Limits struct {
	// Concurrent is how many calls may use the ticket's number at once.
	Concurrent int
	// PerSecond is how many calls the provider places each second; 0 is no bound.
	PerSecond int
}

// Reason is why a ticket was not admitted.
type Reason string

// The reasons.
const (
	// Capacity says that the number has no free slot, or that older tickets wait for it.
	Capacity Reason = "Capacity"
	// Callee says that another call to the same callee is under way.
	Callee Reason = "Callee"
	// Leg says that another call of the same Pair is on its way.
	Leg Reason = "Leg"
	// Pace says that the provider has placed as many calls as it may in a second.
	Pace Reason = "Pace"
	// Outdated says that a later Call of that name is known, so that this one is gone.
	Outdated Reason = "Outdated"
)

// Verdict is the answer to Admit.
type Verdict struct {
	Admitted bool
	// Reason is why not.
	Reason Reason
	// Ahead is how many tickets are before this one: in its provider's line when it waits for the pace, else in its
	// number's.
	Ahead int
	// RetryAfter is when to ask again unless woken earlier; 0 waits to be woken.
	RetryAfter time.Duration
}

// Queue is the dial queue. Its methods may be called concurrently.
type Queue struct {
	mu      sync.Mutex
	tickets map[types.UID]*entry
	keys    map[types.NamespacedName]types.UID
	lines   map[string]*line
	callees map[string]*callee
	paces   map[types.NamespacedName]*pace
	// woken are who should ask again, until the method that made it so returns them.
	woken []types.NamespacedName
}

// entry is a ticket that the queue knows.
type entry struct {
	Ticket
	holds bool
	// told says that it waits for the pace alone, and was told when to ask again.
	told bool
}

// callee is who calls one number, and who waits to.
type callee struct {
	holders int
	waiters waiters
}

// New returns an empty queue.
func New() *Queue {
	return &Queue{
		tickets: map[types.UID]*entry{},
		keys:    map[types.NamespacedName]types.UID{},
		lines:   map[string]*line{},
		callees: map[string]*callee{},
		paces:   map[types.NamespacedName]*pace{},
	}
}

// Admit asks for a slot. A ticket that is admitted holds its slot until Release; one that is not is in line. To ask
// again is to ask once. Like all methods it also returns who should ask again now, best first.
func (q *Queue) Admit(ticket Ticket, limits Limits, now time.Time) (Verdict, []types.NamespacedName) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.succeed(ticket) {
		return Verdict{Reason: Outdated}, nil
	}
	known := q.know(ticket)
	if known.holds {
		return Verdict{Admitted: true}, q.takeWoken()
	}
	verdict := q.judge(known, limits, now)
	known.told = verdict.Reason == Pace
	switch {
	case verdict.Admitted:
		q.take(known)
		q.spend(known.Provider, limits, now)
	case known.told:
		q.join(known)
	default:
		q.leave(known)
	}
	return verdict, q.takeWoken()
}

// Wait notes a ticket that will ask for a slot, so that no younger one passes it until it has asked.
func (q *Queue) Wait(ticket Ticket) []types.NamespacedName {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.succeed(ticket) {
		q.know(ticket)
	}
	return q.takeWoken()
}

// Hold notes a call that is placed, whatever the limits say.
func (q *Queue) Hold(ticket Ticket) []types.NamespacedName {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.succeed(ticket) {
		return nil
	}
	if held, ok := q.tickets[ticket.UID]; ok && held.holds && held.Number != ticket.Number && !ticket.seenBefore(held.Ticket) {
		// It was not known at first at which service the number is used: the slot is one of that service's.
		ticket.Version = max(held.Version, ticket.Version)
		q.drop(held)
	}
	known := q.know(ticket)
	known.Version = max(known.Version, ticket.Version)
	switch {
	case !known.holds:
		q.take(known)
	case ticket.Callee == "" && known.Callee != "":
		q.leaveCallee(known)
	}
	return q.takeWoken()
}

// Release gives up a ticket's slot or place in line. Who has seen less of the Call than is known gives up nothing: it
// may not have seen that the call is placed.
func (q *Queue) Release(ticket Ticket) []types.NamespacedName {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.succeed(ticket) {
		return nil
	}
	if known, ok := q.tickets[ticket.UID]; ok && !ticket.seenBefore(known.Ticket) {
		q.drop(known)
	}
	return q.takeWoken()
}

// ReleaseKey is Release for a Call of which only the name is known any more.
func (q *Queue) ReleaseKey(key types.NamespacedName) []types.NamespacedName {
	q.mu.Lock()
	defer q.mu.Unlock()
	if known, ok := q.tickets[q.keys[key]]; ok {
		q.drop(known)
	}
	return q.takeWoken()
}

// succeed drops an earlier Call of the ticket's name: it is gone, and nobody else may ever say so. It tells whether the
// name is the ticket's.
func (q *Queue) succeed(ticket Ticket) bool {
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

// know returns the queue's entry for a ticket, moved to another line when the Call was changed before it was placed.
func (q *Queue) know(ticket Ticket) *entry {
	known, ok := q.tickets[ticket.UID]
	if ok && known.holds {
		return known
	}
	if !ok {
		known = &entry{Ticket: ticket}
		q.tickets[ticket.UID] = known
		q.keys[ticket.Key] = ticket.UID
		q.wait(known)
		q.join(known)
		return known
	}
	q.move(known, ticket)
	return known
}

// move puts a waiter where it stands by what is known of its Call now.
func (q *Queue) move(e *entry, ticket Ticket) {
	was := *e
	sameAge := was.Created.Equal(ticket.Created)
	if was.Number == ticket.Number && was.Callee == ticket.Callee && was.Provider == ticket.Provider && sameAge {
		e.Ticket = ticket
		return
	}
	q.unwait(e)
	if was.Provider != ticket.Provider || !sameAge {
		q.leave(e)
	}
	e.Ticket = ticket
	q.wait(e)
	q.join(e)
	q.tidy(&was)
}

// judge says whether a waiting ticket may be admitted.
func (q *Queue) judge(e *entry, limits Limits, now time.Time) Verdict {
	ahead := 0
	if e.Number != "" {
		line := q.line(e.Number)
		line.limit = limits.Concurrent
		ahead = line.waiters.position(e)
		if q.crowded(line, ahead) {
			return Verdict{Reason: Capacity, Ahead: ahead}
		}
	}
	if q.calleeTaken(e) {
		if e.Pair {
			return Verdict{Reason: Leg, Ahead: ahead}
		}
		return Verdict{Reason: Callee, Ahead: ahead}
	}
	return q.judgePace(e, limits, now)
}

func (q *Queue) judgePace(e *entry, limits Limits, now time.Time) Verdict {
	if limits.PerSecond == 0 {
		return Verdict{Admitted: true}
	}
	p := q.pace(e.Provider)
	ahead := p.waiters.position(e)
	if turn := p.turn(ahead, limits.interval(), now); now.Before(turn) {
		return Verdict{Reason: Pace, Ahead: ahead, RetryAfter: turn.Sub(now)}
	}
	return Verdict{Admitted: true}
}

// crowded tells whether the free slots of a line are all taken, or due to the first waiters of it. One that waits for
// its callee has no use for a slot.
func (q *Queue) crowded(l *line, ahead int) bool {
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
