// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
	"sigs.k8s.io/controller-runtime/pkg/cluster"

	"github.com/call-operator/call-operator/internal/namespacescope"
	acsreports "github.com/call-operator/call-operator/telephony/acs/reports"
	asteriskreports "github.com/call-operator/call-operator/telephony/asterisk/reports"
)

// watched are the kinds that the receiver watches.
var watched = []string{"calls", "callactions", "callproviders", "participantmoves"}

// Run serves callbacks until ctx is done, then becomes unready, finishes pending requests and returns nil. It needs
// no leader election: every replica serves. It returns an error once a namespace that was refused at the start may
// be watched, so that the process is restarted.
func Run(ctx context.Context, config *rest.Config, options Options) error {
	if err := options.validate(); err != nil {
		return err
	}
	if options.Log.GetSink() == nil {
		options.Log = logr.Discard()
	}
	scope, err := namespacescope.Find(ctx, config, options.Namespaces, watched, options.Log)
	if err != nil {
		return err
	}
	options.Namespaces = scope.Namespaces
	ctx = scope.Follow(ctx)
	return namespacescope.Outcome(ctx, run(ctx, config, options))
}

func run(ctx context.Context, config *rest.Config, options Options) error {
	keys, err := readKeys(options.CallbackKeyFile)
	if err != nil {
		return err
	}
	if options.Registry == nil {
		options.Registry = prometheus.NewRegistry()
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	c, err := newCluster(config, options)
	if err != nil {
		return err
	}
	reports, err := acsreports.New(acsreports.Config{
		Issuer: options.Issuer, JWKSURL: options.JWKSURL, EntraURL: options.EntraURL, AllowHTTP: options.AllowHTTP,
		Registry: options.Registry, Now: options.Now,
	})
	if err != nil {
		return err
	}
	server, err := New(Config{
		Client: c.GetClient(), APIReader: c.GetAPIReader(), Recorder: c.GetEventRecorder(fieldManager),
		Keys: keys, Reports: reports, Streams: &asteriskreports.Reports{Now: options.Now}, Registry: options.Registry, Traces: options.Traces, Log: options.Log, Now: options.Now,
	})
	if err != nil {
		return err
	}
	return (&process{options: options, cluster: c, server: server}).run(ctx)
}

// process is a running receiver.
type process struct {
	options Options
	cluster cluster.Cluster
	server  *Server
	health  health
}

// run starts everything and stops it in the opposite order.
func (p *process) run(ctx context.Context) (err error) {
	listeners, err := p.listen()
	if err != nil {
		return err
	}
	// Dependencies of callbacks stop after them: the caches, and the health endpoint that reports unreadiness.
	base, stopBase := context.WithCancel(context.WithoutCancel(ctx))
	group, base := errgroup.WithContext(base)
	defer func() {
		stopBase()
		err = errors.Join(err, group.Wait())
	}()
	group.Go(func() error { return p.cluster.Start(base) })
	p.serveAside(group, base, listeners.health, p.health.handler())
	p.serveAside(group, base, listeners.metrics, metricsHandler(p.options.Registry))

	callbacks, err := p.secure(group, base, listeners.callbacks)
	if err != nil {
		return err
	}
	// Either a request to stop or a failed part ends the wait.
	serving, stopServing := context.WithCancel(ctx)
	defer stopServing()
	defer context.AfterFunc(base, stopServing)()
	if err := waitForCache(serving, p.cluster); err != nil {
		_ = callbacks.Close()
		return ignoreIfOver(ctx, err)
	}
	return p.serveCallbacks(serving, callbacks, listeners)
}

// serveCallbacks serves until ctx is done and no request is pending.
func (p *process) serveCallbacks(ctx context.Context, callbacks net.Listener, all listeners) error {
	httpServer := newHTTPServer(p.server)
	httpServer.ErrorLog = httpLog(p.options.Log)
	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(callbacks) }()
	p.health.setReady(true)
	p.options.Log.Info("taking callbacks", "address", callbacks.Addr().String())
	if p.options.Started != nil {
		p.options.Started(all.addresses())
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serving callbacks: %w", err)
	case <-ctx.Done():
	}
	return p.shutDown(httpServer)
}

// shutDown becomes unready, accepts requests for a moment longer, and finishes pending ones.
func (p *process) shutDown(httpServer *http.Server) error {
	p.health.setReady(false)
	time.Sleep(p.options.DrainDelay)
	ctx, cancel := context.WithTimeout(context.Background(), p.options.GracePeriod)
	defer cancel()
	// Shutdown does not wait for them.
	var streams sync.WaitGroup
	streams.Go(p.server.streams.drain)
	defer streams.Wait()
	err := httpServer.Shutdown(ctx)
	if err != nil {
		_ = httpServer.Close()
		err = fmt.Errorf("requests were still under way after %s: %w", p.options.GracePeriod, err)
	}
	// Writes whose requests have ended; recordTimeout limits each.
	p.server.drain()
	return err
}

// serveAside serves health and metrics until ctx is done.
func (p *process) serveAside(group *errgroup.Group, ctx context.Context, listener net.Listener, handler http.Handler) {
	if listener == nil {
		return
	}
	httpServer := newHTTPServer(handler)
	httpServer.ErrorLog = httpLog(p.options.Log)
	group.Go(func() error {
		if err := httpServer.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving on %s: %w", listener.Addr(), err)
		}
		return nil
	})
	context.AfterFunc(ctx, func() { _ = httpServer.Close() })
}

// secure puts TLS around the listener if there is a certificate.
func (p *process) secure(group *errgroup.Group, ctx context.Context, listener net.Listener) (net.Listener, error) {
	if p.options.TLSCertFile == "" {
		return listener, nil
	}
	watcher, err := certwatcher.New(p.options.TLSCertFile, p.options.TLSKeyFile)
	if err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("reading the TLS certificate: %w", err)
	}
	group.Go(func() error { return watcher.Start(ctx) })
	return newTLSListener(listener, watcher.GetCertificate), nil
}

func metricsHandler(registry prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

// ignoreIfOver drops an error caused by the shutdown.
func ignoreIfOver(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
