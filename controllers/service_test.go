// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/attempt"
)

func takenWith(action v1alpha1.RouteAction) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		controllertest.InboundCall(c)
		controllertest.WithContext(c)
		c.Spec.Action = &action
	}
}

// requestCases are the requests of a Call that have to be carried out once.
func requestCases() map[string]*v1alpha1.Call {
	to := v1alpha1.Identifier{PhoneNumber: "+14255550124"}
	return map[string]*v1alpha1.Call{
		"dial":     controllertest.CallWith(),
		"answer":   controllertest.CallWith(takenWith(v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}})),
		"redirect": controllertest.CallWith(takenWith(v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: to}})),
		"reject":   controllertest.CallWith(takenWith(v1alpha1.RouteAction{Reject: &v1alpha1.RejectAction{}})),
	}
}

// unresolvedAtA is a world in which a request was carried out at A and its answer lost.
func unresolvedAtA(t *testing.T, call *v1alpha1.Call) *world {
	t.Helper()
	objects := []client.Object{call}
	if call.Spec.Inbound != nil {
		objects = append(objects, controllertest.ContextOf(call))
	}
	w := newWorld(t, objects...)
	w.a.loses = true
	w.reconcile(0)
	sent := w.call().Status.Attempt
	if sent == nil || w.a.requests() == 0 {
		t.Fatalf("the request was sent to A: attempt %+v, %d requests", sent, w.a.requests())
	}
	if attempt.Lacks(sent) || sent.ObjectUID != "u" || sent.Service.Endpoint != hostA || sent.Service.ProviderUID != "pu" || sent.Service.ProviderName != "p" {
		t.Fatalf("the attempt records for which object and to which service it was sent: %+v", sent)
	}
	w.a.loses = false
	return w
}

func checkReason(t *testing.T, call *v1alpha1.Call, want string) {
	t.Helper()
	if ready := meta.FindStatusCondition(call.Status.Conditions, v1alpha1.ConditionReady); ready == nil || ready.Reason != want {
		t.Errorf("the reason is %+v, want %s", ready, want)
	}
}

// TestRepetitionStaysWithItsService: service A carries a request out and the answer is lost; then the provider leads to B.
func TestRepetitionStaysWithItsService(t *testing.T) {
	changes := map[string]func(*world){
		"Secret": func(w *world) { w.lead(hostB) },
		"endpoint": func(w *world) {
			w.editProvider(func(p *v1alpha1.CallProvider) { p.Spec.ACS.Endpoint = "https://" + hostB })
		},
		"restart": func(w *world) { w.lead(hostB); w.restart() },
	}
	restore := func(w *world) {
		w.lead(hostA)
		w.editProvider(func(p *v1alpha1.CallProvider) { p.Spec.ACS.Endpoint = "" })
	}
	for name, call := range requestCases() {
		for change, lead := range changes {
			t.Run(name+"/"+change, func(t *testing.T) {
				t.Parallel()
				w := unresolvedAtA(t, call.DeepCopy())
				before, first := w.a.requests(), w.a.lastSent(t)
				lead(w)
				for range 3 {
					w.reconcile(20 * time.Second)
				}
				if w.b.requests() != 0 || w.a.requests() != before {
					t.Errorf("a repetition goes nowhere while the provider leads elsewhere: %d requests at B, %d more at A", w.b.requests(), w.a.requests()-before)
				}
				checkReason(t, w.call(), v1alpha1.ReasonProviderChanged)
				if message := w.call().Status.Waiting.Message; !strings.Contains(message, hostA) || !strings.Contains(message, hostB) {
					t.Errorf("it says where the request is and where the provider leads: %s", message)
				}
				restore(w)
				w.reconcile(20 * time.Second)
				if diff := cmp.Diff(first, w.a.lastSent(t)); diff != "" || w.b.requests() != 0 {
					t.Errorf("the same request is repeated at A when the provider leads back (-first +repeated):\n%s", diff)
				}
				if status := w.call().Status; status.ConnectionID == "" && status.Result == nil {
					t.Errorf("then it is known what became of it: %+v", status)
				}
				if len(w.a.rings)+len(w.b.rings) > 1 {
					t.Errorf("rings at A %v and at B %v, want one", w.a.rings, w.b.rings)
				}
			})
		}
	}
}

