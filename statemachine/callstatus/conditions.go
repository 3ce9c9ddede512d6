// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"cmp"
	"fmt"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/statemachine"
	"github.com/call-operator/call-operator/telephony"
)

// summary is what the conditions say, derived from the rest of a status.
type summary struct {
	conditions.Summary
	connected, ended bool
}

// setConditions derives the conditions from the rest of the status.
func setConditions(status *v1alpha1.CallStatus, at time.Time) {
	s := summarise(status)
	s.Message = withUnobserved(status, s.Message)
	generation, when := max(status.ObservedGeneration, 0), statemachine.Timestamp(at)
	conditions.Set(&status.Conditions, generation, when, s.Summary)
	conditions.SetOne(&status.Conditions, v1alpha1.ConditionConnected, s.connected, generation, when, s.Summary)
	conditions.SetOne(&status.Conditions, v1alpha1.ConditionEnded, s.ended, generation, when, s.Summary)
	setFlow(status, at)
}

func summarise(status *v1alpha1.CallStatus) summary {
	switch {
	case status.Result != nil:
		return summary{Summary: endSummary(status), ended: true}
	case status.Unreachable != nil:
		return summary{
			Summary:   reconciling(status.Unreachable.Reason, status.Unreachable.Message),
			connected: status.ConnectedTime != nil,
		}
	case status.Ending != nil:
		return summary{
			Summary:   reconciling(v1alpha1.ReasonEnding, endingMessage(status.Ending.Reason)),
			connected: status.ConnectedTime != nil,
		}
	case status.ReportedEnd != nil:
		return summary{Summary: reconciling(v1alpha1.ReasonEnding, "The service says that the call is over. Whether anybody had answered is about to be known.")}
	case status.ConnectedTime != nil:
		return summary{
			Summary:   conditions.Summary{State: conditions.Ready, Reason: v1alpha1.ReasonConnected, Message: "The call was answered."},
			connected: true,
		}
	case status.Waiting != nil:
		return summary{Summary: reconciling(status.Waiting.Reason, status.Waiting.Message)}
	case status.Route != nil:
		return summary{Summary: reconciling(v1alpha1.ReasonRouted, routedMessage(status.Route))}
	case status.Attempt != nil:
		return summary{Summary: reconciling(v1alpha1.ReasonDialing, ringingMessage(status.Attempt))}
	case status.Phase == v1alpha1.CallPhaseRinging:
		return summary{Summary: reconciling(v1alpha1.ReasonRinging, "The call waits to be taken.")}
	default:
		return summary{Summary: reconciling(v1alpha1.ReasonPending, "The call is about to be placed.")}
	}
}

// ringingMessage says that the phone rings, and whether the service would have recognised a repetition of the request.
func ringingMessage(attempt *v1alpha1.RequestAttempt) string {
	const rung = "The callee is being rung."
	if attempt.Repeatability == v1alpha1.RepeatabilityNotConfirmed {
		return rung + " The service did not confirm that it recognises repetitions of the request."
	}
	return rung
}

func reconciling(reason, message string) conditions.Summary {
	return conditions.Summary{State: conditions.Reconciling, Reason: reason, Message: message}
}

// endSummary is the summary of a result.
func endSummary(status *v1alpha1.CallStatus) conditions.Summary {
	result := status.Result
	said := conditions.Summary{State: conditions.Stalled, Reason: endReason(status), Message: result.Message}
	if AsWanted(result.Outcome) {
		said.State = conditions.Ready
	}
	return said
}

// endReason is the outcome or, for a failure, whether the provider or the call has to change. A result that an earlier version wrote
// has no reason of its own: its condition keeps the one that it has.
func endReason(status *v1alpha1.CallStatus) string {
	result := status.Result
	if result.Reason != "" || result.Outcome != v1alpha1.OutcomeFailed {
		return cmp.Or(result.Reason, string(result.Outcome))
	}
	if said := apimeta.FindStatusCondition(status.Conditions, v1alpha1.ConditionEnded); said != nil && said.Status == metav1.ConditionTrue {
		return said.Reason
	}
	return string(result.Outcome)
}

// failureReason is the condition reason of a call that failed, "" if it is the outcome itself.
func failureReason(outcome v1alpha1.CallOutcome, cause telephony.Cause) string {
	if outcome != v1alpha1.OutcomeFailed {
		return ""
	}
	switch cause {
	case telephony.CauseForbidden:
		return v1alpha1.ReasonForbidden
	case telephony.CauseNobody:
		return v1alpha1.ReasonCalleeNotFound
	case telephony.CauseInvalid:
		return v1alpha1.ReasonInvalidRequest
	default:
		return ""
	}
}

// routedMessage describes the route's pending action for a call.
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
	case v1alpha1.EndingFlowEnded:
		return "Hanging up: the flow has ended."
	default:
		return "Hanging up: the call lasted for spec.maxDuration."
	}
}
