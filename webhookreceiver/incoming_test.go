// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func metav1Cause(cause metav1.CauseType) metav1.StatusCause { return metav1.StatusCause{Type: cause} }

// incomingCall and incomingSecret are what is in the API server for the event.
func (f *fixture) incomingCall(name string) *v1alpha1.Call {
	f.t.Helper()
	call := &v1alpha1.Call{}
	if err := f.api.Get(f.t.Context(), types.NamespacedName{Namespace: namespace, Name: name}, call); err != nil {
		f.t.Fatal(err)
	}
	return call
}

func (f *fixture) incomingSecret(name string) *corev1.Secret {
	f.t.Helper()
	secret := &corev1.Secret{}
	if err := f.api.Get(f.t.Context(), types.NamespacedName{Namespace: namespace, Name: name}, secret); err != nil {
		f.t.Fatal(err)
	}
	return secret
}

// The two objects, field by field.
func TestIncomingObjects(t *testing.T) {
	p := provider("")
	p.Spec.IncomingCalls = &v1alpha1.IncomingCalls{
		TTLSecondsAfterFinished: new(int32(3600)), MaxDuration: &metav1.Duration{Duration: 30 * time.Minute},
	}
	f := newGridFixture(t, p)
	if code, reason := f.deliver(incomingEvent(gridEventID, nil)); code != http.StatusOK || reason != "recorded" {
		t.Fatalf("answer %d %s", code, reason)
	}
	name := "incoming-" + gridEventID
	call, secret := f.incomingCall(name), f.incomingSecret(name)
	wantSpec := v1alpha1.CallSpec{
		ProviderRef: v1alpha1.ProviderReference{Name: "provider"},
		Inbound: &v1alpha1.InboundCall{
			From: &v1alpha1.Identifier{PhoneNumber: caller}, To: v1alpha1.Identifier{PhoneNumber: callee},
			CallerDisplayName: "A. Caller", CorrelationID: "correlation-1", ServerCallID: "server-1", ReceivedTime: metav1.NewTime(gridTime),
		},
		MaxDuration: &metav1.Duration{Duration: 30 * time.Minute}, TTLSecondsAfterFinished: new(int32(3600)),
	}
	if diff := cmp.Diff(wantSpec, call.Spec); diff != "" {
		t.Errorf("the Call says what the event and the provider say (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{v1alpha1.CallFinalizer}, call.Finalizers); diff != "" {
		t.Errorf("no manager may come too late to hang up (-want +got)\n%s", diff)
	}
	if !hasContext(call) {
		t.Error("the manager cannot tell that there is a Secret")
	}
	wantOwner := []metav1.OwnerReference{{APIVersion: "call-operator.dev/v1alpha1", Kind: "Call", Name: name, UID: call.UID}}
	if diff := cmp.Diff(wantOwner, secret.OwnerReferences); diff != "" || call.UID == "" {
		t.Errorf("the Secret goes with the Call (-want +got)\n%s", diff)
	}
	want := map[string][]byte{"incomingCallContext": []byte(callContext)}
	if diff := cmp.Diff(want, secret.Data); diff != "" || secret.Type != v1alpha1.IncomingCallContextSecretType {
		t.Errorf("the Secret holds the context, as type %s (-want +got)\n%s", secret.Type, diff)
	}
	if n := f.metric("call_operator_receiver_record_seconds"); n != 1 {
		t.Errorf("the delay was observed %v times, want once", n)
	}
	if n := f.creates.Load(); n != 2 {
		t.Errorf("%d creations, want two and nothing else", n)
	}
}

// What an event turns into, by itself: the answer, and what the Call says.
func TestIncomingCall(t *testing.T) {
	rawID := func(id string) map[string]any { return map[string]any{"rawId": id} }
	user := "8:acs:0b7c0f9a-8a55-4c3a-9d5e-3f0a6ce7d111_8c1d2b7e-5d2c-4a9e-9a53-9c8a2f2c1f00"
	type inbound = v1alpha1.InboundCall
	tests := []struct {
		name, reason string
		changes      map[string]any
		// heard is how long after the event.
		heard time.Duration
		want  string
		// check is about the Call, which is made unless the event is refused.
		check func(*inbound) bool
	}{
		{name: "Withheld", reason: "a caller who withholds the number is nobody", changes: map[string]any{"from": rawID("4:anonymous")}, want: "recorded",
			check: func(i *inbound) bool { return i.From == nil }},
		{name: "NoFrom", reason: "an absent caller is nobody", changes: map[string]any{"from": nil}, want: "recorded", check: func(i *inbound) bool { return i.From == nil }},
		{name: "StrangeFrom", reason: "a caller that the API cannot name does not cost the call", changes: map[string]any{"from": rawID("99:x:y")}, want: "recorded",
			check: func(i *inbound) bool { return i.From == nil }},
		{name: "HalfFrom", reason: "the API server would refuse a user without an ID", changes: map[string]any{"from": rawID("8:orgid:")}, want: "recorded",
			check: func(i *inbound) bool { return i.From == nil }},
		{name: "HalfExtensionUser", reason: "the API server would refuse a user without a tenant", changes: map[string]any{"from": rawID("8:acs:a__c")}, want: "recorded",
			check: func(i *inbound) bool { return i.From == nil }},
		{name: "LongFrom", reason: "the API server would refuse an ID of this length", changes: map[string]any{"from": rawID("8:acs:" + strings.Repeat("x", 300))}, want: "recorded",
			check: func(i *inbound) bool { return i.From == nil }},
		{name: "UserCalled", reason: "not only numbers are called", changes: map[string]any{"to": rawID(user)}, want: "recorded",
			check: func(i *inbound) bool { return i.To.CommunicationUser == user }},
		{name: "KindInCapitals", reason: "Event Grid's documents spell the kind with a capital",
			changes: map[string]any{"to": map[string]any{"kind": "PhoneNumber", "rawId": "4:" + callee, "phoneNumber": map[string]any{"value": callee}}}, want: "recorded",
			check: func(i *inbound) bool { return i.To.PhoneNumber == callee }},
		{name: "LongName", reason: "a name is cut, at a character and not within one", changes: map[string]any{"callerDisplayName": strings.Repeat("é", 300)}, want: "recorded",
			check: func(i *inbound) bool { return i.CallerDisplayName == strings.Repeat("é", 256) }},
		{name: "LongIDs", reason: "half an ID is another one, so it is left out",
			changes: map[string]any{"correlationId": strings.Repeat("x", 257), "serverCallId": strings.Repeat("x", 1025)}, want: "recorded",
			check: func(i *inbound) bool { return i.CorrelationID == "" && i.ServerCallID == "" }},
		{name: "LongestIDs", reason: "what the API allows is kept",
			changes: map[string]any{"correlationId": strings.Repeat("x", 256), "serverCallId": strings.Repeat("x", 1024)}, want: "recorded",
			check: func(i *inbound) bool { return len(i.CorrelationID) == 256 && len(i.ServerCallID) == 1024 }},
		{name: "ClockBehind", reason: "a call does not begin after it was heard of", heard: -time.Minute, want: "recorded",
			check: func(i *inbound) bool { return i.ReceivedTime.Time.Equal(gridTime.Add(-time.Minute)) }},
		{name: "LastMoment", reason: "the call still rings", heard: v1alpha1.IncomingCallRing - time.Second, want: "recorded",
			check: func(i *inbound) bool { return i.ReceivedTime.Time.Equal(gridTime) }},
		{name: "Late", reason: "there is a record of a call that rang out before it was heard of", heard: v1alpha1.IncomingCallRing, want: "late",
			check: func(i *inbound) bool { return i.ReceivedTime.Time.Equal(gridTime) }},
		{name: "ADayLate", reason: "Event Grid tries for a day", heard: 24 * time.Hour, want: "late", check: func(*inbound) bool { return true }},
		{name: "LargeContext", reason: "64 kB are enough", changes: map[string]any{"incomingCallContext": strings.Repeat("x", maxContextBytes)}, want: "recorded",
			check: func(*inbound) bool { return true }},
		{name: "NoContext", reason: "without it nothing can be done with the call", changes: map[string]any{"incomingCallContext": nil}, want: "context_missing"},
		{name: "TooLargeContext", reason: "a Secret is no store", changes: map[string]any{"incomingCallContext": strings.Repeat("x", maxContextBytes+1)}, want: "context_too_large"},
		{name: "NoTo", reason: "somebody was called", changes: map[string]any{"to": nil}, want: "callee_unknown"},
		{name: "StrangeTo", reason: "the API has no name for the party", changes: map[string]any{"to": rawID("99:x:y")}, want: "callee_unknown"},
		{name: "ShortTo", reason: "this is no number", changes: map[string]any{"to": rawID("4:+1")}, want: "callee_unknown"},
		{name: "TwoParties", reason: "the data contradicts itself", changes: map[string]any{"to": map[string]any{
			"phoneNumber": map[string]any{"value": callee}, "communicationUser": map[string]any{"id": user}}}, want: "event_malformed"},
		{name: "NumberForText", reason: "the data is of another type", changes: map[string]any{"serverCallId": 7}, want: "event_malformed"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newFixture(t, []client.Object{provider("")}, at(gridTime.Add(tc.heard)))
			code, reason := f.deliver(incomingEvent(gridEventID, tc.changes))
			wantCode := http.StatusOK
			if gridResult(tc.want).refused() {
				wantCode = http.StatusBadRequest
			}
			if code != wantCode || reason != tc.want {
				t.Errorf("%s: answer %d %s, want %d %s", tc.reason, code, reason, wantCode, tc.want)
			}
			if n := f.metric("call_operator_receiver_incoming_calls_total", "result", tc.want); n != 1 {
				t.Errorf("%s: counted %v times, want once", tc.reason, n)
			}
			calls, secrets := f.made()
			if (len(calls) == 1) != (tc.check != nil) || (len(secrets) == 1) != (tc.want == "recorded") {
				t.Fatalf("%s: Calls %v and Secrets %v", tc.reason, calls, secrets)
			}
			if tc.check == nil {
				return
			}
			call := f.incomingCall("incoming-" + gridEventID)
			if !tc.check(call.Spec.Inbound) {
				t.Errorf("%s: %+v", tc.reason, call.Spec.Inbound)
			}
			if hasContext(call) != (tc.want == "recorded") {
				t.Errorf("%s: the annotation says that there is a Secret: %t", tc.reason, hasContext(call))
			}
		})
	}
}

