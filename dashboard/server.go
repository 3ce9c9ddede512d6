// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"time"

	"github.com/go-logr/logr"
)

// assets is the page, as it is served.
//
//go:embed assets
var assets embed.FS

// Options configure a Server.
type Options struct {
	// Authenticator authenticates users and provides their access to the API server.
	Authenticator Authenticator
	// Hosts are the accepted values of the Host header; none means any.
	Hosts []string
	// Namespace is shown if the page names none; empty means all namespaces.
	Namespace string
	// Log receives errors; never a token or a phone number.
	Log logr.Logger
}

// Server serves the page and its requests.
type Server struct {
	options Options
	viewers *viewers
	handler http.Handler
	// closing ends the streams, which would otherwise never end.
	closing chan struct{}
}

// New creates a Server. Close ends its watches.
func New(options Options) (*Server, error) {
	page, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, err
	}
	s := &Server{options: options, viewers: newViewers(options.Log), closing: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.Handle("GET /", servePage(page))
	mux.HandleFunc("GET /api/session", s.session)
	mux.HandleFunc("GET /api/stream", s.stream)
	for path, act := range actions {
		mux.HandleFunc("POST "+path, s.action(act))
	}
	s.handler = secured(hostOnly(options.Hosts, http.NewCrossOriginProtection().Handler(sameOrigin(mux))))
	return s, nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close ends all streams and watches.
func (s *Server) Close() {
	close(s.closing)
	s.viewers.close()
}

// Times of an HTTP server of the dashboard.
const (
	readTimeout = 10 * time.Second
	idleTimeout = 2 * time.Minute
	stopTimeout = 5 * time.Second
	maxHeader   = 32 << 10
)

// newHTTPServer serves a Server. Streams have no end, so each write has its own deadline.
func newHTTPServer(s *Server) *http.Server {
	return &http.Server{
		Handler: s, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
}

// stop ends an HTTP server: streams first, then pending requests.
func stop(server *http.Server, s *Server) error {
	s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return server.Close()
}

// policy allows the page its own files and nothing else: no inline script or style, nothing from elsewhere, no frames.
// The templates of lit-html are the only markup that is made at run time.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
	"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html"

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// hostOnly refuses requests for other host names, which a page of another site could use to reach this server.
func hostOnly(hosts []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(hosts) > 0 && !slices.Contains(hosts, r.Host) && r.URL.Path != "/healthz" {
			http.Error(w, "The dashboard does not serve this host name.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses requests from pages of other sites, including reads. Users may still follow a link to the page.
func sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch site := r.Header.Get("Sec-Fetch-Site"); {
		case site == "" || site == "same-origin" || site == "none":
		case r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") == "navigate":
		default:
			http.Error(w, "Requests from other sites are refused.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// servePage serves the files of the page, and nothing under other names.
func servePage(page fs.FS) http.Handler {
	files := http.FileServerFS(page)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" && r.URL.Path[len(r.URL.Path)-1] == '/' {
			http.NotFound(w, r)
			return
		}
		files.ServeHTTP(w, r)
	})
}
