// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
)

// newActions returns the recorder of CallActions.
func newActions(config Config, m *metrics, tracer *tracing.Tracer) eventRecorder {
	providers := operationProviders[*v1alpha1.CallAction]{
		cache: config.Client, live: config.APIReader, empty: func() *v1alpha1.CallAction { return &v1alpha1.CallAction{} },
		attempt: func(action *v1alpha1.CallAction) *v1alpha1.RequestAttempt { return action.Status.Attempt }, calls: callsOfAction,
	}
	return newStatusWriter(config, m, tracer, kindAdapter[*v1alpha1.CallAction, v1alpha1.CallActionStatus]{
		kind:     callbackurl.KindCallActions,
		empty:    func() *v1alpha1.CallAction { return &v1alpha1.CallAction{} },
		provider: providers.of,
		status:   func(action *v1alpha1.CallAction) *v1alpha1.CallActionStatus { return &action.Status },
		attempt:  func(action *v1alpha1.CallAction) *v1alpha1.RequestAttempt { return action.Status.Attempt },
		keep:     answerSecrets{config.Client}.keepForAction,
		apply: func(action *v1alpha1.CallAction, before v1alpha1.CallActionStatus, r report) v1alpha1.CallActionStatus {
			return operationstatus.ApplyToAction(&action.Spec.CallOperation, before,
				operationstatus.Reported{Event: r.event, Secret: r.secret, At: r.arrived})
		},
		announce: operationstatus.AnnounceAction,
		changed: func(action *v1alpha1.CallAction, before, after *v1alpha1.CallActionStatus) {
			m.ends.ActionChanged(before, after)
			tracer.ActionChanged(action, before, after)
		},
	})
}

// callsOfAction is the Call that an action's request names, or that its spec does.
func callsOfAction(action *v1alpha1.CallAction) []string {
	switch {
	case action.Status.Call != nil:
		return []string{action.Status.Call.Name}
	case action.Spec.Call.Name != "":
		return []string{action.Spec.Call.Name}
	default:
		return nil
	}
}
