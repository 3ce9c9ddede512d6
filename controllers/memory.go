// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// memory is what this process remembers of its requests to the service, by object. It only determines when to send the next
// request, never what is true: with an empty one, a process sends requests earlier.
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
	// looked is when both rosters of a move were last polled; accepted, when this process first knew that the service has
	// accepted the move.
	looked, accepted time.Time
	// troubles are the logged causes of failing operations; lost says that the operator has given up on the call.
	troubles map[trouble]string
	lost     bool
	// unsent is the ID of an attempt that this process wrote, or tried to, and has not sent yet.
	unsent string
	// ringOver says that the service has reported that an incoming call no longer rings.
	ringOver bool
}

// start starts the memory, once. A manager starts when it becomes the leader, not when it stands by, since another manager
// polled until then.
func (m *memory) start(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.started.IsZero() {
		m.started = now
	}
}

// of returns a copy of an object's entry.
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

// talked records that a request was made, whether or not the service answered.
func (m *memory) talked(object client.Object, now time.Time) {
	m.change(object, func(t *talk) { t.last = now })
}

// pollSoon makes the next poll of a call due at once.
func (m *memory) pollSoon(object client.Object) {
	m.change(object, func(t *talk) { t.last = time.Time{} })
}

func (m *memory) repeatAt(object client.Object, at time.Time) {
	m.change(object, func(t *talk) { t.nextRepeat = at })
}

func (m *memory) hungUp(object client.Object, now time.Time) {
	m.change(object, func(t *talk) { t.hungUp = now })
}

// gone records that the service does not know the call, and returns since when.
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

// minted records the ID of an attempt before it is written; sent, before its request is sent.
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

// found records that the service knows the call.
func (m *memory) found(object client.Object) {
	m.change(object, func(t *talk) { t.gone = time.Time{} })
}

// looked records that both rosters of a move were polled, or could not be.
func (m *memory) looked(object client.Object, now time.Time) {
	m.change(object, func(t *talk) { t.last, t.looked = now, now })
}

// accepted records that the service has accepted a move, and returns since when that is known.
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

// troubled records the cause of a failing operation, empty if it works, and tells whether that is new.
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

// lost records that the operator gives up on a call, and returns why it could not be hung up and whether this is the first
// time.
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
