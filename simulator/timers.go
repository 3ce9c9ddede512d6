// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"sync"
	"time"
)

// timers schedules functions. A stopped one does not run, and is not kept in memory.
type timers struct {
	mu      sync.Mutex
	closed  bool
	pending map[*time.Timer]struct{}
	work    sync.WaitGroup
}

func newTimers() *timers { return &timers{pending: map[*time.Timer]struct{}{}} }

// after runs f after d, unless it is stopped before.
func (t *timers) after(d time.Duration, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.work.Add(1)
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		defer t.work.Done()
		t.mu.Lock()
		delete(t.pending, timer)
		t.mu.Unlock()
		f()
	})
	t.pending[timer] = struct{}{}
}

// stop stops all that has not begun.
func (t *timers) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for timer := range t.pending {
		if timer.Stop() {
			t.work.Done()
		}
	}
	clear(t.pending)
}

// close stops all and waits for what has begun.
func (t *timers) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.stop()
	t.work.Wait()
}
