// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

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
)

// Priorities of Calls that wait for a worker: when there is more to do than can be done, and when a new leader looks at all
// of them.
const (
	// urgent is what time runs out for, and a phone that somebody wants to be quiet.
	urgent = 100
	// ordinary is what people wait for.
	ordinary = 0
	// unhurried is what nothing has to be done for.
	unhurried = handler.LowPriority
)

// urgencyOf says which Calls go first.
func urgencyOf(call *v1alpha1.Call) int {
	status := &call.Status
	switch {
	case status.Result != nil && !deleting(call) && !hasContext(call):
		return unhurried
	case status.Result != nil:
		return ordinary
	case deleting(call) || call.Spec.State == v1alpha1.CallStateEnded || status.Ending != nil:
		return urgent
	case status.Attempt == nil && call.Spec.Inbound != nil:
		return urgent // it rings, for 30 seconds
	case status.Attempt != nil && status.ConnectionID == "":
		return urgent // the request may be repeated for a while only
	case status.ConnectedTime != nil && !hasContext(call):
		return unhurried
	default:
		return ordinary
	}
}

// byUrgency queues the Call that an event is about by its urgency.
func byUrgency() handler.EventHandler {
	type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]
	add := func(q queue, object client.Object) {
		request := reconcile.Request{NamespacedName: client.ObjectKeyFromObject(object)}
		if prioritised, ok := q.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
			prioritised.AddWithOpts(priorityqueue.AddOpts{Priority: ptr.To(urgencyOf(object.(*v1alpha1.Call)))}, request)
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
