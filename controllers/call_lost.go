// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/masking"
)

// trouble is what does not work with a live call, for the log.
type trouble string

const (
	troubleHangUp trouble = "hanging up failed, it is tried again"
	troublePoll   trouble = "asking for a call failed, it is asked for again"
)

// noteTrouble logs that something does not work when that or its cause is new. It is tried again for as long as the call may
// live, which is no news each time. A nil error says that it works.
func (r *CallReconciler) noteTrouble(ctx context.Context, call *v1alpha1.Call, what trouble, err error) {
	cause := ""
	if err != nil {
		cause = masking.Numbers(describeFailure(err).message)
	}
	if r.memory.troubled(call, what, cause) && err != nil {
		ctrl.LoggerFrom(ctx).Info(string(what), "cause", cause, "connectionID", call.Status.ConnectionID)
	}
}

// abandon lets a deleted Call vanish although its call may live on. The Call is all that knew of it, so that the log and a metric
// say so: an Event is gone with the namespace, and cannot be made in one that is being deleted.
func (r *CallReconciler) abandon(ctx context.Context, call *v1alpha1.Call) error {
	// Removing the finalizer may take several tries.
	if cause, first := r.memory.lost(call); first {
		const message = "The call could not be hung up within %s and may still go on; its ID at %s is %s."
		r.Recorder.Eventf(call, nil, corev1.EventTypeWarning, "HangUpFailed", "Abandon", message, deletionPatience, whereabouts(call), call.Status.ConnectionID)
		r.Metrics.abandoned()
		ctrl.LoggerFrom(ctx).Error(nil, "a deleted Call is let go although its call may still go on: hang it up at the service",
			"connectionID", call.Status.ConnectionID, "service", whereabouts(call), "provider", call.Spec.ProviderRef.Name, "cause", cause)
	}
	return r.letGo(ctx, call)
}
