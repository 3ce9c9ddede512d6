// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// foreignAnswers are answers that are not of ACS, as people met them.
var foreignAnswers = []struct {
	name         string
	status       int
	kind, answer string
	want         string
}{
	{"withdrawn version", 404, "application/json; charset=utf-8", `{"Message":"No HTTP resource was found that matches the request URI 'https://acs.example.test/calling/callConnections/1?api-version=2024-11-15-preview'."}`, v1alpha1.ReasonAPIVersionNotServed},
	{"proxy's page", 404, "text/html", "<html>\r\n<head><title>404 Not Found</title></head></html>\r\n", v1alpha1.ReasonEndpointNotACS},
	{"empty 404", 404, "", "", v1alpha1.ReasonEndpointNotACS},
	{"empty 410", 410, "", "", v1alpha1.ReasonEndpointNotACS},
	{"default backend", 404, "text/plain", "default backend - 404", v1alpha1.ReasonEndpointNotACS},
	{"another service of Azure", 404, "application/json", `{"error":{"code":"404","message":"Resource not found"}}`, v1alpha1.ReasonEndpointNotACS},
	{"sign-in", 200, "text/html", "<html>Sign in</html>", v1alpha1.ReasonEndpointNotACS},
	{"other API", 200, "application/json", `["ok"]`, v1alpha1.ReasonEndpointNotACS},
	{"firewall", 403, "text/html", "<html>blocked</html>", v1alpha1.ReasonEndpointNotACS},
}

const goneAnswer = `{"error":{"code":"8522","message":"Call not found."}}`

func connectedCall(changes ...func(*v1alpha1.Call)) *v1alpha1.Call {
	return callWith(append([]func(*v1alpha1.Call){placed, func(c *v1alpha1.Call) {
		connected := at(0)
		c.Status.ConnectedTime, c.Status.Phase = &connected, v1alpha1.CallPhaseConnected
	}}, changes...)...)
}

// TestForeignAnswers: an answer from another server than ACS changes nothing about a call, and is reported on the Call and
// the provider.
func TestForeignAnswers(t *testing.T) {
	for _, f := range foreignAnswers {
		// A success that cannot be read leaves open whether there was an effect.
		while := f.want
		if f.status < http.StatusMultipleChoices {
			while = v1alpha1.ReasonDialUnresolved
		}
		stub := func() *acsStub { return &acsStub{status: f.status, kind: f.kind, answer: f.answer} }
		t.Run(f.name+"/dial", func(t *testing.T) {
			t.Parallel()
			l := newLifetime(t, stub(), callWith(), providerWith())
			l.pass(30 * time.Second)
			status := read(t, l.api).Status
			if status.Result != nil || (status.Attempt == nil) != (while == f.want) || status.Waiting == nil || status.Waiting.Reason != while {
				t.Fatalf("a Call that was not placed waits: %+v, %+v", status.Waiting, status.Result)
			}
			l.service.status, l.service.answer = http.StatusCreated, placesCalls().answer
			l.pass(2 * time.Minute)
			if status := read(t, l.api).Status; status.ConnectionID != "cc" {
				t.Errorf("it is placed when ACS answers: %+v", status)
			}
		})
		t.Run(f.name+"/connected", func(t *testing.T) {
			t.Parallel()
			l := newLifetime(t, stub(), connectedCall(), providerWith())
			l.pass(5 * time.Minute)
			status := read(t, l.api).Status
			observed, ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionObserved), meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
			if status.Result != nil || observed == nil || observed.Reason != f.want || !strings.HasSuffix(ready.Message, observed.Message) || l.writes > 2 {
				t.Fatalf("the record stays and says why, in %d writes: %+v, %+v", l.writes, status.Result, status.Conditions)
			}
			l.service.next = func(*http.Request) (int, string, string) {
				return http.StatusOK, "application/json", `{"callConnectionId":"cc","callConnectionState":"connected","value":[]}`
			}
			l.pass(2 * time.Minute)
			if status := read(t, l.api).Status; status.Result != nil || meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionObserved) != nil {
				t.Errorf("when ACS answers again, it is forgotten: %+v", status.Conditions)
			}
			l.service.next = func(*http.Request) (int, string, string) { return http.StatusNotFound, "application/json", goneAnswer }
			l.pass(3 * time.Minute)
			if result := read(t, l.api).Status.Result; result == nil {
				t.Error("ACS's own word ends it")
			}
		})
		t.Run(f.name+"/deleted", func(t *testing.T) {
			t.Parallel()
			deleted := connectedCall(func(c *v1alpha1.Call) { c.DeletionTimestamp = ptr.To(at(0)) })
			l := newLifetime(t, stub(), deleted, providerWith())
			l.pass(4 * time.Minute)
			if status := read(t, l.api).Status; status.Result != nil || status.Ending == nil {
				t.Errorf("it is hung up again and again, and not taken for gone: %+v", status)
			}
		})
		t.Run(f.name+"/answer", func(t *testing.T) {
			t.Parallel()
			call := incomingCall(answers)
			l := newLifetime(t, stub(), call, providerWith(), contextOf(call))
			l.pass(10 * time.Second)
			if status := read(t, l.api).Status; status.Result != nil || status.Waiting == nil || status.Waiting.Reason != while {
				t.Errorf("an incoming call rings on: %+v, %+v", status.Waiting, status.Result)
			}
		})
		t.Run(f.name+"/roster", func(t *testing.T) {
			t.Parallel()
			l := newLifetime(t, stub(), providerWith())
			connection, err := l.Connections.For(t.Context(), providerWith())
			if err != nil {
				t.Fatal(err)
			}
			participants, err := roster(t.Context(), connection, &v1alpha1.MovedCall{Name: "c", ConnectionID: "cc"})
			if err == nil {
				t.Errorf("a page is no roster, not even an empty one: %v", participants)
			}
			l.service.status, l.service.kind, l.service.answer = 404, "application/json", goneAnswer
			if participants, err = roster(t.Context(), connection, &v1alpha1.MovedCall{Name: "c", ConnectionID: "cc"}); err != nil || len(participants) != 0 {
				t.Errorf("in a call that is over there is nobody: %v, %v", participants, err)
			}
		})
		t.Run(f.name+"/move", func(t *testing.T) {
			t.Parallel()
			l := newLifetime(t, stub(), providerWith())
			connection, err := l.Connections.For(t.Context(), providerWith())
			if err != nil {
				t.Fatal(err)
			}
			move := moveWith(sentMove)
			_, err = connection.Telephony.Move(t.Context(), telephony.MoveRequest{From: "cc", To: "dd", Participants: []string{"4:+14255550123"}}, telephony.Attempt{Record: move.Status.Attempt, CallbackURL: "https://calls.example.com/"})
			if failure := describeFailure(err); failure.final || failure.reason != f.want || len(goneCalls(t.Context(), move, connection.Telephony)) != 0 {
				t.Errorf("a move waits: %+v", failure)
			}
		})
		t.Run(f.name+"/provider", func(t *testing.T) {
			t.Parallel()
			p := newProviderTest(t, providerWith(), secretWith(connectionString))
			service := stub()
			setTransport(p.Connections, service)
			p.reconcile(t)
			connection, err := p.Connections.For(t.Context(), p.read(t))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = connection.Telephony.State(t.Context(), "cc")
			select {
			case woken := <-p.Connections.Woken():
				if woken.Object.GetName() != "p" || woken.Object.GetNamespace() != "n" {
					t.Errorf("woken is %v", client.ObjectKeyFromObject(woken.Object))
				}
			default:
				t.Error("the provider is looked at again")
			}
			p.reconcile(t)
			ready := meta.FindStatusCondition(p.read(t).Status.Conditions, v1alpha1.ConditionReady)
			if ready.Status != metav1.ConditionFalse || ready.Reason != f.want {
				t.Errorf("the provider says %+v", ready)
			}
			service.status, service.kind, service.answer = 404, "application/json", goneAnswer
			_, _ = connection.Telephony.State(t.Context(), "cc")
			p.reconcile(t)
			if ready = meta.FindStatusCondition(p.read(t).Status.Conditions, v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
				t.Errorf("ACS answers again, and the provider says %+v", ready)
			}
		})
	}
}

