// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestProviderLeadsElsewhere edits the provider so that it leads to another service and back, while a call may be live at the first.
func TestProviderLeadsElsewhere(t *testing.T) {
	t.Run("unresolved", func(t *testing.T) {
		t.Parallel()
		phones := map[string]harness.Script{harness.Callee(1): briefly()}
		l := life{reason: "a repetition at another service would ring a second time", rings: 1, outcomes: only(v1alpha1.OutcomeCompleted)}
		w := harness.New(t, plane, harness.Options{Phones: phones})
		another := w.AnotherSimulator(t, harness.Options{Phones: phones})
		// All answers are lost, and nothing is heard for a while.
		faults := harness.NewFaults().On("createCall", harness.Repeat(60, &harness.Fault{AfterEffect: true})...)
		w.Wire.SetRoute(func(harness.Callback) harness.Route { return harness.Hold })
		m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: faults})
		w.Create(t, w.Call(callName, harness.Callee(1)))
		w.AwaitReason(t, callName, v1alpha1.ReasonDialUnresolved)
		w.Lead(t, another)
		w.AwaitReason(t, callName, v1alpha1.ReasonProviderChanged)
		faults.Clear()
		w.Lead(t, w.Sim)
		w.Await(t, callName, "the same request is repeated at its own service", placed)
		w.Wire.SetRoute(nil)
		for _, held := range w.Wire.Held() {
			w.Wire.Deliver(held)
		}
		w.Await(t, callName, "it has a result", ended)
		checkEnd(t, w, l, m)
		checkUntouched(t, another)
	})
	t.Run("connected", func(t *testing.T) {
		t.Parallel()
		phones := map[string]harness.Script{harness.Callee(1): forLong()}
		l := life{reason: "what another service does not know is not over", rings: 1, outcomes: only(v1alpha1.OutcomeCompleted)}
		w := harness.New(t, plane, harness.Options{Phones: phones})
		another := w.AnotherSimulator(t, harness.Options{Phones: phones})
		m := w.StartManager(t, harness.ManagerOptions{Poll: 200 * time.Millisecond})
		w.Create(t, w.Call(callName, harness.Callee(1)))
		w.AwaitCondition(t, callName, v1alpha1.ConditionConnected)
		w.Lead(t, another)
		w.AwaitReason(t, callName, v1alpha1.ReasonProviderChanged)
		w.HangUp(t, callName)
		w.Await(t, callName, "it is to be hung up", func(call *v1alpha1.Call) bool { return call.Status.Ending != nil })
		if w.Sim.Live() != 1 {
			t.Error("the call is live at its own service")
		}
		w.Lead(t, w.Sim)
		w.Await(t, callName, "it has a result", ended)
		checkEnd(t, w, l, m)
		checkUntouched(t, another)
	})
}

// checkUntouched checks that a service was asked nothing.
func checkUntouched(t *testing.T, service *harness.Simulator) {
	t.Helper()
	if rings := service.Rings(harness.Callee(1)); rings != 0 {
		t.Errorf("the phone rang %d times at the other service", rings)
	}
	for _, entry := range service.Journal() {
		if entry.Operation != "" {
			t.Errorf("the other service was asked for %s", entry.Operation)
		}
	}
}
