// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
)

// newMoves returns the recorder of ParticipantMoves.
func newMoves(config Config, m *metrics, tracer *tracing.Tracer) eventRecorder {
	providers := operationProviders[*v1alpha1.ParticipantMove]{
		cache: config.Client, live: config.APIReader, empty: func() *v1alpha1.ParticipantMove { return &v1alpha1.ParticipantMove{} },
		attempt: func(move *v1alpha1.ParticipantMove) *v1alpha1.RequestAttempt { return move.Status.Attempt }, calls: callsOfMove,
	}
	return newStatusWriter(config, m, tracer, kindAdapter[*v1alpha1.ParticipantMove, v1alpha1.ParticipantMoveStatus]{
		kind:     callbackurl.KindParticipantMoves,
		empty:    func() *v1alpha1.ParticipantMove { return &v1alpha1.ParticipantMove{} },
		provider: providers.of,
		status:   func(move *v1alpha1.ParticipantMove) *v1alpha1.ParticipantMoveStatus { return &move.Status },
		attempt:  func(move *v1alpha1.ParticipantMove) *v1alpha1.RequestAttempt { return move.Status.Attempt },
		apply: func(_ *v1alpha1.ParticipantMove, before v1alpha1.ParticipantMoveStatus, r report) v1alpha1.ParticipantMoveStatus {
			return operationstatus.ApplyToMove(before, operationstatus.Reported{Event: r.event, At: r.arrived})
		},
		announce: operationstatus.AnnounceMove,
		changed: func(move *v1alpha1.ParticipantMove, before, after *v1alpha1.ParticipantMoveStatus) {
			m.ends.MoveChanged(before, after)
			tracer.MoveChanged(move, before, after)
		},
	})
}

// callsOfMove are the Calls that a move's request names, or that its spec does; the source first.
func callsOfMove(move *v1alpha1.ParticipantMove) (names []string) {
	for _, moved := range []*v1alpha1.OperatedCall{move.Status.From, move.Status.To} {
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
