// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package conditions writes the conditions Ready, Reconciling and Stalled as kstatus reads them.
// Source: https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md.
package conditions

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// State is an object's progress towards its spec. The zero value is none of the states.
type State string

// The states.
const (
	// Ready says that the object matches its spec.
	Ready State = "Ready"
	// Reconciling says that the operator is working towards that.
	Reconciling State = "Reconciling"
	// Stalled says that nothing more happens until somebody acts.
	Stalled State = "Stalled"
)

// Summary is the content of the conditions.
type Summary struct {
	State           State
	Reason, Message string
}

// Set writes the conditions. An unchanged one keeps its transition time. kstatus treats the presence of Reconciling
// and Stalled as abnormal, so they exist only while they are true.
func Set(conditions *[]metav1.Condition, generation int64, at metav1.Time, s Summary) {
	SetOne(conditions, v1alpha1.ConditionReady, s.State == Ready, generation, at, s)
	for _, state := range []State{Reconciling, Stalled} {
		if s.State == state {
			SetOne(conditions, string(state), true, generation, at, s)
			continue
		}
		meta.RemoveStatusCondition(conditions, string(state))
	}
}

// SetOne writes one condition with the reason and the message of a summary.
func SetOne(conditions *[]metav1.Condition, kind string, value bool, generation int64, at metav1.Time, s Summary) {
	status := metav1.ConditionFalse
	if value {
		status = metav1.ConditionTrue
	}
	meta.SetStatusCondition(conditions, metav1.Condition{
		Type: kind, Status: status, ObservedGeneration: generation, LastTransitionTime: at, Reason: s.Reason, Message: s.Message,
	})
}
