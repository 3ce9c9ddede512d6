// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/flows"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/controllers/shared/steps"
	"github.com/call-operator/call-operator/internal/callroute"
	"github.com/call-operator/call-operator/internal/legs"
	"github.com/call-operator/call-operator/internal/secret"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
)

// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;delete
// +kubebuilder:rbac:groups=call-operator.dev,resources=callroutes,verbs=get;list;watch
// +kubebuilder:rbac:groups=call-operator.dev,resources=callroutes/status,verbs=update

// route applies spec.action or a CallRoute to an incoming call, or records why nothing takes the call yet.
func (r *Reconciler) route(ctx context.Context, call *v1alpha1.Call) (steps.Step, error) {
	found, err := r.Connections.ForNew(ctx, objects.ProviderKey(call))
	if err != nil {
		return r.leaveRinging(ctx, call, err)
	}
	provider := found.Provider
	from, stopped, err := r.whereFrom(ctx, call, provider)
	if err != nil {
		return steps.Step{}, err
	}
	if call.Spec.Action != nil {
		return r.applyRoute(ctx, call, found, routedBy("", call.Spec.Action))
	}
	choice, err := r.chooseRoute(ctx, call, provider, from, stopped)
	switch {
	case err != nil:
		return steps.Step{}, err
	case choice.Open != "" && from.State == legs.Unknown:
		return steps.Step{Stop: true, After: unknownOriginRecheck}, r.noteRinging(ctx, call, v1alpha1.ReasonOriginUnknown, fmt.Sprintf(
			"CallRoute %s takes the call or not, depending on which Call placed it. %s", choice.Open, cannotBeKnown(from)))
	case choice.Open != "":
		return steps.Step{Stop: true, After: originPause}, r.noteRinging(ctx, call, v1alpha1.ReasonWaitingForOrigin, fmt.Sprintf(
			"Whether CallRoute %s takes the call depends on which Call placed it, and that is not known yet.", choice.Open))
	case choice.Route == nil && choice.Stopped != "":
		return r.leaveRinging(ctx, call, redirectLoop(choice.Stopped, stopped[choice.Stopped]))
	case choice.Route == nil:
		return r.leaveRinging(ctx, call, noRoute(call, provider))
	}
	if choice.Stopped != "" {
		r.Recorder.Eventf(call, nil, corev1.EventTypeWarning, v1alpha1.ReasonRedirectLoop, "Route", "%s CallRoute %s takes the call instead.",
			redirectLoop(choice.Stopped, stopped[choice.Stopped]), choice.Route.Name)
	}
	return r.applyRoute(ctx, call, found, routedBy(choice.Route.Name, &choice.Route.Spec.Action))
}

// applyRoute asks the service to carry out the chosen action for an incoming call.
func (r *Reconciler) applyRoute(ctx context.Context, call *v1alpha1.Call, found *access.Found, chosen v1alpha1.RoutedCall) (steps.Step, error) {
	if problem := callroute.RedirectProblem(chosen.RedirectTo, r.AllowShortNumbers); problem != "" {
		return r.leaveRinging(ctx, call, telephony.Unusable(v1alpha1.ReasonNumberTooShort, "The call is to be passed on, but %s", problem))
	}
	if err := flows.Usable(ctx, r.Client, call, chosen.Flow); err != nil {
		return r.leaveRinging(ctx, call, err)
	}
	handle, err := r.incomingCallContext(ctx, call)
	if apierrors.IsNotFound(err) {
		return r.awaitContext(ctx, call)
	}
	if err != nil {
		return steps.Step{}, err
	}
	ctx, span := r.Tracer.Start(ctx, call, spanOfCall(actionRoute))
	defer span.End()
	request := &callRequest{Reconciler: r, call: call, route: chosen, handle: &handle}
	if err := r.engine().Begin(ctx, request, found); err != nil {
		return r.notTaken(ctx, call, err)
	}
	return steps.Step{}, r.engine().First(ctx, request, found)
}

// notTaken handles an error before the chosen action was recorded: a call is not redirected to a number that must not be called.
func (r *Reconciler) notTaken(ctx context.Context, call *v1alpha1.Call, err error) (steps.Step, error) {
	var unusable *telephony.UnusableError
	if errors.As(err, &unusable) {
		return r.leaveRinging(ctx, call, err)
	}
	return steps.Step{}, err
}

// noRoute says why an incoming call keeps ringing.
func noRoute(call *v1alpha1.Call, provider *v1alpha1.CallProvider) error {
	to := call.Spec.Inbound.To
	if to.PhoneNumber != "" && objects.OwnedNumber(provider, string(to.PhoneNumber)) == nil {
		return telephony.Unusable(v1alpha1.ReasonNumberNotOwned,
			"CallProvider %s does not own %s, and no CallRoute matches the call: it is left ringing for others. If the number is yours, add it to the provider's spec.numbers.",
			provider.Name, to.PhoneNumber)
	}
	return telephony.Unusable(v1alpha1.ReasonNoRoute, "No CallRoute of provider %s matches the call: it is left ringing for others.", provider.Name)
}

// redirectLoop says why a matching route does not redirect a call.
func redirectLoop(route string, why legs.Stopped) error {
	if why == legs.TooOften {
		return telephony.Unusable(v1alpha1.ReasonRedirectLoop,
			"CallRoute %s has redirected so many calls of this caller to this number within a minute that they look like one that goes in a circle: "+
				"check what takes calls at the route's target. Other calls are redirected; this one is left ringing.", route)
	}
	return telephony.Unusable(v1alpha1.ReasonRedirectLoop,
		"CallRoute %s has redirected this call before, and it came back: the target of the route redirects to this number, over other routes perhaps. Change one of them.", route)
}

