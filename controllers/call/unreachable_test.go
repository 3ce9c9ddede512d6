// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// TestWokenByTheProvider: a Call that its service cannot be asked about is asked about at once when the provider changes.
func TestWokenByTheProvider(t *testing.T) {
	t.Parallel()
	unreachable := connectedCall(func(c *v1alpha1.Call) {
		c.Status.Unreachable = &v1alpha1.CallUnreachable{Reason: v1alpha1.ReasonProviderChanged, Message: "m", Since: controllertest.At(0)}
	})
	service := &controllertest.ACSStub{Status: http.StatusOK, Kind: "application/json", Answer: `{"callConnectionId":"cc","callConnectionState":"connected","value":[]}`}
	l := newLifetime(t, service, unreachable, controllertest.ProviderWith())
	l.pass(time.Second)
	if polls := len(service.IDs()); polls != 0 {
		t.Fatalf("%d requests before the provider changed: this test would say nothing", polls)
	}
	woken := l.unplacedCallsOf(t.Context(), controllertest.ProviderWith())
	if diff := cmp.Diff([]reconcile.Request{controllertest.TheCall}, woken); diff != "" {
		t.Errorf("the Call is woken (-want +got):\n%s", diff)
	}
	l.pass(time.Second)
	if status := controllertest.Read(t, l.api).Status; status.Unreachable != nil {
		t.Errorf("it is polled at once: %+v", status.Unreachable)
	}
	if woken := l.unplacedCallsOf(t.Context(), controllertest.ProviderWith()); len(woken) != 0 {
		t.Errorf("a Call that can be reached is not woken: %v", woken)
	}
}