func TestTerms(t *testing.T) {
	tests := []struct {
		name, reason string
		terms        *v1alpha1.IncomingCalls
		want         *int32
	}{
		{name: "None", reason: "a record is kept until somebody deletes it"},
		{name: "Unset", reason: "a record is kept until somebody deletes it", terms: &v1alpha1.IncomingCalls{}},
		{name: "Short", reason: "a delivery that is repeated finds the record", terms: &v1alpha1.IncomingCalls{TTLSecondsAfterFinished: new(int32(0))}, want: new(int32(60))},
		{name: "Long", reason: "what the provider says", terms: &v1alpha1.IncomingCalls{TTLSecondsAfterFinished: new(int32(61))}, want: new(int32(61))},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			call := &v1alpha1.Call{}
			setTerms(call, tc.terms)
			if diff := cmp.Diff(tc.want, call.Spec.TTLSecondsAfterFinished); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tc.reason, diff)
			}
		})
	}
}

func TestNameOf(t *testing.T) {
	tests := []struct {
		name, reason, id string
		hashed           bool
	}{
		{name: "GUID", reason: "a person finds the event by the name", id: gridEventID},
		{name: "UpperCase", reason: "names have no capitals", id: strings.ToUpper(gridEventID), hashed: true},
		{name: "Spaces", reason: "names have no spaces", id: "a b", hashed: true},
		{name: "Slash", reason: "names have no slashes", id: "../secrets/x", hashed: true},
		{name: "Long", reason: "a name fits into a label", id: strings.Repeat("a", 55), hashed: true},
		{name: "LongEnough", reason: "a name fits into a label", id: strings.Repeat("a", 54)},
		{name: "EndsInDot", reason: "a name ends in a letter or digit", id: "a.", hashed: true},
	}
	seen := map[string]string{}
	for _, tc := range tests {
		got := nameOf(tc.id)
		if hashed := got != "incoming-"+tc.id; hashed != tc.hashed || got != nameOf(tc.id) {
			t.Errorf("%s: %s: the name of %q is %s, hashed %t", tc.name, tc.reason, tc.id, got, hashed)
		}
		if other, found := seen[got]; found {
			t.Errorf("%s: %q and %q have one name", tc.name, tc.id, other)
		}
		seen[got] = tc.id
	}
}

