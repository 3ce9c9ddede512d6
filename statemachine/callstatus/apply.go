// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/statemachine"
)

// Fact is something that became known about a call.
type Fact interface {
	// apply changes a status that has no result yet.
	apply(status *v1alpha1.CallStatus)
	// at is when the fact became known.
	at() time.Time
}

// Apply returns the status of a call after the facts, in their order. It does not change before. An outdated fact leaves the status
// unchanged.
func Apply(before v1alpha1.CallStatus, facts ...Fact) v1alpha1.CallStatus {
	return statemachine.Apply(before, statemachine.Rules[v1alpha1.CallStatus, Fact]{Apply: Fact.apply, Known: Fact.at, Derive: derive}, facts...)
}

func derive(status *v1alpha1.CallStatus, known time.Time) {
	status.Phase = phaseOf(status)
	setConditions(status, known)
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

// happened is when an event took place: the service's time, but never later than the event was received, and never
// earlier than its cause: the request was sent, the call was connected. Clocks differ, so the service's time is limited
// to that.
func happened(status *v1alpha1.CallStatus, reported, heard time.Time) metav1.Time {
	at := statemachine.Timestamp(reported)
	if reported.IsZero() || reported.After(heard) {
		at = statemachine.Timestamp(heard)
	}
	if status.Attempt != nil && at.Before(&status.Attempt.FirstSent) {
		at = status.Attempt.FirstSent
	}
	if status.ConnectedTime != nil && at.Before(status.ConnectedTime) {
		at = *status.ConnectedTime
	}
	return at
}
