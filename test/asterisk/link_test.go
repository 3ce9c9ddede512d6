// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// linkFault is what happens to requests on the way to Asterisk and back.
type linkFault struct {
	// delay is how long the request waits or, with afterEffect, its answer.
	delay time.Duration
	// breaks has the connection break off instead of an answer: before Asterisk has got the request or, with afterEffect, after that.
	breaks      bool
	afterEffect bool
}

// link is the network before an Asterisk's REST interface.
type link struct {
	server *httptest.Server
	mu     sync.Mutex
	fault  linkFault
}

func newLink(t testing.TB, to string) *link {
	t.Helper()
	target, err := url.Parse(to)
	must(t, err)
	target.Path = "" // It is in each request.
	l := &link{}
	direct := &http.Transport{MaxIdleConnsPerHost: 16}
	l.server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:    &faultyLink{link: l, next: direct},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	})
	t.Cleanup(func() {
		l.server.Close()
		direct.CloseIdleConnections()
	})
	return l
}

// set has a fault happen to every request from now on; the zero value is none.
func (l *link) set(fault linkFault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = fault
}

func (l *link) now() linkFault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fault
}

// faultyLink passes on requests over a link.
type faultyLink struct {
	link *link
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (f *faultyLink) RoundTrip(request *http.Request) (*http.Response, error) {
	fault := f.link.now()
	if !fault.afterEffect {
		if err := fault.happen(request.Context()); err != nil {
			return nil, err
		}
	}
	response, err := f.next.RoundTrip(request)
	if err != nil || !fault.afterEffect {
		return response, err
	}
	if err := fault.happen(request.Context()); err != nil {
		_ = response.Body.Close()
		return nil, err
	}
	return response, nil
}

func (f linkFault) happen(ctx context.Context) error {
	select {
	case <-time.After(f.delay):
	case <-ctx.Done():
		return ctx.Err()
	}
	if f.breaks {
		return http.ErrAbortHandler
	}
	return nil
}
