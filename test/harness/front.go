// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// Front stands before an Asterisk's REST interface, which a manager reaches by itself: what arrives on a connection passes the Gate of
// the manager that had been started last when the connection was opened.
type Front struct {
	server *httptest.Server

	mu   sync.Mutex
	gate *Gate
}

// NewFront is a Front before the REST interface at a URL. It lasts as long as the test.
func NewFront(t testing.TB, to string) *Front {
	t.Helper()
	target, err := url.Parse(to)
	must(t, err)
	target.Path = "" // It is in each request.
	f := &Front{gate: &Gate{}}
	direct := &http.Transport{MaxIdleConnsPerHost: 16}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) { return f.through(r, direct) }),
		// The connection ends without an answer, as it does when a process or a network dies.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	f.server = httptest.NewUnstartedServer(proxy)
	f.server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		f.mu.Lock()
		defer f.mu.Unlock()
		return context.WithValue(ctx, gateOf{}, f.gate)
	}
	f.server.Start()
	t.Cleanup(func() {
		f.server.Close()
		direct.CloseIdleConnections()
	})
	return f
}

// URL is the base URL of the REST interface behind it.
func (f *Front) URL() string { return f.server.URL + "/ari" }

// gateOf is the key of the Gate in the context of a connection.
type gateOf struct{}

func (f *Front) through(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	gate, _ := r.Context().Value(gateOf{}).(*Gate)
	return gate.wrap(next, ariRequest).RoundTrip(r)
}

// use has a Gate passed from the next connection on. What a dead manager has sent may not have been read yet: connections are accepted
// in their order, so those of the dead manager have been when one that is opened now has.
func (f *Front) use(t testing.TB, gate *Gate) {
	if f == nil {
		return
	}
	t.Helper()
	if err := f.acceptAll(); err != nil {
		t.Errorf("the Front accepts no connections: %v", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gate = gate
}

// acceptAll returns when every connection that was opened before has been accepted.
func (f *Front) acceptAll() error {
	connection, err := net.Dial("tcp", f.server.Listener.Addr().String())
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	// It is no HTTP, so the server answers by itself.
	if _, err := connection.Write([]byte("no request\r\n\r\n")); err != nil {
		return err
	}
	_, err = connection.Read(make([]byte, 1))
	return err
}
