// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// TestTroubleIsForgotten: what was wrong with the endpoint counts for a while, and for the provider as it was.
func TestTroubleIsForgotten(t *testing.T) {
	t.Parallel()
	now := controllertest.NewClock()
	connections := newConnections(controllertest.NewAPI(t, nil, interceptor.Funcs{}, controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString)), now.Now)
	setTransport(connections, &controllertest.ACSStub{Status: 404})
	connection, err := connections.For(t.Context(), controllertest.ProviderWith())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = connection.Telephony.State(t.Context(), "cc")
	if trouble, _ := connections.Trouble(controllertest.ProviderWith()); trouble == nil {
		t.Fatal("it is known")
	}
	if trouble, _ := connections.Trouble(controllertest.ProviderWith(func(p *v1alpha1.CallProvider) { p.Generation++ })); trouble != nil {
		t.Error("a provider that was changed may lead elsewhere")
	}
	if trouble, _ := connections.Trouble(controllertest.ProviderWith(func(p *v1alpha1.CallProvider) { p.UID = "other" })); trouble != nil {
		t.Error("another provider of that name is another one")
	}
	now.Pass(endpointMemory)
	if trouble, _ := connections.Trouble(controllertest.ProviderWith()); trouble != nil {
		t.Error("what nobody has seen for a while is forgotten")
	}
}
