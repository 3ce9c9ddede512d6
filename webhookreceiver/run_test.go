// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
)

func TestOptionsAreChecked(t *testing.T) {
	directory := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(directory, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	good := write("keys", base64.StdEncoding.EncodeToString(make([]byte, 32)))
	bad := write("bad", "hunter2")
	tests := []struct {
		name, reason string
		change       func(*Options)
		want         string
	}{
		{name: "NoAddress", reason: "callbacks need somewhere to go", change: func(o *Options) { o.ListenAddress = "" }, want: "no address to listen on"},
		{name: "NoKeyFile", reason: "without keys no callback could be authenticated", change: func(o *Options) { o.CallbackKeyFile = "" }, want: "callback key file is not set"},
		{name: "KeyFileMissing", reason: "the file is named", change: func(o *Options) { o.CallbackKeyFile = filepath.Join(directory, "none") }, want: "none: no such file"},
		{name: "KeyFileBad", reason: "the line is named", change: func(o *Options) { o.CallbackKeyFile = bad }, want: "line 1 of the key file"},
		{name: "HalfTLS", reason: "a certificate without its key is a mistake", change: func(o *Options) { o.TLSCertFile = "cert" }, want: "both the TLS certificate and its key"},
		{name: "TLSFileMissing", reason: "no silent plain http", change: func(o *Options) { o.TLSCertFile, o.TLSKeyFile = "none", "none" }, want: "reading the TLS certificate"},
		{name: "NoGrace", reason: "requests under way would be cut off", change: func(o *Options) { o.GracePeriod = 0 }, want: "grace period"},
		{name: "NegativeDrain", reason: "time goes one way", change: func(o *Options) { o.DrainDelay = -1 }, want: "drain delay"},
		{name: "PlainJWKS", reason: "keys must come from the issuer", change: func(o *Options) { o.JWKSURL = "http://issuer.example.com" }, want: "must begin with https"},
		{name: "PlainEntra", reason: "keys must come from the tenant", change: func(o *Options) { o.EntraURL = "http://login.example.com" }, want: "the URL of Entra ID"},
		{name: "PortTaken", reason: "a port that cannot be had is the first thing one hears of", change: func(o *Options) { o.MetricsAddress = "256.0.0.1:1" }, want: "listening for metrics"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			o := Options{
				ListenAddress: "127.0.0.1:0", CallbackKeyFile: good, GracePeriod: time.Second,
			}
			tc.change(&o)
			// Nothing listens at this API server; it is not asked before the options are right.
			err := Run(t.Context(), &rest.Config{Host: "http://127.0.0.1:1"}, o)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: error %v, want one with %q", tc.reason, err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: the error shows a key: %v", tc.reason, err)
			}
		})
	}
}

// fakeCluster has a cache that syncs on demand.
type fakeCluster struct {
	cluster.Cluster
	cache *fakeCache
}

func (c *fakeCluster) GetCache() cache.Cache           { return c.cache }
func (c *fakeCluster) Start(ctx context.Context) error { <-ctx.Done(); return nil }

type fakeCache struct {
	*informertest.FakeInformers
	caughtUp chan struct{}
}

func (c *fakeCache) WaitForCacheSync(ctx context.Context) bool {
	select {
	case <-c.caughtUp:
		return true
	case <-ctx.Done():
		return false
	}
}

// running is a receiver that serves on real ports.
type running struct {
	*fixture
	addresses chan Addresses
	cache     *fakeCache
	process   *process
	stop      context.CancelFunc
	done      chan error
}

func start(t *testing.T, change ...func(*Options)) *running {
	t.Helper()
	f := newFixture(t, []client.Object{dialing(), provider("")})
	fake := &fakeCache{FakeInformers: &informertest.FakeInformers{Scheme: f.api.Scheme()}, caughtUp: make(chan struct{})}
	r := &running{fixture: f, addresses: make(chan Addresses, 1), cache: fake, done: make(chan error, 1)}
	r.process = &process{
		options: Options{
			ListenAddress: "127.0.0.1:0", HealthAddress: "127.0.0.1:0", MetricsAddress: "127.0.0.1:0", GracePeriod: 10 * time.Second,
			Registry: f.registry, Log: f.log, Started: func(a Addresses) { r.addresses <- a },
		},
		cluster: &fakeCluster{cache: fake},
		server:  f.Server,
	}
	for _, apply := range change {
		apply(&r.process.options)
	}
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	go func() { r.done <- r.process.run(ctx) }()
	return r
}

func (r *running) awaitEnd() {
	r.t.Helper()
	select {
	case err := <-r.done:
		if err != nil {
			r.t.Errorf("run ended with %v, want nil", err)
		}
	case <-time.After(10 * time.Second):
		r.t.Fatal("run did not end")
	}
}

func get(t testing.TB, url string) (int, string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

// Ready when the caches have caught up, not ready when asked to stop, and the pending request is finished.
func TestLifeOfAReceiver(t *testing.T) {
	r := start(t)
	h := holdFirstWrite(r.fixture)
	if r.process.health.ready.Load() {
		t.Error("ready before the caches have caught up")
	}
	close(r.cache.caughtUp)
	a := <-r.addresses
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/else": 404} {
		if code, body := get(t, "http://"+a.Health.String()+path); code != want {
			t.Errorf("%s: %d %s, want %d", path, code, body, want)
		}
	}
	genuine, _ := url.Parse(genuineURL(t, target()))
	var under answers
	under.collect(func() (int, string) {
		response, err := http.Post("http://"+a.Callbacks.String()+genuine.RequestURI(), "application/json", strings.NewReader(batch(t, connected("1"))))
		if err != nil {
			return 0, err.Error()
		}
		defer func() { _ = response.Body.Close() }()
		body, _ := io.ReadAll(response.Body)
		return response.StatusCode, strings.TrimSpace(string(body))
	})
	<-h.reached
	r.stop()
	await(t, "the receiver is not ready any more", func() bool { return !r.process.health.ready.Load() })
	if code, _ := get(t, "http://"+a.Health.String()+"/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("readyz while stopping: %d, want 503", code)
	}
	if _, body := get(t, "http://"+a.Metrics.String()+"/metrics"); !strings.Contains(body, "call_operator_receiver_status_writes_total") {
		t.Errorf("the metrics lack the receiver's own:\n%s", body)
	}
	close(h.release)
	under.group.Wait()
	if under.seen["200 recorded"] != 1 {
		t.Errorf("the request under way: %v, want 200 recorded", under.seen)
	}
	r.awaitEnd()
}

// Asked to stop before the caches have caught up, a receiver stops, and that is no error.
func TestStopBeforeReady(t *testing.T) {
	r := start(t)
	r.stop()
	r.awaitEnd()
}

func TestUnthrottled(t *testing.T) {
	config := &rest.Config{QPS: 20}
	if got := unthrottled(config).QPS; got >= 0 {
		t.Errorf("QPS %v: callbacks would wait in the client", got)
	}
	if config.QPS != 20 {
		t.Error("the caller's configuration was changed")
	}
}
