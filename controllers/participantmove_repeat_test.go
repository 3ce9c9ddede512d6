// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// TestNoMoveIsRepeatedInSecret: a repetition is sent only after a write with optimistic concurrency, so that the first sender
// cannot withdraw the attempt.
func TestNoMoveIsRepeatedInSecret(t *testing.T) {
	between := func(m *v1alpha1.ParticipantMove) {
		m.Status.From.ConnectionID, m.Status.To.ConnectionID = "connection-a", "connection-b"
		m.Status.Participants = []v1alpha1.MovedParticipant{{RawID: "4:+14255550123", State: v1alpha1.ParticipantPending}}
	}
	pinned := func(m *v1alpha1.ParticipantMove) { sentPins(t, m).FillIn(m.Status.Attempt) }
	cases := []struct {
		name, reason string
		move         *v1alpha1.ParticipantMove
		write        statusUpdate
		sent         []string
	}{
		{"conflict", "the first sender has taken the attempt back", moveWith(sentMove, between), failing(conflicted), nil},
		{"API server fails", "nobody would know", moveWith(sentMove, between), failing(errBroken), nil},
		{"written", "now everybody knows", moveWith(sentMove, between), nil, []string{"i"}},
		{
			"known", "what is known needs no write",
			moveWith(sentMove, between, pinned, waitingMove(v1alpha1.ReasonMoveUnresolved, 0)), failing(errBroken), []string{"i"},
		},
		{
			"of the version before", "from then on it goes to no other service",
			moveWith(sentMove, between, waitingMove(v1alpha1.ReasonMoveUnresolved, 0)), failing(errBroken), nil,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			funcs := interceptor.Funcs{}
			if c.write != nil {
				funcs = onStatusUpdate(c.write)
			}
			api := apiWith(t, moveIndexes, funcs, c.move, onTheAir("a"), onTheAir("b"), providerWith(), secretWith(connectionString))
			key := client.ObjectKeyFromObject(c.move)
			service := &acsStub{status: http.StatusAccepted, answer: `{}`}
			service.seen = func(*http.Request) {
				move := &v1alpha1.ParticipantMove{}
				if err := api.Get(t.Context(), key, move); err != nil {
					t.Error(err)
				}
				if waiting := move.Status.Waiting; waiting == nil || waiting.Reason != v1alpha1.ReasonMoveUnresolved {
					t.Errorf("%s: a request is repeated, and the status does not say so: %+v", c.reason, waiting)
				}
			}
			r, _ := movesAt(t, api, service)
			_, _ = r.Reconcile(t.Context(), ctrl.Request{NamespacedName: key})
			if diff := cmp.Diff(c.sent, service.ids()); diff != "" {
				t.Errorf("%s: requests (-want +got)\n%s", c.reason, diff)
			}
		})
	}
}
