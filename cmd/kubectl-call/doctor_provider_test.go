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

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestDoctorSeesWhatRoutesTook: Calls go when their time to live is over; what a route took came all the same.
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
		want   verdict
		says   string
	}{
		{"nothing came", nil, []v1alpha1.CallRoute{route(receives.Name, nil)}, unknown, "None has come yet"},
		{"the Call is gone, the route has it on record", nil, []v1alpha1.CallRoute{route(receives.Name, &late)}, wellFound, "2026-11-02"},
		{"the newest counts", []v1alpha1.Call{call}, []v1alpha1.CallRoute{route(receives.Name, &late)}, wellFound, "2026-11-02"},
		{"whichever that is", []v1alpha1.Call{call}, nil, wellFound, "2026-11-01"},
		{"another provider's route says nothing", nil, []v1alpha1.CallRoute{route("other", &late)}, unknown, "None has come yet"},
	}
	for _, c := range cases {
		if got := incoming(receives, c.calls, c.routes); got.Verdict != c.want || !strings.Contains(got.Message, c.says) {
			t.Errorf("%s: got %+v", c.reason, got)
		}
	}
}

// TestDoctorDoubtsTunnelPorts: what ACS is known to refuse is said beside what this machine sees.
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
