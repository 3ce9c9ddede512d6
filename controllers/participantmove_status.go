// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/movestate"
)

func (r *ParticipantMoveReconciler) statuses() statusWriter[v1alpha1.ParticipantMove, *v1alpha1.ParticipantMove, v1alpha1.ParticipantMoveStatus, movestate.Fact] {
	return statusWriter[v1alpha1.ParticipantMove, *v1alpha1.ParticipantMove, v1alpha1.ParticipantMoveStatus, movestate.Fact]{
		client: r.Client, live: r.Live, recorder: r.Recorder, tracer: r.Tracer,
		status: func(move *v1alpha1.ParticipantMove) *v1alpha1.ParticipantMoveStatus { return &move.Status },
		ttl:    func(move *v1alpha1.ParticipantMove) *int32 { return move.Spec.TTLSecondsAfterFinished },
		apply: func(move *v1alpha1.ParticipantMove, facts ...movestate.Fact) v1alpha1.ParticipantMoveStatus {
			observed := movestate.Observed{Generation: move.Generation, At: r.Now()}
			return movestate.Apply(move.Status, append([]movestate.Fact{observed}, facts...)...)
		},
		announce: movestate.Announce,
		first:    func(status *v1alpha1.ParticipantMoveStatus) bool { return status.ObservedGeneration < 0 },
		changed: func(move *v1alpha1.ParticipantMove, before, after *v1alpha1.ParticipantMoveStatus) {
			r.Metrics.life().MoveChanged(before, after)
			r.Tracer.MoveChanged(move, before, after)
		},
	}
}

func (r *ParticipantMoveReconciler) writeStatus(ctx context.Context, move *v1alpha1.ParticipantMove, facts ...movestate.Fact) error {
	return r.statuses().write(ctx, move, facts...)
}
