// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// TestForeignAnswersOfAProvider: a provider says that another server than the service answers at its endpoint.
func TestForeignAnswersOfAProvider(t *testing.T) {
	for _, f := range foreignAnswers {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			p := newProviderTest(t, providerWith(), secretWith(connectionString))
			service := &acsStub{status: f.status, kind: f.kind, answer: f.answer}
			setTransport(p.Connections, service)
			p.reconcile(t)
			connection, err := p.Connections.For(t.Context(), p.read(t))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = connection.Telephony.State(t.Context(), "cc")
			select {
			case woken := <-p.Connections.Woken():
				if woken.Object.GetName() != "p" || woken.Object.GetNamespace() != "n" {
					t.Errorf("woken is %v", client.ObjectKeyFromObject(woken.Object))
				}
			default:
				t.Error("the provider is looked at again")
			}
			p.reconcile(t)
			ready := meta.FindStatusCondition(p.read(t).Status.Conditions, v1alpha1.ConditionReady)
			if ready.Status != metav1.ConditionFalse || ready.Reason != f.want {
				t.Errorf("the provider says %+v", ready)
			}
			service.status, service.kind, service.answer = 404, "application/json", goneAnswer
			_, _ = connection.Telephony.State(t.Context(), "cc")
			p.reconcile(t)
			if ready = meta.FindStatusCondition(p.read(t).Status.Conditions, v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
				t.Errorf("ACS answers again, and the provider says %+v", ready)
			}
		})
	}
}
