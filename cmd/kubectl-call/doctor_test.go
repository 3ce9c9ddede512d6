// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/call-operator/call-operator/test/harness"
)

// examiner checks two providers, a and b, with these callback URLs.
func examiner(t *testing.T, urlTimeout time.Duration, a, b string) *installation {
	t.Helper()
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme)
	for name, url := range map[string]string{"a": a, "b": b} {
		p := provider("team-a", url)
		p.Name = name
		builder.WithObjects(p)
	}
	return &installation{client: builder.Build(), namespace: "team-a", web: &http.Client{}, urlTimeout: urlTimeout, now: time.Now}
}

// ofURLs are the results for the callback URLs.
func ofURLs(findings []finding) map[string]result {
	verdicts := map[string]result{}
	for _, f := range findings {
		if f.Check == "callback URL of a" || f.Check == "callback URL of b" {
			verdicts[f.Check] = f.Result
		}
	}
	return verdicts
}

// receiver answers as the webhook receiver does, after waiting.
func receiver(t *testing.T, wait func()) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		wait()
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// A URL that a firewall blocks does not affect the next provider's URL.
func TestDoctorDoesNotWaitForASilentURL(t *testing.T) {
	t.Parallel()
	// It takes connections and never answers.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	p := examiner(t, 3*time.Second, "http://"+silent.Addr().String(), receiver(t, func() {}))
	want := map[string]result{"callback URL of a": resultBroken, "callback URL of b": resultWarning}
	if diff := cmp.Diff(want, ofURLs(p.providers(t.Context()))); diff != "" {
		t.Errorf("the results (-want +got):\n%s", diff)
	}
}

// Each of two receivers answers only once the other one is asked too.
func TestDoctorAsksAllURLsAtOnce(t *testing.T) {
	t.Parallel()
	var both sync.WaitGroup
	both.Add(2)
	meet := func() { both.Done(); both.Wait() }
	p := examiner(t, harness.Patience, receiver(t, meet), receiver(t, meet))
	want := map[string]result{"callback URL of a": resultWarning, "callback URL of b": resultWarning}
	if diff := cmp.Diff(want, ofURLs(p.providers(t.Context()))); diff != "" {
		t.Errorf("the results (-want +got):\n%s", diff)
	}
}

// The name of a Service resolves only in the cluster, so it may reach the receiver. Any other unknown name does not.
func TestDoctorOutsideOfTheCluster(t *testing.T) {
	t.Parallel()
	p := examiner(t, harness.Patience, "http://receiver.call-operator-system.svc", "https://calls.example.com")
	nobodyKnows := func(_ context.Context, _, address string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
	}
	p.web = &http.Client{Transport: &http.Transport{DialContext: nobodyKnows}}
	want := map[string]result{"callback URL of a": resultUnknown, "callback URL of b": resultBroken}
	if diff := cmp.Diff(want, ofURLs(p.providers(t.Context()))); diff != "" {
		t.Errorf("the results (-want +got):\n%s", diff)
	}
}
