// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// stepsPerReconcile limits the actions of one Reconcile. The longest sequence, from a new Call to a placed one, takes 2.
const stepsPerReconcile = 8

// step says how a Reconcile continues after an action.
type step struct {
	// stop ends this Reconcile; without it the next action is decided at once.
	stop bool
	// after is when to requeue, with stop. Zero waits for the next event.
	after time.Duration
}

// takeSteps takes one step after another, and returns when to requeue; zero waits for the next event.
func takeSteps(next func() (step, error)) (time.Duration, error) {
	for range stepsPerReconcile {
		done, err := next()
		if conflictOrGone(err) {
			return conflictPause, nil
		}
		if err != nil || done.stop {
			return done.after, err
		}
	}
	return conflictPause, nil
}

// reportDefect reports an action without an implementation. The object is requeued, so that it proceeds once a version without the
// defect runs.
func reportDefect(ctx context.Context, recorder events.EventRecorder, object runtime.Object, action string) (message string) {
	message = fmt.Sprintf("The operator has a defect: it does not know how to carry out the action %q. Please report it; nothing happens here until a fixed version runs.", action)
	ctrl.LoggerFrom(ctx).Error(nil, message)
	recorder.Eventf(object, nil, corev1.EventTypeWarning, v1alpha1.ReasonInternalError, "CarryOut", "%s", message)
	return message
}
