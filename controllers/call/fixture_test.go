// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"testing"
	"time"

	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access/accesstest"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/once"
)

// newAPI is an in-memory API server whose requests pass through funcs.
func newAPI(t *testing.T, funcs interceptor.Funcs, objects ...client.Object) client.WithWatch {
	t.Helper()
	return controllertest.NewAPI(t, withIndexes, funcs, objects...)
}

func withIndexes(builder *fake.ClientBuilder) *fake.ClientBuilder {
	builder = builder.
		WithIndex(&v1alpha1.CallRoute{}, objects.ProviderIndex, func(object client.Object) []string {
			return []string{object.(*v1alpha1.CallRoute).Spec.ProviderRef.Name}
		})
	for name, values := range Indexers() {
		builder = builder.WithIndex(&v1alpha1.Call{}, name, values)
	}
	return builder
}

// newReconciler is a Reconciler on an API server in memory and an ACS that is a stub.
func newReconciler(t *testing.T, api client.WithWatch, service *controllertest.ACSStub) (*Reconciler, *events.FakeRecorder) {
	t.Helper()
	now := controllertest.NewClock()
	slots := NewAdmission()
	// Tests in which the list fails say so themselves.
	_ = slots.Load(t.Context(), api)
	recorder := events.NewFakeRecorder(64)
	connections := accesstest.New(api, now.Now)
	accesstest.SetTransport(connections, service)
	return &Reconciler{
		Base: once.Base{
			Client: api, Live: api, Recorder: recorder, Connections: connections, CallbackKeys: controllertest.KeysOf(t, "k"), Now: now.Now,
			NewID: func() string { return "attempt" },
		},
		Admission: slots, PollInterval: time.Minute,
	}, recorder
}

// setClock has a reconciler that was not used yet tell the time of a clock.
func setClock(r *Reconciler) *controllertest.Clock {
	now := controllertest.NewClock()
	r.Now = now.Now
	accesstest.SetNow(r.Connections, now.Now)
	return now
}
