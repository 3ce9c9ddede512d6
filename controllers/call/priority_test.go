// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

func TestUrgencyOf(t *testing.T) {
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		want         int
	}{
		{"to be dialled", "a person applied it and waits", controllertest.CallWith(), priorityNormal},
		{"answer unknown", "the request may be repeated for a while only", controllertest.CallWith(controllertest.Attempted), priorityHigh},
		{"rings at the callee", "nothing has to be done for it soon", controllertest.CallWith(controllertest.Placed), priorityNormal},
		{"comes in", "it rings for 30 seconds", controllertest.CallWith(controllertest.InboundCall), priorityHigh},
		{"connected", "it is polled from time to time", controllertest.CallWith(controllertest.ConnectedAt(0)), priorityLow},
		{"answered with its Secret", "the Secret is not to stay", controllertest.CallWith(controllertest.InboundCall, controllertest.ConnectedAt(0), controllertest.WithContext), priorityNormal},
		{"wanted ended", "somebody wants the phone to be quiet", controllertest.CallWith(controllertest.ConnectedAt(0), controllertest.WantedEnded), priorityHigh},
		{"deleted", "somebody wants the phone to be quiet", controllertest.CallWith(controllertest.ConnectedAt(0), controllertest.DeletedCall), priorityHigh},
		{"ending", "the hang-up may have to be repeated", controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingMaxDuration)), priorityHigh},
		{"ended", "it is a record", controllertest.CallWith(controllertest.EndedAt(0)), priorityLow},
		{"ended with its Secret", "the Secret is not to stay", controllertest.CallWith(controllertest.InboundCall, controllertest.EndedAt(0), controllertest.WithContext), priorityNormal},
		{"ended and deleted", "a person deleted it and waits", controllertest.CallWith(controllertest.EndedAt(0), controllertest.DeletedCall), priorityNormal},
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
		controllertest.CallWith(named("steady"), controllertest.ConnectedAt(0)), controllertest.CallWith(named("new")), controllertest.CallWith(named("half-way"), controllertest.Attempted),
	} {
		byPriority().Create(t.Context(), event.CreateEvent{Object: call, IsInInitialList: true}, queue)
	}
	for _, want := range []string{"half-way", "new", "steady"} {
		if got, _ := queue.Get(); got.Name != want {
			t.Errorf("%s goes next, want %s", got.Name, want)
		}
	}
}
