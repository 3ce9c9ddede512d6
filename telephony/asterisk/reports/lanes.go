// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"context"
	"sync"
	"time"
)

// lanes do things of one lane one after another, and things of several lanes at the same time.
type lanes struct {
	// free has a token for each thing that may still be added.
	free chan struct{}
	all  sync.WaitGroup

	mu      sync.Mutex
	waiting map[string][]func()
	// emptied has a token once the last lane is empty.
	emptied chan struct{}
}

func newLanes(most int) *lanes {
	return &lanes{free: make(chan struct{}, most), waiting: map[string][]func(){}, emptied: make(chan struct{}, 1)}
}

// add has something done after what is in its lane. It waits while too much is to be done, or until ctx is over.
func (l *lanes) add(ctx context.Context, lane string, do func()) {
	select {
	case l.free <- struct{}{}:
	case <-ctx.Done():
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	ahead, busy := l.waiting[lane]
	l.waiting[lane] = append(ahead, do)
	if !busy {
		l.all.Go(func() { l.run(lane) })
	}
}

// run empties a lane.
func (l *lanes) run(lane string) {
	for {
		l.mu.Lock()
		waiting := l.waiting[lane]
		if len(waiting) == 0 {
			delete(l.waiting, lane)
			if len(l.waiting) == 0 {
				select {
				case l.emptied <- struct{}{}:
				default:
				}
			}
			l.mu.Unlock()
			return
		}
		l.waiting[lane] = waiting[1:]
		l.mu.Unlock()
		waiting[0]()
		<-l.free
	}
}

// awaitEmpty returns when nothing is to be done, though more may be added, or after closePatience.
func (l *lanes) awaitEmpty() {
	timer := time.NewTimer(closePatience)
	defer timer.Stop()
	for !l.empty() {
		select {
		case <-l.emptied:
		case <-timer.C:
			return
		}
	}
}

func (l *lanes) empty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting) == 0
}

// wait returns when everything is done. Nothing may be added meanwhile.
func (l *lanes) wait() { l.all.Wait() }
