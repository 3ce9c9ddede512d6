// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// memory is what this process remembers of its talks with the service, by Call. It says when to talk next, never what
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
}

func (m *memory) start(now time.Time) {
	m.started = now
}

// of returns a copy of what is remembered of a Call.
func (m *memory) of(call *v1alpha1.Call) talk {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.talks[client.ObjectKeyFromObject(call)]
	if !ok || known.uid != call.UID {
		return talk{uid: call.UID, last: m.started}
	}
	return *known
}

func (m *memory) change(call *v1alpha1.Call, change func(*talk)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.talks == nil {
		m.talks = map[types.NamespacedName]*talk{}
	}
	key := client.ObjectKeyFromObject(call)
	known, ok := m.talks[key]
	if !ok || known.uid != call.UID {
		known = &talk{uid: call.UID, last: m.started}
		m.talks[key] = known
	}
	change(known)
}

// talked notes that the service answered, or failed to.
func (m *memory) talked(call *v1alpha1.Call, now time.Time) {
	m.change(call, func(t *talk) { t.last = now })
}

func (m *memory) repeatAt(call *v1alpha1.Call, at time.Time) {
	m.change(call, func(t *talk) { t.nextRepeat = at })
}

func (m *memory) hungUp(call *v1alpha1.Call, now time.Time) {
	m.change(call, func(t *talk) { t.hungUp = now })
}

// gone notes that the service does not know the call, and returns since when.
func (m *memory) gone(call *v1alpha1.Call, now time.Time) time.Time {
	var since time.Time
	m.change(call, func(t *talk) {
		if t.gone.IsZero() {
			t.gone = now
		}
		since = t.gone
	})
	return since
}

// found notes that the service knows the call.
func (m *memory) found(call *v1alpha1.Call) {
	m.change(call, func(t *talk) { t.gone = time.Time{} })
}

func (m *memory) forget(key types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.talks, key)
}