// One event of a delivery costs the others nothing, and there is one answer for all.
func TestBatches(t *testing.T) {
	unknown := gridEvent("u", "Microsoft.Communication.CallStarted", map[string]any{})
	good := func(id string) map[string]any { return incomingEvent(id, nil) }
	bad := func(id string) map[string]any { return incomingEvent(id, map[string]any{"to": nil}) }
	failSecond := func(object client.Object) error {
		if object.GetName() == "incoming-2" {
			return errDown
		}
		return nil
	}
	tests := []struct {
		name, reason string
		onCreate     func(client.Object) error
		events       []map[string]any
		code         int
		want         string
		calls        []string
	}{
		{name: "Several", reason: "each call gets its objects", events: []map[string]any{good("1"), asCloudEvent(good("2")), good("3")},
			code: 200, want: "recorded", calls: []string{"incoming-1", "incoming-2", "incoming-3"}},
		{name: "BadBetween", reason: "a bad event is not a reason to send the good ones again", events: []map[string]any{good("1"), bad("2"), nil, {"id": "x"}, good("3")},
			code: 200, want: "recorded", calls: []string{"incoming-1", "incoming-3"}},
		{name: "OnlyBad", reason: "nothing in it will ever be recorded", events: []map[string]any{unknown, bad("2")}, code: 400, want: "callee_unknown"},
		{name: "Unknown", reason: "Event Grid sends what a subscription's filter lets pass", events: []map[string]any{unknown, unknown}, code: 200, want: "unknown_type"},
		{name: "Empty", reason: "an empty batch says nothing", code: 200, want: "empty"},
		{name: "OneFails", reason: "all come again, and those that are there are found", onCreate: failSecond, events: []map[string]any{good("1"), good("2"), bad("3")},
			code: 500, want: "api_unavailable", calls: []string{"incoming-1"}},
		{name: "ValidationBeside", reason: "a handshake does not hide a call that is not recorded", onCreate: failSecond, events: []map[string]any{validationEvent("c"), good("2")},
			code: 500, want: "api_unavailable"},
		{name: "ValidationAndCall", reason: "a call is recorded beside a handshake", events: []map[string]any{good("1"), validationEvent("c")},
			code: 200, want: `{"validationResponse":"c"}`, calls: []string{"incoming-1"}},
		{name: "SameTwice", reason: "an event twice in a batch is one call", events: []map[string]any{good("1"), good("1")}, code: 200, want: "recorded", calls: []string{"incoming-1"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newGridFixture(t, provider(""))
			f.grid.timeout, f.onCreate = 50*time.Millisecond, tc.onCreate
			code, reason := f.deliver(tc.events...)
			if code != tc.code || reason != tc.want {
				t.Errorf("%s: answer %d %s, want %d %s", tc.reason, code, reason, tc.code, tc.want)
			}
			calls, secrets := f.made()
			if diff := cmp.Diff([][]string{tc.calls, tc.calls}, [][]string{calls, secrets}); diff != "" {
				t.Errorf("%s: Calls and Secrets (-want +got)\n%s", tc.reason, diff)
			}
		})
	}
}

