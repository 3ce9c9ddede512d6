// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package movestate

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Fact is something that became known about a move.
type Fact interface {
	// apply changes a status that has no result yet.
	apply(status *v1alpha1.ParticipantMoveStatus)
	// at is when the fact became known.
	at() time.Time
}

// Apply returns the status of a move after the facts, in their order. It does not change before. An outdated fact
// leaves the status unchanged.
func Apply(before v1alpha1.ParticipantMoveStatus, facts ...Fact) v1alpha1.ParticipantMoveStatus {
	after := *before.DeepCopy()
	for _, fact := range facts {
		applyOne(&after, fact)
	}
	return after
}

func applyOne(status *v1alpha1.ParticipantMoveStatus, fact Fact) {
	observed, isObserved := fact.(Observed)
	switch {
	case isObserved:
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

func phaseOf(status *v1alpha1.ParticipantMoveStatus) v1alpha1.MovePhase {
	switch {
	case status.Result != nil:
		return v1alpha1.MovePhaseEnded
	case status.Attempt != nil:
		return v1alpha1.MovePhaseMoving
	default:
		return v1alpha1.MovePhasePending
	}
}

// timestamp is t as the API server stores it: in UTC, whole seconds.
func timestamp(t time.Time) metav1.Time {
	return metav1.NewTime(t.UTC().Truncate(time.Second))
}
