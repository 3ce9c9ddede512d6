// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstate

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Fact is something that became known about a call: a decision of the operator, or an answer, event or poll result of
// the service.
type Fact interface {
	// apply changes a status that has no result yet.
	apply(status *v1alpha1.CallStatus)
	// at is when the fact became known.
	at() time.Time
}

// Apply returns the status of a call after the facts, in their order. It does not change before. An outdated fact leaves
// the status unchanged.
func Apply(before v1alpha1.CallStatus, facts ...Fact) v1alpha1.CallStatus {
	after := *before.DeepCopy()
	for _, fact := range facts {
		applyOne(&after, fact)
	}
	return after
}

func applyOne(status *v1alpha1.CallStatus, fact Fact) {
	observed, isObserved := fact.(Observed)
	switch {
	case isObserved:
		// The observed generation is the fact that begins a status, and the only one that a finished Call still accepts.
		status.ObservedGeneration = observed.Generation
	case status.ObservedGeneration < 0 || status.Result != nil:
		return
	}
	if status.Result == nil {
		fact.apply(status)
		status.Phase = phaseOf(status)
	}
	setConditions(status, fact.at())
}

func phaseOf(status *v1alpha1.CallStatus) v1alpha1.CallPhase {
	switch {
	case status.Result != nil:
		return v1alpha1.CallPhaseEnded
	case status.Ending != nil, status.ReportedEnd != nil:
		return v1alpha1.CallPhaseEnding
	case status.ConnectedTime != nil:
		return v1alpha1.CallPhaseConnected
	case status.Attempt != nil && status.Route == nil:
		return v1alpha1.CallPhaseDialing
	case status.Phase == v1alpha1.CallPhaseRinging:
		return v1alpha1.CallPhaseRinging
	default:
		return v1alpha1.CallPhasePending
	}
}

// timestamp is t as the API server stores it: in UTC, whole seconds. A status that was computed then equals the same
// status read back.
func timestamp(t time.Time) metav1.Time {
	return metav1.NewTime(t.UTC().Truncate(time.Second))
}

// happened is when an event took place: the service's time, but never later than the event was received, and never
// earlier than its cause: the request was sent, the call was connected. Clocks differ, so the service's time is limited
// to that.
func happened(status *v1alpha1.CallStatus, reported, heard time.Time) metav1.Time {
	at := timestamp(reported)
	if reported.IsZero() || reported.After(heard) {
		at = timestamp(heard)
	}
	if status.Attempt != nil && at.Before(&status.Attempt.FirstSent) {
		at = status.Attempt.FirstSent
	}
	if status.ConnectedTime != nil && at.Before(status.ConnectedTime) {
		at = *status.ConnectedTime
	}
	return at
}
