// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/controllers/shared/steps"
	"github.com/call-operator/call-operator/statemachine/callstatus"
)

// othersPatience is how long calls of one namespace wait for the list of Calls in others. Several namespaces may use the numbers of
// one service, so it is better to know them; but a namespace that cannot be listed must not block the others.
const othersPatience = 10 * time.Second

// readiness says whether the queue knows enough to place a call.
type readiness int

const (
	// slotsUnread says that the Calls of the namespace are being listed.
	slotsUnread readiness = iota
	// slotsUnreadable says that they could not be listed; the list is retried.
	slotsUnreadable
	slotsReady
)

// queueLoads are what is known of the Calls of each namespace.
type queueLoads struct {
	mu sync.Mutex
	// Read are how far each namespace is, in the order of names.
	names []string
	read  map[string]readiness
	// impatient says not to wait for namespaces that are still unread.
	impatient bool
	// asking are the Calls that were told to wait.
	asking map[types.NamespacedName]bool
}

func newQueueLoads(namespaces []string) queueLoads {
	return queueLoads{names: namespaces, read: map[string]readiness{}, asking: map[types.NamespacedName]bool{}}
}

// Of is the state of a Call's namespace. When all namespaces are watched, they share one state.
func (l *queueLoads) of(namespace string) readiness {
	if all, ok := l.read[""]; ok || len(l.names) == 1 && l.names[0] == "" {
		return all
	}
	return l.read[namespace]
}

func (l *queueLoads) anyUnread() bool {
	for _, name := range l.names {
		if l.read[name] == slotsUnread {
			return true
		}
	}
	return false
}

// Ready tells whether a Call may ask for a slot: the Calls of its namespace are known, and those of the others are known or could
// not be listed in time. A Call that may not is woken when that changes.
func (s *Admission) Ready(call *v1alpha1.Call) readiness {
	l := &s.loads
	l.mu.Lock()
	defer l.mu.Unlock()
	own := l.of(call.Namespace)
	if own == slotsReady && (l.impatient || !l.anyUnread()) {
		return slotsReady
	}
	l.asking[client.ObjectKeyFromObject(call)] = true
	if own == slotsReady {
		return slotsUnread
	}
	return own
}

// Run lists the Calls of each namespace, until all are known. Only new calls wait for it.
func (s *Admission) Run(ctx context.Context, reader client.Reader) error {
	var running sync.WaitGroup
	for _, namespace := range s.loads.names {
		running.Go(func() { s.keepLoading(ctx, reader, namespace) })
	}
	patience := time.AfterFunc(othersPatience, func() { s.changeLoads(func(l *queueLoads) { l.impatient = true }) })
	defer patience.Stop()
	running.Wait()
	return nil
}

func (s *Admission) keepLoading(ctx context.Context, reader client.Reader, namespace string) {
	for pause := s.pause; ; pause = min(2*pause, pauses.LongestErrorPause) {
		err := s.load(ctx, reader, namespace)
		if err == nil || ctx.Err() != nil {
			return
		}
		ctrl.LoggerFrom(ctx).Error(err, "the Calls of a namespace cannot be listed, and no new ones of it are placed; it is tried again", "namespace", namespace)
		again := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			again.Stop()
			return
		case <-again.C:
		}
	}
}

// Load tries once to list the namespaces that are not known yet.
func (s *Admission) Load(ctx context.Context, reader client.Reader) error {
	var failed []error
	for _, namespace := range s.loads.names {
		failed = append(failed, s.load(ctx, reader, namespace))
	}
	return errors.Join(failed...)
}

// load adds every placed or pending call of a namespace once, before its first call is admitted, so that limits and lines hold
// across restarts. The reader reads from the API server: a cache may not yet have the last calls of the previous process.
func (s *Admission) load(ctx context.Context, reader client.Reader, namespace string) error {
	s.loads.mu.Lock()
	known := s.loads.read[namespace] == slotsReady
	s.loads.mu.Unlock()
	if known {
		return nil
	}
	err := objects.EachPageOfCalls(ctx, reader, namespace, func(calls []v1alpha1.Call) bool { return s.notePage(ctx, calls) })
	reached := slotsReady
	if err != nil {
		reached = slotsUnreadable
		err = fmt.Errorf("list the Calls that hold a slot: %w", err)
	}
	s.changeLoads(func(l *queueLoads) { l.read[namespace] = reached })
	return err
}

// notePage adds a page of Calls to the queue.
func (s *Admission) notePage(ctx context.Context, calls []v1alpha1.Call) (enough bool) {
	for i := range calls {
		s.findService(ctx, &calls[i])
		s.Sync(&calls[i])
		s.Enqueue(&calls[i])
	}
	return false
}

// changeLoads changes what is known, and wakes the Calls that wait for that.
func (s *Admission) changeLoads(change func(*queueLoads)) {
	s.loads.mu.Lock()
	change(&s.loads)
	asking := make([]types.NamespacedName, 0, len(s.loads.asking))
	for key := range s.loads.asking {
		asking = append(asking, key)
	}
	clear(s.loads.asking)
	s.loads.mu.Unlock()
	s.wake(asking)
}

// waitForQueue waits until the Calls of the namespace are known. It writes nothing unless listing fails.
func (r *Reconciler) waitForQueue(ctx context.Context, call *v1alpha1.Call, reading readiness) (steps.Step, error) {
	again := steps.Step{Stop: true, After: pauses.Jitter(pauses.LongestBackoff, call.UID)}
	if reading == slotsUnread {
		return again, nil
	}
	return again, r.writeStatus(ctx, call, callstatus.Waits{
		Reason: v1alpha1.ReasonWaitingForQueue, Deadline: deadlineFor(call), At: r.Now(),
		Message: "The manager could not list the Calls of this namespace, which it has to know to keep the limits of numbers. It tries again; see its log.",
	})
}
