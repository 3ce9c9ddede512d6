// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// TestRefusedWhileAnotherRepeats: a process sends an attempt for the first time and is refused. Before it hears of that,
// another process, which has the same Call to look after since a lease was lost, repeats the attempt.
func TestRefusedWhileAnotherRepeats(t *testing.T) {
	cases := []struct {
		name, reason string
		refusal      int
		placed       bool
	}{
		{"throttled, repetition places", "the call is placed: a new attempt would ring a second time", http.StatusTooManyRequests, true},
		{"forbidden, repetition places", "nor has the Call failed", http.StatusForbidden, true},
		{"throttled, repetition fails", "it may have placed the call: the attempt stays", http.StatusTooManyRequests, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			api := newAPI(t, interceptor.Funcs{}, controllertest.CallWith(), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
			service := controllertest.PlacesCalls()
			first, _ := newReconciler(t, api, service)
			second, _ := newReconciler(t, api, service)
			second.NewID = func() string { return "another attempt" }
			requests := 0
			service.Seen = func(*http.Request) {
				if requests++; requests > 1 {
					return
				}
				if !c.placed {
					service.Status, service.Answer = http.StatusInternalServerError, `{}`
				}
				if _, err := second.Reconcile(t.Context(), controllertest.TheCall); err != nil {
					t.Error(err)
				}
				service.Status, service.Answer = c.refusal, `{}`
			}
			if _, err := first.Reconcile(t.Context(), controllertest.TheCall); err != nil {
				t.Fatal(err)
			}
			status := controllertest.Read(t, api).Status
			if status.Attempt == nil || status.Attempt.ID != "attempt" || (status.ConnectionID != "") != c.placed || status.Result != nil {
				t.Errorf("%s: attempt %v, connection %q, result %v", c.reason, status.Attempt, status.ConnectionID, status.Result)
			}
			for _, id := range service.IDs() {
				if id != "attempt" {
					t.Errorf("%s: %s was sent", c.reason, id)
				}
			}
		})
	}
}

// TestNothingIsRepeatedInSecret: a repetition leaves only after a write that may lose has won.
func TestNothingIsRepeatedInSecret(t *testing.T) {
	attempt := func(call *v1alpha1.Call) {
		call.Finalizers = []string{v1alpha1.CallFinalizer}
		call.Status.ObservedGeneration, call.Status.Attempt = call.Generation, &v1alpha1.RequestAttempt{ID: "attempt", FirstSent: controllertest.At(0)}
	}
	pinned := func(call *v1alpha1.Call) { controllertest.SentPins(t, call).FillIn(call.Status.Attempt) }
	marked := func(call *v1alpha1.Call) {
		call.Status.Waiting = &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonDialUnresolved, Since: controllertest.At(0)}
	}
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		write        controllertest.StatusUpdate
		sent         []string
	}{
		{"conflict", "the first sender has taken the attempt back", controllertest.CallWith(attempt), controllertest.Failing(controllertest.Conflicted), nil},
		{"API server fails", "nobody would know", controllertest.CallWith(attempt), controllertest.Failing(controllertest.ErrBroken), nil},
		{"written", "now everybody knows", controllertest.CallWith(attempt), nil, []string{"attempt"}},
		{"known", "what is known needs no write", controllertest.CallWith(attempt, marked, pinned), controllertest.Failing(controllertest.ErrBroken), []string{"attempt"}},
		{"of the version before", "from then on it goes to no other service", controllertest.CallWith(attempt, marked), controllertest.Failing(controllertest.ErrBroken), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			funcs := interceptor.Funcs{}
			if c.write != nil {
				funcs = controllertest.OnStatusUpdate(c.write)
			}
			api := newAPI(t, funcs, c.call, controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
			service := controllertest.PlacesCalls()
			service.Seen = func(*http.Request) {
				if status := controllertest.Read(t, api).Status; status.Waiting == nil || status.Waiting.Reason != v1alpha1.ReasonDialUnresolved {
					t.Errorf("%s: a request is repeated, and the status does not say so: %+v", c.reason, status.Waiting)
				}
			}
			r, _ := newReconciler(t, api, service)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, _ = r.Reconcile(ctx, controllertest.TheCall)
			if diff := cmp.Diff(c.sent, service.IDs()); diff != "" {
				t.Errorf("%s: requests (-want +got)\n%s", c.reason, diff)
			}
		})
	}
}
