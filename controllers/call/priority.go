// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
)

// Priorities of Calls that wait for a worker: under overload, and when a new leader reconciles all of them.
const (
	// priorityHigh is for Calls with a deadline, and for hang-ups.
	priorityHigh = 100
	// priorityNormal is for Calls that people wait for.
	priorityNormal = 0
	// priorityLow is for Calls that need no action.
	priorityLow = handler.LowPriority
)

// priorityOf is a Call's priority.
func priorityOf(call *v1alpha1.Call) int {
	status := &call.Status
	switch {
	case status.Result != nil && !objects.Deleting(call) && !hasContext(call):
		return priorityLow
	case status.Result != nil:
		return priorityNormal
	case objects.Deleting(call) || call.Spec.State == v1alpha1.CallStateEnded || status.Ending != nil:
		return priorityHigh
	case status.Attempt == nil && call.Spec.Inbound != nil:
		return priorityHigh // it rings, for 30 seconds
	case status.Attempt != nil && status.ConnectionID == "":
		return priorityHigh // the request may be repeated for a while only
	case status.ConnectedTime != nil && !hasContext(call):
		return priorityLow
	default:
		return priorityNormal
	}
}

// byPriority enqueues the Call of an event with its priority.
func byPriority() handler.EventHandler {
	type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]
	add := func(q queue, object client.Object) {
		request := reconcile.Request{NamespacedName: client.ObjectKeyFromObject(object)}
		if prioritised, ok := q.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
			prioritised.AddWithOpts(priorityqueue.AddOpts{Priority: ptr.To(priorityOf(object.(*v1alpha1.Call)))}, request)
			return
		}
		q.Add(request)
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q queue) { add(q, e.Object) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q queue) { add(q, e.ObjectNew) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q queue) { add(q, e.Object) },
	}
}
