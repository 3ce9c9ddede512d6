// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialqueue

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// numberQueue has the holders of a caller number, and its waiters.
type numberQueue struct {
	// limit is the limit of the last Admit.
	limit   int
	holders int
	waiters waiters
}

// waiters are entries in the order of admission.
type waiters []*entry

// before is the order of waiters: the oldest first, then by name, then by UID.
func before(a, b *entry) int {
	if a == b {
		return 0
	}
	if order := a.Created.Compare(b.Created); order != 0 {
		return order
	}
	if order := strings.Compare(a.Key.String(), b.Key.String()); order != 0 {
		return order
	}
	return strings.Compare(string(a.UID), string(b.UID))
}

// position is the index of e, or where it would be inserted.
func (w waiters) position(e *entry) int {
	at, _ := slices.BinarySearchFunc(w, e, before)
	return at
}

func (w *waiters) add(e *entry) {
	at, found := slices.BinarySearchFunc(*w, e, before)
	if !found {
		*w = slices.Insert(*w, at, e)
	}
}

func (w *waiters) remove(e *entry) {
	if at, found := slices.BinarySearchFunc(*w, e, before); found {
		*w = slices.Delete(*w, at, at+1)
	}
}

func (q *Queue) queueFor(number string) *numberQueue {
	known, ok := q.lines[number]
	if !ok {
		known = &numberQueue{}
		q.lines[number] = known
	}
	return known
}

func (q *Queue) calleeOf(number string) *callee {
	known, ok := q.callees[number]
	if !ok {
		known = &callee{}
		q.callees[number] = known
	}
	return known
}

func (q *Queue) wait(e *entry) {
	if e.Number != "" {
		q.queueFor(e.Number).waiters.add(e)
	}
	if e.Callee != "" {
		q.calleeOf(e.Callee).waiters.add(e)
	}
}

func (q *Queue) stopWaiting(e *entry) {
	if e.Number != "" {
		q.queueFor(e.Number).waiters.remove(e)
	}
	if e.Callee != "" {
		q.calleeOf(e.Callee).waiters.remove(e)
	}
}

// take makes a waiter a holder.
func (q *Queue) take(e *entry) {
	q.stopWaiting(e)
	q.leaveRate(e)
	e.holds = true
	if e.Number != "" {
		q.queueFor(e.Number).holders++
	}
	if e.Callee != "" {
		q.calleeOf(e.Callee).holders++
	}
}

// leaveCallee releases a holder's callee for the next call; the holder keeps its slot.
func (q *Queue) leaveCallee(e *entry) {
	was := *e
	q.calleeOf(e.Callee).holders--
	e.Callee = ""
	if next := q.nextForCallee(was.Callee); next != nil {
		q.wake(next)
	}
	q.prune(&was)
}

// drop removes an entry and wakes the waiters that should ask again now.
func (q *Queue) drop(e *entry) {
	delete(q.tickets, e.UID)
	delete(q.keys, e.Key)
	if !e.holds {
		q.stopWaiting(e)
	} else {
		if e.Number != "" {
			q.queueFor(e.Number).holders--
		}
		if e.Callee != "" {
			q.calleeOf(e.Callee).holders--
		}
	}
	q.wakeQueue(e.Number)
	if next := q.nextForCallee(e.Callee); next != nil {
		q.wake(next)
	}
	q.leaveRate(e)
	q.prune(e)
}

func (q *Queue) wake(e *entry) {
	if !slices.Contains(q.woken, e.Key) {
		q.woken = append(q.woken, e.Key)
	}
}

func (q *Queue) takeWoken() []types.NamespacedName {
	woken := q.woken
	q.woken = nil
	return woken
}

// wakeQueue wakes the waiters whose turn it is: as many as there are free slots. Waiters for the pace already have a
// time.
func (q *Queue) wakeQueue(number string) {
	l, ok := q.lines[number]
	if !ok {
		return
	}
	free := l.limit - l.holders
	for _, waiter := range l.waiters {
		if free <= 0 {
			break
		}
		if q.calleeTaken(waiter) {
			continue
		}
		free--
		if !waiter.told {
			q.woken = append(q.woken, waiter.Key)
		}
	}
}

// nextForCallee is the oldest waiter for a free callee whose number has a free slot; nil if there is none.
func (q *Queue) nextForCallee(number string) *entry {
	known, ok := q.callees[number]
	if !ok || known.holders > 0 {
		return nil
	}
	for _, waiter := range known.waiters {
		if waiter.Number == "" {
			return waiter
		}
		if l := q.queueFor(waiter.Number); !q.noCapacity(l, l.waiters.position(waiter)) {
			return waiter
		}
	}
	return nil
}

// prune removes empty lines, so that unused numbers take no memory.
func (q *Queue) prune(e *entry) {
	if l, ok := q.lines[e.Number]; ok && l.holders == 0 && len(l.waiters) == 0 {
		delete(q.lines, e.Number)
	}
	if c, ok := q.callees[e.Callee]; ok && c.holders == 0 && len(c.waiters) == 0 {
		delete(q.callees, e.Callee)
	}
}
