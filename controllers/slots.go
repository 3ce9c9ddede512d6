// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callstate"
	"github.com/call-operator/call-operator/internal/dialqueue"
)

// Slots keeps the dial queue true to the Calls in the API server, and wakes who may go next.
type Slots struct {
	queue *dialqueue.Queue
	// namespaces are where the Calls are.
	namespaces []string

	loading sync.Mutex
	loaded  bool

	mu   sync.Mutex
	work workqueue.TypedRateLimitingInterface[reconcile.Request]
}

// NewSlots returns Slots that know of no call. They are for the Calls in some namespaces; none means all.
func NewSlots(namespaces ...string) *Slots {
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	return &Slots{queue: dialqueue.New(), namespaces: namespaces}
}

// Load notes every call that is placed or waits to be, once, before the first is admitted: limits and lines hold across
// restarts. The reader reads from the API server: a cache may not have seen yet what the process before this one placed
// last.
func (s *Slots) Load(ctx context.Context, reader client.Reader) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	if s.loaded {
		return nil
	}
	for _, namespace := range s.namespaces {
		if err := eachPageOfCalls(ctx, reader, namespace, s.notePage); err != nil {
			return fmt.Errorf("list the Calls that hold a slot: %w", err)
		}
	}
	s.loaded = true
	return nil
}

// notePage keeps of each page what the queue keeps.
func (s *Slots) notePage(calls []v1alpha1.Call) (enough bool) {
	for i := range calls {
		s.Note(&calls[i])
		s.LineUp(&calls[i])
	}
	return false
}

// LineUp gives a Call that is about to ask for a slot its place in line, so that of several the oldest goes first.
func (s *Slots) LineUp(call *v1alpha1.Call) {
	if mayBeDialed(call) {
		s.wake(s.queue.Wait(ticketOf(call)))
	}
}

// mayBeDialed tells whether a Call asks for a slot as soon as it is looked at. One that does not after all gives up its
// place then.
func mayBeDialed(call *v1alpha1.Call) bool {
	status := &call.Status
	return call.Spec.To != nil && call.Spec.State != v1alpha1.CallStateEnded && call.DeletionTimestamp == nil &&
		status.Attempt == nil && status.Result == nil && (status.Waiting == nil || status.Waiting.RetryTime == nil)
}

// WakeThrough makes woken Calls be reconciled by way of work. It is a controller-runtime source.
func (s *Slots) WakeThrough(_ context.Context, work workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.work = work
	return nil
}

// Note notes what a Call's status says of its slot.
func (s *Slots) Note(call *v1alpha1.Call) {
	switch {
	case call.Spec.To == nil, call.Status.Result != nil, attempt.Copied(call, call.Status.Attempt):
		// An incoming call takes none of the slots, which bound outbound calls, nor does the attempt of another Call.
		s.Release(call)
	case call.Status.Attempt != nil:
		s.wake(s.queue.Hold(ticketOf(call)))
	case deleting(call):
		// It is never placed, however long somebody else's finalizer keeps it.
		s.Release(call)
	}
}

// Admit asks whether the Call may be placed now. The error is an UnusableError when the caller number is not one of
// the provider's.
func (s *Slots) Admit(call *v1alpha1.Call, provider *v1alpha1.CallProvider, now time.Time) (dialqueue.Verdict, error) {
	limits := dialqueue.Limits{PerSecond: int(provider.Spec.CallsPerSecond)}
	ticket := ticketOf(call)
	if ticket.Number != "" {
		owned := ownedNumber(provider, ticket.Number)
		if owned == nil {
			return dialqueue.Verdict{}, unusable(v1alpha1.ReasonNumberNotOwned,
				"CallProvider %s does not own %s: add it to the provider's spec.numbers, or use one of them as spec.from.phoneNumber.",
				provider.Name, ticket.Number)
		}
		limits.Concurrent = owned.Limit()
	}
	if ownedNumber(provider, ticket.Callee) != nil {
		// Our own number takes many calls at once, as incoming calls.
		ticket.Callee = ""
	}
	verdict, woken := s.queue.Admit(ticket, limits, now)
	s.wake(woken)
	return verdict, nil
}

