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

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
)

// conflict is another unfinished move that may conflict.
type conflict struct {
	move *v1alpha1.ParticipantMove
	// source is the Call that it moves from, if known.
	source string
	// ready says that it waits for nothing but its turn.
	ready bool
}

// blockingMove is the move that blocks this one: one that is in flight, or the oldest that is ready. Two moves conflict if
// they share a source Call or a participant.
func (o moveObservation) blockingMove() *v1alpha1.ParticipantMove {
	var first *v1alpha1.ParticipantMove
	for _, other := range o.conflicts {
		inFlight := other.move.Status.Attempt != nil
		switch {
		case other.move.UID == o.move.UID || other.source != o.from.call().Name && !shareParticipant(o.move, other.move):
		case inFlight:
			return other.move
		case other.ready && goesBefore(other.move, o.move) && (first == nil || goesBefore(other.move, first)):
			first = other.move
		}
	}
	return first
}

// goesBefore tells which of two ready moves goes first: the older one or, at the same age, the first by name.
func goesBefore(a, b *v1alpha1.ParticipantMove) bool {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name)) < 0
}

func shareParticipant(a, b *v1alpha1.ParticipantMove) bool {
	return slices.ContainsFunc(a.Spec.Participants, func(one v1alpha1.Identifier) bool {
		return slices.ContainsFunc(b.Spec.Participants, func(other v1alpha1.Identifier) bool { return party.Equal(&one, &other) })
	})
}

// asksForItsTurn tells whether an unsent move may wait only for Calls and its turn.
func asksForItsTurn(move *v1alpha1.ParticipantMove, now time.Time) bool {
	waiting := move.Status.Waiting
	switch {
	case moveDeleting(move):
		return false
	case waiting == nil:
		return true
	case waiting.RetryTime != nil:
		return !waiting.RetryTime.After(now)
	}
	switch waiting.Reason {
	case v1alpha1.ReasonCallNotFound, v1alpha1.ReasonCallAmbiguous, v1alpha1.ReasonCallNotConnected, v1alpha1.ReasonMoveInFlight:
		return true
	default:
		return false
	}
}

// findConflicts finds the moves that may conflict with a move that could otherwise be sent.
func (r *MoveReconciler) findConflicts(ctx context.Context, o *moveObservation) error {
	if o.blocker() != (blocker{}) {
		return nil
	}
	var open v1alpha1.ParticipantMoveList
	if err := r.listOpen(ctx, o.move.Namespace, &open); err != nil {
		return err
	}
	for i := range open.Items {
		other := &open.Items[i]
		switch {
		case other.Status.Attempt != nil:
			o.conflicts = append(o.conflicts, conflict{move: other, source: other.Status.From.Name})
		case goesBefore(other, o.move) && asksForItsTurn(other, o.now):
			seen := moveObservation{move: other}
			if err := r.resolveCalls(ctx, &seen); err != nil {
				return err
			}
			if betweenCalls(seen.from, seen.to) == (blocker{}) {
				o.conflicts = append(o.conflicts, conflict{move: other, source: seen.from.call().Name, ready: true})
			}
		}
	}
	return nil
}

func (r *MoveReconciler) listOpen(ctx context.Context, namespace string, into *v1alpha1.ParticipantMoveList) error {
	err := r.List(ctx, into, client.InNamespace(namespace), client.MatchingFields{openMoveIndex: isOpen}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return fmt.Errorf("list the moves that are not over: %w", err)
	}
	return nil
}

// Indexes of moves.
const (
	// openMoveIndex finds the moves that are not over, by isOpen.
	openMoveIndex = "status.open"
	isOpen        = "true"

	// moveCallIndex finds the moves that wait for a Call, by its name; bySelector finds those that may wait for any.
	moveCallIndex = "spec.calls"
	bySelector    = "*"
)

func openMove(object client.Object) []string {
	if object.(*v1alpha1.ParticipantMove).Status.Result != nil {
		return nil
	}
	return []string{isOpen}
}

// MoveIndexers are the indexes of the cache of ParticipantMoves.
var MoveIndexers = map[string]client.IndexerFunc{moveCallIndex: callsOfMove, openMoveIndex: openMove}

func callsOfMove(object client.Object) []string {
	move := object.(*v1alpha1.ParticipantMove)
	if move.Status.Attempt != nil || move.Status.Result != nil {
		return nil
	}
	names := map[string]bool{}
	for _, ref := range []v1alpha1.CallReference{move.Spec.From, move.Spec.To} {
		names[cmp.Or(ref.Name, bySelector)] = true
	}
	return slices.Collect(maps.Keys(names))
}

// movesThatWaitFor requeues the moves that may proceed after a change of a Call.
func (r *MoveReconciler) movesThatWaitFor(ctx context.Context, call client.Object) []reconcile.Request {
	var requests []reconcile.Request
	for _, value := range []string{call.GetName(), bySelector} {
		var moves v1alpha1.ParticipantMoveList
		err := r.List(ctx, &moves, client.InNamespace(call.GetNamespace()), client.MatchingFields{moveCallIndex: value}, client.UnsafeDisableDeepCopy)
		if err != nil {
			logListFailed(ctx, err, call)
			return nil
		}
		requests = append(requests, requestsFor(moves.Items)...)
	}
	return requests
}

// unsentMovesNear requeues the moves of an object's namespace that may proceed after a change of it.
func (r *MoveReconciler) unsentMovesNear(ctx context.Context, object client.Object) []reconcile.Request {
	var open v1alpha1.ParticipantMoveList
	if err := r.listOpen(ctx, object.GetNamespace(), &open); err != nil {
		logListFailed(ctx, err, object)
		return nil
	}
	return requestsFor(slices.DeleteFunc(open.Items, func(move v1alpha1.ParticipantMove) bool { return move.Status.Attempt != nil }))
}

func logListFailed(ctx context.Context, err error, object client.Object) {
	ctrl.LoggerFrom(ctx).Error(err, "list the moves that a change may unblock", "changed", client.ObjectKeyFromObject(object))
}

func requestsFor(moves []v1alpha1.ParticipantMove) []reconcile.Request {
	requests := make([]reconcile.Request, len(moves))
	for i := range moves {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&moves[i])
	}
	return requests
}

// callsThatChange are the changes of Calls that a move may wait for.
var callsThatChange = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*v1alpha1.Call), e.ObjectNew.(*v1alpha1.Call)
	return notConnected(before) != notConnected(after) || !maps.Equal(before.Labels, after.Labels)
}}

// movesThatUnblock are the changes of moves that unblock others.
var movesThatUnblock = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld.(*v1alpha1.ParticipantMove), e.ObjectNew.(*v1alpha1.ParticipantMove)
		return before.Status.Result == nil && conflictState(before) != conflictState(after) && !mayBlock(after)
	},
}

// mayBlock tells whether a move blocks others, or may.
func mayBlock(move *v1alpha1.ParticipantMove) bool {
	return move.Status.Result == nil && (move.Status.Attempt != nil || asksForItsTurn(move, time.Time{}))
}

// conflictState is the state of a move that matters to others.
func conflictState(move *v1alpha1.ParticipantMove) string {
	switch status := &move.Status; {
	case status.Result != nil || moveDeleting(move) && status.Attempt == nil:
		return "over"
	case status.Attempt != nil:
		return "inFlight"
	case status.Waiting != nil:
		return status.Waiting.Reason
	default:
		return "new"
	}
}
