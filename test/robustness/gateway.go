// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/call-operator/call-operator/test/harness"
	"github.com/call-operator/call-operator/test/history"
)

// errStorm is what a request meets that gets no answer.
var errStorm = errors.New("robustness: no answer")

// weather is what requests meet on their way. The zero value is fair.
type weather struct {
	// down breaks every connection, also those that are open.
	down bool
	// slow is how long a request may take longer.
	slow time.Duration
	// conflicts and lost are the chances that a write is refused with 409, or has its effect and no answer.
	conflicts, lost float64
	// stale keeps back what watches say.
	stale bool
}

// gateway is the proxy between one process and the API server, or between all managers and ACS. Every request passes
// the weather and then the gate, which counts it and can kill the sender.
type gateway struct {
	// who and role name the sender in the record.
	who, role string
	URL       string

	server *http.Server
	next   http.RoundTripper
	toACS  bool
	record func(history.Request)

	mu      sync.Mutex
	gate    *harness.Gate
	through http.RoundTripper
	weather weather
	// changed is closed when the weather changes.
	changed chan struct{}
	random  *rand.Rand
}

// openGateway listens on a loopback address. Requests go to target through next.
func openGateway(who, role string, target *url.URL, next http.RoundTripper, toACS bool, seed uint64, record func(history.Request)) (*gateway, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a gateway: %w", err)
	}
	g := &gateway{
		who: who, role: role, URL: "http://" + listener.Addr().String(), next: next, toACS: toACS, record: record,
		changed: make(chan struct{}), random: rand.New(rand.NewPCG(seed, 7)),
	}
	g.renew(func() {})
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if toACS {
				// The host is part of what a request to ACS signs.
				r.Out.Host = r.In.Host
			}
		},
		Transport: g, FlushInterval: -1,
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	g.server = &http.Server{Handler: proxy, ReadHeaderTimeout: time.Minute, ErrorLog: quiet}
	go func() { _ = g.server.Serve(listener) }()
	return g, nil
}

func (g *gateway) close() {
	g.set(func(w *weather) { w.stale = false })
	_ = g.server.Close()
}

// renew has a new process send through the gateway. onDeath is called when it meets its cut.
func (g *gateway) renew(onDeath func()) *harness.Gate {
	gate := &harness.Gate{OnDeath: onDeath}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gate, g.through = gate, gate.ToAPIServer(g.next)
	if g.toACS {
		g.through = gate.ToACS(g.next)
	}
	return gate
}

// current is the gate of the process that sends now.
func (g *gateway) current() *harness.Gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.gate
}

// set changes the weather.
func (g *gateway) set(change func(*weather)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(&g.weather)
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *gateway) look() (weather, <-chan struct{}, http.RoundTripper) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.weather, g.changed, g.through
}

func (g *gateway) chance() float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.random.Float64()
}

// RoundTrip implements http.RoundTripper.
func (g *gateway) RoundTrip(request *http.Request) (*http.Response, error) {
	now, _, through := g.look()
	name := harness.APIRequestName(request)
	write := request.Method != http.MethodGet && request.Method != http.MethodHead
	watching := request.Method == http.MethodGet && request.URL.Query().Get("watch") != ""
	switch {
	case now.down:
		return nil, errStorm
	case now.slow > 0 && !watching:
		select {
		case <-time.After(time.Duration(g.chance() * float64(now.slow))):
		case <-request.Context().Done():
			return nil, request.Context().Err()
		}
	}
	if !g.toACS && (request.Method == http.MethodPut || request.Method == http.MethodPatch) && g.chance() < now.conflicts {
		return conflict(request), nil
	}
	ctx, cancel := context.WithCancel(request.Context())
	response, err := through.RoundTrip(request.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	if !g.toACS && (write || strings.HasPrefix(name, "GET secrets")) {
		g.record(history.Request{Time: time.Now(), Process: g.who, Role: g.role, Name: name, Status: response.StatusCode})
	}
	if write && g.chance() < now.lost {
		cancel()
		_ = response.Body.Close()
		return nil, errStorm
	}
	response.Body = &weathered{ReadCloser: response.Body, gateway: g, cancel: cancel, watching: watching}
	go g.breakWhenDown(ctx, cancel)
	return response, nil
}

// breakWhenDown breaks a connection that is open when the way goes down.
func (g *gateway) breakWhenDown(ctx context.Context, cancel func()) {
	for {
		now, changed, _ := g.look()
		if now.down {
			cancel()
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// weathered is the body of an answer, which the weather may hold up.
type weathered struct {
	io.ReadCloser
	gateway  *gateway
	cancel   func()
	watching bool
}

// Read implements io.Reader.
func (b *weathered) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	for b.watching && err == nil {
		now, changed, _ := b.gateway.look()
		if !now.stale {
			break
		}
		<-changed
	}
	return n, err
}

// Close implements io.Closer.
func (b *weathered) Close() error {
	b.cancel()
	return b.ReadCloser.Close()
}

// conflict is the API server's answer to a write that came too late.
func conflict(request *http.Request) *http.Response {
	if request.Body != nil {
		_ = request.Body.Close()
	}
	const body = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Conflict","code":409,"message":"the object has been modified"}`
	return &http.Response{
		StatusCode: http.StatusConflict, Status: "409 Conflict", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: request,
	}
}
