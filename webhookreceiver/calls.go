// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/statemachine/callstatus"
)

// newCalls returns the recorder of Calls.
func newCalls(config Config, m *metrics, tracer *tracing.Tracer) eventRecorder {
	return newStatusWriter(config, m, tracer, kindAdapter[*v1alpha1.Call, v1alpha1.CallStatus]{
		kind:  callbackurl.KindCalls,
		empty: func() *v1alpha1.Call { return &v1alpha1.Call{} },
		provider: func(_ context.Context, call *v1alpha1.Call) (types.NamespacedName, error) {
			return providerOf(call), nil
		},
		status:  func(call *v1alpha1.Call) *v1alpha1.CallStatus { return &call.Status },
		attempt: func(call *v1alpha1.Call) *v1alpha1.RequestAttempt { return call.Status.Attempt },
		apply: func(_ *v1alpha1.Call, before v1alpha1.CallStatus, r report) v1alpha1.CallStatus {
			return callstatus.Apply(before, callstatus.Reported{Event: r.event, At: r.arrived})
		},
		announce: callstatus.Announce,
		changed: func(call *v1alpha1.Call, before, after *v1alpha1.CallStatus) {
			m.ends.CallChanged(&call.Spec, before, after)
			tracer.CallChanged(call, before, after)
		},
	})
}

func providerOf(call *v1alpha1.Call) types.NamespacedName {
	return types.NamespacedName{Namespace: call.Namespace, Name: call.Spec.ProviderRef.Name}
}
