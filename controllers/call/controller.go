// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/controllers/shared/steps"
	"github.com/call-operator/call-operator/statemachine/callstatus"
)

// Reconciler carries out Calls.
type Reconciler struct {
	once.Base
	// Secrets reads and deletes the contexts of incoming calls, in the API server.
	Secrets client.Client
	// Admission says which calls may be placed now.
	Admission *Admission
	// PollInterval is how often a connected call is polled, before jitter.
	PollInterval time.Duration
	// poked are Calls to reconcile because of an inventory.
	poked chan event.GenericEvent
}

// +kubebuilder:rbac:groups=call-operator.dev,resources=calls,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=call-operator.dev,resources=calls/status,verbs=update
// +kubebuilder:rbac:groups=call-operator.dev,resources=callproviders,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconcile takes one action after another for a Call, until there is nothing to do but wait.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	r.Contacts.Start(r.Now())
	call := &v1alpha1.Call{}
	if err := r.Get(ctx, request.NamespacedName, call); err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(request.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	after, err := steps.Take(func() (steps.Step, error) { return r.next(ctx, call) })
	return ctrl.Result{RequeueAfter: untilDeadline(call, r.Now(), after), Priority: ptr.To(priorityOf(call))}, err
}

// Next takes the next step for a Call.
func (r *Reconciler) next(ctx context.Context, call *v1alpha1.Call) (steps.Step, error) {
	r.Admission.findService(ctx, call)
	r.Admission.Sync(call)
	decision := decideCall(r.observe(call))
	if decision.action == actionWait {
		return steps.Step{Stop: true, After: decision.after}, nil
	}
	return r.do(ctx, call, decision)
}

// do carries out an action in its own span. Dialling and routing often find nothing to do yet, so they start their span
// only when there is work.
func (r *Reconciler) do(ctx context.Context, call *v1alpha1.Call, decision callDecision) (steps.Step, error) {
	switch decision.action {
	case actionDial:
		return r.dial(ctx, call)
	case actionRoute:
		return r.route(ctx, call)
	}
	ctx, span := r.Tracer.Start(ctx, call, spanOfCall(decision.action))
	defer span.End()
	return r.carryOut(ctx, call, decision)
}

func (r *Reconciler) carryOut(ctx context.Context, call *v1alpha1.Call, decision callDecision) (steps.Step, error) {
	switch decision.action {
	case actionFinishInbound:
		return steps.Step{}, r.finishInbound(ctx, call)
	case actionRepeat:
		return steps.Step{}, r.repeat(ctx, call)
	case actionEndUnplaced, actionSay:
		if call.Status.Attempt == nil {
			// The Call does not need a slot, or no longer.
			r.Admission.Release(call)
		}
		return steps.Step{}, r.writeStatus(ctx, call, decision.fact)
	case actionBeginEnding:
		return steps.Step{}, r.beginEnding(ctx, call, decision.ending)
	case actionHangUp:
		return steps.Step{}, r.hangUp(ctx, call)
	case actionRestoreFinalizer:
		return steps.Step{}, objects.AddFinalizer(ctx, r.Client, call, v1alpha1.CallFinalizer)
	case actionPoll:
		return steps.Step{}, r.poll(ctx, call)
	case actionRemoveFinalizer:
		return steps.Step{Stop: true}, r.removeFinalizer(ctx, call)
	case actionGiveUpHangUp:
		return steps.Step{Stop: true}, r.giveUpHangUp(ctx, call)
	case actionExpire:
		r.Expired.Remember(call, call.Spec, r.Now())
		return steps.Step{Stop: true}, objects.DeleteWithPreconditions(ctx, r.Client, call)
	default:
		facts, known := factsFor(decision.action, r.Now())
		if !known {
			return r.unknownAction(ctx, call, decision.action)
		}
		return steps.Step{}, r.writeStatus(ctx, call, facts...)
	}
}

