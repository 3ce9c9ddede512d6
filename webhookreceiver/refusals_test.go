// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// exceeded is how the API server refuses what a quota has no room for.
func exceeded() error {
	return apierrors.NewForbidden(schema.GroupResource{Group: "call-operator.dev", Resource: "calls"}, "incoming-1",
		errors.New("exceeded quota: calls, requested: count/calls.call-operator.dev=1, used: count/calls.call-operator.dev=3, limited: count/calls.call-operator.dev=3"))
}

// condition is one of the provider's, as the API server has it, or nil.
func (f *fixture) condition(kind string) *metav1.Condition {
	f.t.Helper()
	p := &v1alpha1.CallProvider{}
	if err := f.api.Get(f.t.Context(), client.ObjectKey{Namespace: namespace, Name: "provider"}, p); err != nil {
		f.t.Fatal(err)
	}
	return meta.FindStatusCondition(p.Status.Conditions, kind)
}

// settled has the refusals write what they have heard, whatever the time.
func (f *fixture) settled() {
	f.refusals.drain()
	f.refusals.stopping, f.refusals.stop = make(chan struct{}), sync.Once{}
}

// heard are the Events that were emitted since the last time.
func (f *fixture) heard() (events []string) {
	for len(f.events.Events) > 0 {
		events = append(events, <-f.events.Events)
	}
	return events
}

// TestLostCallersAreReported: the CallProvider says why an incoming call is not recorded, until one is recorded.
func TestLostCallersAreReported(t *testing.T) {
	forbidden := apierrors.NewForbidden(callResource, "call", errors.New("rbac"))
	tests := []struct {
		name, reason string
		arrange      func(*fixture)
		event        map[string]any
		metric       string
		want         string
		says         string
	}{
		{name: "Quota", reason: "ended Calls take the room of those who call", arrange: failingCreate(exceeded()), metric: "api_refused", want: v1alpha1.ReasonQuotaExceeded, says: "ResourceQuota"},
		{name: "Forbidden", reason: "a role lacks a right, or a policy says no", arrange: failingCreate(forbidden), metric: "api_refused", want: v1alpha1.ReasonForbidden, says: "403 Forbidden"},
		{name: "Unauthorized", reason: "the API server does not know the receiver", arrange: failingCreate(apierrors.NewUnauthorized("no")), metric: "api_refused", want: v1alpha1.ReasonForbidden, says: "401"},
		{name: "Invalid", reason: "a policy, or an older CRD, does not take the Call", arrange: failingCreate(invalidCall()), metric: "api_invalid", want: v1alpha1.ReasonInvalidRequest, says: "422"},
		{name: "NoContext", reason: "what is no incoming call cannot be taken", event: incomingEvent("1", map[string]any{"incomingCallContext": nil}), metric: "context_missing", want: v1alpha1.ReasonInvalidEvent, says: "context_missing"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newGridFixture(t, provider(""))
			if tc.arrange != nil {
				tc.arrange(f)
			}
			event := tc.event
			if event == nil {
				event = incomingEvent("1", nil)
			}
			f.deliver(event)
			f.settled()
			got := f.condition(v1alpha1.ConditionIncomingCallsRefused)
			if got == nil || got.Reason != tc.want || got.Status != metav1.ConditionTrue || !strings.Contains(got.Message, tc.says) {
				t.Fatalf("%s: the condition is %+v, want %s with %q", tc.reason, got, tc.want, tc.says)
			}
			if strings.Contains(got.Message, callee) || strings.Contains(got.Message, caller) {
				t.Errorf("%s: the message holds a number: %s", tc.reason, got.Message)
			}
			if events := f.heard(); len(events) != 1 || !strings.HasPrefix(events[0], "Warning "+tc.want) {
				t.Errorf("%s: Events %q, want one warning", tc.reason, events)
			}
			if n := f.metric("call_operator_receiver_incoming_calls_total", "result", tc.metric); n != 1 {
				t.Errorf("%s: counted %v times as %s", tc.reason, n, tc.metric)
			}
			f.onCreate = nil
			f.deliver(incomingEvent("2", nil))
			f.settled()
			if got := f.condition(v1alpha1.ConditionIncomingCallsRefused); got != nil {
				t.Errorf("%s: after a call was recorded, the condition is still %+v", tc.reason, got)
			}
		})
	}
}

