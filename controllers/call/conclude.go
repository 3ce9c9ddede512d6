// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
)

// finishInbound finishes an incoming call after its action is decided: it deletes the Secret, counts the call for its route, and sets
// the route's labels. It records completion last, and is idempotent, so an interruption does no harm.
func (r *Reconciler) finishInbound(ctx context.Context, call *v1alpha1.Call) error {
	if err := r.deleteContext(ctx, call); err != nil {
		return err
	}
	if err := r.countTaken(ctx, call); err != nil {
		return err
	}
	return r.noteConcluded(ctx, call)
}

// deleteContext deletes the Secret with the call's context.
func (r *Reconciler) deleteContext(ctx context.Context, call *v1alpha1.Call) error {
	if _, err := r.incomingCallContext(ctx, call); err != nil {
		return client.IgnoreNotFound(err)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: call.Namespace, Name: call.Name}}
	return client.IgnoreNotFound(r.Secrets.Delete(ctx, secret))
}

// countTaken counts a call for the route that took it. Counting is idempotent while the call is among those that the route
// remembers.
func (r *Reconciler) countTaken(ctx context.Context, call *v1alpha1.Call) error {
	if !takenByRoute(&call.Status) || attempt.Copied(call, call.Status.Attempt) {
		return nil
	}
	route := &v1alpha1.CallRoute{}
	key := types.NamespacedName{Namespace: call.Namespace, Name: call.Status.Route.Name}
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		if err := r.Live.Get(ctx, key, route); err != nil {
			return err
		}
		if slices.Contains(route.Status.RecentCalls, call.Name) {
			return nil
		}
		addTaken(&route.Status, call)
		return r.Status().Update(ctx, route)
	})
	return client.IgnoreNotFound(err)
}

// takenByRoute tells whether a route took a call: the service carried out the route's action.
func takenByRoute(status *v1alpha1.CallStatus) bool {
	if status.Route == nil || status.Route.Name == "" || status.Attempt == nil {
		return false
	}
	passedOn := status.Result != nil && (status.Result.Outcome == v1alpha1.OutcomeRedirected || status.Result.Outcome == v1alpha1.OutcomeRejected)
	return passedOn || status.ConnectionID != ""
}

func addTaken(status *v1alpha1.CallRouteStatus, call *v1alpha1.Call) {
	status.CallsTaken++
	if taken := call.Status.Attempt.FirstSent; status.LastTakenTime == nil || status.LastTakenTime.Before(&taken) {
		status.LastTakenTime = &taken
	}
	status.RecentCalls = append(status.RecentCalls, call.Name)
	if surplus := len(status.RecentCalls) - v1alpha1.MaxRecentCalls; surplus > 0 {
		status.RecentCalls = status.RecentCalls[surplus:]
	}
}

// noteConcluded sets the route's labels on a call, and removes the annotation that names its Secret.
func (r *Reconciler) noteConcluded(ctx context.Context, call *v1alpha1.Call) error {
	before := call.DeepCopy()
	delete(call.Annotations, v1alpha1.IncomingCallContextAnnotation)
	if route := call.Status.Route; route != nil && len(route.CallLabels) > 0 {
		if call.Labels == nil {
			call.Labels = map[string]string{}
		}
		maps.Copy(call.Labels, route.CallLabels)
	}
	return client.IgnoreNotFound(r.Patch(ctx, call, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})))
}
