// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/callroute"
	"github.com/call-operator/call-operator/internal/legs"
	"github.com/call-operator/call-operator/internal/masking"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/statemachine/callstatus"
)

// whereFrom finds the Call of ours that placed an incoming call, records the pair on both, and finds the routes that must not
// redirect the call. The outbound Call's attempt is in the cache before the Call of its arriving leg: both come through one
// watch, and it was written first.
func (r *Reconciler) whereFrom(ctx context.Context, call *v1alpha1.Call, provider *v1alpha1.CallProvider) (legs.Pairing, map[string]legs.Stopped, error) {
	leg := legOf(call)
	redirects, err := r.redirectsBefore(ctx, call.Namespace, leg)
	if err != nil {
		return legs.Pairing{}, nil, err
	}
	known := legs.Known{Redirects: redirects}
	if known.Calls, err = r.placedTo(ctx, call); err != nil {
		return legs.Pairing{}, nil, err
	}
	if known.Running, err = r.runningAs(ctx, call); err != nil {
		return legs.Pairing{}, nil, err
	}
	pairing := legs.Pair(leg, known)
	if err := r.notePair(ctx, call, provider, pairing); err != nil {
		return legs.Pairing{}, nil, err
	}
	return pairing, legs.MustNotRedirect(leg, pairing, redirects), nil
}

func legOf(call *v1alpha1.Call) legs.Leg {
	inbound := call.Spec.Inbound
	return legs.Leg{UID: call.UID, From: inbound.From, To: &inbound.To, CorrelationID: inbound.CorrelationID, Rang: received(call)}
}

// placedTo are the outbound Calls of the provider that may have placed an incoming call.
func (r *Reconciler) placedTo(ctx context.Context, call *v1alpha1.Call) ([]legs.Call, error) {
	placed, err := r.callsOf(ctx, call.Namespace, placedIndex, partyKey(&call.Spec.Inbound.To))
	if err != nil {
		return nil, err
	}
	arrived, err := r.callsOf(ctx, call.Namespace, arrivedIndex, partyKey(&call.Spec.Inbound.To))
	if err != nil {
		return nil, err
	}
	arrivedAs := map[types.UID]types.UID{}
	for i := range arrived {
		arrivedAs[arrived[i].Status.OtherLeg.UID] = arrived[i].UID
	}
	var calls []legs.Call
	for i := range placed {
		if other := &placed[i]; other.Spec.ProviderRef == call.Spec.ProviderRef {
			found := placedCall(other)
			if found.Leg == "" {
				found.Leg = arrivedAs[other.UID]
			}
			calls = append(calls, found)
		}
	}
	return calls, nil
}

// placedCall is an outbound Call as input for pairing.
func placedCall(call *v1alpha1.Call) legs.Call {
	status := &call.Status
	placed := legs.Call{
		Name: call.Name, UID: call.UID, From: call.Spec.From, To: call.Spec.To, CorrelationID: status.CorrelationID, Labels: call.Labels,
	}
	if status.Attempt != nil {
		placed.Sent = status.Attempt.FirstSent.Time
	}
	if status.ConnectedTime != nil {
		placed.Connected = status.ConnectedTime.Time
	}
	if status.Result != nil {
		placed.Ended = status.Result.EndTime.Time
	}
	if leg := status.OtherLeg; leg != nil && leg.State == v1alpha1.OtherLegPaired {
		placed.Leg = leg.UID
	}
	return placed
}

// runningAs are the calls with an incoming call's correlation ID that can have invited it: those that were answered.
func (r *Reconciler) runningAs(ctx context.Context, call *v1alpha1.Call) ([]legs.Running, error) {
	calls, err := r.callsOf(ctx, call.Namespace, correlationIndex, call.Spec.Inbound.CorrelationID)
	if err != nil {
		return nil, err
	}
	var running []legs.Running
	for i := range calls {
		other := &calls[i]
		answers := other.Status.Route != nil && other.Status.Route.Action == v1alpha1.RouteActionAnswer
		if other.UID != call.UID && other.Spec.ProviderRef == call.Spec.ProviderRef && (answers || other.Spec.To != nil) {
			running = append(running, legs.Running{Name: other.Name, UID: other.UID, CorrelationID: call.Spec.Inbound.CorrelationID})
		}
	}
	return running, nil
}

