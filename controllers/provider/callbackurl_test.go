// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/telephony/telephonytest"
)

// TestCallbackURLWarnings: a URL that ACS is known not to call is warned of once, and calls can be placed all the same.
func TestCallbackURLWarnings(t *testing.T) {
	t.Parallel()
	p := newProviderTest(t, controllertest.ProviderWith(controllertest.CallbackTo("https://abc123.euw.devtunnels.ms:8080")), controllertest.SecretWith(controllertest.ConnectionString))
	for range 3 {
		p.reconcile(t)
	}
	conditions := p.read(t).Status.Conditions
	usable := meta.FindStatusCondition(conditions, v1alpha1.ConditionCallbackURLUsable)
	if usable == nil || usable.Status != metav1.ConditionFalse || !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) {
		t.Errorf("the conditions are %+v", conditions)
	}
	provider := p.read(t)
	provider.Spec.CallbackURL = "https://abc123-8080.euw.devtunnels.ms"
	if err := p.api.Update(t.Context(), provider); err != nil {
		t.Fatal(err)
	}
	p.reconcile(t)
	if usable = meta.FindStatusCondition(p.read(t).Status.Conditions, v1alpha1.ConditionCallbackURLUsable); usable != nil {
		t.Errorf("the URL is right now: %+v", usable)
	}
}

// TestNoCallbackURLWarnings: a service that calls nobody back does not refuse a URL.
func TestNoCallbackURLWarnings(t *testing.T) {
	t.Parallel()
	p := newProviderTest(t, controllertest.ProviderWith(controllertest.CallbackTo("https://abc123.euw.devtunnels.ms:8080")))
	p.Connections.Adapter = telephonytest.Adapter{Service: &telephonytest.Service{}}
	p.reconcile(t)
	conditions := p.read(t).Status.Conditions
	if usable := meta.FindStatusCondition(conditions, v1alpha1.ConditionCallbackURLUsable); usable != nil || !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) {
		t.Errorf("the conditions are %+v", conditions)
	}
}
