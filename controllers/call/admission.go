// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/controllers/shared/steps"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/dialqueue"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
)

// Admission keeps the dial queue in sync with the Calls in the API server, and requeues the Calls that may go next.
type Admission struct {
	queue *dialqueue.Queue
	// loads are what is known of the Calls of each namespace.
	loads queueLoads

	// lastLeg is until when the leg of an answered or ended call may still arrive, by the pair of numbers.
	lastLeg map[string]time.Time

	mu   sync.Mutex
	work workqueue.TypedRateLimitingInterface[reconcile.Request]
	// services are the services of providers, as far as known.
	services map[types.NamespacedName]string
	// pause is the first delay before a failed list is retried.
	pause time.Duration
	// Endpoint returns a provider's endpoint, for the Calls that are already placed when the process starts; nil returns none.
	Endpoint func(context.Context, types.NamespacedName) (string, error)
}

// NewAdmission returns Admission without any calls, for the Calls in some namespaces; none means all.
func NewAdmission(namespaces ...string) *Admission {
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	return &Admission{
		queue: dialqueue.New(), loads: newQueueLoads(namespaces), lastLeg: map[string]time.Time{},
		services: map[types.NamespacedName]string{}, pause: pauses.ShortestErrorPause,
	}
}

// Enqueue enqueues a Call before it asks for a slot, so that the oldest goes first.
func (s *Admission) Enqueue(call *v1alpha1.Call) {
	if mayBeDialed(call) {
		s.wake(s.queue.Wait(s.ticketOf(call)))
	}
}

// mayBeDialed tells whether a Call will ask for a slot when it is reconciled. If it does not after all, it gives up its place
// then.
func mayBeDialed(call *v1alpha1.Call) bool {
	status := &call.Status
	if status.Waiting == nil && call.Spec.NotBefore != nil {
		// It may not be due yet.
		return false
	}
	return call.Spec.To != nil && call.Spec.State != v1alpha1.CallStateEnded && call.DeletionTimestamp == nil &&
		status.Attempt == nil && status.Result == nil && (status.Waiting == nil || status.Waiting.RetryTime == nil)
}

// Source adds woken Calls to the work queue. It is a controller-runtime source.
func (s *Admission) Source(_ context.Context, work workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.work = work
	return nil
}

// Sync updates the queue from a Call's status.
func (s *Admission) Sync(call *v1alpha1.Call) {
	s.noteLastLeg(call)
	switch {
	case call.Spec.To == nil, call.Status.Result != nil, attempt.Copied(call, call.Status.Attempt):
		// Slots limit outbound calls only; an incoming call takes none, nor does the attempt of another Call.
		s.Release(call)
	case call.Status.Attempt != nil:
		s.wake(s.queue.MarkPlaced(s.ticketOf(call)))
	case objects.Deleting(call):
		// It will never be placed, even if another finalizer keeps it for long.
		s.Release(call)
	}
}

// Admit decides whether the Call may be placed now. The error is an UnusableError if the provider does not have the caller
// number.
func (s *Admission) Admit(call *v1alpha1.Call, provider *v1alpha1.CallProvider, now time.Time) (dialqueue.Decision, error) {
	limits := dialqueue.Limits{PerSecond: int(provider.Spec.CallsPerSecond)}
	ticket := s.ticketOf(call)
	if number := callerNumber(call); number != "" {
		owned := objects.OwnedNumber(provider, number)
		if owned == nil {
			return dialqueue.Decision{}, telephony.Unusable(v1alpha1.ReasonNumberNotOwned,
				"CallProvider %s does not own %s: add it to the provider's spec.numbers, or use one of them as spec.from.phoneNumber.",
				provider.Name, number)
		}
		limits.Concurrent = owned.Limit()
	}
	switch {
	case arrivalExpected(call, provider):
		// Our own number accepts many calls at once, but only one from each number whose leg has not arrived.
		ticket.Callee, ticket.Pair = pairOf(call), true
		if wait := s.lastLegIn(ticket.Callee, now); wait > 0 {
			s.wake(s.queue.Wait(ticket))
			return dialqueue.Decision{Reason: dialqueue.Leg, RetryAfter: wait}, nil
		}
	case objects.OwnedNumber(provider, calleeNumber(call)) != nil:
		ticket.Callee = ""
	}
	decision, woken := s.queue.Admit(ticket, limits, now)
	s.wake(woken)
	return decision, nil
}

