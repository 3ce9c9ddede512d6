// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// TestPresence: whether a service is connected, as its CallProvider's status shows it after some time. The connection is opened at second 0.
func TestPresence(t *testing.T) {
	later := func(seconds int) *time.Duration {
		d := time.Duration(seconds) * time.Second
		return &d
	}
	tests := []struct {
		name, reason string
		// closed is when the connection ends and stopped when the process does; zero means that they do not.
		closed, stopped time.Duration
		// other is what another replica, or a person, writes at second 5: when a connection was opened, or nothing.
		other    func(opened metav1.Time) *metav1.Time
		at       time.Duration
		want     *time.Duration
		mayWrite int32
	}{
		{name: "Opens", reason: "it may break off at once", at: 500 * time.Millisecond},
		{name: "Open", reason: "it lasts", at: 2 * time.Second, want: later(0), mayWrite: 1},
		{name: "StaysOpen", reason: "a steady connection causes no write", at: time.Hour, want: later(0), mayWrite: 1},
		{name: "Flaps", reason: "a connection of half a second is none", closed: 500 * time.Millisecond, at: time.Minute},
		{name: "Closed", reason: "it may come back", closed: 10 * time.Second, at: 20 * time.Second, want: later(0), mayWrite: 1},
		{name: "Gone", reason: "it has not come back", closed: 10 * time.Second, at: 30 * time.Second, mayWrite: 2},
		{
			name: "TakenOver", reason: "the service is connected to another replica", closed: 10 * time.Second, at: time.Minute, want: later(5), mayWrite: 1,
			other: func(opened metav1.Time) *metav1.Time { return &metav1.Time{Time: opened.Add(5 * time.Second)} },
		},
		{
			name: "Removed", reason: "it is still open", at: 2 * time.Minute, want: later(0), mayWrite: 2,
			other: func(metav1.Time) *metav1.Time { return nil },
		},
		{
			name: "Older", reason: "a replica that wrote late is wrong", at: 2 * time.Minute, want: later(0), mayWrite: 2,
			other: func(opened metav1.Time) *metav1.Time { return &metav1.Time{Time: opened.Add(-time.Hour)} },
		},
		{
			name: "Stops", reason: "the service connects to another replica", closed: 10 * time.Second, stopped: 10 * time.Second, at: time.Minute,
			want: later(0), mayWrite: 1,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fixture{t: t, registry: prometheus.NewRegistry()}
				f.api = newAPI(t, pbx("provider"))
				counted := f.client()
				p := newPresence(Config{Client: counted, APIReader: f.api, Now: time.Now})
				connection, process := until(t, tc.closed), until(t, tc.stopped)
				opened, key := metav1.NewTime(time.Now().Truncate(time.Second)), client.ObjectKey{Namespace: namespace, Name: "provider"}
				read := func() *v1alpha1.CallProvider {
					provider := &v1alpha1.CallProvider{}
					if err := f.api.Get(context.Background(), key, provider); err != nil {
						t.Fatal(err)
					}
					return provider
				}
				if tc.other != nil {
					time.AfterFunc(5*time.Second, func() {
						provider := read()
						provider.Status.StreamConnectedTime = tc.other(opened)
						if err := f.api.Status().Update(context.Background(), provider); err != nil {
							t.Error(err)
						}
					})
				}
				go p.keep(connection, process, key)
				time.Sleep(tc.at)
				var got *time.Duration
				if since := read().Status.StreamConnectedTime; since != nil {
					after := since.Sub(opened.Time)
					got = &after
				}
				if diff := cmp.Diff(tc.want, got); diff != "" || f.providerWrites.Load() != tc.mayWrite {
					t.Errorf("%s: %d writes, want %d (-want +got):\n%s", tc.reason, f.providerWrites.Load(), tc.mayWrite, diff)
				}
			})
		})
	}
}

// until is a context that ends after a time, or with the test if that is zero.
func until(t *testing.T, after time.Duration) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	if after > 0 {
		time.AfterFunc(after, cancel)
	}
	return ctx
}