func (r *Reconciler) observe(call *v1alpha1.Call) callObservation {
	talk := r.Contacts.Of(call)
	return callObservation{
		call: call, now: r.Now(),
		lastTalk: talk.Last, nextRepeat: talk.NextRepeat, ringOver: talk.RingOver, hungUp: talk.HungUp, gone: talk.Gone,
		allowShortNumbers: r.AllowShortNumbers,
		poll:              pauses.Jitter(r.PollInterval, call.UID), ringingPoll: pauses.Jitter(ringingPoll, call.UID),
	}
}

// Forget drops this process's data about a deleted Call.
func (r *Reconciler) forget(key types.NamespacedName) {
	r.Contacts.Forget(key)
	r.Admission.Forget(key)
}

const (
	// correlationIndex finds the Calls by the service's ID.
	correlationIndex = "correlationID"
	// placedIndex finds, by callee, the outbound Calls that were sent to the service and may still need their arriving
	// leg matched.
	placedIndex = "placedTo"
	// arrivedIndex finds, by callee, the incoming Calls that were paired with an outbound one.
	arrivedIndex = "arrivedAt"
	// redirectedToIndex and redirectedAtIndex find the redirected Calls by their redirect target and by their callee.
	redirectedToIndex = "redirectedTo"
	redirectedAtIndex = "redirectedAt"
)

// callIndexes are the values by which Calls are indexed.
var callIndexes = map[string]func(*v1alpha1.Call) string{
	objects.ProviderIndex: func(call *v1alpha1.Call) string { return call.Spec.ProviderRef.Name },
	correlationIndex: func(call *v1alpha1.Call) string {
		if call.Spec.Inbound != nil {
			return call.Spec.Inbound.CorrelationID
		}
		return call.Status.CorrelationID
	},
	placedIndex: func(call *v1alpha1.Call) string {
		if call.Spec.To == nil || call.Status.Attempt == nil || call.Status.Result != nil && call.Status.OtherLeg == nil {
			return ""
		}
		return partyKey(call.Spec.To)
	},
	arrivedIndex: func(call *v1alpha1.Call) string {
		leg := call.Status.OtherLeg
		if call.Spec.Inbound == nil || leg == nil || leg.State != v1alpha1.OtherLegPaired || leg.PairedBy == v1alpha1.PairedByRedirect {
			return ""
		}
		return partyKey(&call.Spec.Inbound.To)
	},
	redirectedToIndex: func(call *v1alpha1.Call) string {
		if !redirects(call) {
			return ""
		}
		return partyKey(call.Status.Route.RedirectTo)
	},
	redirectedAtIndex: func(call *v1alpha1.Call) string {
		if !redirects(call) {
			return ""
		}
		return partyKey(&call.Spec.Inbound.To)
	},
}

// Indexers are the indexes of the cache of Calls.
func Indexers() map[string]client.IndexerFunc {
	indexers := map[string]client.IndexerFunc{}
	for name, valueOf := range callIndexes {
		indexers[name] = func(object client.Object) []string {
			if value := valueOf(object.(*v1alpha1.Call)); value != "" {
				return []string{value}
			}
			return nil
		}
	}
	return indexers
}

// SetupWithManager registers the reconciler.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	for name, values := range Indexers() {
		if err := mgr.GetFieldIndexer().IndexField(context.Background(), &v1alpha1.Call{}, name, values); err != nil {
			return err
		}
	}
	r.poked = make(chan event.GenericEvent, inventoryQueue)
	if err := mgr.Add(manager.RunnableFunc(r.takeInventory)); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("call").
		Watches(&v1alpha1.Call{}, byPriority()).
		Watches(&v1alpha1.CallProvider{}, handler.EnqueueRequestsFromMapFunc(r.unplacedCallsOf)).
		Watches(&v1alpha1.CallRoute{}, handler.EnqueueRequestsFromMapFunc(r.ringingCallsOf), builder.WithPredicates(objects.RoutesThatChange)).
		Watches(&v1alpha1.CallFlow{}, handler.EnqueueRequestsFromMapFunc(r.waitingForFlow), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.ParticipantMove{}, r.afterMoves()).
		WatchesRawSource(source.Func(r.Admission.Source)).
		WatchesRawSource(source.Channel(r.poked, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: r.Concurrency,
			RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](
				pauses.ShortestErrorPause, pauses.LongestErrorPause),
		}).
		Complete(r)
}

