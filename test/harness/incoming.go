// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Incoming waits for the Call of an incoming call, by its correlation ID, and returns its name.
func (w *World) Incoming(t testing.TB, correlationID string) string {
	t.Helper()
	return w.incoming(t, func(inbound *v1alpha1.InboundCall) bool { return inbound.CorrelationID == correlationID })
}

// IncomingTo waits for the Call of an incoming call to a user, and returns its name.
func (w *World) IncomingTo(t testing.TB, user string) string {
	t.Helper()
	return w.incoming(t, func(inbound *v1alpha1.InboundCall) bool { return inbound.To.CommunicationUser == user })
}

func (w *World) incoming(t testing.TB, wanted func(*v1alpha1.InboundCall) bool) string {
	t.Helper()
	late := time.NewTimer(Patience)
	defer late.Stop()
	for {
		name, changed := w.calls.find(func(call *v1alpha1.Call) bool { return call.Spec.Inbound != nil && wanted(call.Spec.Inbound) })
		if name != "" {
			return name
		}
		select {
		case <-changed:
		case <-late.C:
			t.Fatalf("waited %s for the Call of an incoming call\n%s", Patience, w.Describe())
		}
	}
}

// find returns the name of the wanted object, or a channel that is closed at the next revision of any object.
func (h *timeline[O]) find(wanted func(O) bool) (name string, changed <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, all := range h.revisions {
		if wanted(all[len(all)-1]) {
			return name, h.changed
		}
	}
	return "", h.changed
}

// AwaitNoContext waits until no Secret holds an incoming call's context any more.
func (w *World) AwaitNoContext(t testing.TB) {
	t.Helper()
	late := time.Now().Add(Patience)
	for {
		var secrets corev1.SecretList
		must(t, w.Client.List(t.Context(), &secrets, client.InNamespace(w.Namespace)))
		left := ""
		for i := range secrets.Items {
			if secrets.Items[i].Type == v1alpha1.IncomingCallContextSecretType {
				left = secrets.Items[i].Name
			}
		}
		if left == "" {
			return
		}
		if time.Now().After(late) {
			t.Errorf("the Secret %s, with an incoming call's context, was left behind", left)
			return
		}
		<-time.After(50 * time.Millisecond) // Secrets are not watched here
	}
}

// CheckNoLiveConnection checks that ACS has no connection of ours.
func (w *World) CheckNoLiveConnection(t testing.TB) {
	t.Helper()
	if live := w.Sim.simulator.Calls(); len(live) > 0 {
		t.Errorf("ACS still has live connections: %+v", live)
	}
}