// TestTroubleIsForgotten: what was wrong with the endpoint counts for a while, and for the provider as it was.
func TestTroubleIsForgotten(t *testing.T) {
	t.Parallel()
	l := newLifetime(t, &acsStub{status: 404}, providerWith())
	connection, err := l.Connections.For(t.Context(), providerWith())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = connection.Telephony.State(t.Context(), "cc")
	if trouble, _ := l.Connections.Trouble(providerWith()); trouble == nil {
		t.Fatal("it is known")
	}
	if trouble, _ := l.Connections.Trouble(providerWith(func(p *v1alpha1.CallProvider) { p.Generation++ })); trouble != nil {
		t.Error("a provider that was changed may lead elsewhere")
	}
	if trouble, _ := l.Connections.Trouble(providerWith(func(p *v1alpha1.CallProvider) { p.UID = "other" })); trouble != nil {
		t.Error("another provider of that name is another one")
	}
	l.clock.pass(endpointMemory)
	if trouble, _ := l.Connections.Trouble(providerWith()); trouble != nil {
		t.Error("what nobody has seen for a while is forgotten")
	}
}

// TestCallbackURLWarnings: a URL that ACS is known not to call is warned of once, and calls can be placed all the same.
func TestCallbackURLWarnings(t *testing.T) {
	t.Parallel()
	p := newProviderTest(t, providerWith(callbackTo("https://abc123.euw.devtunnels.ms:8080")), secretWith(connectionString))
	for range 3 {
		p.reconcile(t)
	}
	conditions := p.read(t).Status.Conditions
	usable := meta.FindStatusCondition(conditions, v1alpha1.ConditionCallbackURLUsable)
	if usable == nil || usable.Status != metav1.ConditionFalse || !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) {
		t.Errorf("the conditions are %+v", conditions)
	}
	provider := p.read(t)
	provider.Spec.CallbackURL = "https://abc123-8080.euw.devtunnels.ms"
	if err := p.api.Update(t.Context(), provider); err != nil {
		t.Fatal(err)
	}
	p.reconcile(t)
	if usable = meta.FindStatusCondition(p.read(t).Status.Conditions, v1alpha1.ConditionCallbackURLUsable); usable != nil {
		t.Errorf("the URL is right now: %+v", usable)
	}
}
