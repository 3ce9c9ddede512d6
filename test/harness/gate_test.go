// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGateCutsWhereItIsTold(t *testing.T) {
	cases := []struct {
		name, reason string
		mode         Mode
		// effects is how many requests reach the server, heard how many answers the sender gets.
		effects, heard int
	}{
		{name: "before", reason: "the second request never arrives", mode: Before, effects: 1, heard: 1},
		{name: "after", reason: "it arrives and is answered, nothing goes out after it", mode: After, effects: 2, heard: 2},
		{name: "lost", reason: "it arrives and nobody hears the answer", mode: Lost, effects: 2, heard: 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			effects, died := 0, 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				effects++
				_, _ = io.WriteString(w, "answer")
			}))
			defer server.Close()
			gate := &Gate{Cut: &Cut{At: Request{Name: "PUT calls/status", Nth: 2}, Mode: tc.mode}, OnDeath: func() { died++ }}
			client := &http.Client{Transport: gate.wrap(http.DefaultTransport, apiRequest)}
			heard := 0
			for range 4 {
				if put(t, client, server.URL+"/apis/call-operator.dev/v1alpha1/namespaces/a/calls/b/status") {
					heard++
				}
			}
			if effects != tc.effects || heard != tc.heard || died != 1 || !gate.WasCut() {
				t.Errorf("%s: %d effects, %d answers, %d deaths, cut %v; want %d, %d, 1, true",
					tc.reason, effects, heard, died, gate.WasCut(), tc.effects, tc.heard)
			}
		})
	}
}

func TestCutPointsAreThoseOfARunWithoutLateWrites(t *testing.T) {
	const calls = "/apis/call-operator.dev/v1alpha1/namespaces/a/calls"
	answers := []struct {
		method, path string
		status       int
	}{
		{http.MethodPatch, calls + "/before", http.StatusOK},
		{http.MethodPut, calls + "/b/status", http.StatusConflict},
		{http.MethodPost, calls, http.StatusConflict},
		{http.MethodPut, calls + "/b/status", http.StatusOK},
		{http.MethodPut, calls + "/b/status", http.StatusConflict},
		{http.MethodPatch, calls + "/b", http.StatusOK},
		{http.MethodPut, calls + "/b/status", http.StatusOK},
	}
	next := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(answers[next].status)
		next++
	}))
	defer server.Close()
	gate := &Gate{}
	client := &http.Client{Transport: gate.wrap(http.DefaultTransport, apiRequest)}
	for _, answer := range answers {
		request, err := http.NewRequest(answer.method, server.URL+answer.path, strings.NewReader("{}"))
		must(t, err)
		response, err := client.Do(request)
		must(t, err)
		_ = response.Body.Close()
	}
	want := []Request{{"POST calls", 1}, {"PUT calls/status", 1}, {"PATCH calls", 2}, {"PUT calls/status", 2}}
	if diff := cmp.Diff(want, gate.CutPoints(1)); diff != "" {
		t.Errorf("a write that came too late is sent again, so only the second one is a cut point; a creation that finds its object is no race (-want +got):\n%s", diff)
	}
}

// put tells whether an answer was heard to its end.
func put(t *testing.T, client *http.Client, url string) bool {
	t.Helper()
	request, err := http.NewRequest(http.MethodPut, url, strings.NewReader("{}"))
	must(t, err)
	response, err := client.Do(request)
	if err != nil {
		if !errors.Is(err, ErrDead) {
			t.Fatal(err)
		}
		return false
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return err == nil && string(body) == "answer"
}

func TestRequestsHaveNames(t *testing.T) {
	type named struct {
		Name string
		Kind kind
	}
	const calls = "/apis/call-operator.dev/v1alpha1/namespaces/a/calls"
	cases := []struct {
		name, method, path string
		of                 namer
		want               named
	}{
		{"create", "POST", calls, apiRequest, named{"POST calls", counted}},
		{"status", "PUT", calls + "/b/status", apiRequest, named{"PUT calls/status", counted}},
		{"patch", "PATCH", calls + "/b", apiRequest, named{"PATCH calls", counted}},
		{"delete", "DELETE", calls + "/b", apiRequest, named{"DELETE calls", counted}},
		{"list everywhere", "GET", "/apis/call-operator.dev/v1alpha1/calls", apiRequest, named{"GET calls", read}},
		{"secret", "GET", "/api/v1/namespaces/a/secrets/s", apiRequest, named{"GET secrets", read}},
		{"namespace", "POST", "/api/v1/namespaces", apiRequest, named{"POST namespaces", counted}},
		{"event", "POST", "/apis/events.k8s.io/v1/namespaces/a/events", apiRequest, named{"POST events", event}},
		{"lease", "PUT", "/apis/coordination.k8s.io/v1/namespaces/a/leases/l", apiRequest, named{"PUT leases", read}},
		{"discovery", "GET", "/api", apiRequest, named{"GET /api", read}},
		{"create a call", "POST", "/calling/callConnections", acsRequest, named{"createCall", counted}},
		{"hang up for all", "POST", "/calling/callConnections/c:terminate", acsRequest, named{"terminate", counted}},
		{"hang up", "DELETE", "/calling/callConnections/c", acsRequest, named{"hangUp", counted}},
		{"poll", "GET", "/calling/callConnections/c", acsRequest, named{"getCall", counted}},
		{"roster", "GET", "/calling/callConnections/c/participants", acsRequest, named{"getParticipants", counted}},
		{"move", "POST", "/calling/callConnections/c/participants:moveHere", acsRequest, named{"moveHere", counted}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			request := httptest.NewRequest(tc.method, tc.path, nil)
			name, k := tc.of(request)
			if diff := cmp.Diff(tc.want, named{name, k}); diff != "" {
				t.Errorf("%s %s: -want +got\n%s", tc.method, tc.path, diff)
			}
		})
	}
}
