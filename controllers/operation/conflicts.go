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

// turn is the place of an operation among those that wait for each other.
type turn struct {
	// name is what people call it.
	name  string
	since time.Time
}

// before tells which of two goes first: the older one or, at the same age, the first by name.
func (t turn) before(other turn) bool {
	return cmp.Or(t.since.Compare(other.since), cmp.Compare(t.name, other.name)) < 0
}

func (k Kind) turnOf(op operation) turn {
	return turn{name: k.name + " " + op.object().GetName(), since: op.object().GetCreationTimestamp().Time}
}

// conflict is another unfinished operation that may conflict.
type conflict struct {
	turn
	// holds is what it has for itself.
	holds []string
	// inFlight says that it was sent, and ready that it waits for nothing but its turn.
	inFlight, ready bool
}

func (c conflict) goesFirst(k Kind) string {
	return fmt.Sprintf("%s, %s, goes first.", c.name, k.words.sharing)
}

// blocking is what blocks this operation, nil if nothing does.
func (o observation) blocking() *conflict {
	return firstOf(o.conflicts, o.kind.turnOf(o.op), o.op.claims(names(o.calls)).Needs)
}

// firstOf is which of others goes before one that needs something: one that is in flight, or the oldest that is ready. It is nil if none
// does.
func firstOf(others []conflict, asks turn, needs []string) *conflict {
	var first *conflict
	for i := range others {
		other := &others[i]
		switch {
		case other.name == asks.name || !haveOneInCommon(needs, other.holds):
		case other.inFlight:
			return other
		case other.ready && other.before(asks) && (first == nil || other.before(first.turn)):
			first = other
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
	var err error
	if o.conflicts, err = r.conflictsWith(ctx, o.op.object().GetNamespace(), r.Kind.turnOf(o.op)); err != nil || !r.Kind.inOneCall {
		return err
	}
	step, err := r.stepIn(ctx, client.ObjectKeyFromObject(o.calls[0].call()))
	o.conflicts = append(o.conflicts, step...)
	return err
}

// conflictsWith finds the operations of a namespace that may conflict with one that asks for its turn.
func (r *Reconciler) conflictsWith(ctx context.Context, namespace string, asks turn) ([]conflict, error) {
	open, err := r.listOpen(ctx, namespace)
	if err != nil {
		return nil, err
	}
	var found []conflict
	for _, other := range open {
		its := r.Kind.turnOf(other)
		switch {
		case other.status().Attempt != nil:
			found = append(found, conflict{turn: its, holds: other.claims(namesOfSent(other)).Holds, inFlight: true})
		case its.before(asks) && r.Kind.asksForItsTurn(other, r.Now()):
			seen := observation{kind: r.Kind, op: other}
			if err := r.resolveCalls(ctx, &seen); err != nil {
				return nil, err
			}
			if seen.callsBlocker() == (blocker{}) {
				found = append(found, conflict{turn: its, holds: other.claims(names(seen.calls)).Holds, ready: true})
			}
		}
	}
	return found, nil
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
		return notConnected(before, r.Kind.words) != notConnected(after, r.Kind.words) || !maps.Equal(before.Labels, after.Labels) ||
			r.Kind.inOneCall && stepIsOver(before, after)
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
