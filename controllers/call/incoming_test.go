// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// TestUnknownToTheService: a request that takes an incoming call was sent and its answer lost, and the service answers
// its repetition with 404.
func TestUnknownToTheService(t *testing.T) {
	cases := []struct {
		name, reason string
		action       v1alpha1.RouteActionType
		after        time.Duration
		status       int
		want         v1alpha1.CallOutcome
	}{
		{"redirected, rang out", "there are no events of it: nobody will ever know", v1alpha1.RouteActionRedirect, time.Minute, 404, v1alpha1.OutcomeUnknown},
		{"rejected, rang out", "nor of this", v1alpha1.RouteActionReject, time.Minute, 404, v1alpha1.OutcomeUnknown},
		{"redirected, still rings", "the same request may still find the call", v1alpha1.RouteActionRedirect, 10 * time.Second, 404, ""},
		{"redirected, service fails", "500 says nothing", v1alpha1.RouteActionRedirect, time.Minute, 500, ""},
		{"answered, rang out", "an event of it may still come and tell", v1alpha1.RouteActionAnswer, 45 * time.Second, 404, ""},
		{"answered, nothing heard", "had it been answered, there would have been an event", v1alpha1.RouteActionAnswer, time.Minute, 404, v1alpha1.OutcomeUnknown},
		{"answered, service fails", "500 says nothing", v1alpha1.RouteActionAnswer, time.Minute, 500, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			call := controllertest.CallWith(func(call *v1alpha1.Call) {
				call.Spec.To, call.Spec.From = nil, nil
				call.Spec.Inbound = &v1alpha1.InboundCall{
					To: v1alpha1.Identifier{PhoneNumber: "+14255550100"}, CorrelationID: "co", ReceivedTime: metav1.NewTime(controllertest.Epoch.Add(-c.after)),
				}
				call.Status = v1alpha1.CallStatus{
					ObservedGeneration: call.Generation,
					Attempt:            &v1alpha1.RequestAttempt{ID: "attempt", FirstSent: metav1.NewTime(controllertest.Epoch.Add(-c.after))},
					Route:              &v1alpha1.RoutedCall{Name: "r", Action: c.action, RedirectTo: &v1alpha1.Identifier{PhoneNumber: "+14255550123"}},
				}
			})
			secret := &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "c", OwnerReferences: []metav1.OwnerReference{{Kind: "Call", Name: "c", UID: call.UID}}},
				Type:       v1alpha1.IncomingCallContextSecretType, Data: map[string][]byte{v1alpha1.IncomingCallContextKey: []byte("context")},
			}
			api := newAPI(t, interceptor.Funcs{}, call, controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString), secret)
			service := &controllertest.ACSStub{Status: c.status, Answer: `{"error":{"code":"8522","message":"Call not found."}}`}
			if c.status == http.StatusInternalServerError {
				service.Answer = `{}`
			}
			r, _ := newReconciler(t, api, service)
			r.Secrets = api
			if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
				t.Fatal(err)
			}
			got := v1alpha1.CallOutcome("")
			if result := controllertest.Read(t, api).Status.Result; result != nil {
				got = result.Outcome
			}
			if len(service.IDs()) == 0 || got != c.want {
				t.Errorf("%s: the outcome is %q after %d requests, want %q", c.reason, got, len(service.IDs()), c.want)
			}
		})
	}
}
