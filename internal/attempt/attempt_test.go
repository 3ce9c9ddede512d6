// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package attempt

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func at(after time.Duration) metav1.Time { return metav1.NewTime(epoch.Add(after)) }

func objectOf(uid types.UID, created metav1.Time) metav1.Object {
	return &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Name: "c", UID: uid, CreationTimestamp: created}}
}

func TestCopied(t *testing.T) {
	sent := func(uid types.UID) *v1alpha1.RequestAttempt {
		return &v1alpha1.RequestAttempt{ID: "a", FirstSent: at(0), ObjectUID: uid}
	}
	cases := []struct {
		name, reason string
		object       metav1.Object
		attempt      *v1alpha1.RequestAttempt
		want         bool
	}{
		{"no attempt", "nothing was sent for anybody", objectOf("u", at(0)), nil, false},
		{"own", "the attempt names this object", objectOf("u", at(0)), sent("u"), false},
		{"another's", "a restored object has a new UID", objectOf("v", at(time.Hour)), sent("u"), true},
		{"another's, of one second", "the UID decides, not the time", objectOf("v", at(0)), sent("u"), true},
		{"own, clocks differ", "the UID decides, not the time", objectOf("u", at(time.Hour)), sent("u"), false},
		{"old version", "its call was placed before the upgrade and lives on", objectOf("u", at(-time.Minute)), sent(""), false},
		{"old version, dialled at once", "times have whole seconds", objectOf("u", at(0)), sent(""), false},
		{"old version, clock behind", "to take an original for a copy would abandon its call", objectOf("u", at(clockSkew)), sent(""), false},
		{"old version, copied", "an object is not created after its own attempt", objectOf("v", at(clockSkew+time.Second)), sent(""), true},
		{"no time", "an object without a time tells nothing", objectOf("u", metav1.Time{}), sent(""), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Copied(c.object, c.attempt); got != c.want {
				t.Errorf("%s: Copied() = %t", c.reason, got)
			}
		})
	}
}