func TestUnknownGridEventsAreCounted(t *testing.T) {
	f := newGridFixture(t, provider(""))
	f.deliver(gridEvent("u", "Microsoft.Communication.CallStarted", nil), incomingEvent("1", nil))
	if n := f.metric("call_operator_receiver_events_total", "result", "unknown_type", "type", "unknown"); n != 1 {
		t.Errorf("the unknown event is counted %v times, want once", n)
	}
}

// Every way in which the two writes can break, and what the next delivery makes of it. Whatever was answered with 2xx is
// in the API server.
func TestBrokenWrites(t *testing.T) {
	isSecret := func(object client.Object) bool { _, ok := object.(*corev1.Secret); return ok }
	// nth fails the nth creation with err; after lets it have its effect.
	nth := func(f *fixture, n int32, after bool, err error) {
		f.onCreate = func(object client.Object) error {
			if f.creates.Load() != n {
				return nil
			}
			if after {
				object = object.DeepCopyObject().(client.Object)
				object.SetUID("made-all-the-same")
				if err := f.api.Create(t.Context(), object); err != nil {
					t.Error(err)
				}
			}
			return err
		}
	}
	timeout := apierrors.NewTimeoutError("later", 1)
	tests := []struct {
		name, reason string
		arrange      func(*fixture)
		code         int
		want         string
		secret       bool
	}{
		{name: "CallFailsOnce", reason: "an API server that comes back in time costs nothing", arrange: func(f *fixture) { nth(f, 1, false, errDown) }, code: 200, want: "recorded", secret: true},
		{name: "CallAnswerLost", reason: "a Call whose answer was lost is found", arrange: func(f *fixture) { nth(f, 1, true, timeout) }, code: 200, want: "recorded", secret: true},
		{name: "SecretFailsOnce", reason: "the Secret is made beside the Call that is there", arrange: func(f *fixture) { nth(f, 2, false, errDown) }, code: 200, want: "recorded", secret: true},
		{name: "SecretAnswerLost", reason: "a Secret whose answer was lost is there", arrange: func(f *fixture) { nth(f, 2, true, timeout) }, code: 200, want: "old_news", secret: true},
		{name: "LookUpFails", reason: "as long as nobody knows what the Call is like, nothing is acknowledged", arrange: func(f *fixture) {
			nth(f, 1, true, timeout)
			f.onLiveRead = func() error { return errDown }
		}, code: 500, want: "api_unavailable"},
		{name: "SecretNeverMade", reason: "a Call alone cannot be answered, so the event must come again", arrange: func(f *fixture) {
			f.onCreate = func(object client.Object) error {
				if isSecret(object) {
					return errDown
				}
				return nil
			}
		}, code: 500, want: "api_unavailable"},
		{name: "SecretForbidden", reason: "somebody may mend the permission while the call rings", arrange: func(f *fixture) {
			f.onCreate = func(object client.Object) error {
				if isSecret(object) {
					return apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "x", errDown)
				}
				return nil
			}
		}, code: 500, want: "api_refused"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newGridFixture(t, provider(""))
			f.grid.timeout = time.Second
			if tc.code != http.StatusOK {
				f.grid.timeout = 30 * time.Millisecond
			}
			tc.arrange(f)
			code, reason := f.deliver(incomingEvent("1", nil))
			if code != tc.code || reason != tc.want {
				t.Errorf("%s: answer %d %s, want %d %s", tc.reason, code, reason, tc.code, tc.want)
			}
			if _, secrets := f.made(); (len(secrets) == 1) != tc.secret {
				t.Errorf("%s: Secrets %v", tc.reason, secrets)
			}
			f.onCreate, f.onLiveRead, f.grid.timeout = nil, nil, time.Second
			if code, reason := f.deliver(incomingEvent("1", nil)); code != http.StatusOK {
				t.Errorf("%s: the next delivery is answered %d %s", tc.reason, code, reason)
			}
			if calls, secrets := f.made(); len(calls) != 1 || len(secrets) != 1 {
				t.Errorf("%s: after the next delivery there are Calls %v and Secrets %v, want one each", tc.reason, calls, secrets)
			}
		})
	}
}

