// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

func TestTakenByRoute(t *testing.T) {
	route := func(name string, action v1alpha1.RouteActionType) func(*v1alpha1.Call) {
		return func(c *v1alpha1.Call) { c.Status.Route = &v1alpha1.RoutedCall{Name: name, Action: action} }
	}
	outcome := func(outcome v1alpha1.CallOutcome) func(*v1alpha1.Call) {
		return func(c *v1alpha1.Call) { c.Status.Result = &v1alpha1.CallResult{Outcome: outcome} }
	}
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		want         bool
	}{
		{"nothing took it", "it rings", controllertest.CallWith(controllertest.InboundCall), false},
		{"about to be answered", "the service has not said yes", controllertest.CallWith(controllertest.InboundCall, controllertest.Attempted, route("desk", v1alpha1.RouteActionAnswer)), false},
		{"answered", "the service has said yes", controllertest.CallWith(controllertest.InboundCall, controllertest.Placed, route("desk", v1alpha1.RouteActionAnswer)), true},
		{"answered and over", "it was taken all the same", controllertest.CallWith(controllertest.InboundCall, controllertest.Placed, route("desk", v1alpha1.RouteActionAnswer), outcome(v1alpha1.OutcomeCompleted)), true},
		{"redirected", "there is no connection of a call that is passed on", controllertest.CallWith(controllertest.InboundCall, controllertest.Attempted, route("desk", v1alpha1.RouteActionRedirect), outcome(v1alpha1.OutcomeRedirected)), true},
		{"rejected", "to reject is to take", controllertest.CallWith(controllertest.InboundCall, controllertest.Attempted, route("desk", v1alpha1.RouteActionReject), outcome(v1alpha1.OutcomeRejected)), true},
		{"missed", "the caller had hung up before", controllertest.CallWith(controllertest.InboundCall, controllertest.Attempted, route("desk", v1alpha1.RouteActionAnswer), outcome(v1alpha1.OutcomeMissed)), false},
		{"refused", "the service will never do it", controllertest.CallWith(controllertest.InboundCall, controllertest.Attempted, route("desk", v1alpha1.RouteActionRedirect), outcome(v1alpha1.OutcomeFailed)), false},
		{"by its own action", "no route did anything", controllertest.CallWith(controllertest.InboundCall, controllertest.Placed, route("", v1alpha1.RouteActionAnswer)), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := takenByRoute(&c.call.Status); got != c.want {
				t.Errorf("%s: got %t", c.reason, got)
			}
		})
	}
}