func failingCreate(err error) func(*fixture) {
	return func(f *fixture) { f.onCreate = func(client.Object) error { return err } }
}

// TestWhatPassesIsNotReported: a failure that the next delivery resolves is not reported to a person.
func TestWhatPassesIsNotReported(t *testing.T) {
	for reason, err := range map[string]error{"the API server is away": errDown, "the namespace goes": terminating()} {
		f := newGridFixture(t, provider(""))
		f.eventGrid.timeout = 20 * time.Millisecond
		failingCreate(err)(f)
		f.deliver(incomingEvent("1", nil))
		f.settled()
		if got := f.condition(v1alpha1.ConditionIncomingCallsRefused); got != nil || f.providerWrites.Load() != 0 {
			t.Errorf("%s: the condition is %+v after %d writes", reason, got, f.providerWrites.Load())
		}
	}
}

// TestRefusedCallIsRetried: a quota that has room again within the ring costs nobody their call.
func TestRefusedCallIsRetried(t *testing.T) {
	tests := []struct {
		name, reason string
		arrange      func(*fixture)
		failures     int32
		code         int
		want         string
		creates      int32
	}{
		// A Call and a Secret.
		{name: "Passes", reason: "the third try is in time", failures: 2, code: 200, want: "recorded", creates: 4},
		{name: "Lasts", reason: "Event Grid sends again, which may be in time", failures: 1 << 30, code: 500, want: "api_refused",
			arrange: func(f *fixture) { f.eventGrid.timeout = 20 * time.Millisecond }},
		{name: "RungOut", reason: "after the ring a retry is useless", failures: 1 << 30, code: 500, want: "api_refused", creates: 1,
			arrange: func(f *fixture) { f.now, f.eventGrid.incoming.now = atTime(31), atTime(31) }},
		{name: "OutOfPatience", reason: "Event Grid needs time within the ring, too", failures: 1 << 30, code: 500, want: "api_refused", creates: 1,
			arrange: func(f *fixture) { f.eventGrid.incoming.now = atTime(1 + int(refusalPatience/time.Second)) }},
		{name: "Crowded", reason: "who waits for a quota does not take the place of others", failures: 2, code: 500, want: "api_refused", creates: 1,
			arrange: func(f *fixture) { f.eventGrid.incoming.insisting = make(chan struct{}) }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newGridFixture(t, provider(""))
			f.eventGrid.incoming.patience, f.eventGrid.incoming.every = refusalPatience, time.Millisecond
			f.onCreate = func(client.Object) error {
				if f.creates.Load() <= tc.failures {
					return exceeded()
				}
				return nil
			}
			if tc.arrange != nil {
				tc.arrange(f)
			}
			code, reason := f.deliver(incomingEvent("1", nil))
			if code != tc.code || reason != tc.want {
				t.Errorf("%s: answer %d %s, want %d %s", tc.reason, code, reason, tc.code, tc.want)
			}
			if got := f.creates.Load(); tc.creates != 0 && got != tc.creates {
				t.Errorf("%s: %d creations were tried, want %d", tc.reason, got, tc.creates)
			}
			if n := len(f.eventGrid.incoming.insisting); n != 0 {
				t.Errorf("%s: %d places are still taken", tc.reason, n)
			}
		})
	}
}

// atTime is a clock that stands at so many seconds after the ring began.
func atTime(seconds int) func() time.Time {
	return func() time.Time { return gridTime.Add(time.Duration(seconds) * time.Second) }
}

