// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access/accesstest"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/metrics"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/statemachine/callstatus"
)

// lifetime plays a Call against a service that is a stub, on a clock of its own.
type lifetime struct {
	*Reconciler
	t        *testing.T
	api      client.WithWatch
	clock    *controllertest.Clock
	recorder *events.FakeRecorder
	service  *controllertest.ACSStub
	// writes counts writes of status.
	writes int
}

func newLifetime(t *testing.T, service *controllertest.ACSStub, objects ...client.Object) *lifetime {
	t.Helper()
	l := &lifetime{t: t, clock: controllertest.NewClock(), service: service}
	l.api = newAPI(t, controllertest.OnStatusUpdate(func(ctx context.Context, c client.Client, object client.Object) error {
		l.writes++
		return c.Status().Update(ctx, object)
	}), append(objects, controllertest.SecretWith(controllertest.ConnectionString))...)
	l.Reconciler, l.recorder = newReconciler(t, l.api, service)
	metrics, err := metrics.New(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	l.Metrics, l.Connections.Metrics, l.Secrets = metrics, metrics, l.api
	l.Now = l.clock.Now
	accesstest.SetNow(l.Connections, l.clock.Now)
	return l
}

// Pass plays so long, and looks at the Call every second.
func (l *lifetime) pass(d time.Duration) {
	l.t.Helper()
	for range d / time.Second {
		if _, err := l.Reconcile(l.t.Context(), controllertest.TheCall); err != nil {
			l.t.Fatal(err)
		}
		l.clock.Pass(time.Second)
	}
}

// warnings are the Events so far that a person should read.
func (l *lifetime) warnings() []string {
	var said []string
	for {
		select {
		case e := <-l.recorder.Events:
			if strings.HasPrefix(e, corev1.EventTypeWarning) {
				said = append(said, e)
			}
		default:
			return said
		}
	}
}

func unanswered500() *controllertest.ACSStub {
	return &controllertest.ACSStub{Status: http.StatusInternalServerError, Answer: `{}`}
}

func whenUnanswered(what v1alpha1.UnansweredRequests) func(*v1alpha1.CallProvider) {
	return func(p *v1alpha1.CallProvider) { p.Spec.ACS.UnansweredRequests = what }
}

func incomingCall(action v1alpha1.RouteAction) *v1alpha1.Call {
	return controllertest.CallWith(func(c *v1alpha1.Call) {
		c.Spec.From, c.Spec.To, c.Spec.Action = nil, nil, &action
		c.Spec.Inbound = &v1alpha1.InboundCall{To: v1alpha1.Identifier{PhoneNumber: "+14255550100"}, CorrelationID: "co", ReceivedTime: controllertest.At(0)}
	})
}

var (
	answers           = v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}}
	redirectsIncoming = v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: v1alpha1.Identifier{PhoneNumber: "+14255550123"}}}
	rejects           = v1alpha1.RouteAction{Reject: &v1alpha1.RejectAction{}}
)

