// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// The label values that always exist. Other values in a status count as otherReason, so that writers of statuses cannot
// create series.
var (
	censusPhases = []v1alpha1.CallPhase{
		v1alpha1.CallPhasePending, v1alpha1.CallPhaseDialing, v1alpha1.CallPhaseRinging,
		v1alpha1.CallPhaseConnected, v1alpha1.CallPhaseEnding, v1alpha1.CallPhaseEnded,
	}
	censusReasons = []string{
		v1alpha1.ReasonWaitingForCapacity, v1alpha1.ReasonWaitingForCallee, v1alpha1.ReasonWaitingForOtherLeg, v1alpha1.ReasonPaced,
		v1alpha1.ReasonWaitingForTime, v1alpha1.ReasonWaitingForQueue, v1alpha1.ReasonNumberTooShort,
		v1alpha1.ReasonProviderNotFound, v1alpha1.ReasonNumberNotOwned, v1alpha1.ReasonInvalidEndpoint,
		v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretKeyNotFound, v1alpha1.ReasonInvalidCredentials,
		v1alpha1.ReasonInvalidCallbackURL, v1alpha1.ReasonUnauthorized, v1alpha1.ReasonThrottled,
		v1alpha1.ReasonServiceUnavailable, v1alpha1.ReasonDialUnresolved, v1alpha1.ReasonProviderChanged,
		v1alpha1.ReasonEndpointNotACS, v1alpha1.ReasonAPIVersionNotServed,
		v1alpha1.ReasonNoRoute, v1alpha1.ReasonWaitingForOrigin, v1alpha1.ReasonOriginUnknown, v1alpha1.ReasonRedirectLoop,
		v1alpha1.ReasonContextMissing, otherReason,
	}
)

const otherReason = "Other"

// callTally counts the Calls in the cache as they are added, changed and deleted. Listing them at each scrape would copy
// each Call: with 10,000 of them that is most of a scrape's cost.
type callTally struct {
	mu         sync.Mutex
	phases     map[v1alpha1.CallPhase]int
	slotsInUse int
	// Waiting is since when each waiting Call waits, by reason and UID.
	waiting map[string]map[types.UID]time.Time
}

func newCallTally() *callTally {
	return &callTally{phases: map[v1alpha1.CallPhase]int{}, waiting: map[string]map[types.UID]time.Time{}}
}

// follow subscribes the tally to the cache.
func (t *callTally) follow(ctx context.Context, c cache.Cache) error {
	// The cache is not started yet, so waiting for it would block forever.
	informer, err := c.GetInformer(ctx, &v1alpha1.Call{}, cache.BlockUntilSynced(false))
	if err != nil {
		return err
	}
	_, err = informer.AddEventHandler(t)
	return err
}

// OnAdd implements cache.ResourceEventHandler.
func (t *callTally) OnAdd(object any, _ bool) { t.count(object, 1) }

// OnUpdate implements cache.ResourceEventHandler.
func (t *callTally) OnUpdate(before, after any) {
	t.count(before, -1)
	t.count(after, 1)
}

// OnDelete implements cache.ResourceEventHandler.
func (t *callTally) OnDelete(object any) {
	if unseen, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		// The state that was counted last.
		object = unseen.Obj
	}
	t.count(object, -1)
}

// count adds a Call, with 1, or removes it, with -1.
func (t *callTally) count(object any, by int) {
	call, ok := object.(*v1alpha1.Call)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.phases[phaseForCount(call)] += by
	if holdsSlot(call) {
		t.slotsInUse += by
	}
	if waiting := call.Status.Waiting; waiting != nil && call.Status.Result == nil {
		reason := reasonForCount(waiting.Reason)
		if by < 0 {
			delete(t.waiting[reason], call.UID)
			return
		}
		if t.waiting[reason] == nil {
			t.waiting[reason] = map[types.UID]time.Time{}
		}
		t.waiting[reason][call.UID] = waiting.Since.Time
	}
}

func phaseForCount(call *v1alpha1.Call) v1alpha1.CallPhase {
	// Without a phase, no controller has processed it yet.
	return cmp.Or(call.Status.Phase, v1alpha1.CallPhasePending)
}

func reasonForCount(reason string) string {
	if slices.Contains(censusReasons, reason) {
		return reason
	}
	return otherReason
}

func holdsSlot(call *v1alpha1.Call) bool {
	return call.Status.Result == nil && call.Status.Attempt != nil &&
		call.Spec.To != nil && call.Spec.From != nil && call.Spec.From.PhoneNumber != ""
}

// callCensus is a snapshot of the numbers of Calls.
type callCensus struct {
	phases     map[v1alpha1.CallPhase]int
	waiting    map[string]int
	oldest     map[string]time.Duration
	slotsInUse int
}

func (t *callTally) census(now time.Time) callCensus {
	t.mu.Lock()
	defer t.mu.Unlock()
	census := callCensus{phases: maps.Clone(t.phases), waiting: map[string]int{}, oldest: map[string]time.Duration{}, slotsInUse: t.slotsInUse}
	for _, reason := range censusReasons {
		census.waiting[reason] = len(t.waiting[reason])
		for _, since := range t.waiting[reason] {
			census.oldest[reason] = max(census.oldest[reason], now.Sub(since))
		}
	}
	return census
}

func (c callCensus) emit(metrics chan<- prometheus.Metric) {
	for _, phase := range censusPhases {
		metrics <- gauge(callsDesc, float64(c.phases[phase]), string(phase))
	}
	for _, reason := range censusReasons {
		metrics <- gauge(waitingDesc, float64(c.waiting[reason]), reason)
		metrics <- gauge(oldestDesc, c.oldest[reason].Seconds(), reason)
	}
	metrics <- gauge(slotsInUseDesc, float64(c.slotsInUse))
}
