// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package provider reconciles CallProviders: it says whether a provider can be used, and keeps one while its calls are live.
package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/telephony"
)

const (
	// providerRecheck is how often a usable provider's Secret is read again.
	providerRecheck = 5 * time.Minute

	// serviceRecheck is how often a usable provider's service is checked again, where it can be, and its do-not-call lists.
	serviceRecheck = time.Minute

	// unusableRecheck limits the pause between checks of an unusable provider. The manager may get Secrets but not watch them,
	// so it has to poll for a new Secret.
	unusableRecheck = 15 * time.Second

	// inUseRecheck is how often a deleted provider's calls are counted.
	inUseRecheck = 2 * time.Second
)

// Reconciler determines whether CallProviders can be used.
type Reconciler struct {
	client.Client
	// Live reads from the API server.
	Live client.Reader
	// Recorder emits Kubernetes Events.
	Recorder events.EventRecorder
	// Connections are the clients of the providers.
	Connections *access.Connections
	// Now tells the time.
	Now func() time.Time
}

// +kubebuilder:rbac:groups=call-operator.dev,resources=callproviders,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=call-operator.dev,resources=callproviders/status,verbs=update
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get

// Reconcile updates a provider's conditions and finalizer.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	provider := &v1alpha1.CallProvider{}
	if err := r.Get(ctx, request.NamespacedName, provider); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	result, err := r.judge(ctx, provider)
	if objects.ConflictOrGone(err) {
		return ctrl.Result{RequeueAfter: pauses.ConflictPause}, nil
	}
	return result, err
}

// judge tries to create the provider's connection, and writes the result to its conditions.
func (r *Reconciler) judge(ctx context.Context, provider *v1alpha1.CallProvider) (ctrl.Result, error) {
	if !provider.DeletionTimestamp.IsZero() {
		return r.removeFinalizer(ctx, provider)
	}
	if err := objects.AddFinalizer(ctx, r.Client, provider, v1alpha1.CallProviderFinalizer); err != nil {
		return ctrl.Result{}, err
	}
	connection, err := r.Connections.Renew(ctx, provider)
	var cause *telephony.UnusableError
	switch {
	case errors.As(err, &cause):
		return r.stayUnusable(ctx, provider, cause)
	case err != nil:
		return ctrl.Result{}, err
	}
	if err := check(ctx, connection.Telephony); errors.As(err, &cause) {
		return r.stayUnusable(ctx, provider, cause)
	} else if err != nil {
		return ctrl.Result{}, err
	}
	status := provider.Status.DeepCopy()
	status.Endpoint = connection.Endpoint
	r.warnOfCallbackURL(provider, status)
	if trouble, until := r.Connections.Trouble(provider); trouble != nil {
		r.setReady(status, provider.Generation, metav1.ConditionFalse, trouble.Reason, trouble.Message)
		return ctrl.Result{RequeueAfter: until.Sub(r.Now())}, r.write(ctx, provider, status)
	}
	if err := r.Connections.CheckDoNotCall(ctx, provider); errors.As(err, &cause) {
		r.setReady(status, provider.Generation, metav1.ConditionFalse, cause.Reason, cause.Message)
		return ctrl.Result{RequeueAfter: r.unusablePause(provider, status)}, r.write(ctx, provider, status)
	} else if err != nil {
		return ctrl.Result{}, err
	}
	reason, message := availability(r.Connections.Adapter.Traits(provider), status)
	r.setReady(status, provider.Generation, metav1.ConditionTrue, reason, message)
	return ctrl.Result{RequeueAfter: pauses.Jitter(recheckOf(provider, connection.Telephony), provider.UID)}, r.write(ctx, provider, status)
}

// availability is what is said of a provider whose service takes calls.
func availability(service telephony.Traits, status *v1alpha1.CallProviderStatus) (reason, message string) {
	if service.NoStream != "" && status.StreamConnectedTime == nil {
		return v1alpha1.ReasonNoEvents, "Calls can be placed, but the service reports nothing: incoming calls are not taken, and what happens in other calls is noticed late. " +
			service.NoStream
	}
	return v1alpha1.ReasonAvailable, "Calls can be placed."
}

// check asks a service that can say so whether it would take calls.
func check(ctx context.Context, service telephony.Service) error {
	if checker, ok := service.(telephony.Checker); ok {
		return checker.Check(ctx)
	}
	return nil
}

// recheckOf is how often a usable provider is checked again.
func recheckOf(provider *v1alpha1.CallProvider, service telephony.Service) time.Duration {
	if _, ok := service.(telephony.Checker); ok || len(provider.Spec.DoNotCall) > 0 {
		return serviceRecheck
	}
	return providerRecheck
}

