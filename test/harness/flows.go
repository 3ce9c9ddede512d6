// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// CreateFlow creates a CallFlow.
func (w *World) CreateFlow(t testing.TB, name string, spec v1alpha1.CallFlowSpec) {
	t.Helper()
	must(t, w.Client.Create(t.Context(), &v1alpha1.CallFlow{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name}, Spec: spec}))
}

// Running lets a Call run a flow.
func Running(flow string, parameters map[string]string) func(*v1alpha1.CallSpec) {
	return func(spec *v1alpha1.CallSpec) { spec.Flow = &v1alpha1.FlowUse{Name: flow, Parameters: parameters} }
}

// AwaitFlowEnd waits until a Call's flow has ended and the Call is over, and checks the flow's outcome.
func (w *World) AwaitFlowEnd(t testing.TB, name, want string) *v1alpha1.Call {
	t.Helper()
	call := w.Await(t, name, "its flow has ended, and it too", func(call *v1alpha1.Call) bool {
		return call.Status.Flow != nil && call.Status.Flow.Over() && call.Status.Result != nil
	})
	if flow := call.Status.Flow; flow.Outcome != want {
		t.Errorf("the flow of %s ended as %s (%s), want %s", name, flow.Outcome, flow.Message, want)
	}
	return call
}
