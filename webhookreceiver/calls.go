// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
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
		keep:    answerSecrets{config.Client}.keepForFlow,
		apply: func(call *v1alpha1.Call, before v1alpha1.CallStatus, r report) v1alpha1.CallStatus {
			return callstatus.Apply(before, append(begin(call, before, r), callstatus.Reported{Event: r.event, Secret: r.secret, At: r.arrived})...)
		},
		announce: callstatus.Announce,
		changed: func(call *v1alpha1.Call, before, after *v1alpha1.CallStatus) {
			m.ends.CallChanged(&call.Spec, before, after)
			tracer.CallChanged(call, before, after)
		},
	})
}

// begin begins the status of an incoming call that no longer rings before the manager has seen it.
func begin(call *v1alpha1.Call, before v1alpha1.CallStatus, r report) []callstatus.Fact {
	if _, over := r.event.News.(telephony.RingOver); !over || before.ObservedGeneration >= 0 {
		return nil
	}
	from, to := party.Both(&call.Spec)
	return []callstatus.Fact{callstatus.Observed{Generation: call.Generation, From: from, To: to, At: r.arrived}}
}

func providerOf(call *v1alpha1.Call) types.NamespacedName {
	return types.NamespacedName{Namespace: call.Namespace, Name: call.Spec.ProviderRef.Name}
}