// A delivery that finds the Call makes the Secret only if the manager can still use it.
func TestRedelivery(t *testing.T) {
	annotated := map[string]string{v1alpha1.IncomingCallContextAnnotation: "true"}
	tests := []struct {
		name, reason string
		change       func(*v1alpha1.Call)
		heard        time.Duration
		want         string
	}{
		{name: "Untouched", reason: "the first delivery got no further than the Call", change: func(*v1alpha1.Call) {}, want: "recorded"},
		{name: "NoAnnotation", reason: "the manager has done what there was to do", change: func(c *v1alpha1.Call) { c.Annotations = nil }, want: "old_news"},
		{name: "Attempt", reason: "the manager is at it, and deletes the Secret that it knows of",
			change: func(c *v1alpha1.Call) { c.Status.Attempt = &v1alpha1.RequestAttempt{ID: "1"} }, want: "old_news"},
		{name: "Result", reason: "the call is over", change: func(c *v1alpha1.Call) { c.Status.Result = &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeMissed} }, want: "old_news"},
		{name: "Deleted", reason: "somebody does not want the call", change: func(c *v1alpha1.Call) { c.DeletionTimestamp = new(metav1.Now()) }, want: "old_news"},
		{name: "Outbound", reason: "a Call that a person gave this name is not ours", change: func(c *v1alpha1.Call) { c.Spec.Inbound = nil }, want: "old_news"},
		{name: "OtherProvider", reason: "another provider's subscription told of the same call before",
			change: func(c *v1alpha1.Call) { c.Spec.ProviderRef.Name = "another" }, want: "old_news"},
		{name: "Late", reason: "the call has rung out meanwhile", change: func(*v1alpha1.Call) {}, heard: time.Minute, want: "old_news"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			call := &v1alpha1.Call{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "incoming-1", UID: "uid", Annotations: annotated, Finalizers: []string{v1alpha1.CallFinalizer}},
				Spec: v1alpha1.CallSpec{ProviderRef: v1alpha1.ProviderReference{Name: "provider"}, Inbound: &v1alpha1.InboundCall{
					To: v1alpha1.Identifier{PhoneNumber: callee}, ReceivedTime: metav1.NewTime(gridTime)}},
			}
			tc.change(call)
			f := newFixture(t, []client.Object{provider(""), call}, at(gridTime.Add(time.Second+tc.heard)))
			code, reason := f.deliver(incomingEvent("1", nil))
			if code != http.StatusOK || reason != tc.want {
				t.Errorf("%s: answer %d %s, want 200 %s", tc.reason, code, reason, tc.want)
			}
			if _, secrets := f.made(); (len(secrets) == 1) != (tc.want == "recorded") {
				t.Errorf("%s: Secrets %v", tc.reason, secrets)
			}
		})
	}
}