// Release gives up the Call's slot, or its place in line.
func (s *Slots) Release(call *v1alpha1.Call) {
	s.wake(s.queue.Release(ticketOf(call)))
}

// Forget is Release for a Call that is no more.
func (s *Slots) Forget(key types.NamespacedName) {
	s.wake(s.queue.ReleaseKey(key))
}

func (s *Slots) wake(keys []types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.work == nil {
		return
	}
	for _, key := range keys {
		s.work.Add(reconcile.Request{NamespacedName: key})
	}
}

func ticketOf(call *v1alpha1.Call) dialqueue.Ticket {
	ticket := dialqueue.Ticket{
		UID: call.UID, Key: client.ObjectKeyFromObject(call), Version: versionOf(call), Created: call.CreationTimestamp.Time,
		Provider: providerKey(call),
	}
	if call.Spec.To != nil {
		ticket.Callee = string(call.Spec.To.PhoneNumber)
	}
	if call.Spec.From != nil {
		ticket.Number = string(call.Spec.From.PhoneNumber)
	}
	return ticket
}

// versionOf is the Call's resource version, which only grows, also from one Call to the next of the same name; 0 when it
// cannot be read.
func versionOf(call *v1alpha1.Call) uint64 {
	version, err := strconv.ParseUint(call.ResourceVersion, 10, 64)
	if err != nil {
		return 0
	}
	return version
}

func ownedNumber(provider *v1alpha1.CallProvider, number string) *v1alpha1.OwnedNumber {
	at := slices.IndexFunc(provider.Spec.Numbers, func(owned v1alpha1.OwnedNumber) bool {
		return string(owned.PhoneNumber) == number
	})
	if at < 0 {
		return nil
	}
	return &provider.Spec.Numbers[at]
}

// waitInLine says in status what the Call waits for. The place in line is rewritten only when it has halved: a line of
// n calls then costs each of them log n writes, not n. Whoever frees a slot wakes the next, and whoever is first to wait
// for the pace knows its time; the time here is otherwise only the safety net under that.
func (r *CallReconciler) waitInLine(ctx context.Context, call *v1alpha1.Call, verdict dialqueue.Verdict) (step, error) {
	if verdict.Reason == dialqueue.Outdated {
		// The Call that is there now is on its way to the cache, and wakes us.
		return step{stop: true, after: conflictPause}, nil
	}
	again := step{stop: true, after: jitter(longestBackoff, call.UID)}
	if verdict.RetryAfter > 0 {
		again.after = min(again.after, verdict.RetryAfter)
	}
	ahead := int32(verdict.Ahead)
	fact := callstate.Waits{At: r.Now(), Ahead: &ahead}
	switch verdict.Reason {
	case dialqueue.Callee:
		fact.Reason, fact.Message, fact.Ahead = v1alpha1.ReasonCalleeBusy, "Another Call to the same number is under way; this one is placed after it.", nil
	case dialqueue.Pace:
		fact.Reason, fact.Message = v1alpha1.ReasonPaced, "The provider's spec.callsPerSecond is used up; the call is placed in its turn."
	default:
		fact.Reason = v1alpha1.ReasonWaitingForCapacity
		fact.Message = fmt.Sprintf("Number %s has as many calls as its maxConcurrentCalls allows; the call is placed in its turn.",
			call.Spec.From.PhoneNumber)
	}
	written := call.Status.Waiting
	if written != nil && written.Reason == fact.Reason && written.RetryTime == nil && !worthRewriting(written.Ahead, fact.Ahead) &&
		call.Status.ObservedGeneration == call.Generation {
		return again, nil
	}
	return again, r.recordOnce(ctx, call, fact)
}

func worthRewriting(written, ahead *int32) bool {
	if written == nil || ahead == nil {
		return (written == nil) != (ahead == nil)
	}
	return *ahead > *written || *ahead <= *written/2 && *ahead < *written
}
