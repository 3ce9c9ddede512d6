// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstate

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// summary is what the conditions say, derived from the rest of a status.
type summary struct {
	ready, reconciling, stalled, connected, ended bool
	reason, message                               string
}

// setConditions derives the conditions from the rest of the status. A condition that stays as it is keeps its
// transition time.
func setConditions(status *v1alpha1.CallStatus, at time.Time) {
	s := summarise(status)
	set := func(kind string, value bool) {
		meta.SetStatusCondition(&status.Conditions, metav1.Condition{
			Type:               kind,
			Status:             conditionStatus(value),
			ObservedGeneration: max(status.ObservedGeneration, 0),
			LastTransitionTime: timestamp(at),
			Reason:             s.reason,
			Message:            s.message,
		})
	}
	// kstatus reads the presence of Reconciling and Stalled as trouble, so they are here only while they are true.
	setOrRemove := func(kind string, value bool) {
		if value {
			set(kind, true)
			return
		}
		meta.RemoveStatusCondition(&status.Conditions, kind)
	}
	set(v1alpha1.ConditionReady, s.ready)
	set(v1alpha1.ConditionConnected, s.connected)
	set(v1alpha1.ConditionEnded, s.ended)
	setOrRemove(v1alpha1.ConditionReconciling, s.reconciling)
	setOrRemove(v1alpha1.ConditionStalled, s.stalled)
}

func summarise(status *v1alpha1.CallStatus) summary {
	switch {
	case status.Result != nil:
		wanted := AsWanted(status.Result.Outcome)
		return summary{
			ready: wanted, stalled: !wanted, ended: true,
			reason: string(status.Result.Outcome), message: status.Result.Message,
		}
	case status.Ending != nil:
		return summary{
			reconciling: true, connected: status.ConnectedTime != nil,
			reason: v1alpha1.ReasonEnding, message: endingMessage(status.Ending.Reason),
		}
	case status.ConnectedTime != nil:
		return summary{ready: true, connected: true, reason: v1alpha1.ReasonConnected, message: "The call was answered."}
	case status.Waiting != nil:
		return summary{reconciling: true, reason: status.Waiting.Reason, message: status.Waiting.Message}
	case status.Attempt != nil:
		return summary{reconciling: true, reason: v1alpha1.ReasonDialing, message: "The callee is being rung."}
	case status.Phase == v1alpha1.CallPhaseRinging:
		return summary{reconciling: true, reason: v1alpha1.ReasonRinging, message: "The call waits to be taken."}
	default:
		return summary{reconciling: true, reason: v1alpha1.ReasonPending, message: "The call is about to be placed."}
	}
}

func endingMessage(reason v1alpha1.EndingReason) string {
	switch reason {
	case v1alpha1.EndingRequested:
		return "Hanging up: spec.state is Ended."
	case v1alpha1.EndingDeleted:
		return "Hanging up: the Call is being deleted."
	case v1alpha1.EndingRingTimeout:
		return "Hanging up: nobody answered within spec.ringTimeout."
	default:
		return "Hanging up: the call lasted for spec.maxDuration."
	}
}

func conditionStatus(value bool) metav1.ConditionStatus {
	if value {
		return metav1.ConditionTrue
	}
	return metav1.ConditionFalse
}