// A Call that disappears between the attempt to make it and the look at it was over.
func TestDeletedDuringDelivery(t *testing.T) {
	f := newGridFixture(t, provider(""))
	f.onCreate = func(client.Object) error { return apierrors.NewAlreadyExists(callResource, "incoming-1") }
	if code, reason := f.deliver(incomingEvent("1", nil)); code != http.StatusOK || reason != "old_news" {
		t.Errorf("answer %d %s, want 200 old_news", code, reason)
	}
}

// Two replicas get the same ten events, each five times, all at once: ten Calls, ten Secrets, and whoever hears 200
// finds both.
func TestConcurrentDeliveries(t *testing.T) {
	first := newGridFixture(t, provider(""))
	second := newGridFixture(t, provider(""))
	second.grid.incoming = first.grid.incoming
	var group sync.WaitGroup
	begin := make(chan struct{})
	for n := range 100 {
		replica, id := []*fixture{first, second}[n%2], fmt.Sprint(n/2%10)
		request := gridRequest(t, batch(t, incomingEvent(id, nil)))
		group.Go(func() {
			<-begin
			response := httptest.NewRecorder()
			replica.ServeHTTP(response, request)
			if response.Code != http.StatusOK {
				t.Errorf("event %s: answer %d %s", id, response.Code, response.Body)
				return
			}
			key := types.NamespacedName{Namespace: namespace, Name: "incoming-" + id}
			for _, object := range []client.Object{&v1alpha1.Call{}, &corev1.Secret{}} {
				if err := first.api.Get(t.Context(), key, object); err != nil {
					t.Errorf("event %s was acknowledged: %v", id, err)
				}
			}
		})
	}
	close(begin)
	group.Wait()
	calls, secrets := first.made()
	if diff := cmp.Diff(calls, secrets); diff != "" || len(calls) != 10 {
		t.Errorf("%d Calls, want 10, each with its Secret (-calls +secrets)\n%s", len(calls), diff)
	}
	recorded := 0.0
	for _, f := range []*fixture{first, second} {
		recorded += f.metric("call_operator_receiver_incoming_calls_total", "result", "recorded")
	}
	if recorded < 10 {
		t.Errorf("%v events counted as recorded, want at least one of each of ten", recorded)
	}
	for _, name := range secrets {
		if owner := first.incomingSecret(name).OwnerReferences[0].UID; owner != first.incomingCall(name).UID {
			t.Errorf("the Secret %s belongs to another Call", name)
		}
	}
}

// A sender that hangs up after the Call was made does not leave it without its Secret.
func TestSenderGone(t *testing.T) {
	f := newGridFixture(t, provider(""))
	request := gridRequest(t, batch(t, incomingEvent("1", nil)))
	ctx, hangUp := context.WithCancel(t.Context())
	f.onCreate = func(client.Object) error { hangUp(); return nil }
	f.send(request.WithContext(ctx))
	if calls, secrets := f.made(); len(calls) != 1 || len(secrets) != 1 {
		t.Errorf("Calls %v and Secrets %v, want one each", calls, secrets)
	}
}
