// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
)

// conflict is another unfinished operation that may conflict.
type conflict struct {
	op operation
	// claims are what it has for itself.
	claims []string
	// ready says that it waits for nothing but its turn.
	ready bool
}

// blocking is the operation that blocks this one: one that is in flight, or the oldest that is ready. Two operations conflict if
// they have a claim in common.
func (o observation) blocking() operation {
	var first operation
	claims := o.op.claims(names(o.calls))
	for _, other := range o.conflicts {
		inFlight := other.op.status().Attempt != nil
		switch {
		case other.op.object().GetUID() == o.op.object().GetUID() || !haveOneInCommon(claims, other.claims):
		case inFlight:
			return other.op
		case other.ready && goesBefore(other.op, o.op) && (first == nil || goesBefore(other.op, first)):
			first = other.op
		}
	}
	return first
}

func names(calls []resolvedCall) []string {
	names := make([]string, len(calls))
	for i := range calls {
		names[i] = calls[i].call().Name
	}
	return names
}

func haveOneInCommon(some, others []string) bool {
	return slices.ContainsFunc(some, func(claim string) bool { return slices.Contains(others, claim) })
}

// goesBefore tells which of two ready operations goes first: the older one or, at the same age, the first by name.
func goesBefore(a, b operation) bool {
	return cmp.Or(a.object().GetCreationTimestamp().Compare(b.object().GetCreationTimestamp().Time), cmp.Compare(a.object().GetName(), b.object().GetName())) < 0
}

// asksForItsTurn tells whether an unsent operation may wait only for Calls and its turn.
func (k Kind) asksForItsTurn(op operation, now time.Time) bool {
	waiting := op.status().Waiting
	switch {
	case objects.Deleting(op.object()):
		return false
	case waiting == nil:
		return true
	case waiting.RetryTime != nil:
		return !waiting.RetryTime.After(now)
	}
	switch waiting.Reason {
	case v1alpha1.ReasonCallNotFound, v1alpha1.ReasonCallAmbiguous, v1alpha1.ReasonCallNotConnected, k.words.turn:
		return true
	default:
		return false
	}
}

// findConflicts finds the operations that may conflict with one that could otherwise be sent.
func (r *Reconciler) findConflicts(ctx context.Context, o *observation) error {
	if o.blocker() != (blocker{}) {
		return nil
	}
	open, err := r.listOpen(ctx, o.op.object().GetNamespace())
	if err != nil {
		return err
	}
	for _, other := range open {
		switch {
		case other.status().Attempt != nil:
			o.conflicts = append(o.conflicts, conflict{op: other, claims: other.claims(namesOfSent(other))})
		case goesBefore(other, o.op) && r.Kind.asksForItsTurn(other, o.now):
			seen := observation{kind: r.Kind, op: other}
			if err := r.resolveCalls(ctx, &seen); err != nil {
				return err
			}
			if seen.callsBlocker() == (blocker{}) {
				o.conflicts = append(o.conflicts, conflict{op: other, claims: other.claims(names(seen.calls)), ready: true})
			}
		}
	}
	return nil
}

func namesOfSent(op operation) []string {
	var names []string
	for _, call := range op.sent() {
		names = append(names, call.Name)
	}
	return names
}

func (r *Reconciler) listOpen(ctx context.Context, namespace string) ([]operation, error) {
	open, err := r.list(ctx, namespace, client.MatchingFields{openIndex: isOpen})
	if err != nil {
		return nil, fmt.Errorf("list the %ss that are not over: %w", r.Kind.words.noun, err)
	}
	return open, nil
}

