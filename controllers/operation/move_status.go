// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/movestate"
)

func (r *MoveReconciler) statuses() objects.StatusWriter[v1alpha1.ParticipantMove, *v1alpha1.ParticipantMove, v1alpha1.ParticipantMoveStatus, movestate.Fact] {
	return objects.StatusWriter[v1alpha1.ParticipantMove, *v1alpha1.ParticipantMove, v1alpha1.ParticipantMoveStatus, movestate.Fact]{
		Client: r.Client, Live: r.Live, Recorder: r.Recorder, Tracer: r.Tracer,
		Status: func(move *v1alpha1.ParticipantMove) *v1alpha1.ParticipantMoveStatus { return &move.Status },
		TTL:    func(move *v1alpha1.ParticipantMove) *int32 { return move.Spec.TTLSecondsAfterFinished },
		Apply: func(move *v1alpha1.ParticipantMove, facts ...movestate.Fact) v1alpha1.ParticipantMoveStatus {
			observed := movestate.Observed{Generation: move.Generation, At: r.Now()}
			return movestate.Apply(move.Status, append([]movestate.Fact{observed}, facts...)...)
		},
		Announce: movestate.Announce,
		First:    func(status *v1alpha1.ParticipantMoveStatus) bool { return status.ObservedGeneration < 0 },
		Changed: func(move *v1alpha1.ParticipantMove, before, after *v1alpha1.ParticipantMoveStatus) {
			r.Metrics.Life().MoveChanged(before, after)
			r.Tracer.MoveChanged(move, before, after)
		},
	}
}

func (r *MoveReconciler) writeStatus(ctx context.Context, move *v1alpha1.ParticipantMove, facts ...movestate.Fact) error {
	return r.statuses().Write(ctx, move, facts...)
}
