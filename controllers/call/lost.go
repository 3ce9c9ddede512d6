// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/masking"
)

// noteTrouble logs a failing operation if the failure or its cause is new. Retries continue while the call may live, and are not
// logged each time. A nil error means that the operation works.
func (r *Reconciler) noteTrouble(ctx context.Context, call *v1alpha1.Call, what once.Trouble, err error) {
	cause := ""
	if err != nil {
		cause = masking.Numbers(once.DescribeFailure(err).Message)
	}
	if r.Contacts.Troubled(call, what, cause) && err != nil {
		ctrl.LoggerFrom(ctx).Info(string(what), "cause", cause, "connectionID", call.Status.ConnectionID)
	}
}

// giveUpHangUp removes the finalizer from a deleted Call although its phone call may still be active. The Call was the only record of
// it, so a log line and a metric report it: an Event is deleted with its namespace, and cannot be created in one that is being
// deleted.
func (r *Reconciler) giveUpHangUp(ctx context.Context, call *v1alpha1.Call) error {
	// Removing the finalizer may take several tries.
	if cause, first := r.Contacts.Lost(call); first {
		const message = "The call could not be hung up within %s and may still be active; its ID at %s is %s."
		r.Recorder.Eventf(call, nil, corev1.EventTypeWarning, "HangUpFailed", "Abandon", message, pauses.DeletionPatience, whereabouts(call), call.Status.ConnectionID)
		r.Metrics.Abandoned()
		ctrl.LoggerFrom(ctx).Error(nil, "a deleted Call loses its finalizer although its call may still be active: hang it up at the service",
			"connectionID", call.Status.ConnectionID, "service", whereabouts(call), "provider", call.Spec.ProviderRef.Name, "cause", cause)
	}
	return r.removeFinalizer(ctx, call)
}