// redirectsBefore are the redirects of the namespace, by any provider, that may have led to a leg, directly or through others,
// and those of other calls from the same caller to the same callee.
func (r *Reconciler) redirectsBefore(ctx context.Context, namespace string, leg legs.Leg) ([]legs.Redirect, error) {
	seen := map[types.UID]bool{leg.UID: true}
	var found []legs.Redirect
	add := func(index, value string, since time.Time) error {
		calls, err := r.callsOf(ctx, namespace, index, value)
		for i := range calls {
			other := &calls[i]
			if seen[other.UID] || !redirects(other) || other.Status.Attempt.FirstSent.Time.Before(since) {
				continue
			}
			seen[other.UID] = true
			redirect, err := r.redirectOf(ctx, other)
			if err != nil {
				return err
			}
			found = append(found, redirect)
		}
		return err
	}
	if err := add(redirectedAtIndex, partyKey(leg.To), leg.Rang.Add(-legs.RedirectWindow)); err != nil {
		return nil, err
	}
	for before, at := leg, 0; ; at++ {
		if err := add(redirectedToIndex, partyKey(before.To), before.Rang.Add(-legs.RedirectWindow)); err != nil {
			return nil, err
		}
		if err := add(correlationIndex, before.CorrelationID, time.Time{}); err != nil {
			return nil, err
		}
		if at == len(found) {
			return found, nil
		}
		before = found[at].Leg
	}
}

// RedirectOf is a redirected incoming call as input for pairing.
func (r *Reconciler) redirectOf(ctx context.Context, call *v1alpha1.Call) (legs.Redirect, error) {
	route := call.Status.Route
	redirect := legs.Redirect{
		Leg: legOf(call), Route: route.Name, Target: route.RedirectTo, Sent: call.Status.Attempt.FirstSent.Time,
		Origin: legs.Pairing{State: legs.Outside},
	}
	other := call.Status.OtherLeg
	switch {
	case other == nil:
	case other.State == v1alpha1.OtherLegUnknown:
		redirect.Origin = legs.Pairing{State: legs.Unknown, OrOutside: true}
	case other.State == v1alpha1.OtherLegPaired:
		origin := legs.Call{Name: other.Name, UID: other.UID}
		var placed v1alpha1.Call
		err := r.Get(ctx, client.ObjectKey{Namespace: call.Namespace, Name: other.Name}, &placed)
		if client.IgnoreNotFound(err) != nil {
			return legs.Redirect{}, err
		}
		if err == nil && placed.UID == other.UID {
			origin = placedCall(&placed)
		}
		redirect.Origin = legs.Pairing{State: legs.Paired, Call: &origin, By: other.PairedBy}
	}
	return redirect, nil
}

func redirects(call *v1alpha1.Call) bool {
	route := call.Status.Route
	return call.Spec.Inbound != nil && call.Status.Attempt != nil && route != nil && route.Action == v1alpha1.RouteActionRedirect
}

// notePair records on both Calls that they are two legs of one call, on the outbound one first: it can hold only one incoming
// call, so concurrent writers conflict there.
func (r *Reconciler) notePair(ctx context.Context, call *v1alpha1.Call, provider *v1alpha1.CallProvider, pairing legs.Pairing) error {
	if pairing.State == legs.Paired && pairing.By != v1alpha1.PairedByRedirect {
		if err := r.noteArrival(ctx, call, pairing); err != nil {
			return err
		}
	}
	if other := otherLegOf(call, provider, pairing); other != nil || call.Status.OtherLeg != nil {
		now := r.Now()
		return r.writeStatus(ctx, call, callstatus.Rang{At: now}, callstatus.OtherLegKnown{OtherLeg: other, At: now})
	}
	return nil
}

