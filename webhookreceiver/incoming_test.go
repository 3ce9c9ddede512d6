// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// incomingCall and incomingSecret are the event's objects in the API server.
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
	withoutPlus := func(number, value string) map[string]any {
		return map[string]any{"kind": "phoneNumber", "rawId": "4:" + number[1:], "phoneNumber": map[string]any{"value": value}}
	}
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
		{name: "StrangeFrom", reason: "a caller that the API has no other name for is recorded, and not anonymous", changes: map[string]any{"from": rawID("99:x:y")}, want: "recorded",
			check: func(i *inbound) bool { return i.From != nil && i.From.RawID == "99:x:y" }},
		{name: "NamedFrom", reason: "reported: a caller who shows a name in place of a number", want: "recorded",
			changes: map[string]any{"from": map[string]any{"kind": "phoneNumber", "rawId": "4:MyBank", "phoneNumber": map[string]any{"value": "MyBank"}}},
			check:   func(i *inbound) bool { return i.From != nil && i.From.RawID == "4:MyBank" }},
		{name: "ShortCodeFrom", reason: "a short code is no number of a subscriber", changes: map[string]any{"from": rawID("4:72727")}, want: "recorded",
			check: func(i *inbound) bool { return i.From != nil && i.From.RawID == "4:72727" }},
		{name: "AddressFrom", reason: "nor is a SIP address", changes: map[string]any{"from": rawID("4:sip:ada@example.com")}, want: "recorded",
			check: func(i *inbound) bool { return i.From != nil && i.From.RawID == "4:sip:ada@example.com" }},
		{name: "HalfFrom", reason: "a person without an ID is recorded as it is", changes: map[string]any{"from": rawID("8:orgid:")}, want: "recorded",
			check: func(i *inbound) bool { return i.From != nil && i.From.RawID == "8:orgid:" }},
		{name: "LongFrom", reason: "an ID of this length is nobody's of a known kind", changes: map[string]any{"from": rawID("8:acs:" + strings.Repeat("x", 600))}, want: "recorded",
			check: func(i *inbound) bool { return i.From != nil && utf8.RuneCountInString(i.From.RawID) == 512 }},
		{name: "WithoutPlus", reason: "reported: the raw IDs lack the plus sign that the nested numbers have", want: "recorded",
			changes: map[string]any{"from": withoutPlus(caller, caller), "to": withoutPlus(callee, callee)},
			check:   func(i *inbound) bool { return i.From.PhoneNumber == caller && i.To.PhoneNumber == callee }},
		{name: "WithoutPlusAnywhere", reason: "the caller is not lost for it", want: "recorded",
			changes: map[string]any{"from": withoutPlus(caller, caller[1:]), "to": withoutPlus(callee, callee[1:])},
			check:   func(i *inbound) bool { return i.From.PhoneNumber == caller && i.To.PhoneNumber == callee }},
		{name: "ShortNumberOfOurs", reason: "the provider says which number that is", changes: map[string]any{"to": rawID("4:3726015")}, want: "recorded",
			check: func(i *inbound) bool { return i.To.PhoneNumber == "+3726015" }},
		{name: "UserCalled", reason: "not only numbers are called", changes: map[string]any{"to": rawID(user)}, want: "recorded",
			check: func(i *inbound) bool { return i.To.CommunicationUser == user }},
		{name: "KindInCapitals", reason: "Event Grid's documents spell the kind with a capital",
			changes: map[string]any{"to": map[string]any{"kind": "PhoneNumber", "rawId": "4:" + callee, "phoneNumber": map[string]any{"value": callee}}}, want: "recorded",
			check: func(i *inbound) bool { return i.To.PhoneNumber == callee }},
		{name: "Headers", reason: "reported: what came with the call is readable, whatever sort of value it is", want: "recorded",
			changes: map[string]any{"customContext": map[string]any{
				"sipHeaders": map[string]any{"User-To-User": "0064", "X-Ticket": 4711}, "voipHeaders": map[string]any{"customer": "42"}}},
			check: func(i *inbound) bool {
				return i.Headers != nil && i.Headers.SIP["User-To-User"] == "0064" && i.Headers.SIP["X-Ticket"] == "4711" && i.Headers.VoIP["customer"] == "42"
			}},
		{name: "OnBehalfOf", reason: "reported: for whom the called party takes the call", want: "recorded",
			changes: map[string]any{"onBehalfOfCallee": rawID("4:+14255550133")},
			check:   func(i *inbound) bool { return i.OnBehalfOf != nil && i.OnBehalfOf.PhoneNumber == "+14255550133" }},
		{name: "OnBehalfOfNobody", reason: "an empty object names nobody", changes: map[string]any{"onBehalfOfCallee": map[string]any{}}, want: "recorded",
			check: func(i *inbound) bool { return i.OnBehalfOf == nil && i.Headers == nil && i.OmittedHeaders == nil }},
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
		{name: "StrangeTo", reason: "an unknown kind of callee does not lose the caller", changes: map[string]any{"to": rawID("99:x:y")}, want: "recorded",
			check: func(i *inbound) bool { return i.To.RawID == "99:x:y" }},
		{name: "ShortTo", reason: "this is no number of a subscriber", changes: map[string]any{"to": rawID("4:+1")}, want: "recorded",
			check: func(i *inbound) bool { return i.To.RawID == "4:+1" }},
		{name: "WithheldTo", reason: "nobody calls nobody", changes: map[string]any{"to": rawID("4:anonymous")}, want: "callee_unknown"},
		{name: "TwoParties", reason: "the data contradicts itself", changes: map[string]any{"to": map[string]any{
			"phoneNumber": map[string]any{"value": callee}, "communicationUser": map[string]any{"id": user}}}, want: "event_malformed"},
		{name: "NumberForText", reason: "the data is of another type", changes: map[string]any{"serverCallId": 7}, want: "event_malformed"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := provider("")
			p.Spec.Numbers = []v1alpha1.OwnedNumber{{PhoneNumber: callee}, {PhoneNumber: "+3726015"}}
			f := newFixture(t, []client.Object{p}, at(gridTime.Add(tc.heard)))
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
