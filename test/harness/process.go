// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"

	"github.com/call-operator/call-operator/controllers"
	"github.com/call-operator/call-operator/webhookreceiver"
)

// stopPatience is how long a process may take to stop.
const stopPatience = 45 * time.Second

// process is a manager or a receiver that runs in this test process.
type process struct {
	// Gate is what it sends everything through.
	Gate *Gate

	what   string
	cancel context.CancelFunc
	done   chan struct{}
	// err is what it returned, once done is closed.
	err error
	// aside is closed with it.
	aside func()
}

func start(what string, gate *Gate, run func(context.Context) error) *process {
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{Gate: gate, what: what, cancel: cancel, done: make(chan struct{}), aside: func() {}}
	gate.OnDeath = cancel
	go func() {
		defer close(p.done)
		p.err = run(ctx)
	}()
	return p
}

// Kill cuts the process off at once: nothing that it was about to send gets out. It returns when it is over.
func (p *process) Kill(t testing.TB) {
	t.Helper()
	p.Gate.Kill()
	p.awaitEnd(t)
}

// Stop lets the process finish in its own way, as SIGTERM does.
func (p *process) Stop(t testing.TB) {
	t.Helper()
	p.cancel()
	p.awaitEnd(t)
	if p.err != nil && !p.Gate.isDead() && !errors.Is(p.err, context.Canceled) {
		t.Errorf("the %s failed: %v", p.what, p.err)
	}
}

// AwaitDeath waits until the process is over because it was cut off.
func (p *process) AwaitDeath(t testing.TB) {
	t.Helper()
	p.awaitEnd(t)
}

func (p *process) awaitEnd(t testing.TB) {
	t.Helper()
	late := time.NewTimer(stopPatience)
	defer late.Stop()
	select {
	case <-p.done:
		p.aside()
	case <-late.C:
		stacks := make([]byte, 1<<20)
		t.Fatalf("the %s did not stop within %s:\n%s", p.what, stopPatience, stacks[:runtime.Stack(stacks, true)])
	}
}

// Manager is a manager in this process.
type Manager struct {
	*process
	// Metrics are what it counts.
	Metrics *prometheus.Registry
}

// ManagerOptions change how a manager is started.
type ManagerOptions struct {
	// Cut is where it dies; nil is nowhere.
	Cut *Cut
	// Poll is its poll interval; zero is one that no test lives to see.
	Poll time.Duration
	// Concurrency is how many Calls it works on at once; zero is 8.
	Concurrency int
	// Faults stand between it and ACS.
	Faults *Faults
	// Front is between it and an Asterisk; nil if it needs none.
	Front *Front
}

// StartManager starts a manager for the World's namespace, without leader election: two of them are what a lost lease
// is.
func (w *World) StartManager(t testing.TB, options ManagerOptions) *Manager {
	t.Helper()
	if options.Poll == 0 {
		options.Poll = time.Hour
	}
	gate := &Gate{Cut: options.Cut}
	metrics := prometheus.NewRegistry()
	toACS := &http.Transport{MaxIdleConnsPerHost: 16}
	transport := gate.wrap(options.Faults.wrap(toACS), acsRequest)
	managerOptions := controllers.Options{
		CallbackKeys: w.Keys, AllowHTTP: true, PollInterval: options.Poll, Concurrency: cmp.Or(options.Concurrency, 8),
		Namespaces: []string{w.Namespace}, MetricsAddress: "0", HealthAddress: "0",
		Transport: &http.Client{Transport: transport}, Registry: metrics, Traces: w.traces, Now: w.now,
	}
	options.Front.use(t, gate)
	config := w.through(gate, RoleManager)
	m := &Manager{
		process: start("manager", gate, func(ctx context.Context) error { return controllers.Run(ctx, config, managerOptions) }),
		Metrics: metrics,
	}
	m.aside = toACS.CloseIdleConnections
	w.own(m.process)
	return m
}

// through returns a config for the API server through a gate, with the permissions of a role.
func (w *World) through(gate *Gate, role Role) *rest.Config {
	config := w.Plane.As(role)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return gate.wrap(next, apiRequest) })
	return config
}

// Receiver is a webhook receiver in this process.
type Receiver struct {
	*process
	// Metrics are what it counts.
	Metrics *prometheus.Registry
}

// StartReceiver starts a receiver for the World's namespace and connects the World's Wire to it.
func (w *World) StartReceiver(t testing.TB, cut *Cut) *Receiver {
	t.Helper()
	return w.startReceiver(t, cut, w.Wire)
}

// StartMortalReceiver is StartReceiver with another receiver, without the cut, that the World's Wire leads to when the first one has died.
func (w *World) StartMortalReceiver(t testing.TB, cut *Cut) *Receiver {
	t.Helper()
	aside := newWire(w.Plane.newest)
	t.Cleanup(aside.close)
	w.startReceiver(t, nil, aside)
	first := w.StartReceiver(t, cut)
	go func() {
		<-first.done
		if first.Gate.WasCut() {
			w.Wire.connect(aside.receiver)
		}
	}()
	return first
}

func (w *World) startReceiver(t testing.TB, cut *Cut, wire *Wire) *Receiver {
	t.Helper()
	gate := &Gate{Cut: cut}
	started := make(chan webhookreceiver.Addresses, 1)
	metrics := prometheus.NewRegistry()
	options := webhookreceiver.Options{
		ListenAddress: "127.0.0.1:0", CallbackKeyFile: w.keyFile, Namespaces: []string{w.Namespace},
		Issuer: w.Sim.Issuer(), JWKSURL: w.Sim.JWKSURL(), GracePeriod: 10 * time.Second,
		Started: func(addresses webhookreceiver.Addresses) { started <- addresses },
		Log:     logTap.logger(), Registry: metrics, Traces: w.traces, Now: w.now,
	}
	config := w.through(gate, RoleReceiver)
	r := &Receiver{
		process: start("receiver", gate, func(ctx context.Context) error { return webhookreceiver.Run(ctx, config, options) }),
		Metrics: metrics,
	}
	w.own(r.process)
	select {
	case addresses := <-started:
		wire.connect("http://" + addresses.Callbacks.String())
	case <-r.done:
		t.Fatalf("the receiver did not start: %v", r.err)
	}
	return r
}

// own has a process stopped with the World.
func (w *World) own(p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.processes = append(w.processes, p)
	if w.ended {
		// Started by a Mortal whose test has failed meanwhile.
		p.cancel()
	}
}

// writeKeyFile makes the file that manager and receiver take their callback keys from.
func writeKeyFile(dir string, contents []byte) (string, error) {
	file := filepath.Join(dir, "callback-keys")
	if err := os.WriteFile(file, contents, 0o600); err != nil {
		return "", fmt.Errorf("write the callback keys: %w", err)
	}
	return file, nil
}

// StartReceiverAside starts one more receiver, as a further replica, and returns how to deliver a callback to it.
func (w *World) StartReceiverAside(t testing.TB) func(Callback) (int, []byte) {
	t.Helper()
	aside := newWire(w.Plane.newest)
	t.Cleanup(aside.close)
	w.startReceiver(t, nil, aside)
	return aside.Deliver
}
