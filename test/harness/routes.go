// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"testing"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// AwaitRoute waits until the manager has seen a route as it is now, and the route's condition Ready has a reason.
func (w *World) AwaitRoute(t testing.TB, name, reason string) {
	t.Helper()
	late := time.Now().Add(Patience)
	for {
		route := &v1alpha1.CallRoute{}
		must(t, w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: name}, route))
		ready := apimeta.FindStatusCondition(route.Status.Conditions, v1alpha1.ConditionReady)
		if ready != nil && ready.Reason == reason && route.Status.ObservedGeneration == route.Generation {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("waited until route %s is %s: its conditions are %+v", name, reason, route.Status.Conditions)
		}
		<-time.After(50 * time.Millisecond) // routes are not watched here
	}
}
