// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestTwoManagersAtOnce has two managers work on the same Calls, as when a Lease is lost and the loser has not noticed.
// Only the optimistic lock on the attempt stands between them.
func TestTwoManagersAtOnce(t *testing.T) {
	cases := []struct {
		name, reason string
		faults       []*harness.Fault
	}{
		{name: "healthy", reason: "the writer of the attempt dials; the other manager can only repeat it"},
		{
			name:   "throttled",
			reason: "what one manager was refused says nothing about the same request from the other one",
			faults: harness.Repeat(60, &harness.Fault{Status: 429}),
		},
		{
			name:   "answersLost",
			reason: "both repeat the same attempt until one of them hears the answer",
			faults: harness.Repeat(60, &harness.Fault{AfterEffect: true}),
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			twoManagers(t, tc.reason, tc.faults)
		})
	}
}

func twoManagers(t *testing.T, reason string, faulty []*harness.Fault) {
	const calls = 30
	phones := map[string]harness.Script{}
	for i := range calls {
		phones[harness.Callee(i)] = briefly()
	}
	w := harness.New(t, plane, harness.Options{Phones: phones})
	// No poll may come before the callbacks: two managers and a receiver that write at once take their time.
	first := w.StartManager(t, harness.ManagerOptions{Faults: harness.NewFaults().On("createCall", faulty...)})
	second := w.StartManager(t, harness.ManagerOptions{})
	w.AwaitProvider(t)
	for i := range calls {
		w.Create(t, w.Call(fmt.Sprintf("call-%02d", i), harness.Callee(i)))
	}
	for i := range calls {
		w.Await(t, fmt.Sprintf("call-%02d", i), "it has a result", ended)
	}
	for i := range calls {
		if rings := w.Sim.Rings(harness.Callee(i)); rings != 1 {
			t.Errorf("%s: phone %d rang %d times, want 1", reason, i, rings)
		}
		if outcome := lastOutcome(w, fmt.Sprintf("call-%02d", i)); outcome != v1alpha1.OutcomeCompleted {
			t.Errorf("%s: call %d ended as %s, want Completed", reason, i, outcome)
		}
	}
	if len(first.Gate.Sent()) == 0 || len(second.Gate.Sent()) == 0 {
		t.Error("one of the managers did nothing, so that this test said nothing")
	}
	w.CheckNoLiveCall(t)
	w.CheckQuiet(t, first)
	w.CheckQuiet(t, second)
}

// TestLimitAcrossRestart has ten Calls share a number that may have two at once, and kills the manager in the middle.
func TestLimitAcrossRestart(t *testing.T) {
	t.Parallel()
	const calls, limit = 10, 2
	phones := map[string]harness.Script{}
	for i := range calls {
		phones[harness.Callee(i)] = harness.Script{AnswerAfter: 10 * time.Millisecond, HangUpAfter: 400 * time.Millisecond}
	}
	w := harness.New(t, plane, harness.Options{Phones: phones, MaxConcurrent: limit})
	m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	w.AwaitProvider(t)
	createInTwoSeconds(t, w, calls)
	w.Await(t, "call-03", "it was placed", placed)
	m.Kill(t)
	last := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	for i := range calls {
		w.Await(t, fmt.Sprintf("call-%02d", i), "it has a result", ended)
	}
	if most := w.Sim.MostAtOnce(); most != limit {
		t.Errorf("the number had %d calls at once, want %d: fewer waste it, more are refused by the service", most, limit)
	}
	checkOrder(t, w, calls, limit)
	checkWaitingShown(t, w)
	w.CheckNoLiveCall(t)
	w.CheckQuiet(t, last)
}

// createInTwoSeconds creates half of the Calls, and the rest when the API server's clock, which counts in seconds,
// shows that they are younger.
func createInTwoSeconds(t *testing.T, w *harness.World, calls int) {
	t.Helper()
	for i := range calls / 2 {
		w.Create(t, w.Call(fmt.Sprintf("call-%02d", i), harness.Callee(i)))
	}
	old := w.Await(t, fmt.Sprintf("call-%02d", calls/2-1), "it is there", func(*v1alpha1.Call) bool { return true })
	<-time.After(time.Until(old.CreationTimestamp.Add(time.Second + 10*time.Millisecond)))
	for i := calls / 2; i < calls; i++ {
		w.Create(t, w.Call(fmt.Sprintf("call-%02d", i), harness.Callee(i)))
	}
}

// checkOrder checks that the older half rang before the younger half. As many as the limit are placed at once, and may
// change places.
func checkOrder(t *testing.T, w *harness.World, calls, limit int) {
	t.Helper()
	var order []int
	for _, number := range w.Sim.RingOrder() {
		for i := range calls {
			if harness.Callee(i) == number {
				order = append(order, i)
			}
		}
	}
	if len(order) != calls {
		t.Fatalf("phones rang in the order %v: each of %d was to ring once", order, calls)
	}
	for older := range calls / 2 {
		if slices.Index(order, older) >= calls/2+limit-1 {
			t.Errorf("phones rang in the order %v: the older half was to come first", order)
		}
	}
}

func checkWaitingShown(t *testing.T, w *harness.World) {
	t.Helper()
	shown := slices.ContainsFunc(w.Revisions("call-09"), func(call *v1alpha1.Call) bool {
		waiting := call.Status.Waiting
		return waiting != nil && waiting.Reason == v1alpha1.ReasonWaitingForCapacity && waiting.Ahead != nil && *waiting.Ahead > 0 &&
			harness.Condition(call, v1alpha1.ConditionReady).Reason == v1alpha1.ReasonWaitingForCapacity
	})
	if !shown {
		t.Error("the status of the last Call never said that it waits for capacity, and behind how many")
	}
}
