// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callstate"
	"github.com/call-operator/call-operator/internal/movestate"
)

// An action without an implementation is a defect. The object reports it and is requeued, so that it proceeds once a version
// without the defect runs.

func defect(action string) string {
	return fmt.Sprintf("The operator has a defect: it does not know how to carry out the action %q. Please report it; nothing happens here until a fixed version runs.", action)
}

func (r *CallReconciler) unknownAction(ctx context.Context, call *v1alpha1.Call, action callAction) (step, error) {
	message := defect(string(action))
	ctrl.LoggerFrom(ctx).Error(nil, message)
	r.Recorder.Eventf(call, nil, corev1.EventTypeWarning, v1alpha1.ReasonInternalError, "CarryOut", "%s", message)
	done := step{stop: true, after: jitter(longestBackoff, call.UID)}
	if call.Status.Attempt != nil || call.Status.Result != nil {
		// Do not overwrite what a request waits for, or how it ended.
		return done, nil
	}
	return done, r.writeStatus(ctx, call, callstate.Waits{Reason: v1alpha1.ReasonInternalError, Message: message, At: r.Now()})
}

func (r *ParticipantMoveReconciler) unknownAction(ctx context.Context, move *v1alpha1.ParticipantMove, action moveAction) (step, error) {
	message := defect(string(action))
	ctrl.LoggerFrom(ctx).Error(nil, message)
	r.Recorder.Eventf(move, nil, corev1.EventTypeWarning, v1alpha1.ReasonInternalError, "CarryOut", "%s", message)
	done := step{stop: true, after: jitter(longestBackoff, move.UID)}
	if move.Status.Attempt != nil || move.Status.Result != nil {
		return done, nil
	}
	return done, r.writeStatus(ctx, move, movestate.Waits{Reason: v1alpha1.ReasonInternalError, Message: message, At: r.Now()})
}
