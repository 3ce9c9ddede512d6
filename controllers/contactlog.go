// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// trouble is an operation that fails for a live call, for the log.
type trouble string

const (
	troubleHangUp trouble = "hanging up failed, it is tried again"
	troublePoll   trouble = "asking for a call failed, it is asked for again"
)

// contactLog is what this process remembers of its requests to the service, by object. It only determines when to send the next
// request, never what is true: with an empty one, a process sends requests earlier.
type contactLog struct {
	mu      sync.Mutex
	started time.Time
	talks   map[types.NamespacedName]*lastContact
}

type lastContact struct {
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
func (m *contactLog) start(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.started.IsZero() {
		m.started = now
	}
}

// of returns a copy of an object's entry.
func (m *contactLog) of(object client.Object) lastContact {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.talks[client.ObjectKeyFromObject(object)]
	if !ok || known.uid != object.GetUID() {
		return lastContact{uid: object.GetUID(), last: m.started}
	}
	return *known
}

func (m *contactLog) change(object client.Object, change func(*lastContact)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.talks == nil {
		m.talks = map[types.NamespacedName]*lastContact{}
	}
	key := client.ObjectKeyFromObject(object)
	known, ok := m.talks[key]
	if !ok || known.uid != object.GetUID() {
		known = &lastContact{uid: object.GetUID(), last: m.started}
		m.talks[key] = known
	}
	change(known)
}

// talked records that a request was made, whether or not the service answered.
func (m *contactLog) talked(object client.Object, now time.Time) {
	m.change(object, func(t *lastContact) { t.last = now })
}

// pollSoon makes the next poll of a call due at once.
func (m *contactLog) pollSoon(object client.Object) {
	m.change(object, func(t *lastContact) { t.last = time.Time{} })
}

func (m *contactLog) repeatAt(object client.Object, at time.Time) {
	m.change(object, func(t *lastContact) { t.nextRepeat = at })
}

func (m *contactLog) hungUp(object client.Object, now time.Time) {
	m.change(object, func(t *lastContact) { t.hungUp = now })
}

// gone records that the service does not know the call, and returns since when.
func (m *contactLog) gone(object client.Object, now time.Time) time.Time {
	var since time.Time
	m.change(object, func(t *lastContact) {
		if t.gone.IsZero() {
			t.gone = now
		}
		since = t.gone
	})
	return since
}

// minted records the ID of an attempt before it is written; sent, before its request is sent.
func (m *contactLog) minted(object client.Object, id string) string {
	m.change(object, func(t *lastContact) { t.unsent = id })
	return id
}

func (m *contactLog) sent(object client.Object) {
	m.change(object, func(t *lastContact) { t.unsent = "" })
}

func (m *contactLog) ringOver(object client.Object) {
	m.change(object, func(t *lastContact) { t.ringOver = true })
}

// found records that the service knows the call.
func (m *contactLog) found(object client.Object) {
	m.change(object, func(t *lastContact) { t.gone = time.Time{} })
}

// looked records that both rosters of a move were polled, or could not be.
func (m *contactLog) looked(object client.Object, now time.Time) {
	m.change(object, func(t *lastContact) { t.last, t.looked = now, now })
}

// accepted records that the service has accepted a move, and returns since when that is known.
func (m *contactLog) accepted(object client.Object, now time.Time) time.Time {
	var since time.Time
	m.change(object, func(t *lastContact) {
		if t.accepted.IsZero() {
			t.accepted = now
		}
		since = t.accepted
	})
	return since
}

// troubled records the cause of a failing operation, empty if it works, and tells whether that is new.
func (m *contactLog) troubled(object client.Object, what trouble, cause string) (isNew bool) {
	m.change(object, func(t *lastContact) {
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
func (m *contactLog) lost(object client.Object) (cause string, first bool) {
	m.change(object, func(t *lastContact) {
		first, t.lost = !t.lost, true
		cause = t.troubles[troubleHangUp]
	})
	return cause, first
}

func (m *contactLog) forget(key types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.talks, key)
}