// noteArrival records the incoming Call on the outbound one. An ended Call is not changed.
func (r *Reconciler) noteArrival(ctx context.Context, leg *v1alpha1.Call, pairing legs.Pairing) error {
	var placed v1alpha1.Call
	err := r.Get(ctx, client.ObjectKey{Namespace: leg.Namespace, Name: pairing.Call.Name}, &placed)
	if err != nil || placed.UID != pairing.Call.UID || placed.Status.Result != nil {
		return client.IgnoreNotFound(err)
	}
	if known := placed.Status.OtherLeg; known != nil && known.State == v1alpha1.OtherLegPaired {
		if known.UID == leg.UID {
			return nil
		}
		return apierrors.NewConflict(v1alpha1.GroupVersion.WithResource("calls").GroupResource(), placed.Name,
			fmt.Errorf("it arrived as Call %s", known.Name))
	}
	updated := placed.DeepCopy()
	updated.Status = callstatus.Apply(placed.Status, callstatus.OtherLegKnown{
		OtherLeg: &v1alpha1.OtherLeg{State: v1alpha1.OtherLegPaired, Name: leg.Name, UID: leg.UID, PairedBy: pairing.By}, At: r.Now(),
	})
	return r.Status().Update(ctx, updated)
}

// otherLegOf is what is known of an incoming call's other leg, or nil.
func otherLegOf(call *v1alpha1.Call, provider *v1alpha1.CallProvider, pairing legs.Pairing) *v1alpha1.OtherLeg {
	from := call.Spec.Inbound.From
	switch {
	case pairing.State == legs.Paired:
		return &v1alpha1.OtherLeg{State: v1alpha1.OtherLegPaired, Name: pairing.Call.Name, UID: pairing.Call.UID, PairedBy: pairing.By}
	case pairing.State == legs.Invited:
		return &v1alpha1.OtherLeg{
			State: v1alpha1.OtherLegInvited, Name: pairing.Inviter.Name, UID: pairing.Inviter.UID,
			Message: "The call is an invitation into the call of that Call. No Call placed it, so no CallRoute with an origin matches.",
		}
	case pairing.State == legs.Unknown:
		return &v1alpha1.OtherLeg{State: v1alpha1.OtherLegUnknown, Message: masking.Numbers(cannotBeKnown(pairing))}
	case pairing.State == legs.Outside && from != nil && from.PhoneNumber != "" && objects.OwnedNumber(provider, string(from.PhoneNumber)) != nil:
		return &v1alpha1.OtherLeg{
			State: v1alpha1.OtherLegNotOurs,
			Message: "The caller is one of the provider's own numbers, but no Call of this namespace and provider placed the call: " +
				"other software, another namespace or somebody who pretends to be that number did. No CallRoute with an origin matches.",
		}
	default:
		return nil
	}
}

// maxNamed is the maximum number of candidates in a message.
const maxNamed = 3

// cannotBeKnown says who may have placed a call, and what to do.
func cannotBeKnown(pairing legs.Pairing) string {
	var names []string
	for _, candidate := range pairing.Candidates {
		names = append(names, candidate.Name)
	}
	slices.Sort(names)
	text := "Which Call placed this call cannot be known: "
	if len(names) > maxNamed {
		names = append(names[:maxNamed], "others")
	}
	switch {
	case len(names) == 0:
		text += "it came through a redirected call whose origin is not known"
	case pairing.OrOutside:
		text += "it may be " + strings.Join(names, ", ") + ", or somebody else"
	default:
		text += "it may be each of " + strings.Join(names, ", ")
	}
	return text + ". To take the call, set its spec.action (kubectl call answer or redirect)."
}

// originOf is a call's origin as input for routes.
func originOf(pairing legs.Pairing) callroute.Origin {
	switch pairing.State {
	case legs.Paired:
		return callroute.Origin{State: callroute.OriginOurs, Labels: pairing.Call.Labels}
	case legs.Pending, legs.Unknown:
		origin := callroute.Origin{State: callroute.OriginOpen, OrOutside: pairing.OrOutside}
		for _, candidate := range pairing.Candidates {
			origin.Candidates = append(origin.Candidates, candidate.Labels)
		}
		return origin
	default:
		return callroute.Origin{State: callroute.OriginOutside}
	}
}

// arrivalExpected tells whether a new call will arrive again as an incoming call of the provider. It is unknown here whether
// Event Grid reports calls to the number.
func arrivalExpected(call *v1alpha1.Call, provider *v1alpha1.CallProvider) bool {
	to := call.Spec.To
	return to != nil && to.PhoneNumber != "" && objects.OwnedNumber(provider, string(to.PhoneNumber)) != nil
}

// partyKey is a party as an index value, "" for nobody.
func partyKey(id *v1alpha1.Identifier) string { return strings.ToLower(party.Text(id)) }
