// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"context"
	"sync"
)

// lanes do things of one lane one after another, and things of several lanes at the same time.
type lanes struct {
	// free has a token for each thing that may still be added.
	free chan struct{}
	all  sync.WaitGroup

	mu      sync.Mutex
	waiting map[string][]func()
}

func newLanes(most int) *lanes {
	return &lanes{free: make(chan struct{}, most), waiting: map[string][]func(){}}
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
			l.mu.Unlock()
			return
		}
		l.waiting[lane] = waiting[1:]
		l.mu.Unlock()
		waiting[0]()
		<-l.free
	}
}

// wait returns when everything is done.
func (l *lanes) wait() { l.all.Wait() }