// stayUnusable records what has to be fixed, and checks again with increasing delays.
func (r *Reconciler) stayUnusable(ctx context.Context, provider *v1alpha1.CallProvider, cause *telephony.UnusableError) (ctrl.Result, error) {
	status := provider.Status.DeepCopy()
	status.Endpoint = ""
	r.setReady(status, provider.Generation, metav1.ConditionFalse, cause.Reason, cause.Message)
	return ctrl.Result{RequeueAfter: r.unusablePause(provider, status)}, r.write(ctx, provider, status)
}

// unusablePause is when a provider is checked again that is not Ready.
func (r *Reconciler) unusablePause(provider *v1alpha1.CallProvider, status *v1alpha1.CallProviderStatus) time.Duration {
	since := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady).LastTransitionTime
	return pauses.Jitter(pauses.Backoff(r.Now().Sub(since.Time), unusableRecheck), provider.UID)
}

// RemoveFinalizer removes the finalizer from a deleted provider when none of its calls is live.
func (r *Reconciler) removeFinalizer(ctx context.Context, provider *v1alpha1.CallProvider) (ctrl.Result, error) {
	live, err := r.liveCalls(ctx, provider)
	if err != nil {
		return ctrl.Result{}, err
	}
	if live {
		status := provider.Status.DeepCopy()
		r.setReady(status, provider.Generation, metav1.ConditionFalse, v1alpha1.ReasonInUse, "The provider is being deleted and waits for its calls to end.")
		return ctrl.Result{RequeueAfter: inUseRecheck}, r.write(ctx, provider, status)
	}
	r.Connections.Forget(client.ObjectKeyFromObject(provider))
	return ctrl.Result{}, objects.RemoveFinalizer(ctx, r.Client, provider, v1alpha1.CallProviderFinalizer)
}

// liveCalls tells whether calls of the provider are live. It confirms with the API server that there is none, since the cache
// may not have a newly placed call yet.
func (r *Reconciler) liveCalls(ctx context.Context, provider *v1alpha1.CallProvider) (bool, error) {
	var cached v1alpha1.CallList
	err := r.List(ctx, &cached, client.InNamespace(provider.Namespace), client.MatchingFields{objects.ProviderIndex: provider.Name},
		client.UnsafeDisableDeepCopy)
	live := slices.ContainsFunc(cached.Items, liveBy(provider))
	if err == nil && !live {
		err = objects.EachPageOfCalls(ctx, r.Live, provider.Namespace, func(calls []v1alpha1.Call) bool {
			live = slices.ContainsFunc(calls, liveBy(provider))
			return live
		})
	}
	if err != nil {
		return false, fmt.Errorf("list the provider's Calls: %w", err)
	}
	return live, nil
}

// liveBy tells whether a Call of a provider is live, or may be.
func liveBy(provider *v1alpha1.CallProvider) func(v1alpha1.Call) bool {
	return func(call v1alpha1.Call) bool {
		return call.Spec.ProviderRef.Name == provider.Name && call.Status.Attempt != nil && call.Status.Result == nil &&
			!attempt.Copied(&call, call.Status.Attempt)
	}
}

// setReady sets the conditions as kstatus reads them. A provider that waits for a person is Reconciling, not Stalled: it
// becomes ready as soon as the missing object exists.
func (r *Reconciler) setReady(status *v1alpha1.CallProviderStatus, generation int64, ready metav1.ConditionStatus, reason, message string) {
	status.ObservedGeneration = generation
	summary := conditions.Summary{State: conditions.Reconciling, Reason: reason, Message: message}
	if ready == metav1.ConditionTrue {
		summary.State = conditions.Ready
	}
	conditions.Set(&status.Conditions, generation, metav1.NewTime(r.Now()), summary)
}

func (r *Reconciler) write(ctx context.Context, provider *v1alpha1.CallProvider, status *v1alpha1.CallProviderStatus) error {
	if apiequality.Semantic.DeepEqual(&provider.Status, status) {
		return nil
	}
	updated := provider.DeepCopy()
	updated.Status = *status
	if err := r.Status().Update(ctx, updated); err != nil {
		return err
	}
	objects.AnnounceReady(r.Recorder, updated, provider.Status.Conditions, status.Conditions)
	return nil
}

// SetupWithManager registers the reconciler.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.CallProvider{}).
		WatchesRawSource(source.Channel(r.Connections.Woken(), &handler.EnqueueRequestForObject{})).
		Complete(r)
}
