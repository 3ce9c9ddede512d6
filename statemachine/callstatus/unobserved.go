// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/statemachine"
)

// Unobserved says that the service could not be polled about a live call. This says nothing about the
// call.
type Unobserved struct {
	// Reason and Message say why; the same cause has the same text.
	Reason, Message string
	At              time.Time
}

func (f Unobserved) at() time.Time { return f.At }

func (f Unobserved) apply(status *v1alpha1.CallStatus) {
	if status.ConnectionID == "" {
		return
	}
	meta.SetStatusCondition(&status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionObserved, Status: metav1.ConditionFalse, ObservedGeneration: max(status.ObservedGeneration, 0),
		LastTransitionTime: statemachine.Timestamp(f.At), Reason: f.Reason,
		Message: conditions.Shortened("Whether the call is still active is not known. "+f.Message, longestAddition),
	})
}

// longestAddition limits the addition to another condition's message, in characters.
const longestAddition = 400

// withUnobserved adds to a message why the service cannot be polled, if it cannot.
func withUnobserved(status *v1alpha1.CallStatus, message string) string {
	unobserved := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionObserved)
	if unobserved == nil || status.Result != nil {
		return message
	}
	return conditions.Shortened(message+" "+unobserved.Message, conditions.MaxMessage)
}
