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

// recordOnce writes what is true after the facts, with the resource version that was read: a conflict is returned,
// since it says that the decision was made on an old view. move is brought up to date.
func (r *ParticipantMoveReconciler) recordOnce(ctx context.Context, move *v1alpha1.ParticipantMove, facts ...movestate.Fact) error {
	before := move.Status
	observed := movestate.Observed{Generation: move.Generation, At: r.Now()}
	after := movestate.Apply(before, append([]movestate.Fact{observed}, facts...)...)
	if apiequality.Semantic.DeepEqual(before, after) {
		return nil
	}
	updated := move.DeepCopy()
	updated.Status = after
	// What the cache keeps of them is not what the API server has.
	updated.ManagedFields = nil
	ctx, span := r.Tracer.Start(ctx, move, spanStatusWrite)
	err := r.Status().Update(ctx, updated)
	span.End()
	if err != nil {
		return err
	}
	*move = *updated
	r.tell(move, &before, &after)
	return nil
}

// tell tells of a change that was written.
func (r *ParticipantMoveReconciler) tell(move *v1alpha1.ParticipantMove, before, after *v1alpha1.ParticipantMoveStatus) {
	if before.ObservedGeneration < 0 {
		warnOfTimeToLive(r.Recorder, move, move.Spec.TTLSecondsAfterFinished)
	}
	for _, news := range movestate.Announce(*before, *after) {
		r.announce(move, news)
	}
	r.Metrics.life().MoveChanged(before, after)
	r.Tracer.MoveChanged(move, before, after)
}

// record writes what is true after the facts, whatever was written meanwhile: they hold all the same.
func (r *ParticipantMoveReconciler) record(ctx context.Context, move *v1alpha1.ParticipantMove, facts ...movestate.Fact) error {
	return untilWritten(ctx, r.Live, move, func(ctx context.Context) error { return r.recordOnce(ctx, move, facts...) })
}

func (r *ParticipantMoveReconciler) announce(move *v1alpha1.ParticipantMove, news movestate.Announcement) {
	kind := corev1.EventTypeNormal
	if news.Warning {
		kind = corev1.EventTypeWarning
	}
	r.Recorder.Eventf(move, nil, kind, news.Reason, news.Action, "%s", news.Message)
}
