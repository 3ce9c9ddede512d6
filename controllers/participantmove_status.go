// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/movestate"
)

// writeStatus applies the facts and writes the status with the resource version that was read. It returns a
// conflict, since the decision was then based on stale data. It updates move.
func (r *ParticipantMoveReconciler) writeStatus(ctx context.Context, move *v1alpha1.ParticipantMove, facts ...movestate.Fact) error {
	before := move.Status
	observed := movestate.Observed{Generation: move.Generation, At: r.Now()}
	after := movestate.Apply(before, append([]movestate.Fact{observed}, facts...)...)
	if apiequality.Semantic.DeepEqual(before, after) {
		return nil
	}
	updated := move.DeepCopy()
	updated.Status = after
	// The cache does not keep them as the API server has them.
	updated.ManagedFields = nil
	ctx, span := r.Tracer.Start(ctx, move, spanStatusWrite)
	err := r.Status().Update(ctx, updated)
	span.End()
	if err != nil {
		return err
	}
	*move = *updated
	r.emit(move, &before, &after)
	return nil
}

// emit sends Events and metrics for a written change.
func (r *ParticipantMoveReconciler) emit(move *v1alpha1.ParticipantMove, before, after *v1alpha1.ParticipantMoveStatus) {
	if before.ObservedGeneration < 0 {
		warnOfTimeToLive(r.Recorder, move, move.Spec.TTLSecondsAfterFinished)
	}
	for _, news := range movestate.Announce(*before, *after) {
		r.announce(move, news)
	}
	r.Metrics.life().MoveChanged(before, after)
	r.Tracer.MoveChanged(move, before, after)
}

// writeStatusRetrying applies the facts and writes the status, and retries on conflict: the facts hold whatever was written
// meanwhile.
func (r *ParticipantMoveReconciler) writeStatusRetrying(ctx context.Context, move *v1alpha1.ParticipantMove, facts ...movestate.Fact) error {
	return retryOnConflict(ctx, r.Live, move, func(ctx context.Context) error { return r.writeStatus(ctx, move, facts...) })
}

func (r *ParticipantMoveReconciler) announce(move *v1alpha1.ParticipantMove, news movestate.Announcement) {
	kind := corev1.EventTypeNormal
	if news.Warning {
		kind = corev1.EventTypeWarning
	}
	r.Recorder.Eventf(move, nil, kind, news.Reason, news.Action, "%s", news.Message)
}
