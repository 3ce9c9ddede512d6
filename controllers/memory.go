// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// memory is what this process remembers of its talks with the service, by object. It says when to talk next, never what
// is true: a process that starts with an empty one talks earlier, and nothing else.
type memory struct {
	mu      sync.Mutex
	started time.Time
	talks   map[types.NamespacedName]*talk
}

type talk struct {
	uid types.UID
	// last is when the service was last asked about the call; nextRepeat, when an unresolved request may be repeated;
	// hungUp, when a hang-up was sent; gone, when the service was first found not to know the call.
	last, nextRepeat, hungUp, gone time.Time
	// looked is when both calls of a move were last asked who is in them; accepted, when this process first knew that
	// the service has taken the move.
	looked, accepted time.Time
	// troubles are the causes for which something does not work, as they were logged; lost says that the call was given up.
	troubles map[trouble]string
	lost     bool
	// unsent is the ID of an attempt that this process wrote, or tried to, and has not sent yet.
	unsent string
	// ringOver says that the service has said that an incoming call rings no more.
	ringOver bool
}

// start begins the memory, once. A manager begins when it is the leader, not when it comes to stand by: what had to be asked
// while it stood by was asked by another one.
func (m *memory) start(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.started.IsZero() {
		m.started = now
	}
}

// of returns a copy of what is remembered of an object.
func (m *memory) of(object client.Object) talk {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.talks[client.ObjectKeyFromObject(object)]
	if !ok || known.uid != object.GetUID() {
		return talk{uid: object.GetUID(), last: m.started}
	}
	return *known
}

func (m *memory) change(object client.Object, change func(*talk)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.talks == nil {
		m.talks = map[types.NamespacedName]*talk{}
	}
	key := client.ObjectKeyFromObject(object)
	known, ok := m.talks[key]
	if !ok || known.uid != object.GetUID() {
		known = &talk{uid: object.GetUID(), last: m.started}
		m.talks[key] = known
	}
	change(known)
}

// talked notes that the service answered, or failed to.
func (m *memory) talked(object client.Object, now time.Time) {
	m.change(object, func(t *talk) { t.last = now })
}

// pollSoon makes the next question about a call due at once.
func (m *memory) pollSoon(object client.Object) {
	m.change(object, func(t *talk) { t.last = time.Time{} })
}

func (m *memory) repeatAt(object client.Object, at time.Time) {
	m.change(object, func(t *talk) { t.nextRepeat = at })
}

func (m *memory) hungUp(object client.Object, now time.Time) {
	m.change(object, func(t *talk) { t.hungUp = now })
}

// gone notes that the service does not know the call, and returns since when.
func (m *memory) gone(object client.Object, now time.Time) time.Time {
	var since time.Time
	m.change(object, func(t *talk) {
		if t.gone.IsZero() {
			t.gone = now
		}
		since = t.gone
	})
	return since
}

// minted notes the ID of an attempt that is about to be written; sent, that its request is about to leave.
func (m *memory) minted(object client.Object, id string) string {
	m.change(object, func(t *talk) { t.unsent = id })
	return id
}

func (m *memory) sent(object client.Object) {
	m.change(object, func(t *talk) { t.unsent = "" })
}

func (m *memory) ringOver(object client.Object) {
	m.change(object, func(t *talk) { t.ringOver = true })
}

// found notes that the service knows the call.
func (m *memory) found(object client.Object) {
	m.change(object, func(t *talk) { t.gone = time.Time{} })
}

// looked notes that both calls of a move were asked, or could not be.
func (m *memory) looked(object client.Object, now time.Time) {
	m.change(object, func(t *talk) { t.last, t.looked = now, now })
}

// accepted notes that the service has taken a move, and returns since when that is known.
func (m *memory) accepted(object client.Object, now time.Time) time.Time {
	var since time.Time
	m.change(object, func(t *talk) {
		if t.accepted.IsZero() {
			t.accepted = now
		}
		since = t.accepted
	})
	return since
}

// troubled notes for what cause something does not work, empty when it works, and tells whether that is new.
func (m *memory) troubled(object client.Object, what trouble, cause string) (isNew bool) {
	m.change(object, func(t *talk) {
		if isNew = t.troubles[what] != cause; !isNew {
			return
		}
		if t.troubles == nil {
			t.troubles = map[trouble]string{}
		}
		t.troubles[what] = cause
	})
	return isNew
}

// lost notes that a call is given up, and returns why it could not be hung up and whether that was not noted before.
func (m *memory) lost(object client.Object) (cause string, first bool) {
	m.change(object, func(t *talk) {
		first, t.lost = !t.lost, true
		cause = t.troubles[troubleHangUp]
	})
	return cause, first
}

func (m *memory) forget(key types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.talks, key)
}