// leaveRinging records why nothing takes the call. A change requeues the Call; the delay here is only a safety net.
func (r *Reconciler) leaveRinging(ctx context.Context, call *v1alpha1.Call, cause error) (steps.Step, error) {
	failure := once.DescribeFailure(cause)
	if failure.Reason == v1alpha1.ReasonServiceUnavailable {
		// Nothing for a person to fix: the API server did not answer.
		return steps.Step{}, cause
	}
	return steps.Step{Stop: true, After: ringingRecheck}, r.noteRinging(ctx, call, failure.Reason, failure.Message)
}

func (r *Reconciler) noteRinging(ctx context.Context, call *v1alpha1.Call, reason, message string) error {
	now := r.Now()
	return r.writeStatus(ctx, call, callstatus.Rang{At: now}, callstatus.Waits{Reason: reason, Message: message, At: now})
}

// awaitContext waits for the Secret, which the receiver creates right after the Call.
func (r *Reconciler) awaitContext(ctx context.Context, call *v1alpha1.Call) (steps.Step, error) {
	if r.Now().Sub(received(call)) < contextPatience {
		return steps.Step{Stop: true, After: contextPause}, nil
	}
	return steps.Step{Stop: true, After: ringingRecheck}, r.noteRinging(ctx, call, v1alpha1.ReasonContextMissing, contextMissing)
}

const contextMissing = "The Secret with the call's context is not there, without which nothing can be done with the call."

// incomingCallContext reads the call's context from the API server: the manager may get Secrets, but not list or watch them.
func (r *Reconciler) incomingCallContext(ctx context.Context, call *v1alpha1.Call) (secret.Text, error) {
	var found corev1.Secret
	if err := r.Secrets.Get(ctx, client.ObjectKeyFromObject(call), &found); err != nil {
		return secret.Text{}, err
	}
	if found.Type != v1alpha1.IncomingCallContextSecretType || !belongsTo(&found, call) {
		// An unrelated Secret of the same name is neither read nor deleted.
		return secret.Text{}, apierrors.NewNotFound(corev1.Resource("secrets"), call.Name)
	}
	return secret.New(string(found.Data[v1alpha1.IncomingCallContextKey])), nil
}

func belongsTo(secret *corev1.Secret, call *v1alpha1.Call) bool {
	return slices.ContainsFunc(secret.OwnerReferences, func(owner metav1.OwnerReference) bool { return owner.UID == call.UID })
}

// chooseRoute returns the route for a call with a known origin. Routes that must not redirect it are left out.
func (r *Reconciler) chooseRoute(ctx context.Context, call *v1alpha1.Call, provider *v1alpha1.CallProvider, from legs.Pairing, stopped map[string]legs.Stopped) (callroute.Choice, error) {
	routes, err := objects.RoutesOf(ctx, r.Client, client.ObjectKeyFromObject(provider))
	if err != nil {
		return callroute.Choice{}, err
	}
	routes = slices.DeleteFunc(routes, func(route *v1alpha1.CallRoute) bool {
		// The route itself says so.
		return callroute.RedirectProblem(callroute.RedirectOf(&route.Spec.Action), r.AllowShortNumbers) != ""
	})
	inbound := call.Spec.Inbound
	incoming := callroute.Call{
		From: inbound.From, To: &inbound.To, OnBehalfOf: inbound.OnBehalfOf, Headers: inbound.Headers,
		Origin: originOf(from), Redirected: map[string]bool{},
	}
	for route := range stopped {
		incoming.Redirected[route] = true
	}
	return callroute.Choose(routes, incoming), nil
}

func (r *Reconciler) callsOf(ctx context.Context, namespace, index, value string) ([]v1alpha1.Call, error) {
	if value == "" {
		return nil, nil
	}
	var calls v1alpha1.CallList
	err := r.List(ctx, &calls, client.InNamespace(namespace), client.MatchingFields{index: value}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("list the Calls by %s: %w", index, err)
	}
	return calls.Items, nil
}

// routedBy is a route's action as the call's status stores it. An empty name means the Call's own spec.action.
func routedBy(route string, action *v1alpha1.RouteAction) v1alpha1.RoutedCall {
	action = action.DeepCopy()
	routed := v1alpha1.RoutedCall{Name: route}
	switch {
	case action.Answer != nil:
		routed.Action, routed.CallLabels, routed.Flow = v1alpha1.RouteActionAnswer, action.Answer.CallLabels, action.Answer.Flow
	case action.Redirect != nil:
		routed.Action, routed.RedirectTo = v1alpha1.RouteActionRedirect, &action.Redirect.To
	case action.Reject != nil:
		routed.Action, routed.RejectReason = v1alpha1.RouteActionReject, action.Reject.Reason
	}
	return routed
}

// heardOfBy is when to stop expecting events of a call that may have been taken. Only answered calls have events.
func heardOfBy(call *v1alpha1.Call) time.Time {
	if call.Status.Route.Action == v1alpha1.RouteActionAnswer {
		return ringEnd(call).Add(unansweredGrace)
	}
	return ringEnd(call)
}

// ringEnd is when an incoming call stops ringing.
func ringEnd(call *v1alpha1.Call) time.Time {
	return received(call).Add(v1alpha1.IncomingCallRing)
}

// received is when an incoming call arrived: no later than the creation of its Call, even if a wrong clock or a forged Call says
// otherwise in spec.
func received(call *v1alpha1.Call) time.Time {
	at, created := call.Spec.Inbound.ReceivedTime, call.CreationTimestamp
	if !created.IsZero() && created.Before(&at) {
		return created.Time
	}
	return at.Time
}
