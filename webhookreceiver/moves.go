// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
)

// newMoves returns the recorder of ParticipantMoves.
func newMoves(config Config, m *metrics, tracer *tracing.Tracer) eventRecorder {
	providers := moveProviders{cache: config.Client, live: config.APIReader}
	return newStatusWriter(config, m, tracer, kindAdapter[*v1alpha1.ParticipantMove, v1alpha1.ParticipantMoveStatus]{
		kind:     callbackurl.KindParticipantMoves,
		empty:    func() *v1alpha1.ParticipantMove { return &v1alpha1.ParticipantMove{} },
		provider: providers.of,
		status:   func(move *v1alpha1.ParticipantMove) *v1alpha1.ParticipantMoveStatus { return &move.Status },
		attempt:  func(move *v1alpha1.ParticipantMove) *v1alpha1.RequestAttempt { return move.Status.Attempt },
		apply: func(before v1alpha1.ParticipantMoveStatus, r report) v1alpha1.ParticipantMoveStatus {
			return operationstatus.ApplyToMove(before, operationstatus.Reported{Event: r.event, At: r.arrived})
		},
		announce: operationstatus.AnnounceMove,
		changed: func(move *v1alpha1.ParticipantMove, before, after *v1alpha1.ParticipantMoveStatus) {
			m.ends.MoveChanged(before, after)
			tracer.MoveChanged(move, before, after)
		},
	})
}

// moveProviders find the provider of a move: both of its Calls have the same one.
type moveProviders struct{ cache, live client.Reader }

// of returns a move's provider: the one in its attempt, or that of one of its Calls. The error is errProviderMissing if none of
// them exists.
func (p moveProviders) of(ctx context.Context, move *v1alpha1.ParticipantMove) (types.NamespacedName, error) {
	name, err := accordingTo(ctx, p.cache, move)
	if !errors.Is(err, errProviderMissing) {
		return name, err
	}
	// The cache may be older than the Calls, or than the record of which Calls the request names.
	fresh := &v1alpha1.ParticipantMove{}
	if err := p.live.Get(ctx, client.ObjectKeyFromObject(move), fresh); err != nil {
		return name, fmt.Errorf("reading a move again: %w", err)
	}
	return accordingTo(ctx, p.live, fresh)
}

func accordingTo(ctx context.Context, reader client.Reader, move *v1alpha1.ParticipantMove) (types.NamespacedName, error) {
	if sent := move.Status.Attempt; sent != nil && sent.Service != nil {
		// The Calls that have these names now.
		return types.NamespacedName{Namespace: move.Namespace, Name: sent.Service.ProviderName}, nil
	}
	for _, name := range callsOf(move) {
		call := &v1alpha1.Call{}
		err := reader.Get(ctx, types.NamespacedName{Namespace: move.Namespace, Name: name}, call)
		switch {
		case err == nil:
			return providerOf(call), nil
		case !apierrors.IsNotFound(err):
			return types.NamespacedName{}, fmt.Errorf("reading a move's Call: %w", err)
		}
	}
	return types.NamespacedName{}, errProviderMissing
}

// callsOf are the Calls that a move's request names, or that its spec does; the source first.
func callsOf(move *v1alpha1.ParticipantMove) (names []string) {
	for _, moved := range []*v1alpha1.MovedCall{move.Status.From, move.Status.To} {
		if moved != nil {
			names = append(names, moved.Name)
		}
	}
	for _, ref := range []v1alpha1.CallReference{move.Spec.From, move.Spec.To} {
		if ref.Name != "" {
			names = append(names, ref.Name)
		}
	}
	return names
}
