// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
)

// Local is a dashboard on a user's own machine, with the user's config.
type Local struct {
	// Address is the URL of the page. It contains the session token, so it is for that user only.
	Address string

	listener net.Listener
	server   *Server
}

// NewLocal listens on the loopback address, on any free port if port is 0.
func NewLocal(config *rest.Config, namespace string, port uint16) (*Local, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	if err != nil {
		return nil, fmt.Errorf("listen on this machine: %w", err)
	}
	user := NewLocalUser(config)
	server, err := New(Options{Authenticator: user, Namespace: namespace, Hosts: loopbackNames(listener), Log: logr.Discard()})
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return &Local{
		Address: fmt.Sprintf("http://%s/#token=%s", listener.Addr(), user.Token()), listener: listener, server: server,
	}, nil
}

// Serve serves until ctx is done.
func (l *Local) Serve(ctx context.Context) error { return Serve(ctx, l.listener, l.server, "", "") }

// loopbackNames are the names under which a browser on this machine reaches a listener.
func loopbackNames(listener net.Listener) []string {
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	return []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("localhost", port)}
}

// Serve serves a Server until ctx is done, with TLS if there is a certificate. It reloads a renewed certificate.
func Serve(ctx context.Context, listener net.Listener, server *Server, certFile, keyFile string) error {
	web := newHTTPServer(server)
	serve := web.Serve
	if certFile != "" {
		watcher, err := certwatcher.New(certFile, keyFile)
		if err != nil {
			return errors.Join(fmt.Errorf("reading the TLS certificate: %w", err), listener.Close())
		}
		watching, ended := context.WithCancel(ctx)
		var watched errgroup.Group
		watched.Go(func() error { return watcher.Start(watching) })
		defer func() {
			ended()
			if err := watched.Wait(); err != nil {
				server.options.Log.Error(err, "the renewed certificate could not be read")
			}
		}()
		web.TLSConfig = &tls.Config{GetCertificate: watcher.GetCertificate, MinVersion: tls.VersionTLS12}
		serve = func(listener net.Listener) error { return web.ServeTLS(listener, "", "") }
	}
	stopped := make(chan error, 1)
	defer context.AfterFunc(ctx, func() { stopped <- stop(web, server) })()
	if err := serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
