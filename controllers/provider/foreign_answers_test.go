// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access/accesstest"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// TestForeignAnswersOfAProvider: a provider says that another server than the service answers at its endpoint.
func TestForeignAnswersOfAProvider(t *testing.T) {
	for _, f := range controllertest.ForeignAnswers {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			p := newProviderTest(t, controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
			service := &controllertest.ACSStub{Status: f.Status, Kind: f.Kind, Answer: f.Answer}
			accesstest.SetTransport(p.Connections, service)
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
			if ready.Status != metav1.ConditionFalse || ready.Reason != f.Want {
				t.Errorf("the provider says %+v", ready)
			}
			service.Status, service.Kind, service.Answer = 404, "application/json", controllertest.GoneAnswer
			_, _ = connection.Telephony.State(t.Context(), "cc")
			p.reconcile(t)
			if ready = meta.FindStatusCondition(p.read(t).Status.Conditions, v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
				t.Errorf("ACS answers again, and the provider says %+v", ready)
			}
		})
	}
}