// TestRefusedCallbacksAreReported: one that the service's token does not fit shows on the CallProvider, until one is taken.
func TestRefusedCallbacksAreReported(t *testing.T) {
	wrong := func(change func(*v1alpha1.CallProvider)) *v1alpha1.CallProvider {
		p := provider(resourceID)
		change(p)
		return p
	}
	now := gridTime
	tests := []struct {
		name, reason string
		provider     *v1alpha1.CallProvider
		arrange      func(*fixture)
		token        func(*fixture) string
		code         int
		want, says   string
	}{
		{name: "Audience", reason: "the ID of another resource was written", provider: wrong(func(p *v1alpha1.CallProvider) { p.Spec.ACS.ResourceID = "11111111-1111-1111-1111-111111111111" }), code: 401, want: v1alpha1.ReasonTokenAudience, says: "spec.acs.resourceID"},
		{name: "Issuer", reason: "another cloud's", provider: provider(resourceID), arrange: func(f *fixture) { f.jwks.URL = "https://another.example.com" }, code: 401, want: v1alpha1.ReasonTokenIssuer, says: "spec.acs.endpoint"},
		{name: "Missing", reason: "something removes the header", provider: provider(resourceID), token: func(*fixture) string { return "" }, code: 401, want: v1alpha1.ReasonTokenMissing, says: "Authorization"},
		{name: "Expired", reason: "a clock is wrong", provider: provider(resourceID), token: func(f *fixture) string { return f.jwks.Token(now.Add(-time.Hour)) }, code: 401, want: v1alpha1.ReasonTokenExpired, says: "clock"},
		{name: "Garbage", reason: "somebody tries", provider: provider(resourceID), token: func(*fixture) string { return "x" }, code: 401, want: v1alpha1.ReasonTokenInvalid, says: "cannot be read"},
		{name: "Keys", reason: "the issuer cannot be reached, for ever if its name is wrong", provider: provider(resourceID), arrange: func(f *fixture) {
			f.jwks.Answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }
		}, code: 503, want: v1alpha1.ReasonSigningKeysUnavailable, says: "cannot be fetched"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newFixture(t, []client.Object{tc.provider, dialing()}, at(now))
			if tc.arrange != nil {
				tc.arrange(f)
			}
			send := func(token string) int {
				r := f.request(batch(t, connected("1")))
				if token != "" {
					r.Header.Set("Authorization", "Bearer "+token)
				}
				code, _ := f.send(r)
				return code
			}
			token := f.jwks.Token(now)
			if tc.token != nil {
				token = tc.token(f)
			}
			if code := send(token); code != tc.code {
				t.Fatalf("%s: answer %d, want %d", tc.reason, code, tc.code)
			}
			f.settled()
			got := f.condition(v1alpha1.ConditionCallbacksRefused)
			if got == nil || got.Reason != tc.want || !strings.Contains(got.Message, tc.says) {
				t.Fatalf("%s: the condition is %+v, want %s with %q", tc.reason, got, tc.want, tc.says)
			}
			if events := f.heard(); len(events) != 1 || !strings.HasPrefix(events[0], "Warning "+tc.want) {
				t.Errorf("%s: Events %q, want one warning", tc.reason, events)
			}
			// Its owner decides that no token is needed: the next callback is taken.
			p := &v1alpha1.CallProvider{}
			if err := f.api.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "provider"}, p); err != nil {
				t.Fatal(err)
			}
			p.Spec.ACS.ResourceID = ""
			if err := f.api.Update(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			if code := send(""); code != 200 {
				t.Fatalf("%s: the next one is answered %d", tc.reason, code)
			}
			f.settled()
			if got := f.condition(v1alpha1.ConditionCallbacksRefused); got != nil {
				t.Errorf("%s: after a callback was taken, the condition is still %+v", tc.reason, got)
			}
		})
	}
}

// TestRefusedDeliveriesAreReported: Event Grid's token is not the one that the provider asks for.
func TestRefusedDeliveriesAreReported(t *testing.T) {
	f := newFixture(t, []client.Object{entraProvider()}, at(gridTime))
	f.deliver(incomingEvent("1", nil))
	f.settled()
	if got := f.condition(v1alpha1.ConditionIncomingCallsRefused); got == nil || got.Reason != v1alpha1.ReasonTokenMissing {
		t.Errorf("the condition is %+v, want %s", got, v1alpha1.ReasonTokenMissing)
	}
}

// TestStrangersAreNotReported: what anybody on the Internet can send writes nothing anywhere.
func TestStrangersAreNotReported(t *testing.T) {
	f := newFixture(t, []client.Object{provider(resourceID), dialing()}, at(gridTime))
	for _, url := range []string{genuineURL(t, target()), gridURL(t)} {
		path, _, _ := strings.Cut(strings.TrimPrefix(url, "https://calls.example.com"), "?")
		for _, query := range []string{"", "?token=" + strings.Repeat("A", 43)} {
			r, err := http.NewRequest(http.MethodPost, path+query, strings.NewReader("[]"))
			if err != nil {
				t.Fatal(err)
			}
			if code, _ := f.send(r); code != 401 {
				t.Fatalf("%s is answered %d", path, code)
			}
		}
	}
	f.settled()
	if n := f.providerWrites.Load(); n != 0 || len(f.heard()) != 0 {
		t.Errorf("%d writes by strangers", n)
	}
}

