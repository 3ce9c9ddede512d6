// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package once

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Trouble is an operation that fails for a live call, for the log.
type Trouble string

// The troubles.
const (
	TroubleHangUp Trouble = "hanging up failed, it is tried again"
	TroublePoll   Trouble = "asking for a call failed, it is asked for again"
)

// ContactLog is what this process remembers of its requests to the service, by object. It only determines when to send the next
// Request, never what is true: with an empty one, a process sends requests earlier.
type ContactLog struct {
	mu      sync.Mutex
	started time.Time
	talks   map[types.NamespacedName]*lastContact
}

type lastContact struct {
	uid types.UID
	// Last is when the service was last asked about the call; NextRepeat, when an unresolved request may be repeated;
	// HungUp, when a hang-up was sent; gone, when the service was first found not to know the call.
	Last, NextRepeat, HungUp, Gone time.Time
	// Looked is when both rosters of a move were last polled; accepted, when this process first knew that the service has
	// Accepted the move.
	Looked, accepted time.Time
	// Stopped is when the service was last asked to stop an operation.
	Stopped time.Time
	// troubles are the logged causes of failing operations; lost says that the operator has given up on the call.
	troubles map[Trouble]string
	lost     bool
	// Unsent is the ID of an attempt that this process wrote, or tried to, and has not sent yet.
	Unsent string
	// RingOver says that the service has reported that an incoming call no longer rings.
	RingOver bool
}

// Start starts the memory, once. A manager starts when it becomes the leader, not when it stands by, since another manager
// polled until then.
func (m *ContactLog) Start(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.started.IsZero() {
		m.started = now
	}
}

// Of returns a copy of an object's entry.
func (m *ContactLog) Of(object client.Object) lastContact {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.talks[client.ObjectKeyFromObject(object)]
	if !ok || known.uid != object.GetUID() {
		return lastContact{uid: object.GetUID(), Last: m.started}
	}
	return *known
}

func (m *ContactLog) change(object client.Object, change func(*lastContact)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.talks == nil {
		m.talks = map[types.NamespacedName]*lastContact{}
	}
	key := client.ObjectKeyFromObject(object)
	known, ok := m.talks[key]
	if !ok || known.uid != object.GetUID() {
		known = &lastContact{uid: object.GetUID(), Last: m.started}
		m.talks[key] = known
	}
	change(known)
}

// Talked records that a request was made, whether or not the service answered.
func (m *ContactLog) Talked(object client.Object, now time.Time) {
	m.change(object, func(t *lastContact) { t.Last = now })
}

// PollSoon makes the next poll of a call due at once.
func (m *ContactLog) PollSoon(object client.Object) {
	m.change(object, func(t *lastContact) { t.Last = time.Time{} })
}

// RepeatAt records when an unresolved request may be repeated.
func (m *ContactLog) RepeatAt(object client.Object, at time.Time) {
	m.change(object, func(t *lastContact) { t.NextRepeat = at })
}

// HungUp records that a hang-up is sent.
func (m *ContactLog) HungUp(object client.Object, now time.Time) {
	m.change(object, func(t *lastContact) { t.HungUp = now })
}

// Gone records that the service does not know the call, and returns since when.
func (m *ContactLog) Gone(object client.Object, now time.Time) time.Time {
	var since time.Time
	m.change(object, func(t *lastContact) {
		if t.Gone.IsZero() {
			t.Gone = now
		}
		since = t.Gone
	})
	return since
}

// Minted records the ID of an attempt before it is written; sent, before its request is sent.
func (m *ContactLog) Minted(object client.Object, id string) string {
	m.change(object, func(t *lastContact) { t.Unsent = id })
	return id
}

func (m *ContactLog) sent(object client.Object) {
	m.change(object, func(t *lastContact) { t.Unsent = "" })
}

// RingOver records that an incoming call no longer rings.
func (m *ContactLog) RingOver(object client.Object) {
	m.change(object, func(t *lastContact) { t.RingOver = true })
}

// Found records that the service knows the call.
func (m *ContactLog) Found(object client.Object) {
	m.change(object, func(t *lastContact) { t.Gone = time.Time{} })
}

// Looked records that both rosters of a move were polled, or could not be.
func (m *ContactLog) Looked(object client.Object, now time.Time) {
	m.change(object, func(t *lastContact) { t.Last, t.Looked = now, now })
}

// Stopped records that the service was asked to stop an operation.
func (m *ContactLog) Stopped(object client.Object, now time.Time) {
	m.change(object, func(t *lastContact) { t.Last, t.Stopped = now, now })
}

// Accepted records that the service has accepted a move, and returns since when that is known.
func (m *ContactLog) Accepted(object client.Object, now time.Time) time.Time {
	var since time.Time
	m.change(object, func(t *lastContact) {
		if t.accepted.IsZero() {
			t.accepted = now
		}
		since = t.accepted
	})
	return since
}

// Troubled records the cause of a failing operation, empty if it works, and tells whether that is new.
func (m *ContactLog) Troubled(object client.Object, what Trouble, cause string) (isNew bool) {
	m.change(object, func(t *lastContact) {
		if isNew = t.troubles[what] != cause; !isNew {
			return
		}
		if t.troubles == nil {
			t.troubles = map[Trouble]string{}
		}
		t.troubles[what] = cause
	})
	return isNew
}

// Lost records that the operator gives up on a call, and returns why it could not be hung up and whether this is the first
// time.
func (m *ContactLog) Lost(object client.Object) (cause string, first bool) {
	m.change(object, func(t *lastContact) {
		first, t.lost = !t.lost, true
		cause = t.troubles[TroubleHangUp]
	})
	return cause, first
}

// Forget drops the entry of a deleted object.
func (m *ContactLog) Forget(key types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.talks, key)
}
