// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestDoctorSeesWhatRoutesTook: Calls are deleted after their time to live; the status of a route still shows that calls
// arrived.
func TestDoctorSeesWhatRoutesTook(t *testing.T) {
	t.Parallel()
	receives := provider("team-a", "https://calls.example.com")
	receives.Spec.IncomingCalls = &v1alpha1.IncomingCalls{}
	early, late := metav1.NewTime(time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)), metav1.NewTime(time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC))
	call := v1alpha1.Call{Spec: v1alpha1.CallSpec{ProviderRef: v1alpha1.ProviderReference{Name: receives.Name}, Inbound: &v1alpha1.InboundCall{ReceivedTime: early}}}
	route := func(providerName string, taken *metav1.Time) v1alpha1.CallRoute {
		return v1alpha1.CallRoute{
			Spec:   v1alpha1.CallRouteSpec{ProviderRef: v1alpha1.ProviderReference{Name: providerName}},
			Status: v1alpha1.CallRouteStatus{LastTakenTime: taken},
		}
	}
	cases := []struct {
		reason string
		calls  []v1alpha1.Call
		routes []v1alpha1.CallRoute
		want   result
		says   string
	}{
		{"no call arrived", nil, []v1alpha1.CallRoute{route(receives.Name, nil)}, resultUnknown, "No incoming call has arrived yet"},
		{"the Call is gone, the route has it on record", nil, []v1alpha1.CallRoute{route(receives.Name, &late)}, resultOK, "2026-11-02"},
		{"the newest counts", []v1alpha1.Call{call}, []v1alpha1.CallRoute{route(receives.Name, &late)}, resultOK, "2026-11-02"},
		{"whichever that is", []v1alpha1.Call{call}, nil, resultOK, "2026-11-01"},
		{"another provider's route says nothing", nil, []v1alpha1.CallRoute{route("other", &late)}, resultUnknown, "No incoming call has arrived yet"},
	}
	for _, c := range cases {
		if got := incoming(receives, c.calls, c.routes); got.Result != c.want || !strings.Contains(got.Message, c.says) {
			t.Errorf("%s: got %+v", c.reason, got)
		}
	}
}

// TestDoctorKnowsAsterisk: it has no callbacks and no Event Grid, so doctor does not ask for them.
func TestDoctorKnowsAsterisk(t *testing.T) {
	t.Parallel()
	p := asteriskProvider("team-a", "")
	call := v1alpha1.Call{Spec: v1alpha1.CallSpec{
		ProviderRef: v1alpha1.ProviderReference{Name: p.Name}, Inbound: &v1alpha1.InboundCall{ReceivedTime: metav1.NewTime(time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC))},
	}}
	cases := []struct {
		reason string
		calls  []v1alpha1.Call
		want   finding
	}{
		{"the dialplan decides", nil, finding{"incoming calls of asterisk", resultUnknown,
			"No incoming call has arrived yet. Calls arrive that Asterisk's dialplan sends to Stasis(call-operator,inbound,NUMBER,CALLER): see docs/asterisk.md."}},
		{"one arrived", []v1alpha1.Call{call}, finding{"incoming calls of asterisk", resultOK, "The last recorded call arrived at 2026-11-01T10:00:00Z."}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, incoming(p, c.calls, nil)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
	if found := (&installation{}).callbackURL(t.Context(), p); len(found) > 0 {
		t.Errorf("there is no callback URL to check, and it says %+v", found)
	}
}

// TestDoctorWarnsOfSilence: a provider whose service reports nothing is ready, and not well.
func TestDoctorWarnsOfSilence(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]result{v1alpha1.ReasonAvailable: resultOK, v1alpha1.ReasonNoEvents: resultWarning} {
		p := provider("team-a", "")
		p.Status.ObservedGeneration = p.Generation
		p.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: reason, Message: "m"}}
		if got := providerReady(p); got.Result != want {
			t.Errorf("%s: %+v, want %s", reason, got, want)
		}
	}
}

// TestDoctorDoubtsTunnelPorts: doctor warns about URLs that ACS is known to refuse, even if this machine reaches them.
func TestDoctorDoubtsTunnelPorts(t *testing.T) {
	t.Parallel()
	p := examiner(t, harness.Patience, "https://abc123.euw.devtunnels.ms:8080", "https://calls.example.com")
	refused := func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }
	p.web = &http.Client{Transport: &http.Transport{DialContext: refused}}
	doubted := map[string]bool{}
	for _, f := range p.providers(t.Context()) {
		doubted[f.Check] = strings.Contains(f.Message, "port 8080 of abc123.euw.devtunnels.ms")
	}
	if !doubted["callback URL of a"] || doubted["callback URL of b"] {
		t.Errorf("the doubts are %v", doubted)
	}
}