// TestManyRefusalsAreFewWrites: who sends has no say in how often the receiver writes.
func TestManyRefusalsAreFewWrites(t *testing.T) {
	f := newFixture(t, []client.Object{provider(resourceID), dialing()}, at(gridTime))
	p := provider(resourceID)
	for n := range 50_000 {
		why := refusal{v1alpha1.ReasonTokenMissing, "No token."}
		if n%2 == 1 {
			why = refusal{v1alpha1.ReasonTokenInvalid, "A wrong token."}
		}
		f.refusals.refused(p, v1alpha1.ConditionCallbacksRefused, why)
	}
	f.settled()
	// The first at once, the last of the others when its time has come.
	if n, events := f.providerWrites.Load(), len(f.heard()); n > 2 || events > 2 {
		t.Errorf("50,000 refusals made %d writes and %d Events, want 2 at most", n, events)
	}
	if got := f.condition(v1alpha1.ConditionCallbacksRefused); got == nil || got.Reason != v1alpha1.ReasonTokenInvalid {
		t.Errorf("the condition is %+v, want what was refused last", got)
	}
	f.refusals.refused(p, v1alpha1.ConditionCallbacksRefused, refusal{v1alpha1.ReasonTokenInvalid, "A wrong token."})
	f.settled()
	if n := f.providerWrites.Load(); n > 2 {
		t.Errorf("what the condition says already was written again: %d writes", n)
	}
	if len(f.refusals.pending) != 0 {
		t.Errorf("%d conditions are still remembered", len(f.refusals.pending))
	}
}

// TestRefusalsAreWrittenOncePerInterval gives the writer time after each refusal, which a fast sender does not.
func TestRefusalsAreWrittenOncePerInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var writes atomic.Int32
		api := interceptor.NewClient(newAPI(t, provider("")), interceptor.Funcs{
			SubResourceUpdate: func(ctx context.Context, c client.Client, _ string, object client.Object, options ...client.SubResourceUpdateOption) error {
				writes.Add(1)
				return c.Status().Update(ctx, object, options...)
			},
		})
		r := newRefusals(Config{Client: api, APIReader: api, Recorder: events.NewFakeRecorder(100), Now: time.Now})
		for n := range 20 {
			r.refused(provider(""), v1alpha1.ConditionCallbacksRefused, refusal{v1alpha1.ReasonTokenInvalid, fmt.Sprintf("Token %d.", n)})
			synctest.Wait()
		}
		if n := writes.Load(); n != 1 {
			t.Errorf("%d writes at once, want the first refusal alone", n)
		}
		time.Sleep(refusalInterval)
		synctest.Wait()
		if n := writes.Load(); n != 2 {
			t.Errorf("%d writes after the interval, want the last refusal too", n)
		}
		r.drain()
	})
}

// TestLastWordIsWritten, in whatever order they come.
func TestLastWordIsWritten(t *testing.T) {
	f := newFixture(t, []client.Object{provider("")}, at(gridTime))
	p, why := provider(""), refusal{v1alpha1.ReasonTokenMissing, "No token."}
	const kind = v1alpha1.ConditionCallbacksRefused
	for _, refusedLast := range []bool{false, true} {
		for range 10 {
			f.refusals.refused(p, kind, why)
			f.refusals.taken(p, kind)
		}
		if refusedLast {
			f.refusals.refused(p, kind, why)
		}
		f.settled()
		if got := f.condition(kind); (got != nil) != refusedLast {
			t.Errorf("the last one was refused: %t, and the condition is %+v", refusedLast, got)
		}
	}
}

// TestAnotherProviderOfTheName is not blamed for what was refused of the one before it.
func TestAnotherProviderOfTheName(t *testing.T) {
	p := provider("")
	p.UID = "new"
	f := newFixture(t, []client.Object{p}, at(gridTime))
	old := provider("")
	old.UID = "old"
	f.refusals.refused(old, v1alpha1.ConditionCallbacksRefused, refusal{v1alpha1.ReasonTokenMissing, "No token."})
	f.settled()
	if got := f.condition(v1alpha1.ConditionCallbacksRefused); got != nil {
		t.Errorf("the condition is %+v", got)
	}
}