// TestProviderChangedForGood: the provider never points back.
func TestProviderChangedForGood(t *testing.T) {
	cases := []struct {
		name, reason string
		change       func(*world)
	}{
		{"elsewhere", "what became of the request is known to A alone", func(w *world) { w.lead(hostB) }},
		{"recreated", "another provider of the name does not act for the first one, whatever it leads to", func(w *world) { w.recreateProvider() }},
	}
	for _, c := range cases {
		for _, deleted := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				w := unresolvedAtA(t, controllertest.CallWith())
				before := w.a.requests()
				c.change(w)
				w.reconcile(10 * time.Second)
				checkReason(t, w.call(), v1alpha1.ReasonProviderChanged)
				if deleted {
					if err := w.api.Delete(t.Context(), w.call()); err != nil {
						t.Fatal(err)
					}
				}
				w.reconcile(attempt.RepeatabilityWindow)
				if w.a.requests() != before || w.b.requests() != 0 {
					t.Errorf("%s: %d more requests at A, %d at B", c.reason, w.a.requests()-before, w.b.requests())
				}
				if news := strings.Join(w.told(), "\n"); !strings.Contains(news, "OutcomeUnknown") || !strings.Contains(news, "points to another service") {
					t.Errorf("%s: the end is told: %s", c.reason, news)
				}
				if deleted {
					if err := w.api.Get(t.Context(), controllertest.TheCall.NamespacedName, &v1alpha1.Call{}); err == nil {
						t.Error("a deleted Call waits no longer than the window of repetitions")
					}
					return
				}
				if result := w.call().Status.Result; result == nil || result.Outcome != v1alpha1.OutcomeUnknown {
					t.Errorf("%s: got %+v", c.reason, result)
				}
			})
		}
	}
}

// TestRepetitionIsTheSameRequest: what the provider and the key file say is edited between two sendings.
func TestRepetitionIsTheSameRequest(t *testing.T) {
	edit := func(w *world) {
		w.editProvider(func(p *v1alpha1.CallProvider) {
			p.Spec.CallbackURL = "https://new.example.com"
			p.Spec.ACS.CognitiveServicesEndpoint = "https://ai.example.com"
			p.Spec.ACS.APIVersion = "2025-05-15"
			p.Spec.ACS.Endpoint = "https://A.example.com:443/"
		})
	}
	for name, call := range requestCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := unresolvedAtA(t, call.DeepCopy())
			first := w.a.lastSent(t)
			w.useKeys("n", "k")
			edit(w)
			before := w.a.requests()
			w.reconcile(10 * time.Second)
			if w.a.requests() == before {
				t.Fatal("the request is repeated")
			}
			if diff := cmp.Diff(first, w.a.lastSent(t)); diff != "" {
				t.Errorf("a repetition is the same, byte for byte (-first +repeated):\n%s", diff)
			}
		})
	}
}

// TestNewRequestIsOfItsTime: pins apply to one attempt; the next one uses the current values.
func TestNewRequestIsOfItsTime(t *testing.T) {
	w := newWorld(t, controllertest.CallWith(), controllertest.ProviderWith(func(p *v1alpha1.CallProvider) { p.Name = "other" }))
	w.editProvider(func(p *v1alpha1.CallProvider) { p.Spec.CallbackURL = "https://new.example.com" })
	w.useKeys("n", "k")
	w.reconcile(0)
	if sent := w.a.lastSent(t); !strings.Contains(sent.Body, "https://new.example.com/") {
		t.Errorf("a new request has the new callback URL: %s", sent.Body)
	}
	if got := w.call().Status.Attempt.Request; got.CallbackURL != "https://new.example.com" || got.CallbackKeyID != w.calls.CallbackKeys.ID() {
		t.Errorf("and that is what is pinned: %+v", got)
	}
}