// ringingCallsOf requeues the incoming calls that a new or changed route may take.
func (r *Reconciler) ringingCallsOf(ctx context.Context, route client.Object) []reconcile.Request {
	calls, err := r.callsOf(ctx, route.GetNamespace(), objects.ProviderIndex, route.(*v1alpha1.CallRoute).Spec.ProviderRef.Name)
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list the Calls that a route may take", "route", client.ObjectKeyFromObject(route))
		return nil
	}
	var requests []reconcile.Request
	for i := range calls {
		if call := &calls[i]; call.Spec.Inbound != nil && call.Status.Attempt == nil && call.Status.Result == nil {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(call)})
		}
	}
	return requests
}

// waitingForFlow requeues the Calls that may be placed or answered after a change of a flow.
func (r *Reconciler) waitingForFlow(ctx context.Context, flow client.Object) []reconcile.Request {
	var calls v1alpha1.CallList
	if err := r.List(ctx, &calls, client.InNamespace(flow.GetNamespace()), client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list the Calls that wait for a flow", "flow", client.ObjectKeyFromObject(flow))
		return nil
	}
	var requests []reconcile.Request
	for i := range calls.Items {
		call := &calls.Items[i]
		if waiting := call.Status.Waiting; waiting == nil || call.Status.Attempt != nil || !waitsForFlow(waiting.Reason) {
			continue
		}
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(call)})
	}
	return requests
}

// waitsForFlow tells whether a reason is about a flow.
func waitsForFlow(reason string) bool {
	switch reason {
	case v1alpha1.ReasonFlowNotFound, v1alpha1.ReasonFlowInvalid, v1alpha1.ReasonParameterMissing, v1alpha1.ReasonParameterUnknown:
		return true
	default:
		return false
	}
}

// unplacedCallsOf requeues the Calls that may proceed after a change of their provider.
func (r *Reconciler) unplacedCallsOf(ctx context.Context, provider client.Object) []reconcile.Request {
	key := client.ObjectKeyFromObject(provider)
	if connection, ok := r.Connections.LastKnown(key); ok {
		r.Admission.Serves(key, connection.Endpoint)
	}
	var calls v1alpha1.CallList
	err := r.List(ctx, &calls, client.InNamespace(provider.GetNamespace()), client.MatchingFields{objects.ProviderIndex: provider.GetName()},
		client.UnsafeDisableDeepCopy)
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list the Calls of a provider", "provider", client.ObjectKeyFromObject(provider))
		return nil
	}
	var requests []reconcile.Request
	for i := range calls.Items {
		switch status := &calls.Items[i].Status; {
		case status.Result != nil:
			continue
		case status.Attempt == nil:
			r.Admission.Enqueue(&calls.Items[i])
		case status.Unreachable != nil:
			// The provider may point back to its service.
			r.Contacts.PollSoon(&calls.Items[i])
		default:
			continue
		}
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&calls.Items[i])})
	}
	return requests
}

func (r *Reconciler) unknownAction(ctx context.Context, call *v1alpha1.Call, action callAction) (steps.Step, error) {
	message := steps.ReportDefect(ctx, r.Recorder, call, string(action))
	done := steps.Step{Stop: true, After: pauses.Jitter(pauses.LongestBackoff, call.UID)}
	if call.Status.Attempt != nil || call.Status.Result != nil {
		// Do not overwrite what a request waits for, or how it ended.
		return done, nil
	}
	return done, r.writeStatus(ctx, call, callstatus.Waits{Reason: v1alpha1.ReasonInternalError, Message: message, At: r.Now()})
}
