// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	corev1 "k8s.io/api/core/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/devstack"
)

// warmUp places calls that are not measured, and records what one of them writes.
func (b *bench) warmUp(ctx context.Context, _ *report) error {
	if _, err := b.placeAll(ctx, b.size.warm, 0); err != nil {
		return err
	}
	name, n := b.nextName("recorded")
	b.watcher.mu.Lock()
	b.watcher.record = name
	b.watcher.mu.Unlock()
	if err := b.client.Create(ctx, b.newCall(name, brief(n))); err != nil {
		return err
	}
	if err := b.watcher.awaitEnded(ctx, []string{name}); err != nil {
		return err
	}
	b.watcher.mu.Lock()
	defer b.watcher.mu.Unlock()
	b.life = b.watcher.revisions
	return nil
}

// placeAll places n calls of a whole life, spread over a time, and waits until all have ended.
func (b *bench) placeAll(ctx context.Context, n int, spread time.Duration) ([]string, error) {
	names := make([]string, n)
	started := time.Now()
	err := inParallel(ctx, n, func(ctx context.Context, i int) (err error) {
		if spread > 0 {
			if err := sleepUntil(ctx, started.Add(spread*time.Duration(i)/time.Duration(n))); err != nil {
				return err
			}
		}
		names[i], err = b.place(ctx, "call", brief)
		return err
	})
	if err != nil {
		return nil, err
	}
	return names, b.watcher.awaitEnded(ctx, names)
}

