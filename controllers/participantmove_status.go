// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

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
	for _, news := range movestate.Announce(*before, *after) {
		r.announce(move, news)
	}
	r.Metrics.life().MoveChanged(before, after)
	r.Tracer.MoveChanged(move, before, after)
}

// record writes what is true after the facts, whatever was written meanwhile: they hold all the same.
func (r *ParticipantMoveReconciler) record(ctx context.Context, move *v1alpha1.ParticipantMove, facts ...movestate.Fact) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordPatience)
	defer cancel()
	about := move.UID
	for {
		err := r.recordOnce(ctx, move, facts...)
		if !apierrors.IsConflict(err) || ctx.Err() != nil {
			return err
		}
		if err := r.Live.Get(ctx, client.ObjectKeyFromObject(move), move); err != nil {
			return client.IgnoreNotFound(err)
		}
		if move.UID != about {
			return nil // another one of the same name: nothing of this is true of it
		}
	}
}

func (r *ParticipantMoveReconciler) announce(move *v1alpha1.ParticipantMove, news movestate.Announcement) {
	kind := corev1.EventTypeNormal
	if news.Warning {
		kind = corev1.EventTypeWarning
	}
	r.Recorder.Eventf(move, nil, kind, news.Reason, news.Action, "%s", news.Message)
}

// letGo lets a deleted move vanish that is over, or was never sent.
func (r *ParticipantMoveReconciler) letGo(ctx context.Context, move *v1alpha1.ParticipantMove) error {
	before := move.DeepCopy()
	controllerutil.RemoveFinalizer(move, v1alpha1.ParticipantMoveFinalizer)
	return client.IgnoreNotFound(r.Patch(ctx, move, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})))
}

// expire deletes a move whose record was kept long enough.
func (r *ParticipantMoveReconciler) expire(ctx context.Context, move *v1alpha1.ParticipantMove) error {
	return client.IgnoreNotFound(r.Delete(ctx, move, client.Preconditions{UID: ptr.To(move.UID), ResourceVersion: ptr.To(move.ResourceVersion)}))
}