// TestUnansweredRequests loses every answer. What may ring somebody is sent again only where the provider says so.
func TestUnansweredRequests(t *testing.T) {
	const once, often = 1, 3
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		setting      v1alpha1.UnansweredRequests
		// least and most are how many requests are sent.
		least, most int
		// ends is after how long nothing is waited for any more.
		ends time.Duration
	}{
		{"dial, Wait", "a service that does not recognise a repetition would ring twice", controllertest.CallWith(), v1alpha1.UnansweredWait, once, once, attempt.RepeatabilityWindow},
		{"dial, unset", "unset is the safe one", controllertest.CallWith(), "", once, once, attempt.RepeatabilityWindow},
		{"dial, Repeat", "the ID is trusted", controllertest.CallWith(), v1alpha1.UnansweredRepeat, often, 60, attempt.RepeatabilityWindow},
		{"answer, Wait", "callbacks tell whether it was answered", incomingCall(answers), v1alpha1.UnansweredWait, once, once, contextLifetime},
		{"answer, Repeat", "the ID is trusted", incomingCall(answers), v1alpha1.UnansweredRepeat, often, 60, contextLifetime},
		{"redirect, Wait", "a second redirect may ring a second time", incomingCall(redirectsIncoming), v1alpha1.UnansweredWait, once, once, contextLifetime},
		{"reject, Wait", "to reject twice rings nobody", incomingCall(rejects), v1alpha1.UnansweredWait, often, 60, contextLifetime},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLifetime(t, unanswered500(), c.call, controllertest.ProviderWith(whenUnanswered(c.setting)), controllertest.ContextOf(c.call))
			l.pass(c.ends)
			status := controllertest.Read(t, l.api).Status
			if status.Result != nil || status.Waiting == nil || status.Waiting.Reason != v1alpha1.ReasonDialUnresolved {
				t.Fatalf("%s: it is waited for so long: %+v, %+v", c.reason, status.Waiting, status.Result)
			}
			sent := len(l.service.IDs())
			if said := status.Waiting.Message; strings.Contains(said, "not repeated") != (sent == 1) || !strings.Contains(said, "ACS failed (HTTP 500)") {
				t.Errorf("%s: after %d requests the Call says %q", c.reason, sent, said)
			}
			if sent < c.least || sent > c.most {
				t.Errorf("%s: %d requests, want %d to %d", c.reason, sent, c.least, c.most)
			}
			if counted := int(testutil.ToFloat64(l.Metrics.Repetitions.WithLabelValues(operationFor(controllertest.Read(t, l.api))))); sent == 1 && counted != 0 || sent > 1 && counted == 0 {
				t.Errorf("%s: %d repetitions are counted of %d requests", c.reason, counted, sent)
			}
			said := l.warnings()
			if len(said) != 1 || !strings.Contains(said[0], v1alpha1.ReasonDialUnresolved) {
				t.Errorf("%s: one Event, at the first time: %q", c.reason, said)
			}
			// Finalizer, attempt and waiting reason: no write for each try.
			if l.writes > 4 {
				t.Errorf("%s: %d writes of status", c.reason, l.writes)
			}
			l.pass(2 * time.Second)
			if result := controllertest.Read(t, l.api).Status.Result; result == nil || result.Outcome != v1alpha1.OutcomeUnknown {
				t.Errorf("%s: then nobody can tell: %+v", c.reason, result)
			}
		})
	}
}

// TestEndedStopsRepetitions: who sets spec.state to Ended wants no ring any more, with both settings.
func TestEndedStopsRepetitions(t *testing.T) {
	for _, setting := range []v1alpha1.UnansweredRequests{v1alpha1.UnansweredRepeat, v1alpha1.UnansweredWait} {
		t.Run(string(setting), func(t *testing.T) {
			t.Parallel()
			l := newLifetime(t, unanswered500(), controllertest.CallWith(), controllertest.ProviderWith(whenUnanswered(setting)))
			l.pass(5 * time.Second)
			before := len(l.service.IDs())
			call := controllertest.Read(t, l.api)
			call.Spec.State = v1alpha1.CallStateEnded
			if err := l.api.Update(t.Context(), call); err != nil {
				t.Fatal(err)
			}
			l.pass(time.Minute)
			if sent := len(l.service.IDs()); sent != before {
				t.Errorf("%d requests were sent after the end was wanted", sent-before)
			}
			hear(t, t.Context(), l.api)
			l.service.Next = func(r *http.Request) (int, string, string) {
				if strings.HasSuffix(r.URL.Path, ":terminate") {
					return http.StatusNoContent, "", ""
				}
				return http.StatusOK, "", `{"callConnectionId":"cc","callConnectionState":"connected","value":[]}`
			}
			l.pass(5 * time.Second)
			if paths := l.service.Paths; !strings.HasSuffix(strings.Join(paths, " "), ":terminate") && !strings.Contains(strings.Join(paths, " "), "cc:terminate") {
				t.Errorf("a call that is heard of after all is hung up: %v", paths)
			}
		})
	}
}

// TestWaitIsResolvedByCallbacks: a report on the call shows that it was placed.
func TestWaitIsResolvedByCallbacks(t *testing.T) {
	t.Parallel()
	l := newLifetime(t, unanswered500(), controllertest.CallWith(), controllertest.ProviderWith(whenUnanswered(v1alpha1.UnansweredWait)))
	l.pass(10 * time.Second)
	hear(t, t.Context(), l.api)
	status := controllertest.Read(t, l.api).Status
	if status.ConnectionID != "cc" || status.Waiting != nil || len(l.service.IDs()) != 1 {
		t.Errorf("after %d requests: %+v", len(l.service.IDs()), status)
	}
}

