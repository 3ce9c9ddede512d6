// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstate

import (
	"fmt"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/party"
)

// summary is what the conditions say, derived from the rest of a status.
type summary struct {
	ready, reconciling, stalled, connected, ended bool
	reason, message                               string
}

// setConditions derives the conditions from the rest of the status.
func setConditions(status *v1alpha1.CallStatus, at time.Time) {
	s := summarise(status)
	generation, when := max(status.ObservedGeneration, 0), timestamp(at)
	shared := conditions.Summary{State: s.state(), Reason: s.reason, Message: s.message}
	conditions.Set(&status.Conditions, generation, when, shared)
	conditions.SetOne(&status.Conditions, v1alpha1.ConditionConnected, s.connected, generation, when, shared)
	conditions.SetOne(&status.Conditions, v1alpha1.ConditionEnded, s.ended, generation, when, shared)
}

func (s summary) state() conditions.State {
	switch {
	case s.ready:
		return conditions.Ready
	case s.stalled:
		return conditions.Stalled
	default:
		return conditions.Reconciling
	}
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
	case status.Route != nil:
		return summary{reconciling: true, reason: v1alpha1.ReasonRouted, message: routedMessage(status.Route)}
	case status.Attempt != nil:
		return summary{reconciling: true, reason: v1alpha1.ReasonDialing, message: "The callee is being rung."}
	case status.Phase == v1alpha1.CallPhaseRinging:
		return summary{reconciling: true, reason: v1alpha1.ReasonRinging, message: "The call waits to be taken."}
	default:
		return summary{reconciling: true, reason: v1alpha1.ReasonPending, message: "The call is about to be placed."}
	}
}

// routedMessage says what a route is about to do with a call.
func routedMessage(route *v1alpha1.RoutedCall) string {
	switch route.Action {
	case v1alpha1.RouteActionAnswer:
		return fmt.Sprintf("%s answers the call.", taker(route))
	case v1alpha1.RouteActionRedirect:
		return fmt.Sprintf("%s passes the call on to %s.", taker(route), party.Text(route.RedirectTo))
	default:
		return fmt.Sprintf("%s rejects the call.", taker(route))
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
