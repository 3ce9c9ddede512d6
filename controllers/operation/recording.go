// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/calloperation"
)

// recordingOf finds the recording that a CallAction pauses, resumes or stops: the one that the named CallAction started in the Call, or else
// the newest. It is "" if there is none.
func (r *Reconciler) recordingOf(ctx context.Context, op operation, call *v1alpha1.Call) (string, error) {
	act, ok := op.(callAction)
	if !ok || !calloperation.NeedsRecording(&act.Spec.CallOperation) {
		return "", nil
	}
	var actions v1alpha1.CallActionList
	if err := r.List(ctx, &actions, client.InNamespace(act.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return "", fmt.Errorf("list the CallActions that record a call: %w", err)
	}
	return startedIn(actions.Items, call, act.Spec.Record.StartedBy), nil
}

// startedIn is the recording that one of the actions started in a call: the named one or, if name is "", the newest.
func startedIn(actions []v1alpha1.CallAction, call *v1alpha1.Call, name string) string {
	var newest *v1alpha1.CallAction
	for i := range actions {
		started := &actions[i]
		switch status := &started.Status; {
		case !calloperation.StartsRecording(&started.Spec.CallOperation):
		case status.Handle == "" || status.Call == nil || status.Call.UID != call.UID:
		case name != "" && started.Name != name:
		case newest == nil || newest.Status.Attempt.FirstSent.Before(&status.Attempt.FirstSent):
			newest = started
		}
	}
	if newest == nil {
		return ""
	}
	return newest.Status.Handle
}
