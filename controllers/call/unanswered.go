// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
)

// heldRecheck is how often to check whether a held-back request may be repeated.
const heldRecheck = once.LongestRepeat

const (
	unanswered = "It is not known yet whether the service carried out the request"

	unresolved    = unanswered + "; the same request is repeated."
	heldByState   = unanswered + "; it is not repeated, since spec.state is Ended. The service's reports of the call will tell."
	heldBySetting = unanswered + "; it is not repeated, %s. The service's reports of the call will tell."
)

// heldBack says why a request whose answer was lost is not repeated; "" means that it is. Rejecting a call twice rings nobody.
func heldBack(call *v1alpha1.Call, service telephony.Traits) string {
	route := call.Status.Route
	switch {
	case call.Spec.State == v1alpha1.CallStateEnded:
		return heldByState
	case route != nil && route.Action == v1alpha1.RouteActionReject:
		return ""
	case !service.RepeatsUnanswered:
		return fmt.Sprintf(heldBySetting, service.WhyNot)
	default:
		return ""
	}
}

// heldBack is heldBack with the Call's current provider. Without a provider nothing can be sent. If this process wrote an attempt
// and the answer to that write was lost, the request was never sent, so sending it is no repetition.
func (r *Reconciler) heldBack(ctx context.Context, call *v1alpha1.Call) string {
	if r.Contacts.Of(call).Unsent == call.Status.Attempt.ID && call.Spec.State != v1alpha1.CallStateEnded {
		return ""
	}
	provider := &v1alpha1.CallProvider{}
	if err := r.Get(ctx, objects.ProviderKey(call), provider); err != nil {
		return heldBack(call, telephony.Traits{RepeatsUnanswered: true})
	}
	return heldBack(call, r.Connections.Adapter.Traits(provider))
}

// holdBack records why the request is not repeated. It keeps an existing message with the error of the last try.
func (r *Reconciler) holdBack(ctx context.Context, call *v1alpha1.Call, why string) error {
	now := r.Now()
	r.Contacts.RepeatAt(call, now.Add(heldRecheck))
	if callstatus.Repeated(&call.Status) && strings.HasPrefix(call.Status.Waiting.Message, why) {
		return nil
	}
	return r.writeStatus(ctx, call, callstatus.Unresolved{Message: why, At: now})
}

// contextLifetime is how long the context of an incoming call may be usable: users of ACS report about a minute.
const contextLifetime = 90 * time.Second

// resolvedBy is when to stop waiting for the result of a request whose answer was lost.
func resolvedBy(o callObservation) time.Time {
	call := o.call
	end := call.Status.Attempt.FirstSent.Add(attempt.RepeatabilityWindow)
	if call.Spec.Inbound == nil {
		return end
	}
	if used := received(call).Add(contextLifetime); used.Before(end) {
		end = used
	}
	if o.ringOver && call.Status.Route != nil && heardOfBy(call).Before(end) {
		end = heardOfBy(call)
	}
	return end
}