// TestCallbackKeyIsGone: with another key it would be another request.
func TestCallbackKeyIsGone(t *testing.T) {
	w := unresolvedAtA(t, controllertest.CallWith())
	before := w.a.requests()
	w.useKeys("n")
	w.reconcile(10 * time.Second)
	status := w.call().Status
	if w.a.requests() != before || status.Waiting == nil || !strings.Contains(status.Waiting.Message, status.Attempt.Request.CallbackKeyID) {
		t.Errorf("nothing is sent, and the status names the key: %d requests, %+v", w.a.requests()-before, status.Waiting)
	}
	w.useKeys("n", "k")
	w.reconcile(10 * time.Second)
	if w.call().Status.ConnectionID == "" || len(w.a.rings) != 1 {
		t.Errorf("with the key back, the same request is repeated: %+v", w.call().Status)
	}
}

// connectedAtA is a connected Call that was placed at A by this version.
func connectedAtA(t *testing.T, changes ...func(*v1alpha1.Call)) *world {
	t.Helper()
	w := newWorld(t, controllertest.CallWith(changes...))
	w.reconcile(0)
	w.reconcile(2 * time.Minute)
	status := w.call().Status
	if status.ConnectedTime == nil || !w.a.calls[status.ConnectionID] {
		t.Fatalf("the call is connected at A: %+v", status)
	}
	w.told()
	return w
}

func alive(w *world) bool { return w.a.calls["cc-attempt"] }

func (w *world) wantEnded() {
	w.t.Helper()
	call := w.call()
	call.Spec.State = v1alpha1.CallStateEnded
	if err := w.api.Update(w.t.Context(), call); err != nil {
		w.t.Fatal(err)
	}
}

// TestLiveCallAtAnotherService: B knows nothing of A's call, and its 404 says nothing of it.
func TestLiveCallAtAnotherService(t *testing.T) {
	t.Run("connected", func(t *testing.T) {
		t.Parallel()
		w := connectedAtA(t)
		w.lead(hostB)
		for range 5 {
			w.reconcile(2 * time.Minute)
		}
		call := w.call()
		if w.b.requests() != 0 || call.Status.Result != nil || call.Status.Phase != v1alpha1.CallPhaseConnected {
			t.Errorf("B is asked %d times, and the record is kept: %+v", w.b.requests(), call.Status)
		}
		checkReason(t, call, v1alpha1.ReasonProviderChanged)
		if !meta.IsStatusConditionTrue(call.Status.Conditions, v1alpha1.ConditionConnected) {
			t.Error("as far as anybody knows, the call is connected")
		}
		if news := w.told(); len(news) != 1 || !strings.Contains(news[0], v1alpha1.ReasonProviderChanged) || !strings.Contains(news[0], hostA) {
			t.Errorf("it is told once: %q", news)
		}
		w.lead(hostA)
		w.reconcile(20 * time.Second)
		checkReason(t, w.call(), v1alpha1.ReasonConnected)
		if w.call().Status.Unreachable != nil {
			t.Errorf("the Call is reached again soon after its provider's Secret leads back: %+v", w.call().Status)
		}
	})
	t.Run("wanted ended", func(t *testing.T) {
		t.Parallel()
		w := connectedAtA(t)
		w.lead(hostB)
		w.wantEnded()
		for range 5 {
			w.reconcile(time.Minute)
		}
		if w.b.requests() != 0 || !alive(w) || w.call().Status.Result != nil {
			t.Errorf("it is not hung up at B: %d requests, %+v", w.b.requests(), w.call().Status.Result)
		}
		checkReason(t, w.call(), v1alpha1.ReasonProviderChanged)
		w.lead(hostA)
		w.settle()
		if result := w.call().Status.Result; alive(w) || result == nil || result.Outcome != v1alpha1.OutcomeCompleted {
			t.Errorf("it is hung up when the provider leads back: %+v", result)
		}
	})
	t.Run("maximal duration", func(t *testing.T) {
		t.Parallel()
		w := connectedAtA(t)
		w.lead(hostB)
		w.reconcile(2 * time.Hour)
		w.reconcile(time.Minute)
		if w.b.requests() != 0 || w.call().Status.Result != nil {
			t.Errorf("it is not hung up at B: %d requests, %+v", w.b.requests(), w.call().Status.Result)
		}
	})
	t.Run("deleted", func(t *testing.T) {
		t.Parallel()
		w := connectedAtA(t)
		w.lead(hostB)
		if err := w.api.Delete(t.Context(), w.call()); err != nil {
			t.Fatal(err)
		}
		w.reconcile(time.Second)
		if w.call().Status.Result != nil {
			t.Error("a deleted Call waits for its service")
		}
		// The fake API server's time of deletion is not the test's.
		since := w.call().DeletionTimestamp.Time
		w.reconcile(max(since.Sub(w.now.Now()), 0) + pauses.DeletionPatience + time.Minute)
		w.reconcile(10 * time.Second)
		if err := w.api.Get(t.Context(), controllertest.TheCall.NamespacedName, &v1alpha1.Call{}); err == nil || w.b.requests() != 0 {
			t.Errorf("but not for ever: %d requests at B", w.b.requests())
		}
		news := strings.Join(w.told(), "\n")
		for _, want := range []string{"HangUpFailed", "cc-attempt", hostA} {
			if !strings.Contains(news, want) {
				t.Errorf("the loss is told with %s: %s", want, news)
			}
		}
	})
	t.Run("deleted, and led back", func(t *testing.T) {
		t.Parallel()
		w := connectedAtA(t)
		w.lead(hostB)
		if err := w.api.Delete(t.Context(), w.call()); err != nil {
			t.Fatal(err)
		}
		w.reconcile(time.Second)
		w.lead(hostA)
		w.settle()
		if err := w.api.Get(t.Context(), controllertest.TheCall.NamespacedName, &v1alpha1.Call{}); err == nil || alive(w) {
			t.Error("the call is hung up, and then the Call goes")
		}
	})
	t.Run("recreated provider", func(t *testing.T) {
		t.Parallel()
		w := connectedAtA(t)
		w.recreateProvider()
		w.wantEnded()
		w.settle()
		if alive(w) || w.call().Status.Result == nil {
			t.Error("a connection that its service has named is hung up by way of any provider that leads there")
		}
	})
}

