// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	acsreports "github.com/call-operator/call-operator/telephony/acs/reports"
	asteriskreports "github.com/call-operator/call-operator/telephony/asterisk/reports"
	"github.com/call-operator/call-operator/test/harness"
	"github.com/call-operator/call-operator/webhookreceiver"
)

// TestIncomingCallsAreAccepted delivers each event twice: the CRD takes the Call, the receiver's role allows what it does,
// and the second delivery finds both objects.
func TestIncomingCallsAreAccepted(t *testing.T) {
	world := harness.New(t, plane, harness.Options{NoReceiver: true})
	server := newReceiver(t, world)
	user := "8:acs:0b7c0f9a-8a55-4c3a-9d5e-3f0a6ce7d111_8c1d2b7e-5d2c-4a9e-9a53-9c8a2f2c1f00"
	long := strings.Repeat("é", 2000)
	tests := []struct {
		name, reason string
		id, from, to string
		text         string
		late         bool
		want         *v1alpha1.Identifier
	}{
		{name: "Number", reason: "an ordinary call", id: "1", from: "4:+442079460123", to: "4:+14255550123", text: "A", want: &v1alpha1.Identifier{PhoneNumber: "+442079460123"}},
		{name: "Withheld", reason: "the caller withheld the number", id: "2", from: "4:anonymous", to: "4:+14255550123", text: ""},
		{name: "Users", reason: "parties in apps", id: "3", from: "8:orgid:8c1d2b7e-5d2c-4a9e-9a53-9c8a2f2c1f00", to: user, text: "A",
			want: &v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: "8c1d2b7e-5d2c-4a9e-9a53-9c8a2f2c1f00", Cloud: "Public"}}},
		{name: "LongTexts", reason: "what is too long is cut or left out", id: strings.Repeat("X Y", 100), from: "8:acs:" + long, to: "4:+14255550123", text: long,
			want: &v1alpha1.Identifier{RawID: "8:acs:" + strings.Repeat("é", 505) + "…"}},
		{name: "HalfCaller", reason: "the caller is recorded", id: "5", from: "8:acs:a__c", to: "28:orgid:8c1d2b7e-5d2c-4a9e-9a53-9c8a2f2c1f00", text: "A",
			want: &v1alpha1.Identifier{RawID: "8:acs:a__c"}},
		{name: "Late", reason: "a call that rang out before it was heard of", id: "6", from: "4:+442079460123", to: "4:+14255550123", text: "A", late: true,
			want: &v1alpha1.Identifier{PhoneNumber: "+442079460123"}},
	}
	known := map[string]bool{}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			happened := time.Now()
			if tc.late {
				happened = happened.Add(-time.Minute)
			}
			body, err := json.Marshal([]any{map[string]any{
				"id": tc.id, "eventType": "Microsoft.Communication.IncomingCall", "eventTime": happened.Format(time.RFC3339Nano),
				"data": map[string]any{
					"to": map[string]any{"rawId": tc.to}, "from": map[string]any{"rawId": tc.from}, "incomingCallContext": "context",
					"callerDisplayName": tc.text, "correlationId": tc.text, "serverCallId": tc.text,
				},
			}})
			if err != nil {
				t.Fatal(err)
			}
			want := map[bool]string{false: "recorded", true: "late"}[tc.late]
			for _, answer := range []string{want, "old_news"} {
				if got := deliver(t, world, server, string(body)); got != answer {
					t.Fatalf("%s: the answer is %s, want %s", tc.reason, got, answer)
				}
			}
			call := newCall(t, world, known)
			if diff := cmp.Diff(tc.want, call.Spec.Inbound.From); diff != "" {
				t.Errorf("%s: the caller (-want +got)\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff([]string{v1alpha1.CallFinalizer}, call.Finalizers); diff != "" {
				t.Errorf("%s: the Call could be deleted without being hung up (-want +got)\n%s", tc.reason, diff)
			}
			if call.Status.ObservedGeneration != -1 {
				t.Errorf("%s: a Call that nobody has looked at passes for one that somebody has", tc.reason)
			}
			secret := &corev1.Secret{}
			err = world.Client.Get(t.Context(), client.ObjectKeyFromObject(call), secret)
			if (err == nil) == tc.late {
				t.Errorf("%s: Secret found: %v", tc.reason, err)
			}
			if err == nil && secret.OwnerReferences[0].UID != call.UID {
				t.Errorf("%s: the Secret does not belong to the Call", tc.reason)
			}
		})
	}
}

// newReceiver has the receiver's role, and reads without a cache.
func newReceiver(t *testing.T, world *harness.World) http.Handler {
	t.Helper()
	c, err := client.New(plane.As(harness.RoleReceiver), client.Options{Scheme: world.Client.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	server, err := webhookreceiver.New(webhookreceiver.Config{
		Client: c, APIReader: c, Recorder: events.NewFakeRecorder(1), Keys: world.Keys, Reports: new(acsreports.Reports), Streams: new(asteriskreports.Reports),
		Registry: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// deliver returns the reason in the answer.
func deliver(t *testing.T, world *harness.World, server http.Handler, body string) string {
	t.Helper()
	url, err := world.Keys.EventGridURL("https://calls.example.com", world.Namespace, harness.ProviderName)
	if err != nil {
		t.Fatal(err)
	}
	response := httptest.NewRecorder()
	server.ServeHTTP(response, httptest.NewRequest(http.MethodPost, url, strings.NewReader(body)))
	return strings.TrimSpace(response.Body.String())
}

// newCall is the only Call that is not known yet.
func newCall(t *testing.T, world *harness.World, known map[string]bool) *v1alpha1.Call {
	t.Helper()
	list := &v1alpha1.CallList{}
	if err := world.Client.List(t.Context(), list, client.InNamespace(world.Namespace)); err != nil {
		t.Fatal(err)
	}
	var found *v1alpha1.Call
	for i := range list.Items {
		if call := &list.Items[i]; !known[call.Name] {
			if known[call.Name] = true; found != nil {
				t.Fatalf("two deliveries made %s and %s", found.Name, call.Name)
			}
			found = call
		}
	}
	if found == nil {
		t.Fatal("there is no Call")
	}
	return found
}
