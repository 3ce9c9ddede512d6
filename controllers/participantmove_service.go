// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/movestate"
)

// callsAreAt says why a connection cannot carry out an unsent move: the Calls are at another service.
func callsAreAt(connection *Connection, calls ...*v1alpha1.Call) error {
	for _, call := range calls {
		if !attempt.Compare(call.Status.Attempt, &connection.Service).HasCall() {
			return unusable(v1alpha1.ReasonProviderChanged,
				"Call %s is at %s, and CallProvider %s leads to %s by now: participants are moved when it leads back.",
				call.Name, call.Status.Attempt.Service.Endpoint, connection.Service.ProviderName, connection.Service.Endpoint)
		}
	}
	return nil
}

// serviceOf returns the provider of a move that was sent, or is about to be, and the connection to its service. The error is an
// UnusableError with ReasonProviderChanged if that is not the attempt's service.
func (r *ParticipantMoveReconciler) serviceOf(ctx context.Context, move *v1alpha1.ParticipantMove) (*v1alpha1.CallProvider, *Connection, error) {
	key, err := r.providerOf(ctx, move)
	if err != nil {
		return nil, nil, err
	}
	sent := move.Status.Attempt
	provider, connection, err := r.Calls.providerFor(ctx, key, sent, attempt.Relation.MayRepeat)
	if err != nil {
		return nil, nil, err
	}
	if !attempt.Compare(sent, &connection.Service).MayRepeat() {
		return nil, nil, requestElsewhere(sent, &connection.Service)
	}
	return provider, connection, nil
}

// ensureRepetitionKnown does for a move what CallReconciler.ensureRepetitionKnown does for a Call.
func (r *ParticipantMoveReconciler) ensureRepetitionKnown(
	ctx context.Context, move *v1alpha1.ParticipantMove, provider *v1alpha1.CallProvider, connection *Connection,
) error {
	var facts []movestate.Fact
	if !movestate.Repeated(&move.Status) {
		facts = append(facts, movestate.Unresolved{Message: moveUnresolved, At: r.Now()})
	}
	if attempt.Lacks(move.Status.Attempt) {
		pins := pinsOf(move, provider, connection, r.CallbackKeys)
		facts = append(facts, movestate.Adopted{Pins: pins, At: r.Now()})
	}
	if len(facts) == 0 {
		return nil
	}
	return r.writeStatus(ctx, move, facts...)
}

// providerOf names the provider of a sent move: the one in its attempt or, for a move from a version that recorded none, the
// provider of its Calls.
func (r *ParticipantMoveReconciler) providerOf(ctx context.Context, move *v1alpha1.ParticipantMove) (types.NamespacedName, error) {
	if sent := move.Status.Attempt; sent != nil && sent.Service != nil {
		return types.NamespacedName{Namespace: move.Namespace, Name: sent.Service.ProviderName}, nil
	}
	for _, moved := range []*v1alpha1.MovedCall{move.Status.From, move.Status.To} {
		call := &v1alpha1.Call{}
		err := r.Get(ctx, types.NamespacedName{Namespace: move.Namespace, Name: moved.Name}, call)
		switch {
		case err == nil:
			return providerKey(call), nil
		case !apierrors.IsNotFound(err):
			return types.NamespacedName{}, err
		}
	}
	return types.NamespacedName{}, unusable(v1alpha1.ReasonCallNotFound,
		"Neither Call %s nor Call %s exists any more.", move.Status.From.Name, move.Status.To.Name)
}
