// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package route reconciles CallRoutes: it says whether a route can be used.
package route

import (
	"context"
	"errors"
	"fmt"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/flows"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/callroute"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/telephony"
)

// Reconciler determines whether CallRoutes can take calls. The Reconciler applies them.
type Reconciler struct {
	client.Client
	// Recorder emits Kubernetes Events.
	Recorder events.EventRecorder
	// AllowShortNumbers permits redirects to numbers that are too short for a subscriber number.
	AllowShortNumbers bool
	// Now tells the time.
	Now func() time.Time
}

// Reconcile compares a route with its provider, with the provider's other routes and with its flow, and writes the result.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	route := &v1alpha1.CallRoute{}
	if err := r.Get(ctx, request.NamespacedName, route); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	summary, err := r.judge(ctx, route)
	if err != nil {
		return ctrl.Result{}, err
	}
	updated := route.DeepCopy()
	updated.Status.ObservedGeneration = route.Generation
	conditions.Set(&updated.Status.Conditions, route.Generation, metav1.NewTime(r.Now().Truncate(time.Second)), summary)
	if apiequality.Semantic.DeepEqual(route.Status, updated.Status) {
		return ctrl.Result{}, nil
	}
	err = r.Status().Update(ctx, updated)
	if objects.ConflictOrGone(err) {
		return ctrl.Result{RequeueAfter: pauses.ConflictPause}, nil
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	objects.AnnounceReady(r.Recorder, updated, route.Status.Conditions, updated.Status.Conditions)
	return ctrl.Result{}, nil
}

// judge determines the conditions. A route without its provider or its flow waits for it; one that can never match as written
// needs a person.
func (r *Reconciler) judge(ctx context.Context, route *v1alpha1.CallRoute) (conditions.Summary, error) {
	key := types.NamespacedName{Namespace: route.Namespace, Name: route.Spec.ProviderRef.Name}
	provider := &v1alpha1.CallProvider{}
	err := r.Get(ctx, key, provider)
	if apierrors.IsNotFound(err) {
		return conditions.Summary{
			State: conditions.Reconciling, Reason: v1alpha1.ReasonProviderNotFound,
			Message: fmt.Sprintf("CallProvider %s does not exist: create it, or name another one in spec.providerRef.", key.Name),
		}, nil
	}
	if err != nil {
		return conditions.Summary{}, err
	}
	if problem := callroute.RedirectProblem(callroute.RedirectOf(&route.Spec.Action), r.AllowShortNumbers); problem != "" {
		return conditions.Summary{State: conditions.Stalled, Reason: v1alpha1.ReasonNumberTooShort, Message: "spec.action.redirect: " + problem}, nil
	}
	routes, err := objects.RoutesOf(ctx, r.Client, key)
	if err != nil {
		return conditions.Summary{}, err
	}
	if problem := callroute.Problem(route, routes, provider); problem.Reason != "" {
		return conditions.Summary{State: conditions.Stalled, Reason: problem.Reason, Message: problem.Message}, nil
	}
	if problem, err := r.flowProblem(ctx, route); problem != nil || err != nil {
		return ptr.Deref(problem, conditions.Summary{}), err
	}
	return conditions.Summary{State: conditions.Ready, Reason: v1alpha1.ReasonAccepted, Message: "The route takes the calls that it matches."}, nil
}

// flowProblem says why the calls that the route answers cannot begin their flow, so that they ring on; nil if they can. A flow that does
// not exist may come; what is wrong otherwise needs a person.
func (r *Reconciler) flowProblem(ctx context.Context, route *v1alpha1.CallRoute) (*conditions.Summary, error) {
	answer := route.Spec.Action.Answer
	if answer == nil {
		return nil, nil
	}
	call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: route.Namespace}}
	err := flows.Usable(ctx, r.Client, call, answer.Flow)
	var unusable *telephony.UnusableError
	if !errors.As(err, &unusable) {
		return nil, err
	}
	problem := &conditions.Summary{State: conditions.Stalled, Reason: unusable.Reason, Message: "spec.action.answer.flow: " + unusable.Message}
	if unusable.Reason == v1alpha1.ReasonFlowNotFound {
		problem.State = conditions.Reconciling
	}
	return problem, nil
}

// SetupWithManager registers the reconciler.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	err := mgr.GetFieldIndexer().IndexField(context.Background(), &v1alpha1.CallRoute{}, objects.ProviderIndex, func(object client.Object) []string {
		return []string{object.(*v1alpha1.CallRoute).Spec.ProviderRef.Name}
	})
	if err != nil {
		return err
	}
	// A route can shadow any other route of its provider.
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.CallRoute{}).
		Watches(&v1alpha1.CallRoute{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, route client.Object) []reconcile.Request {
			return r.requestsOf(ctx, route.GetNamespace(), route.(*v1alpha1.CallRoute).Spec.ProviderRef.Name)
		}), builder.WithPredicates(objects.RoutesThatChange)).
		Watches(&v1alpha1.CallProvider{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, provider client.Object) []reconcile.Request {
			return r.requestsOf(ctx, provider.GetNamespace(), provider.GetName())
		})).
		Watches(&v1alpha1.CallFlow{}, handler.EnqueueRequestsFromMapFunc(r.requestsWithFlow), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(r)
}

// requestsWithFlow are the routes that answer with a flow.
func (r *Reconciler) requestsWithFlow(ctx context.Context, flow client.Object) []reconcile.Request {
	var routes v1alpha1.CallRouteList
	if err := r.List(ctx, &routes, client.InNamespace(flow.GetNamespace())); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list the routes that answer with a flow", "flow", flow.GetName())
		return nil
	}
	var requests []reconcile.Request
	for i := range routes.Items {
		if answer := routes.Items[i].Spec.Action.Answer; answer != nil && answer.Flow != nil && answer.Flow.Name == flow.GetName() {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&routes.Items[i])})
		}
	}
	return requests
}

func (r *Reconciler) requestsOf(ctx context.Context, namespace, provider string) []reconcile.Request {
	routes, err := objects.RoutesOf(ctx, r.Client, types.NamespacedName{Namespace: namespace, Name: provider})
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list the routes of a provider", "provider", provider)
		return nil
	}
	requests := make([]reconcile.Request, len(routes))
	for i, route := range routes {
		requests[i] = reconcile.Request{NamespacedName: client.ObjectKeyFromObject(route)}
	}
	return requests
}
