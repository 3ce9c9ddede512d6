// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/internal/attempt"
)

// twoCalls are Calls a and b, connected at service A.
func twoCalls() []client.Object {
	atA := func(connection string) func(*v1alpha1.Call) {
		return func(c *v1alpha1.Call) {
			controllertest.SentFor(c.UID)(c)
			c.Status.ConnectionID = connection
		}
	}
	calls := []client.Object{controllertest.OnTheAir("a", atA("cc-a")), controllertest.OnTheAir("b", atA("cc-b"))}
	for _, call := range calls {
		call.(*v1alpha1.Call).Status.Attempt.ObjectUID = call.GetUID()
	}
	return calls
}

// moveWorld is a world with a move between two Calls at A.
func moveWorld(t *testing.T, move *v1alpha1.ParticipantMove) *world {
	t.Helper()
	w := newWorld(t, append(twoCalls(), move)...)
	w.a.calls["cc-a"], w.a.calls["cc-b"] = true, true
	return w
}

// unresolvedMove was sent to A, and its answer was lost.
func unresolvedMove(t *testing.T) *world {
	t.Helper()
	w := moveWorld(t, controllertest.MoveWith())
	w.a.loses = true
	w.reconcileMove(0)
	status := w.move().Status
	if attempt.Lacks(status.Attempt) || status.Attempt.ObjectUID != "m" || status.Attempt.Service.Endpoint != hostA {
		t.Fatalf("the attempt records for which move and to which service it was sent: %+v", status.Attempt)
	}
	if status.From.UID != "a" || status.To.UID != "b" {
		t.Fatalf("and which Calls: %+v, %+v", status.From, status.To)
	}
	w.a.loses = false
	return w
}