func TestHost(t *testing.T) {
	cases := []struct{ endpoint, want, reason string }{
		{"https://a.communication.azure.com", "a.communication.azure.com", "the host is the identity"},
		{"https://a.communication.azure.com/", "a.communication.azure.com", "a slash is no other service"},
		{"https://A.Communication.Azure.com", "a.communication.azure.com", "nor are capitals"},
		{"https://a.communication.azure.com:443/", "a.communication.azure.com", "nor is the usual port"},
		{"https://a.communication.azure.com./", "a.communication.azure.com", "nor is the root's dot"},
		{" https://a.communication.azure.com ", "a.communication.azure.com", "nor are blanks around it"},
		{"http://127.0.0.1:80", "127.0.0.1", "the usual port of http"},
		{"http://127.0.0.1:8443", "127.0.0.1:8443", "two simulators differ by their port"},
		{"https://[2001:DB8::1]:8443", "[2001:db8::1]:8443", "an address of IPv6 keeps its brackets before a port"},
		{"https://A.Communication.Azure.com/", "a.communication.azure.com", "letters of another case name the same host"},
		{"https://a.communication.azure.com:443", "a.communication.azure.com", "the usual port"},
		{"https://a.communication.azure.com.", "a.communication.azure.com", "a name with its root"},
		{"http://localhost:80", "localhost", "the usual port of http"},
		{"http://localhost:8080", "localhost:8080", "another port is another service"},
		{"https://localhost:80", "localhost:80", "not the usual one"},
		{"https://a.communication.azure.com@evil.example.com", "evil.example.com", "where requests go counts"},
		{"", "", "nowhere"},
		{"://", "://", "what cannot be read equals itself alone"},
		{"not a URL", "not a url", "whatever it is, it is compared as it is"},
	}
	for _, c := range cases {
		t.Run(c.endpoint, func(t *testing.T) {
			if got := Host(c.endpoint); got != c.want {
				t.Errorf("%s: got %q, want %q", c.reason, got, c.want)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	named := func(uid types.UID, endpoint string) *v1alpha1.RequestAttempt {
		return &v1alpha1.RequestAttempt{ID: "a", Service: &v1alpha1.AttemptService{ProviderName: "p", ProviderUID: uid, Endpoint: endpoint}}
	}
	cases := []struct {
		name, reason   string
		attempt        *v1alpha1.RequestAttempt
		want           Relation
		repeat, hangUp bool
	}{
		{"same", "what was sent there is repeated and hung up there", named("pu", "a.example.com"), Same, true, true},
		{"old version", "a call of the previous version continues unchanged", &v1alpha1.RequestAttempt{ID: "a"}, Unnamed, true, true},
		{"another endpoint", "a repetition would ring a second time, and a 404 says nothing", named("pu", "b.example.com"), Elsewhere, false, false},
		{"another provider at the endpoint", "the call is there, but the request is another provider's", named("pv", "a.example.com"), Recreated, false, true},
		{"another provider and endpoint", "it has nothing to do with the call", named("pv", "b.example.com"), Elsewhere, false, false},
	}
	provider := &v1alpha1.CallProvider{ObjectMeta: metav1.ObjectMeta{Name: "p", UID: "pu"}}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			service := Service(provider, "https://a.example.com/")
			got := Compare(c.attempt, &service)
			if got != c.want || got.MayRepeat() != c.repeat || got.HasCall() != c.hangUp {
				t.Errorf("%s: got %s, repeat %t, hang up %t", c.reason, got, got.MayRepeat(), got.HasCall())
			}
		})
	}
}

func TestPins(t *testing.T) {
	provider := &v1alpha1.CallProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "p", UID: "pu"},
		Spec: v1alpha1.CallProviderSpec{
			CallbackURL: "https://calls.example.com",
			ACS:         &v1alpha1.ACSProvider{ResourceID: "r"},
		},
	}
	own := v1alpha1.AttemptRequest{APIVersion: "2026-03-12", CognitiveServicesEndpoint: "https://ai.example.com"}
	pins := PinsOf(objectOf("u", at(0)), provider, Service(provider, "https://a.example.com/"), own, "key")
	full := v1alpha1.RequestAttempt{
		ID: "a", FirstSent: at(0), ObjectUID: "u",
		Service: &v1alpha1.AttemptService{ProviderName: "p", ProviderUID: "pu", Endpoint: "a.example.com", ResourceID: "r"},
		Request: &v1alpha1.AttemptRequest{
			APIVersion: "2026-03-12", CallbackURL: "https://calls.example.com", CallbackKeyID: "key", CognitiveServicesEndpoint: "https://ai.example.com",
		},
	}
	bare := v1alpha1.RequestAttempt{ID: "a", FirstSent: at(0)}
	if !Lacks(&bare) || Lacks(&full) || Lacks(nil) {
		t.Error("an attempt of the version before lacks its pins, a full one does not")
	}
	got := *bare.DeepCopy()
	pins.FillIn(&got)
	if diff := cmp.Diff(full, got); diff != "" {
		t.Errorf("an attempt without pins gets them (-want +got):\n%s", diff)
	}
	provider.UID, provider.Spec.CallbackURL = "pv", "https://elsewhere.example.com"
	PinsOf(objectOf("v", at(0)), provider, Service(provider, "https://b.example.com"), v1alpha1.AttemptRequest{}, "another").FillIn(&got)
	if diff := cmp.Diff(full, got); diff != "" {
		t.Errorf("what was recorded is what was sent, and never changes (-want +got):\n%s", diff)
	}
	pins.FillIn(nil)
}

// TestPinsWithoutCallbackURL: a service that reports on a stream is named no URL, and no key for one.
func TestPinsWithoutCallbackURL(t *testing.T) {
	provider := &v1alpha1.CallProvider{ObjectMeta: metav1.ObjectMeta{Name: "p", UID: "pu"}}
	own := v1alpha1.AttemptRequest{Endpoint: "PJSIP/$(number)@trunk"}
	pins := PinsOf(objectOf("u", at(0)), provider, Service(provider, "https://pbx.example.com/ari"), own, "key")
	if diff := cmp.Diff(&own, pins.Request); diff != "" {
		t.Errorf("only what the service adds is recorded (-want +got):\n%s", diff)
	}
	sent := v1alpha1.RequestAttempt{ID: "a", FirstSent: at(0)}
	if pins.FillIn(&sent); Lacks(&sent) {
		t.Errorf("the attempt is complete: %+v", sent)
	}
}
