// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"
	"time"

	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// newAPI is an in-memory API server whose requests pass through funcs.
func newAPI(t *testing.T, funcs interceptor.Funcs, objects ...client.Object) client.WithWatch {
	t.Helper()
	return apiWith(t, withIndexes, funcs, objects...)
}

func withIndexes(builder *fake.ClientBuilder) *fake.ClientBuilder {
	builder = builder.
		WithIndex(&v1alpha1.CallRoute{}, providerIndex, func(object client.Object) []string {
			return []string{object.(*v1alpha1.CallRoute).Spec.ProviderRef.Name}
		})
	for name, values := range callIndexers() {
		builder = builder.WithIndex(&v1alpha1.Call{}, name, values)
	}
	return builder
}

// newReconciler is a CallReconciler on an API server in memory and an ACS that is a stub.
func newReconciler(t *testing.T, api client.WithWatch, service *acsStub) (*CallReconciler, *events.FakeRecorder) {
	t.Helper()
	now := newClock()
	slots := NewSlots()
	// Tests in which the list fails say so themselves.
	_ = slots.Load(t.Context(), api)
	recorder := events.NewFakeRecorder(64)
	connections := newConnections(api, now.Now)
	setTransport(connections, service)
	return &CallReconciler{
		Client: api, Live: api, Recorder: recorder,
		Connections:  connections,
		CallbackKeys: keysOf(t, "k"), Slots: slots, PollInterval: time.Minute,
		Now: now.Now, NewID: func() string { return "attempt" },
	}, recorder
}

// setClock has a reconciler that was not used yet tell the time of a clock.
func setClock(r *CallReconciler) *clock {
	now := newClock()
	r.Now = now.Now
	setNow(r.Connections, now.Now)
	return now
}
