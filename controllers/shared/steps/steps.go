// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package steps takes one step after another for an object.
package steps

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
)

// stepsPerReconcile limits the actions of one Reconcile. The longest sequence, from a new Call to a placed one, takes 2.
const stepsPerReconcile = 8

// Step says how a Reconcile continues after an action.
type Step struct {
	// Stop ends this Reconcile; without it the next action is decided at once.
	Stop bool
	// After is when to requeue, with stop. Zero waits for the next event.
	After time.Duration
}

// Take takes one step after another, and returns when to requeue; zero waits for the next event.
func Take(next func() (Step, error)) (time.Duration, error) {
	for range stepsPerReconcile {
		done, err := next()
		if objects.ConflictOrGone(err) {
			return pauses.ConflictPause, nil
		}
		if err != nil || done.Stop {
			return done.After, err
		}
	}
	return pauses.ConflictPause, nil
}

// ReportDefect reports an action without an implementation. The object is requeued, so that it proceeds once a version without the
// defect runs.
func ReportDefect(ctx context.Context, recorder events.EventRecorder, object runtime.Object, action string) (message string) {
	message = fmt.Sprintf("The operator has a defect: it does not know how to carry out the action %q. Please report it; nothing happens here until a fixed version runs.", action)
	ctrl.LoggerFrom(ctx).Error(nil, message)
	recorder.Eventf(object, nil, corev1.EventTypeWarning, v1alpha1.ReasonInternalError, "CarryOut", "%s", message)
	return message
}
