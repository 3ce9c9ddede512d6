// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
)

// Local is a dashboard for the person whose config it is, on that person's machine.
type Local struct {
	// Address opens the page. It holds the session token, and so is for that person only.
	Address string

	listener net.Listener
	server   *Server
}

// NewLocal listens on the loopback address, on a port that is free when port is 0.
func NewLocal(config *rest.Config, namespace string, port uint16) (*Local, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	if err != nil {
		return nil, fmt.Errorf("listen on this machine: %w", err)
	}
	owner := NewOwner(config)
	server, err := New(Options{People: owner, Namespace: namespace, Hosts: loopbackNames(listener), Log: logr.Discard()})
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return &Local{
		Address: fmt.Sprintf("http://%s/#token=%s", listener.Addr(), owner.Token()), listener: listener, server: server,
	}, nil
}

// Serve serves until ctx is over.
func (l *Local) Serve(ctx context.Context) error { return Serve(ctx, l.listener, l.server, "", "") }

// loopbackNames are the names under which a browser on this machine reaches a listener.
func loopbackNames(listener net.Listener) []string {
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	return []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("localhost", port)}
}

// Serve serves a Server until ctx is over, with TLS when there is a certificate.
func Serve(ctx context.Context, listener net.Listener, server *Server, certFile, keyFile string) error {
	web := newHTTPServer(server)
	stopped := make(chan error, 1)
	defer context.AfterFunc(ctx, func() { stopped <- stop(web, server) })()
	var err error
	if certFile != "" {
		err = web.ServeTLS(listener, certFile, keyFile)
	} else {
		err = web.Serve(listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
