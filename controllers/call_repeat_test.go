// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
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
			api := newAPI(t, interceptor.Funcs{}, callWith(), providerWith(), secretWith(connectionString))
			service := placesCalls()
			first, _ := newReconciler(t, api, service)
			second, _ := newReconciler(t, api, service)
			second.NewID = func() string { return "another attempt" }
			requests := 0
			service.seen = func(*http.Request) {
				if requests++; requests > 1 {
					return
				}
				if !c.placed {
					service.status, service.answer = http.StatusInternalServerError, `{}`
				}
				if _, err := second.Reconcile(t.Context(), theCall); err != nil {
					t.Error(err)
				}
				service.status, service.answer = c.refusal, `{}`
			}
			if _, err := first.Reconcile(t.Context(), theCall); err != nil {
				t.Fatal(err)
			}
			status := read(t, api).Status
			if status.Attempt == nil || status.Attempt.ID != "attempt" || (status.ConnectionID != "") != c.placed || status.Result != nil {
				t.Errorf("%s: attempt %v, connection %q, result %v", c.reason, status.Attempt, status.ConnectionID, status.Result)
			}
			for _, id := range service.ids() {
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
		call.Status.ObservedGeneration, call.Status.Attempt = call.Generation, &v1alpha1.RequestAttempt{ID: "attempt", FirstSent: at(0)}
	}
	pinned := func(call *v1alpha1.Call) { sentPins(t, call).FillIn(call.Status.Attempt) }
	marked := func(call *v1alpha1.Call) {
		call.Status.Waiting = &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonDialUnresolved, Since: at(0)}
	}
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		write        statusUpdate
		sent         []string
	}{
		{"conflict", "the first sender has taken the attempt back", callWith(attempt), failing(conflicted), nil},
		{"API server fails", "nobody would know", callWith(attempt), failing(errBroken), nil},
		{"written", "now everybody knows", callWith(attempt), nil, []string{"attempt"}},
		{"known", "what is known needs no write", callWith(attempt, marked, pinned), failing(errBroken), []string{"attempt"}},
		{"of the version before", "from then on it goes to no other service", callWith(attempt, marked), failing(errBroken), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			funcs := interceptor.Funcs{}
			if c.write != nil {
				funcs = onStatusUpdate(c.write)
			}
			api := newAPI(t, funcs, c.call, providerWith(), secretWith(connectionString))
			service := placesCalls()
			service.seen = func(*http.Request) {
				if status := read(t, api).Status; status.Waiting == nil || status.Waiting.Reason != v1alpha1.ReasonDialUnresolved {
					t.Errorf("%s: a request is repeated, and the status does not say so: %+v", c.reason, status.Waiting)
				}
			}
			r, _ := newReconciler(t, api, service)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, _ = r.Reconcile(ctx, theCall)
			if diff := cmp.Diff(c.sent, service.ids()); diff != "" {
				t.Errorf("%s: requests (-want +got)\n%s", c.reason, diff)
			}
		})
	}
}
