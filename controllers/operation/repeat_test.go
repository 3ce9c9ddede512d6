// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// TestNoMoveIsRepeatedInSecret: a repetition is sent only after a write with optimistic concurrency, so that the first sender
// cannot withdraw the attempt.
func TestNoMoveIsRepeatedInSecret(t *testing.T) {
	between := func(m *v1alpha1.ParticipantMove) {
		m.Status.From.ConnectionID, m.Status.To.ConnectionID = "connection-a", "connection-b"
		m.Status.Participants = []v1alpha1.MovedParticipant{{RawID: "4:+14255550123", State: v1alpha1.ParticipantPending}}
	}
	pinned := func(m *v1alpha1.ParticipantMove) { controllertest.SentPins(t, m).FillIn(m.Status.Attempt) }
	cases := []struct {
		name, reason string
		move         *v1alpha1.ParticipantMove
		write        controllertest.StatusUpdate
		sent         []string
	}{
		{"conflict", "the first sender has taken the attempt back", controllertest.MoveWith(controllertest.SentMove, between), controllertest.Failing(controllertest.Conflicted), nil},
		{"API server fails", "nobody would know", controllertest.MoveWith(controllertest.SentMove, between), controllertest.Failing(controllertest.ErrBroken), nil},
		{"written", "now everybody knows", controllertest.MoveWith(controllertest.SentMove, between), nil, []string{"i"}},
		{
			"known", "what is known needs no write",
			controllertest.MoveWith(controllertest.SentMove, between, pinned, waitingMove(v1alpha1.ReasonMoveUnresolved, 0)), controllertest.Failing(controllertest.ErrBroken), []string{"i"},
		},
		{
			"of the version before", "from then on it goes to no other service",
			controllertest.MoveWith(controllertest.SentMove, between, waitingMove(v1alpha1.ReasonMoveUnresolved, 0)), controllertest.Failing(controllertest.ErrBroken), nil,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			funcs := interceptor.Funcs{}
			if c.write != nil {
				funcs = controllertest.OnStatusUpdate(c.write)
			}
			api := controllertest.NewAPI(t, moveIndexes, funcs, c.move, controllertest.OnTheAir("a"), controllertest.OnTheAir("b"), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
			key := client.ObjectKeyFromObject(c.move)
			service := &controllertest.ACSStub{Status: http.StatusAccepted, Answer: `{}`}
			service.Seen = func(*http.Request) {
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
			if diff := cmp.Diff(c.sent, service.IDs()); diff != "" {
				t.Errorf("%s: requests (-want +got)\n%s", c.reason, diff)
			}
		})
	}
}