// inParallel does n things, some at once.
func inParallel(ctx context.Context, n int, do func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var workers sync.WaitGroup
	for range creators {
		workers.Go(func() {
			for i := range next {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	return context.Cause(ctx)
}

func sleepUntil(ctx context.Context, at time.Time) error {
	select {
	case <-time.After(time.Until(at)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// measureIdle places one call after the other, and a bare write after each.
func (b *bench) measureIdle(ctx context.Context, r *report) error {
	if _, err := b.journal.news(ctx); err != nil {
		return err
	}
	var names []string
	for range b.size.samples {
		name, err := b.place(ctx, "idle", brief)
		if err != nil {
			return err
		}
		names = append(names, name)
		if err := b.watcher.awaitEnded(ctx, []string{name}); err != nil {
			return err
		}
		took, err := b.bareWrite(ctx)
		if err != nil {
			return err
		}
		r.idle.bareWrite = append(r.idle.bareWrite, took)
	}
	return b.latencies(ctx, names, &r.idle)
}

// measureIncoming has one phone after the other call us, and waits until each call has been answered and is over.
func (b *bench) measureIncoming(ctx context.Context, r *report) error {
	if _, err := b.journal.news(ctx); err != nil {
		return err
	}
	for range b.size.samples {
		_, n := b.nextName("incoming")
		correlationID, err := b.journal.dial(ctx, brief(n), caller)
		if err != nil {
			return err
		}
		if err := b.watcher.awaitIncomingEnded(ctx, correlationID); err != nil {
			return err
		}
	}
	entries, err := b.journal.news(ctx)
	if err != nil {
		return err
	}
	rang := map[string]time.Time{}
	for _, entry := range entries {
		switch {
		case entry.Kind == simulator.EntryIncoming:
			rang[entry.CorrelationID] = entry.Time
		case entry.Kind == simulator.EntryRequest && entry.Operation == "answerCall":
			r.idle.incomingToAnswer = append(r.idle.incomingToAnswer, entry.Time.Sub(rang[entry.CorrelationID]))
		}
	}
	if len(r.idle.incomingToAnswer) < b.size.samples {
		return fmt.Errorf("%d of %d incoming calls were answered", len(r.idle.incomingToAnswer), b.size.samples)
	}
	return nil
}

// bareWrite writes a status once, and returns how long that took. The manager has nothing to do with the object.
func (b *bench) bareWrite(ctx context.Context) (time.Duration, error) {
	if err := b.client.Get(ctx, client.ObjectKeyFromObject(b.probe), b.probe); err != nil {
		return 0, err
	}
	b.probe.Status.CorrelationID = fmt.Sprint(time.Now().UnixNano())
	started := time.Now()
	err := b.client.Status().Update(ctx, b.probe)
	return time.Since(started), err
}

// latencies finds, for each Call, when ACS was reached and when callbacks were seen.
func (b *bench) latencies(ctx context.Context, names []string, into *latencies) error {
	entries, err := b.journal.news(ctx)
	if err != nil {
		return err
	}
	rang := map[string]time.Time{}
	for _, entry := range entries {
		if entry.Kind == simulator.EntryRing {
			rang[entry.Phone] = entry.Time
		}
	}
	b.watcher.mu.Lock()
	defer b.watcher.mu.Unlock()
	for _, name := range names {
		if at, ok := rang["4:"+b.watcher.callees[name]]; ok {
			into.applyToDial = append(into.applyToDial, at.Sub(b.watcher.acks[name]))
		}
	}
	for _, entry := range entries {
		if seen, ok := b.watcher.heard[entry.EventID]; ok && entry.Kind == simulator.EntryEvent {
			into.callbackToStatus = append(into.callbackToStatus, seen.Sub(entry.Time))
		}
	}
	return nil
}

// measureFull places calls as fast as the operator takes them.
func (b *bench) measureFull(ctx context.Context, r *report) error {
	before, err := b.spent(ctx)
	if err != nil {
		return err
	}
	started := time.Now()
	if _, err := b.placeAll(ctx, b.size.calls, 0); err != nil {
		return err
	}
	r.operatorRate = float64(b.size.calls) / time.Since(started).Seconds()
	after, err := b.spent(ctx)
	if err != nil {
		return err
	}
	r.full = after.minus(before)
	_, err = b.journal.news(ctx)
	return err
}

// measureHalf places calls at half the rate of full load, and bare writes meanwhile.
func (b *bench) measureHalf(ctx context.Context, r *report) error {
	placing, stop := context.WithCancel(ctx)
	defer stop()
	var probing sync.WaitGroup
	var failed error
	probing.Go(func() {
		for placing.Err() == nil {
			took, err := b.bareWrite(ctx)
			if err != nil {
				failed = err
				return
			}
			r.half.bareWrite = append(r.half.bareWrite, took)
			_ = sleepUntil(placing, time.Now().Add(50*time.Millisecond))
		}
	})
	names, err := b.placeAll(ctx, b.size.calls, time.Duration(2*float64(b.size.calls)/r.operatorRate*float64(time.Second)))
	stop()
	probing.Wait()
	if err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return b.latencies(ctx, names, &r.half)
}

// measureBare writes what the operator writes, as fast as the API server takes it: for each call, the Call, each
// revision of the recorded life, and its Kubernetes Events.
func (b *bench) measureBare(ctx context.Context, r *report) error {
	events := int(r.full.events/float64(b.size.calls) + 0.5)
	writes := len(b.life) - 1
	started := time.Now()
	err := inParallel(ctx, b.size.calls, func(ctx context.Context, _ int) error { return b.bareLife(ctx, events) })
	if err != nil {
		return err
	}
	r.bareRate = float64(b.size.calls) / time.Since(started).Seconds()
	r.bareWrites, r.bareEvents = writes, events
	return nil
}

// bareLife writes one call's life in a namespace that nobody works in: it belongs to a provider that does not exist,
// and is over before it begins.
func (b *bench) bareLife(ctx context.Context, events int) error {
	name, n := b.nextName("bare")
	call := b.newCall(name, long(n))
	call.Spec.State = v1alpha1.CallStateEnded
	call.Namespace = bareNamespace
	if err := b.client.Create(ctx, call); err != nil {
		return fmt.Errorf("create a Call: %w", err)
	}
	for i, revision := range b.life[1:] {
		before := call.DeepCopy()
		if !equality.Semantic.DeepEqual(b.life[i].Finalizers, revision.Finalizers) {
			call.Finalizers = revision.Finalizers
			if err := b.client.Patch(ctx, call, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
				return fmt.Errorf("patch a Call: %w", err)
			}
			continue
		}
		revision.Status.DeepCopyInto(&call.Status)
		if err := b.client.Status().Update(ctx, call); err != nil {
			return fmt.Errorf("update a Call: %w", err)
		}
	}
	for i := range events {
		if err := b.client.Create(ctx, bareEvent(call, i)); err != nil {
			return fmt.Errorf("create an Event: %w", err)
		}
	}
	return nil
}

func bareEvent(call *v1alpha1.Call, i int) *eventsv1.Event {
	return &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: call.Namespace, Name: fmt.Sprintf("%s.%d", call.Name, i)},
		EventTime:  metav1.NowMicro(), ReportingController: "call-operator", ReportingInstance: "call-operator-0",
		Action: "Place", Reason: "Connected", Note: "The call was answered.", Type: corev1.EventTypeNormal,
		Regarding: corev1.ObjectReference{
			APIVersion: "call-operator.dev/v1alpha1", Kind: "Call", Namespace: call.Namespace, Name: call.Name, UID: call.UID,
		},
	}
}

// measureLive creates a number of live calls, and measures memory and the cost of further calls.
func (b *bench) measureLive(ctx context.Context, r *report, at int) error {
	have := 0
	if at > 0 {
		have = b.size.live[at-1]
	}
	if err := b.removeEnded(ctx); err != nil {
		return err
	}
	names := make([]string, b.size.live[at]-have)
	err := inParallel(ctx, len(names), func(ctx context.Context, i int) (err error) {
		names[i], err = b.place(ctx, "live", long)
		return err
	})
	if err != nil {
		return err
	}
	if err := b.watcher.awaitConnected(ctx, names); err != nil {
		return err
	}
	rest := func() error { return sleepUntil(ctx, time.Now().Add(b.size.idle)) }
	before, err := b.spentWhile(ctx, rest)
	if err != nil {
		return err
	}
	live := &r.live[at]
	live.memory = map[string]float64{}
	for _, command := range []string{devstack.Manager, devstack.Receiver, devstack.Simulator} {
		if live.memory[command], err = memory(b.stack.PID(command)); err != nil {
			return err
		}
	}
	busy, err := b.spentWhile(ctx, func() error {
		_, err := b.placeAll(ctx, b.size.batch, 0)
		return err
	})
	if err != nil {
		return err
	}
	after, err := b.spentWhile(ctx, rest)
	if err != nil {
		return err
	}
	live.idle = (before.perSecond() + after.perSecond()) / 2
	live.cost = (busy.operatorCPU() - live.idle*busy.took.Seconds()) / float64(b.size.batch)
	return nil
}

// removeEnded deletes the Calls that are over, so that what is measured next is of live ones only.
func (b *bench) removeEnded(ctx context.Context) error {
	var calls v1alpha1.CallList
	if err := b.client.List(ctx, &calls, client.InNamespace(namespace)); err != nil {
		return fmt.Errorf("list the Calls: %w", err)
	}
	var ended []*v1alpha1.Call
	for i := range calls.Items {
		if call := &calls.Items[i]; call.Status.Result != nil && call.Name != b.probe.Name {
			ended = append(ended, call)
		}
	}
	err := inParallel(ctx, len(ended), func(ctx context.Context, i int) error {
		return client.IgnoreNotFound(b.client.Delete(ctx, ended[i]))
	})
	if err != nil {
		return fmt.Errorf("delete the Calls that are over: %w", err)
	}
	return b.watcher.awaitGone(ctx, ended)
}