// list returns the operations of a namespace with a value of an index.
func (r *Reconciler) list(ctx context.Context, namespace string, with client.MatchingFields) ([]operation, error) {
	list := r.Kind.newList()
	if err := r.List(ctx, list, client.InNamespace(namespace), with, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	var found []operation
	err := apimeta.EachListItem(list, func(object runtime.Object) error {
		found = append(found, r.Kind.of(object.(client.Object)))
		return nil
	})
	return found, err
}

// Indexes of operations.
const (
	// openIndex finds the operations that are not over, by isOpen.
	openIndex = "status.open"
	isOpen    = "true"

	// callIndex finds the operations that wait for a Call, or end with it, by its name; bySelector finds those that may wait for any.
	callIndex  = "spec.calls"
	bySelector = "*"
)

// Indexers are the indexes of the cache of the kind.
func (k Kind) Indexers() map[string]client.IndexerFunc {
	return map[string]client.IndexerFunc{
		openIndex: func(object client.Object) []string {
			if k.of(object).ended() != nil {
				return nil
			}
			return []string{isOpen}
		},
		callIndex: func(object client.Object) []string { return waitsFor(k.of(object)) },
	}
}

// waitsFor are the values of callIndex.
func waitsFor(op operation) []string {
	switch {
	case op.ended() != nil:
		return nil
	case op.status().Attempt != nil && op.traits().endsWithCall:
		return namesOfSent(op)
	case op.status().Attempt != nil:
		return nil
	}
	names := map[string]bool{}
	for _, ref := range op.references() {
		names[cmp.Or(ref.Name, bySelector)] = true
	}
	return slices.Collect(maps.Keys(names))
}

// waitingFor requeues the operations that may proceed after a change of a Call.
func (r *Reconciler) waitingFor(ctx context.Context, call client.Object) []reconcile.Request {
	var requests []reconcile.Request
	for _, value := range []string{call.GetName(), bySelector} {
		waiting, err := r.list(ctx, call.GetNamespace(), client.MatchingFields{callIndex: value})
		if err != nil {
			logListFailed(ctx, err, call)
			return nil
		}
		requests = append(requests, requestsFor(waiting)...)
	}
	return requests
}

// unsentNear requeues the operations of an object's namespace that may proceed after a change of it.
func (r *Reconciler) unsentNear(ctx context.Context, object client.Object) []reconcile.Request {
	open, err := r.listOpen(ctx, object.GetNamespace())
	if err != nil {
		logListFailed(ctx, err, object)
		return nil
	}
	return requestsFor(slices.DeleteFunc(open, func(op operation) bool { return op.status().Attempt != nil }))
}

func logListFailed(ctx context.Context, err error, object client.Object) {
	ctrl.LoggerFrom(ctx).Error(err, "list the operations that a change may unblock", "changed", client.ObjectKeyFromObject(object))
}

func requestsFor(operations []operation) []reconcile.Request {
	requests := make([]reconcile.Request, len(operations))
	for i := range operations {
		requests[i].NamespacedName = client.ObjectKeyFromObject(operations[i].object())
	}
	return requests
}

// callsThatChange are the changes of Calls that an operation may wait for.
func (r *Reconciler) callsThatChange() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld.(*v1alpha1.Call), e.ObjectNew.(*v1alpha1.Call)
		return notConnected(before, r.Kind.words) != notConnected(after, r.Kind.words) || !maps.Equal(before.Labels, after.Labels)
	}}
}

// changesThatUnblock are the changes of operations that unblock others.
func (r *Reconciler) changesThatUnblock() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, after := r.Kind.of(e.ObjectOld), r.Kind.of(e.ObjectNew)
			return before.ended() == nil && conflictState(before) != conflictState(after) && !r.Kind.mayBlock(after)
		},
	}
}

// mayBlock tells whether an operation blocks others, or may.
func (k Kind) mayBlock(op operation) bool {
	return op.ended() == nil && (op.status().Attempt != nil || k.asksForItsTurn(op, time.Time{}))
}

// conflictState is the state of an operation that matters to others.
func conflictState(op operation) string {
	switch status := op.status(); {
	case op.ended() != nil || objects.Deleting(op.object()) && status.Attempt == nil:
		return "over"
	case status.Attempt != nil:
		return "inFlight"
	case status.Waiting != nil:
		return status.Waiting.Reason
	default:
		return "new"
	}
}
