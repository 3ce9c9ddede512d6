// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/dialqueue"
)

const tenantService = "https://tenant.example.com"

// tenants is a Call of another namespace, from the same number to the same number, that was created before.
func tenants(changes ...func(*v1alpha1.Call)) *v1alpha1.Call {
	return controllertest.CallWith(append([]func(*v1alpha1.Call){func(c *v1alpha1.Call) {
		c.Namespace, c.UID, c.CreationTimestamp = "tenant", "tenant", controllertest.At(-1)
	}}, changes...)...)
}

func tenantProvider() *v1alpha1.CallProvider {
	return controllertest.ProviderWith(func(p *v1alpha1.CallProvider) { p.Namespace, p.UID = "tenant", "tenant" })
}

// TestNumbersBelongToAService: a namespace with an endpoint of its own holds up nobody's calls, whatever numbers it claims; those
// that share a service share its numbers.
func TestNumbersBelongToAService(t *testing.T) {
	t.Parallel()
	two := func(p *v1alpha1.CallProvider) { p.Spec.Numbers[0].MaxConcurrentCalls = 2 }
	cases := []struct {
		name, reason string
		endpoint     string
		provider     *v1alpha1.CallProvider
		want         dialqueue.Decision
	}{
		{"own service, number", "its call uses another number of the same digits", tenantService, controllertest.ProviderWith(), dialqueue.Decision{Admitted: true}},
		{"own service, callee", "its call may never ring", tenantService, controllertest.ProviderWith(two), dialqueue.Decision{Admitted: true}},
		{"same service, number", "the limit is the service's", "https://ACS.example.com:443", controllertest.ProviderWith(), dialqueue.Decision{Reason: dialqueue.Capacity}},
		{"same service, callee", "one phone is rung by one Call at a time", "https://acs.example.com/", controllertest.ProviderWith(two), dialqueue.Decision{Reason: dialqueue.Callee}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			slots := NewAdmission()
			slots.Serves(objects.ProviderKey(controllertest.CallWith()), "https://acs.example.com")
			slots.Serves(objects.ProviderKey(tenants()), c.endpoint)
			if decision, err := slots.Admit(tenants(), tenantProvider(), controllertest.Epoch); err != nil || !decision.Admitted {
				t.Fatalf("the tenant's Call got %+v, %v", decision, err)
			}
			if decision, err := slots.Admit(controllertest.CallWith(), c.provider, controllertest.Epoch); err != nil || decision != c.want {
				t.Errorf("%s: got %+v, %v, want %+v", c.reason, decision, err, c.want)
			}
		})
	}
}

// TestServicesAreKnownAfterARestart: what holds a number at a service holds it for the next process too.
func TestServicesAreKnownAfterARestart(t *testing.T) {
	t.Parallel()
	secret := controllertest.SecretWith(controllertest.ConnectionString)
	secret.Namespace = "tenant"
	withEndpoint := func(p *v1alpha1.CallProvider) { p.Spec.ACS.Endpoint = "https://acs.example.com" }
	api := newAPI(t, interceptor.Funcs{}, tenants(controllertest.Placed), tenantProvider(), secret, controllertest.ProviderWith(withEndpoint))
	service := controllertest.PlacesCalls()
	r, _ := newReconciler(t, api, service)
	slots := NewAdmission()
	slots.Endpoint = EndpointOf(api, r.Connections)
	if err := slots.Load(t.Context(), api); err != nil {
		t.Fatal(err)
	}
	slots.Serves(objects.ProviderKey(controllertest.CallWith()), "https://acs.example.com")
	if admit(t, slots, controllertest.CallWith()).Admitted {
		t.Error("the number's only slot is in use at that service")
	}
	if endpoint, err := slots.Endpoint(t.Context(), types.NamespacedName{Namespace: "n", Name: "p"}); err != nil || endpoint != "https://acs.example.com" {
		t.Errorf("an endpoint in the spec needs no Secret: got %q, %v", endpoint, err)
	}
	if _, err := slots.Endpoint(t.Context(), types.NamespacedName{Namespace: "n", Name: "gone"}); err == nil {
		t.Error("a provider that is gone leads nowhere")
	}
}

// TestUnknownServiceIsItsOwn: who cannot tell where a provider leads asks once, and lets it hold up nobody.
func TestUnknownServiceIsItsOwn(t *testing.T) {
	t.Parallel()
	asked := 0
	slots := NewAdmission()
	slots.Endpoint = func(context.Context, types.NamespacedName) (string, error) {
		asked++
		return "", errors.New("no Secret")
	}
	api := newAPI(t, interceptor.Funcs{}, tenants(controllertest.Placed), tenants(controllertest.Placed, func(c *v1alpha1.Call) { c.Name, c.UID = "c2", "c2" }))
	if err := slots.Load(t.Context(), api); err != nil {
		t.Fatal(err)
	}
	slots.Serves(objects.ProviderKey(controllertest.CallWith()), "https://acs.example.com")
	if asked != 1 || !admit(t, slots, controllertest.CallWith()).Admitted {
		t.Errorf("asked %d times", asked)
	}
}
