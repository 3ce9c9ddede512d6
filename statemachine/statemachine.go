// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package statemachine applies facts to the status of an object. Packages callstatus and operationstatus say what each fact changes; this
// package says which facts still count.
package statemachine

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Rules say how facts F change a status S. A fact is something that became known about an object: a decision of the operator, or an
// answer, event or poll result of the service.
type Rules[S, F any] struct {
	// Apply changes a status that has no result yet.
	Apply func(fact F, status *S)
	// Known is when a fact became known.
	Known func(fact F) time.Time
	// Derive sets what follows from the rest of a status: its phase and its conditions.
	Derive func(status *S, known time.Time)
}

// Observation is the fact that begins a status, and the only one that a finished object still accepts.
type Observation interface {
	// ObservedGeneration is the generation of the spec that the status describes.
	ObservedGeneration() int64
}

// Status is a pointer to a status.
type Status[S any] interface {
	*S
	DeepCopyInto(into *S)
	// Over tells whether the object has a result.
	Over() bool
	// Generation is the observed generation, below 0 before the first observation.
	Generation() *int64
}

// Apply returns the status after the facts, in their order. It does not change before. An outdated fact leaves the status unchanged.
func Apply[S, F any, P Status[S]](before S, rules Rules[S, F], facts ...F) S {
	var after S
	status := P(&after)
	P(&before).DeepCopyInto(&after)
	for _, fact := range facts {
		if observed, ok := any(fact).(Observation); ok {
			*status.Generation() = observed.ObservedGeneration()
		} else if *status.Generation() < 0 || status.Over() && !appliesAfterEnd(fact) {
			continue
		}
		if !status.Over() || appliesAfterEnd(fact) {
			rules.Apply(fact, &after)
		}
		rules.Derive(&after, rules.Known(fact))
	}
	return after
}

// Late is a fact that may change a status with a result too.
type Late interface{ AppliesAfterEnd() bool }

func appliesAfterEnd[F any](fact F) bool {
	late, ok := any(fact).(Late)
	return ok && late.AppliesAfterEnd()
}

// Timestamp is t as the API server stores it: in UTC, whole seconds. A status that was computed then equals the same status read back.
func Timestamp(t time.Time) metav1.Time {
	return metav1.NewTime(t.UTC().Truncate(time.Second))
}

// Commit records in an attempt that its request is about to pass the point of no return, unless that is recorded.
func Commit(attempt *v1alpha1.RequestAttempt, at time.Time) {
	if attempt != nil && attempt.CommittedTime == nil {
		committed := Timestamp(at)
		attempt.CommittedTime = &committed
	}
}

// Announcement is a Kubernetes Event worth emitting, without numbers and secrets.
type Announcement struct {
	// Warning says that a person may have to act.
	Warning bool
	// Reason and Action are words in CamelCase; Message is a sentence.
	Reason, Action, Message string
}

// EventType is the type of the Kubernetes Event.
func (a Announcement) EventType() string {
	if a.Warning {
		return corev1.EventTypeWarning
	}
	return corev1.EventTypeNormal
}