// recreateCalls puts other Calls in the place of those that a move names: they are of provider q, which leads to B.
func (w *world) recreateCalls() {
	w.t.Helper()
	for _, name := range []string{"a", "b"} {
		call := controllertest.OnTheAir(name)
		if err := w.api.Get(w.t.Context(), client.ObjectKeyFromObject(call), call); err != nil {
			w.t.Fatal(err)
		}
		call.Finalizers = nil
		if err := w.api.Update(w.t.Context(), call); err != nil {
			w.t.Fatal(err)
		}
		if err := w.api.Delete(w.t.Context(), call); err != nil {
			w.t.Fatal(err)
		}
		another := controllertest.OnTheAir(name, controllertest.OfProvider("q"))
		another.UID += "-another"
		if err := w.api.Create(w.t.Context(), another); err != nil {
			w.t.Fatal(err)
		}
	}
	q := controllertest.ProviderWith(func(p *v1alpha1.CallProvider) {
		p.Name, p.UID = "q", "qu"
		p.Spec.ACS.ConnectionStringSecretRef.Name = "q"
	})
	secret := controllertest.SecretWith(connectionStringAt(hostB))
	secret.Name = "q"
	for _, object := range []client.Object{q, secret} {
		if err := w.api.Create(w.t.Context(), object); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestMoveStaysWithItsService(t *testing.T) {
	t.Run("provider leads elsewhere", func(t *testing.T) {
		t.Parallel()
		w := unresolvedMove(t)
		before, first := w.a.requests(), w.a.lastSent(t)
		w.lead(hostB)
		for range 3 {
			w.reconcileMove(20 * time.Second)
		}
		waiting := w.move().Status.Waiting
		if w.b.requests() != 0 || w.a.requests() != before || waiting == nil || waiting.Reason != v1alpha1.ReasonProviderChanged {
			t.Errorf("nothing is sent, and the move says so: %d requests at B, %d more at A, %+v", w.b.requests(), w.a.requests()-before, waiting)
		}
		if news := strings.Join(w.told(), "\n"); strings.Count(news, v1alpha1.ReasonProviderChanged) != 1 {
			t.Errorf("it is told once: %s", news)
		}
		w.lead(hostA)
		w.reconcileMove(20 * time.Second)
		if diff := cmp.Diff(first, w.a.lastSent(t)); diff != "" || !w.move().Status.Accepted || w.b.requests() != 0 {
			t.Errorf("the same request is repeated when the provider leads back (-first +repeated):\n%s", diff)
		}
	})
	t.Run("provider is edited, keys rotate", func(t *testing.T) {
		t.Parallel()
		w := unresolvedMove(t)
		first := w.a.lastSent(t)
		w.useKeys("n", "k")
		w.editProvider(func(p *v1alpha1.CallProvider) {
			p.Spec.CallbackURL, p.Spec.ACS.APIVersion = "https://new.example.com", "2026-06-01"
		})
		w.reconcileMove(20 * time.Second)
		if diff := cmp.Diff(first, w.a.lastSent(t)); diff != "" || !w.move().Status.Accepted {
			t.Errorf("a repetition is the same, byte for byte (-first +repeated):\n%s", diff)
		}
	})
	t.Run("Calls are recreated", func(t *testing.T) {
		t.Parallel()
		w := unresolvedMove(t)
		before := w.a.requests()
		w.recreateCalls()
		w.reconcileMove(20 * time.Second)
		if w.b.requests() != 0 || w.a.requests() == before {
			t.Errorf("the move is repeated at its own provider: %d requests at B, %d more at A", w.b.requests(), w.a.requests()-before)
		}
	})
	t.Run("Calls are recreated, polls", func(t *testing.T) {
		t.Parallel()
		w := unresolvedMove(t)
		w.reconcileMove(20 * time.Second)
		w.recreateCalls()
		before := len(w.a.asked)
		w.reconcileMove(20 * time.Second)
		if w.b.requests() != 0 || len(w.a.asked) == before {
			t.Errorf("the rosters are asked of its own provider: %d requests at B, %d questions at A", w.b.requests(), len(w.a.asked)-before)
		}
	})
	t.Run("polls after the provider changed", func(t *testing.T) {
		t.Parallel()
		w := unresolvedMove(t)
		w.reconcileMove(20 * time.Second)
		w.lead(hostB)
		w.reconcileMove(20 * time.Second)
		if waiting := w.move().Status.Waiting; w.b.requests() != 0 || waiting == nil || waiting.Reason != v1alpha1.ReasonProviderChanged {
			t.Errorf("B is not asked: %d requests, %+v", w.b.requests(), waiting)
		}
		w.lead(hostA)
		w.reconcileMove(20 * time.Second)
		if waiting := w.move().Status.Waiting; waiting != nil {
			t.Errorf("when the provider leads back, the move waits for nothing: %+v", waiting)
		}
	})
	t.Run("not sent, provider changed", func(t *testing.T) {
		t.Parallel()
		w := moveWorld(t, controllertest.MoveWith())
		w.lead(hostB)
		w.reconcileMove(0)
		status := w.move().Status
		if w.b.requests() != 0 || status.Attempt != nil || status.Waiting == nil || status.Waiting.Reason != v1alpha1.ReasonProviderChanged {
			t.Errorf("Calls at A are not moved between by B: %+v", status.Waiting)
		}
	})
	t.Run("not sent, Call is a copy", func(t *testing.T) {
		t.Parallel()
		w := moveWorld(t, controllertest.MoveWith())
		call := controllertest.OnTheAir("a")
		if err := w.api.Get(t.Context(), client.ObjectKeyFromObject(call), call); err != nil {
			t.Fatal(err)
		}
		call.Status.Attempt.ObjectUID = "original"
		if err := w.api.Status().Update(t.Context(), call); err != nil {
			t.Fatal(err)
		}
		w.reconcileMove(0)
		if result := w.move().Status.Result; w.a.requests() != 0 || result == nil || result.Outcome != v1alpha1.MoveOutcomeFailed {
			t.Errorf("nobody is moved out of the original's call: %d requests, %+v", w.a.requests(), result)
		}
	})
	t.Run("old version", func(t *testing.T) {
		t.Parallel()
		w := moveWorld(t, controllertest.MoveWith(controllertest.SentMove, func(m *v1alpha1.ParticipantMove) {
			m.Status.From.ConnectionID, m.Status.To.ConnectionID = "cc-a", "cc-b"
			m.Status.Participants = []v1alpha1.MovedParticipant{{RawID: "4:+14255550123", State: v1alpha1.ParticipantPending}}
		}))
		w.a.loses = true
		w.reconcileMove(10 * time.Second)
		if sent := w.move().Status.Attempt; sent.ID != "i" || attempt.Lacks(sent) || w.a.lastSent(t).ID != "i" {
			t.Errorf("the same request is repeated, and where is recorded: %+v", sent)
		}
	})
}

// TestCopiedMovesDoNothing: a move that was restored or copied with its status moves nobody.
func TestCopiedMovesDoNothing(t *testing.T) {
	copied := func(m *v1alpha1.ParticipantMove) {
		m.Status.Attempt.ObjectUID = "original"
		m.Status.From.ConnectionID, m.Status.To.ConnectionID = "cc-a", "cc-b"
		m.Status.Participants = []v1alpha1.MovedParticipant{{RawID: "4:+14255550123", State: v1alpha1.ParticipantPending}}
	}
	cases := map[string][]func(*v1alpha1.ParticipantMove){
		"unresolved": {controllertest.SentMove, copied},
		"accepted":   {controllertest.AcceptedMove, copied},
		"deleted":    {controllertest.AcceptedMove, copied, controllertest.DeletedMove},
	}
	for name, changes := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := moveWorld(t, controllertest.MoveWith(changes...))
			for range 3 {
				w.reconcileMove(20 * time.Second)
			}
			if w.a.requests() != 0 {
				t.Errorf("%d requests for a copy", w.a.requests())
			}
			if news := strings.Join(w.told(), "\n"); !strings.Contains(news, "is a copy") {
				t.Errorf("that it is a copy is told: %s", news)
			}
			if name == "deleted" {
				return
			}
			if result := w.move().Status.Result; result == nil || result.Outcome != v1alpha1.MoveOutcomeUnknown {
				t.Errorf("nobody can tell here what became of the original: %+v", result)
			}
		})
	}
}
