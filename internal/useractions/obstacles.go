// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package useractions

import (
	"fmt"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
)

// CannotHangUp says why a call cannot be hung up.
func CannotHangUp(call *v1alpha1.Call) string {
	switch {
	case call.Status.Result != nil:
		return "The call is over."
	case call.Spec.State == v1alpha1.CallStateEnded || !call.DeletionTimestamp.IsZero():
		return "The call is being hung up."
	default:
		return ""
	}
}

// CannotHandleIncoming says why a call cannot be answered, redirected or rejected by hand.
func CannotHandleIncoming(call *v1alpha1.Call) string {
	switch {
	case call.Spec.Inbound == nil:
		return "Only an incoming call can be answered, redirected or rejected."
	case call.Status.Result != nil:
		return "The call is over."
	case call.Spec.State == v1alpha1.CallStateEnded || !call.DeletionTimestamp.IsZero():
		return "The call is being ended."
	case call.Status.Route != nil && call.Status.Route.Name != "":
		return fmt.Sprintf("CallRoute %s takes the call.", call.Status.Route.Name)
	case call.Spec.Action != nil:
		return "This call already has an action."
	case call.Status.Attempt != nil:
		return "The call has already been answered, redirected or rejected."
	default:
		return ""
	}
}

// CannotRetry says why a call cannot be placed again, as a new Call.
func CannotRetry(call *v1alpha1.Call) string {
	switch result := call.Status.Result; {
	case call.Spec.To == nil:
		return "Only an outbound call can be retried."
	case result == nil:
		return "The call is not over."
	case result.Outcome == v1alpha1.OutcomeCompleted:
		return "The call took place, so it cannot be retried."
	default:
		return ""
	}
}

// CannotOperate says why nothing can be done in a call: nobody moved out of it, nothing said.
func CannotOperate(call *v1alpha1.Call) string {
	switch {
	case call.Status.Result != nil:
		return "The call is over."
	case call.Status.ConnectedTime == nil:
		return "The call is not connected yet."
	case CannotHangUp(call) != "" || call.Status.Ending != nil:
		return "The call is being hung up."
	default:
		return ""
	}
}

// CannotMoveTo says why nobody can be moved from one call into another.
func CannotMoveTo(from, to *v1alpha1.Call) string {
	switch {
	case from.Namespace != to.Namespace:
		return "The calls are in different namespaces."
	case from.Name == to.Name:
		return "The participant is already in that call."
	case from.Spec.ProviderRef != to.Spec.ProviderRef:
		return "The calls use different providers."
	default:
		return CannotOperate(to)
	}
}

// CannotMoveParticipant says why one participant of a call cannot be moved.
func CannotMoveParticipant(call *v1alpha1.Call, rawID string) string {
	switch {
	case CannotOperate(call) != "":
		return CannotOperate(call)
	case SideOf(call, rawID) == OurSide:
		return "This is the operator's own side of the call, which cannot be moved."
	case participant(rawID) == nil:
		return "Participants of this kind cannot be moved."
	default:
		return ""
	}
}

// Side says which side of a call a participant is on.
type Side string

// The sides of a call. The service creates an ID for the application in each call, and a call's status does not contain
// it. A user who is neither caller nor callee is PerhapsOurs: the application, or somebody who joined later, for example
// by a move.
const (
	TheirSide   Side = ""
	OurSide     Side = "ours"
	PerhapsOurs Side = "perhaps"
)

// SideOf returns the side of a participant, as far as the call alone shows it.
func SideOf(call *v1alpha1.Call, rawID string) Side {
	id := participant(rawID)
	switch {
	case party.SameID(rawID, ownSide(call)):
		return OurSide
	case id == nil || id.CommunicationUser == "" || party.SameID(rawID, theirSide(call)):
		return TheirSide
	default:
		return PerhapsOurs
	}
}

// theirSide is the raw ID of the remote party.
func theirSide(call *v1alpha1.Call) string {
	if call.Spec.Inbound != nil {
		return party.RawID(call.Spec.Inbound.From)
	}
	return party.RawID(call.Spec.To)
}

// ownSide is the raw ID of the operator's own party.
func ownSide(call *v1alpha1.Call) string {
	switch {
	case call.Spec.Inbound != nil:
		return party.RawID(&call.Spec.Inbound.To)
	case call.Spec.From != nil && call.Spec.From.PhoneNumber != "":
		return party.RawID(&v1alpha1.Identifier{PhoneNumber: call.Spec.From.PhoneNumber})
	case call.Spec.From != nil:
		return call.Spec.From.CommunicationUser
	default:
		return ""
	}
}