// TestNothingSentMayBeSent: what had no effect, and what never left, is no repetition.
func TestNothingSentMayBeSent(t *testing.T) {
	t.Parallel()
	l := newLifetime(t, &controllertest.ACSStub{Status: http.StatusTooManyRequests, Answer: `{}`}, controllertest.CallWith(), controllertest.ProviderWith(whenUnanswered(v1alpha1.UnansweredWait)))
	l.pass(2 * time.Second)
	l.service.Status, l.service.Answer = http.StatusCreated, controllertest.PlacesCalls().Answer
	l.pass(10 * time.Second)
	if status := controllertest.Read(t, l.api).Status; status.ConnectionID != "cc" {
		t.Errorf("who was throttled is placed later: %+v", status)
	}
	lost := newLifetime(t, controllertest.PlacesCalls(), controllertest.CallWith(), controllertest.ProviderWith(whenUnanswered(v1alpha1.UnansweredWait)))
	call := controllertest.Read(t, lost.api)
	// The API server wrote the attempt, and its answer was lost.
	call.Finalizers = []string{v1alpha1.CallFinalizer}
	call.Status = callstatus.Apply(call.Status, callstatus.Intended{ID: lost.Contacts.Minted(call, "attempt"), At: lost.Now()})
	if err := lost.api.Status().Update(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	lost.pass(2 * time.Second)
	if sent := lost.service.IDs(); len(sent) != 1 || sent[0] != "attempt" {
		t.Errorf("an attempt that this process never sent is sent: %v", sent)
	}
}

// TestRepeatabilityIsKept: what the answer says of the ID is in status, in a message while it rings, and counted.
func TestRepeatabilityIsKept(t *testing.T) {
	t.Parallel()
	l := newLifetime(t, controllertest.PlacesCalls(), controllertest.CallWith(), controllertest.ProviderWith())
	l.pass(time.Second)
	status := controllertest.Read(t, l.api).Status
	if status.Attempt.Repeatability != v1alpha1.RepeatabilityNotConfirmed || !strings.Contains(status.Conditions[0].Message, "did not confirm") {
		t.Errorf("the answer has no Repeatability-Result: %+v, %q", status.Attempt, status.Conditions[0].Message)
	}
	if counted := testutil.ToFloat64(l.Metrics.Unconfirmed.WithLabelValues("createCall")); counted != 1 {
		t.Errorf("%v unconfirmed requests are counted", counted)
	}
}

// expired is the service's text for a context that is too old, as recorded; the clock in it differs each time.
func expired(n int) (int, string, string) {
	return http.StatusBadRequest, "text/plain; charset=utf-8", fmt.Sprintf(
		"IDX23010: Lifetime validation of the signed http request failed. Current time: '11/14/2024 10:15:%02d' UTC, signed http request is valid until: '11/14/2024 10:15:20' UTC.", n%60)
}

// TestExpiredContext: an incoming call that is over was missed, in the service's words; after a lost answer it is not asked for again.
func TestExpiredContext(t *testing.T) {
	json := func(n int) (int, string, string) {
		_, _, text := expired(n)
		return http.StatusBadRequest, "application/json", `{"error":{"code":"8500","message":"` + text + `"}}`
	}
	for name, word := range map[string]func(int) (int, string, string){"text": expired, "json": json} {
		for action, chosen := range map[string]v1alpha1.RouteAction{"answer": answers, "redirect": redirectsIncoming, "reject": rejects} {
			t.Run(name+"/"+action+"/first", func(t *testing.T) {
				t.Parallel()
				call := incomingCall(chosen)
				n := 0
				l := newLifetime(t, &controllertest.ACSStub{Next: func(*http.Request) (int, string, string) { n++; return word(n) }}, call, controllertest.ProviderWith(), controllertest.ContextOf(call))
				l.pass(5 * time.Second)
				result := controllertest.Read(t, l.api).Status.Result
				if result == nil || result.Outcome != v1alpha1.OutcomeMissed || !strings.Contains(result.Message, "IDX23010") ||
					strings.Contains(result.Message, "10:15") || strings.Contains(result.Message, "media operation") || len(l.service.IDs()) != 1 {
					t.Errorf("after %d requests: %+v", len(l.service.IDs()), result)
				}
			})
			t.Run(name+"/"+action+"/lostFirst", func(t *testing.T) {
				t.Parallel()
				call := incomingCall(chosen)
				n := 0
				l := newLifetime(t, &controllertest.ACSStub{Next: func(*http.Request) (int, string, string) {
					if n++; n == 1 {
						return http.StatusInternalServerError, "", `{}`
					}
					return word(n)
				}}, call, controllertest.ProviderWith(), controllertest.ContextOf(call))
				l.pass(2 * time.Minute)
				result := controllertest.Read(t, l.api).Status.Result
				if result == nil || result.Outcome != v1alpha1.OutcomeUnknown {
					t.Errorf("nobody can tell whether the first request had its effect: %+v", result)
				}
				if sent := len(l.service.IDs()); sent != 2 || l.writes > 5 {
					t.Errorf("%d requests and %d writes of status: the ring is over after the second, and its text is no news", sent, l.writes)
				}
			})
		}
	}
}
