// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/calloperation"
	"github.com/call-operator/call-operator/telephony"
)

// recordings write where the content of a recording is into the CallAction that started it.
type recordings struct {
	client  client.Reader
	actions eventRecorder
	metrics *metrics
	log     logr.Logger
}

// record writes a report. A recording that no CallAction has started is somebody else's.
func (r *recordings) record(ctx context.Context, provider *v1alpha1.CallProvider, recorded *telephony.Recorded, arrived time.Time) outcome {
	var actions v1alpha1.CallActionList
	if err := r.client.List(ctx, &actions, client.InNamespace(provider.Namespace)); err != nil {
		return outcome{result: gridFailed, err: err}
	}
	for i := range actions.Items {
		if action := &actions.Items[i]; started(action, provider, recorded.Recording) {
			return r.write(ctx, action, recorded, arrived)
		}
	}
	return outcome{result: gridOld}
}

// started tells whether an action started a recording at a provider.
func started(action *v1alpha1.CallAction, provider *v1alpha1.CallProvider, recording string) bool {
	status := &action.Status
	return calloperation.StartsRecording(&action.Spec.CallOperation) && status.Handle == recording &&
		status.Attempt != nil && status.Attempt.Service != nil && status.Attempt.Service.ProviderUID == provider.UID
}

func (r *recordings) write(ctx context.Context, action *v1alpha1.CallAction, recorded *telephony.Recorded, arrived time.Time) outcome {
	news := telephony.OperationReported{Outcome: v1alpha1.ActionCompleted, Handle: recorded.Recording, Files: recorded.Files}
	event := telephony.Event{ID: recorded.EventID, Type: "RecordingFileStatusUpdated", Time: recorded.Time, News: news}
	results, err := r.actions.write(ctx, action, []report{{event: event, arrived: arrived}})
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
