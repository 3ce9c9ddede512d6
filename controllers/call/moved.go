// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// afterMoves polls both Calls of a move as soon as it is over: their rosters have changed, and the service's report of
// that may be lost.
func (r *Reconciler) afterMoves() handler.EventHandler {
	return handler.Funcs{UpdateFunc: func(ctx context.Context, e event.UpdateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
		before, after := e.ObjectOld.(*v1alpha1.ParticipantMove), e.ObjectNew.(*v1alpha1.ParticipantMove)
		if before.Status.Result != nil || after.Status.Result == nil {
			return
		}
		for _, moved := range []*v1alpha1.OperatedCall{after.Status.From, after.Status.To} {
			if moved != nil {
				r.pollSoon(ctx, types.NamespacedName{Namespace: after.Namespace, Name: moved.Name}, queue)
			}
		}
	}}
}

// PollSoon makes the poll of a Call due now.
func (r *Reconciler) pollSoon(ctx context.Context, key types.NamespacedName, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	call := &v1alpha1.Call{}
	if err := r.Get(ctx, key, call); err != nil {
		if client.IgnoreNotFound(err) != nil {
			ctrl.LoggerFrom(ctx).Error(err, "a Call is not polled after a move, but in its time", "call", key)
		}
		return
	}
	r.Contacts.PollSoon(call)
	queue.Add(reconcile.Request{NamespacedName: key})
}
