// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/calloperation"
	"github.com/call-operator/call-operator/telephony"
)

// recordings write where the content of a recording is into the CallAction that started it, or into the Call whose flow did.
type recordings struct {
	client         client.Reader
	actions, calls eventRecorder
	metrics        *metrics
	log            logr.Logger
}

// record writes a report. A recording that neither a CallAction nor a flow has started is somebody else's.
func (r *recordings) record(ctx context.Context, provider *v1alpha1.CallProvider, recorded *telephony.Recorded, arrived time.Time) outcome {
	var actions v1alpha1.CallActionList
	if err := r.client.List(ctx, &actions, client.InNamespace(provider.Namespace)); err != nil {
		return outcome{result: gridFailed, err: err}
	}
	for i := range actions.Items {
		if action := &actions.Items[i]; started(action, provider, recorded.Recording) {
			return r.write(ctx, r.actions, action, recorded, arrived)
		}
	}
	var calls v1alpha1.CallList
	if err := r.client.List(ctx, &calls, client.InNamespace(provider.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return outcome{result: gridFailed, err: err}
	}
	for i := range calls.Items {
		if call := &calls.Items[i]; startedByFlow(call, provider, recorded.Recording) {
			return r.write(ctx, r.calls, call, recorded, arrived)
		}
	}
	return outcome{result: gridOld}
}

// started tells whether an action started a recording at a provider.
func started(action *v1alpha1.CallAction, provider *v1alpha1.CallProvider, recording string) bool {
	status := &action.Status
	return calloperation.StartsRecording(&action.Spec.CallOperation) && status.Handle == recording && isAt(status.Attempt, provider)
}

// startedByFlow tells whether the flow of a call started a recording at a provider.
func startedByFlow(call *v1alpha1.Call, provider *v1alpha1.CallProvider, recording string) bool {
	flow := call.Status.Flow
	return flow != nil && isAt(call.Status.Attempt, provider) &&
		slices.ContainsFunc(flow.Recordings, func(started v1alpha1.FlowRecording) bool { return started.ID == recording })
}

func isAt(sent *v1alpha1.RequestAttempt, provider *v1alpha1.CallProvider) bool {
	return sent != nil && sent.Service != nil && sent.Service.ProviderUID == provider.UID
}

func (r *recordings) write(ctx context.Context, recorder eventRecorder, object client.Object, recorded *telephony.Recorded, arrived time.Time) outcome {
	news := telephony.OperationReported{Outcome: v1alpha1.ActionCompleted, Handle: recorded.Recording, Files: recorded.Files}
	event := telephony.Event{ID: recorded.EventID, Type: "RecordingFileStatusUpdated", Time: recorded.Time, News: news}
	results, err := recorder.write(ctx, object, []report{{event: event, arrived: arrived}})
	switch {
	case err != nil:
		return outcome{result: gridFailed, err: err}
	case results[0] == resultRecorded:
		return outcome{result: gridRecorded}
	default:
		return outcome{result: gridOld}
	}
}

// note counts the result of a report.
func (r *recordings) note(o outcome) {
	result := resultOld
	switch o.result {
	case gridRecorded:
		result = resultRecorded
	case gridFailed:
		r.log.Info("where a recording is could not be recorded, the service reports it again", "cause", o.err.Error())
		return
	}
	r.metrics.events.WithLabelValues("RecordingFileStatusUpdated", string(result)).Inc()
}