// TestUpgrade: the version before recorded neither object nor service.
func TestUpgrade(t *testing.T) {
	t.Run("connected", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, controllertest.CallWith(controllertest.ConnectedAt(0)))
		w.a.calls["cc"] = true
		w.settle()
		sent := w.call().Status.Attempt
		if sent.ID != "a" || sent.ObjectUID != "u" || sent.Service == nil || sent.Service.Endpoint != hostA || w.call().Status.Result != nil {
			t.Fatalf("the service that knows the call is recorded: %+v", sent)
		}
		w.lead(hostB)
		w.settle()
		if w.b.requests() != 0 || w.call().Status.Result != nil {
			t.Error("and from then on no other is asked")
		}
	})
	t.Run("unknown to the service", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, controllertest.CallWith(controllertest.ConnectedAt(0)))
		w.settle()
		if sent := w.call().Status.Attempt; sent.Service != nil {
			t.Errorf("a service that does not know the call proves nothing: %+v", sent.Service)
		}
		if result := w.call().Status.Result; result == nil || result.Outcome != v1alpha1.OutcomeCompleted {
			t.Errorf("the Call ends as it did: %+v", result)
		}
	})
	t.Run("unresolved", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, controllertest.CallWith(controllertest.Attempted))
		w.a.loses = true
		w.reconcile(10 * time.Second)
		sent := w.call().Status.Attempt
		if sent.ID != "a" || attempt.Lacks(sent) || sent.Service.Endpoint != hostA || len(w.a.rings) != 1 {
			t.Fatalf("the same request is repeated, and where is recorded: %+v, rings %v", sent, w.a.rings)
		}
		w.lead(hostB)
		w.reconcile(20 * time.Second)
		if w.b.requests() != 0 {
			t.Error("and from then on nowhere else")
		}
	})
	t.Run("rings", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, controllertest.CallWith(controllertest.Placed))
		w.a.calls["cc"] = true
		w.reconcile(0)
		w.reconcile(20 * time.Second)
		if status := w.call().Status; status.ConnectedTime == nil || len(w.a.rings) != 0 || status.Attempt.Service == nil {
			t.Errorf("it is neither dialled again nor lost: %+v", status)
		}
	})
}
