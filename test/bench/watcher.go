// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/watchkind"
)

// watcher simulates `kubectl get calls -w`: it records when each state of a Call was first seen.
type watcher struct {
	stop func()

	mu sync.Mutex
	// acks are when the creation of each Call was acknowledged; callees are whom they call.
	acks    map[string]time.Time
	callees map[string]string
	// heard is when each event, by ID, was first seen in a status.
	heard     map[string]time.Time
	connected map[string]bool
	ended     map[string]bool
	gone      map[string]bool
	// incoming are the correlation IDs of incoming calls that are over.
	incoming map[string]bool
	// record keeps every revision of one Call.
	record    string
	revisions []*v1alpha1.Call
	changed   chan struct{}
	failed    error
}

func watchCalls(ctx context.Context, c client.WithWatch) (*watcher, error) {
	w := &watcher{
		acks: map[string]time.Time{}, callees: map[string]string{}, heard: map[string]time.Time{},
		connected: map[string]bool{}, incoming: map[string]bool{}, gone: map[string]bool{}, ended: map[string]bool{}, changed: make(chan struct{}),
	}
	var err error
	w.stop, err = watchkind.Follow(ctx, c, namespace, w.see, w.fail)
	return w, err
}

// fail notes that nothing more will be seen.
func (w *watcher) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = err
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *watcher) see(kind watch.EventType, call *v1alpha1.Call) {
	at := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone[call.Name] = kind == watch.Deleted
	for _, event := range call.Status.History {
		if _, known := w.heard[event.ID]; !known {
			w.heard[event.ID] = at
		}
	}
	if call.Status.ConnectedTime != nil {
		w.connected[call.Name] = true
	}
	if call.Status.Result != nil {
		w.ended[call.Name] = true
		if call.Spec.Inbound != nil {
			w.incoming[call.Spec.Inbound.CorrelationID] = true
		}
	}
	if call.Name == w.record {
		w.revisions = append(w.revisions, call)
	}
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *watcher) acknowledged(name, callee string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acks[name], w.callees[name] = at, callee
}

// await waits until cond, which is called under the lock, holds.
func (w *watcher) await(ctx context.Context, what string, cond func() bool) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		w.mu.Lock()
		done, failed, changed := cond(), w.failed, w.changed
		w.mu.Unlock()
		if done || failed != nil {
			return failed
		}
		select {
		case <-changed:
		case <-late.C:
			return fmt.Errorf("waited %s until %s", patience, what)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// awaitEnded waits until all of the named Calls have ended.
func (w *watcher) awaitEnded(ctx context.Context, names []string) error {
	next := 0
	return w.await(ctx, "all calls have ended", func() bool {
		for next < len(names) && w.ended[names[next]] {
			next++
		}
		return next == len(names)
	})
}

// awaitIncomingEnded waits until an incoming call has ended.
func (w *watcher) awaitIncomingEnded(ctx context.Context, correlationID string) error {
	return w.await(ctx, "the incoming call is over", func() bool { return w.incoming[correlationID] })
}

// awaitGone waits until Calls are gone.
func (w *watcher) awaitGone(ctx context.Context, calls []*v1alpha1.Call) error {
	next := 0
	return w.await(ctx, "all ended calls are gone", func() bool {
		for next < len(calls) && w.gone[calls[next].Name] {
			next++
		}
		return next == len(calls)
	})
}

// awaitConnected waits until all of the named Calls are connected.
func (w *watcher) awaitConnected(ctx context.Context, names []string) error {
	next := 0
	return w.await(ctx, "all calls are connected", func() bool {
		for next < len(names) && w.connected[names[next]] {
			next++
		}
		return next == len(names)
	})
}
