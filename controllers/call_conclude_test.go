// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
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
		{"nothing took it", "it rings", callWith(inboundCall), false},
		{"about to be answered", "the service has not said yes", callWith(inboundCall, attempted, route("desk", v1alpha1.RouteActionAnswer)), false},
		{"answered", "the service has said yes", callWith(inboundCall, placed, route("desk", v1alpha1.RouteActionAnswer)), true},
		{"answered and over", "it was taken all the same", callWith(inboundCall, placed, route("desk", v1alpha1.RouteActionAnswer), outcome(v1alpha1.OutcomeCompleted)), true},
		{"redirected", "there is no connection of a call that is passed on", callWith(inboundCall, attempted, route("desk", v1alpha1.RouteActionRedirect), outcome(v1alpha1.OutcomeRedirected)), true},
		{"rejected", "to reject is to take", callWith(inboundCall, attempted, route("desk", v1alpha1.RouteActionReject), outcome(v1alpha1.OutcomeRejected)), true},
		{"missed", "the caller had hung up before", callWith(inboundCall, attempted, route("desk", v1alpha1.RouteActionAnswer), outcome(v1alpha1.OutcomeMissed)), false},
		{"refused", "the service will never do it", callWith(inboundCall, attempted, route("desk", v1alpha1.RouteActionRedirect), outcome(v1alpha1.OutcomeFailed)), false},
		{"by its own action", "no route did anything", callWith(inboundCall, placed, route("", v1alpha1.RouteActionAnswer)), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := takenByRoute(&c.call.Status); got != c.want {
				t.Errorf("%s: got %t", c.reason, got)
			}
		})
	}
}
