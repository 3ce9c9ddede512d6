// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func TestUrgencyOf(t *testing.T) {
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		want         int
	}{
		{"to be dialled", "a person applied it and waits", callWith(), priorityNormal},
		{"answer unknown", "the request may be repeated for a while only", callWith(attempted), priorityHigh},
		{"rings at the callee", "nothing has to be done for it soon", callWith(placed), priorityNormal},
		{"comes in", "it rings for 30 seconds", callWith(inboundCall), priorityHigh},
		{"connected", "it is polled from time to time", callWith(connectedAt(0)), priorityLow},
		{"answered with its Secret", "the Secret is not to stay", callWith(inboundCall, connectedAt(0), withContext), priorityNormal},
		{"wanted ended", "somebody wants the phone to be quiet", callWith(connectedAt(0), wantedEnded), priorityHigh},
		{"deleted", "somebody wants the phone to be quiet", callWith(connectedAt(0), deletedCall), priorityHigh},
		{"ending", "the hang-up may have to be repeated", callWith(endingSince(0, v1alpha1.EndingMaxDuration)), priorityHigh},
		{"ended", "it is a record", callWith(endedAt(0)), priorityLow},
		{"ended with its Secret", "the Secret is not to stay", callWith(inboundCall, endedAt(0), withContext), priorityNormal},
		{"ended and deleted", "a person deleted it and waits", callWith(endedAt(0), deletedCall), priorityNormal},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := priorityOf(c.call); got != c.want {
				t.Errorf("%s: got %d, want %d", c.reason, got, c.want)
			}
		})
	}
}

// TestUrgentCallsGoFirst: a new leader finds what another one left half-way before all that is steady.
func TestUrgentCallsGoFirst(t *testing.T) {
	queue := priorityqueue.New[reconcile.Request]("calls")
	defer queue.ShutDown()
	named := func(name string) func(*v1alpha1.Call) { return func(c *v1alpha1.Call) { c.Name = name } }
	for _, call := range []*v1alpha1.Call{
		callWith(named("steady"), connectedAt(0)), callWith(named("new")), callWith(named("half-way"), attempted),
	} {
		byPriority().Create(t.Context(), event.CreateEvent{Object: call, IsInInitialList: true}, queue)
	}
	for _, want := range []string{"half-way", "new", "steady"} {
		if got, _ := queue.Get(); got.Name != want {
			t.Errorf("%s goes next, want %s", got.Name, want)
		}
	}
}