// Release gives up the Call's slot, or its place in line.
func (s *Admission) Release(call *v1alpha1.Call) {
	s.wake(s.queue.Release(s.ticketOf(call)))
}

// Forget is Release for a deleted Call.
func (s *Admission) Forget(key types.NamespacedName) {
	s.wake(s.queue.ReleaseKey(key))
}

func (s *Admission) wake(keys []types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.work == nil {
		return
	}
	for _, key := range keys {
		s.work.Add(reconcile.Request{NamespacedName: key})
	}
}

func (s *Admission) ticketOf(call *v1alpha1.Call) dialqueue.Ticket {
	service := s.serviceOf(call)
	ticket := dialqueue.Ticket{
		UID: call.UID, Key: client.ObjectKeyFromObject(call), Version: versionOf(call), Created: wantedSince(call), Provider: objects.ProviderKey(call),
		Number: dialqueue.At(service, callerNumber(call)),
	}
	switch {
	case call.Spec.To == nil, arrives(call) && !legOnItsWay(call):
	case arrives(call):
		ticket.Callee = pairOf(call)
	default:
		ticket.Callee = dialqueue.At(service, calleeNumber(call))
	}
	return ticket
}

// wantedSince is since when a call could have been placed: a Call that has waited for an hour goes before one that was created
// earlier but is due only now.
func wantedSince(call *v1alpha1.Call) time.Time {
	if notBefore := call.Spec.NotBefore; notBefore != nil && call.CreationTimestamp.Before(notBefore) {
		return notBefore.Time
	}
	return call.CreationTimestamp.Time
}

func callerNumber(call *v1alpha1.Call) string {
	if call.Spec.From == nil {
		return ""
	}
	return string(call.Spec.From.PhoneNumber)
}

func calleeNumber(call *v1alpha1.Call) string {
	if call.Spec.To == nil {
		return ""
	}
	return string(call.Spec.To.PhoneNumber)
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

// waitInLine writes to status what the Call waits for. It rewrites the place in line only when it has halved: a line of n
// calls then costs each of them log n writes, not n. A freed slot wakes the next Call, and the first that waits for the pace
// knows its time; otherwise the delay here is only a safety net.
func (r *Reconciler) waitInLine(ctx context.Context, call *v1alpha1.Call, decision dialqueue.Decision) (steps.Step, error) {
	if decision.Reason == dialqueue.Outdated {
		// The newer Call will reach the cache and trigger a reconcile.
		return steps.Step{Stop: true, After: pauses.ConflictPause}, nil
	}
	again := steps.Step{Stop: true, After: pauses.Jitter(pauses.LongestBackoff, call.UID)}
	if decision.RetryAfter > 0 {
		again.After = min(again.After, decision.RetryAfter)
	}
	ahead := int32(decision.Ahead)
	fact := callstatus.Waits{At: r.Now(), Ahead: &ahead, Deadline: deadlineFor(call)}
	switch decision.Reason {
	case dialqueue.Leg:
		fact.Reason, fact.Ahead = v1alpha1.ReasonWaitingForOtherLeg, nil
		fact.Message = "Another Call from this number to the same own number was placed, and has not been seen to come in. " +
			"This one is placed when that is seen, or can no longer happen: with two on their way nobody could tell which is which. " +
			"If it lasts, see whether Event Grid tells of calls to the number."
	case dialqueue.Callee:
		fact.Reason, fact.Message, fact.Ahead = v1alpha1.ReasonWaitingForCallee, "Another Call to the same number is under way; this one is placed after it.", nil
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
	return again, r.writeStatus(ctx, call, fact)
}

func worthRewriting(written, ahead *int32) bool {
	if written == nil || ahead == nil {
		return (written == nil) != (ahead == nil)
	}
	return *ahead > *written || *ahead <= *written/2 && *ahead < *written
}
