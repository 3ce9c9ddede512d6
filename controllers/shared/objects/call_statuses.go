// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/metrics"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/statemachine/callstatus"
)

// CallStatusWriter writes the statuses of Calls.
type CallStatusWriter = StatusWriter[v1alpha1.Call, *v1alpha1.Call, v1alpha1.CallStatus, callstatus.Fact]

// CallStatuses completes a writer by what is the same for whatever writes a Call.
func CallStatuses(writer CallStatusWriter, metrics *metrics.Metrics, now func() time.Time) CallStatusWriter {
	writer.Status = func(call *v1alpha1.Call) *v1alpha1.CallStatus { return &call.Status }
	writer.Spec = func(call *v1alpha1.Call) any { return call.Spec }
	writer.TTL = func(call *v1alpha1.Call) *int32 { return call.Spec.TTLSecondsAfterFinished }
	writer.Apply = func(call *v1alpha1.Call, facts ...callstatus.Fact) v1alpha1.CallStatus {
		from, to := party.Both(&call.Spec)
		observed := callstatus.Observed{Generation: call.Generation, From: from, To: to, At: now()}
		return callstatus.Apply(call.Status, append([]callstatus.Fact{observed}, facts...)...)
	}
	writer.Announce = callstatus.Announce
	writer.First = func(status *v1alpha1.CallStatus) bool { return status.ObservedGeneration < 0 }
	tracer := writer.Tracer
	writer.Changed = func(call *v1alpha1.Call, before, after *v1alpha1.CallStatus) {
		metrics.Life().CallChanged(&call.Spec, before, after)
		tracer.CallChanged(call, before, after)
	}
	return writer
}
