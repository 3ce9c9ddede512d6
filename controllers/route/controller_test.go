// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/objects"
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

// TestRouteWithAFlow: a call that a route answers rings until its flow can begin, and the route says so.
func TestRouteWithAFlow(t *testing.T) {
	t.Parallel()
	flow := func(next v1alpha1.StepName) *v1alpha1.CallFlow {
		return &v1alpha1.CallFlow{
			ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "menu"},
			Spec: v1alpha1.CallFlowSpec{Parameters: []v1alpha1.FlowParameter{{Name: "who"}}, Steps: []v1alpha1.FlowStep{
				{Name: "greet", Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello $(who)."}}, Next: next},
				{Name: "end", End: &v1alpha1.EndStep{Outcome: "done"}},
			}},
		}
	}
	ada := map[string]string{"who": "Ada"}
	cases := []struct {
		name, reason string
		flow         *v1alpha1.CallFlow
		parameters   map[string]string
		state        conditions.State
		why, message string
	}{
		{"usable", "calls are answered", flow("end"), ada, conditions.Ready, v1alpha1.ReasonAccepted, "The route takes"},
		{"missing", "it may be applied next", nil, ada, conditions.Reconciling, v1alpha1.ReasonFlowNotFound, "spec.action.answer.flow: CallFlow menu does not exist"},
		{"invalid", "somebody has to change it", flow("nowhere"), ada, conditions.Stalled, v1alpha1.ReasonFlowInvalid, "There is no step nowhere"},
		{"no parameter", "the route does not give it", flow("end"), nil, conditions.Stalled, v1alpha1.ReasonParameterMissing, "needs a value for who"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			existing := []client.Object{controllertest.ProviderWith()}
			if tc.flow != nil {
				existing = append(existing, tc.flow)
			}
			route := &v1alpha1.CallRoute{
				ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "r"},
				Spec: v1alpha1.CallRouteSpec{
					ProviderRef: v1alpha1.ProviderReference{Name: "p"},
					Action:      v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{Flow: &v1alpha1.FlowUse{Name: "menu", Parameters: tc.parameters}}},
				},
			}
			api := controllertest.NewAPI(t, func(builder *fake.ClientBuilder) *fake.ClientBuilder {
				return builder.WithIndex(&v1alpha1.CallRoute{}, objects.ProviderIndex, func(object client.Object) []string {
					return []string{object.(*v1alpha1.CallRoute).Spec.ProviderRef.Name}
				})
			}, interceptor.Funcs{}, append(existing, route)...)
			said, err := (&Reconciler{Client: api}).judge(t.Context(), route)
			if err != nil || said.State != tc.state || said.Reason != tc.why || !strings.Contains(said.Message, tc.message) {
				t.Errorf("%s: got %+v, %v", tc.reason, said, err)
			}
			if requests := (&Reconciler{Client: api}).requestsWithFlow(t.Context(), flow("end")); len(requests) != 1 || requests[0].Name != "r" {
				t.Errorf("%s: a change of the flow makes the requests %v", tc.reason, requests)
			}
		})
	}
}
