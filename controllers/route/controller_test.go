// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/internal/conditions"
)

// TestRouteToAShortNumber: a route that would ring an emergency number is stalled, and says why.
func TestRouteToAShortNumber(t *testing.T) {
	t.Parallel()
	route := &v1alpha1.CallRoute{Spec: v1alpha1.CallRouteSpec{
		ProviderRef: v1alpha1.ProviderReference{Name: "p"},
		Action:      v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: v1alpha1.Identifier{PhoneNumber: "+1911"}}},
	}}
	route.Namespace, route.Name = "n", "r"
	r := &Reconciler{Client: controllertest.NewAPI(t, nil, interceptor.Funcs{}, controllertest.ProviderWith())}
	said, err := r.judge(t.Context(), route)
	if err != nil || said.State != conditions.Stalled || said.Reason != v1alpha1.ReasonNumberTooShort {
		t.Errorf("got %+v, %v", said, err)
	}
}
