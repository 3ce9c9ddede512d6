// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"strings"

	"github.com/go-logr/logr"
)

// listeners are the open ports; nil where an option turned one off.
type listeners struct {
	callbacks, health, metrics net.Listener
}

// listen opens all ports before anything is started, so that a port in use is reported first.
func (p *process) listen() (l listeners, err error) {
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	for _, port := range []struct {
		listener *net.Listener
		address  string
		purpose  string
	}{
		{&l.callbacks, p.options.ListenAddress, "callbacks"},
		{&l.health, p.options.HealthAddress, "health"},
		{&l.metrics, p.options.MetricsAddress, "metrics"},
	} {
		if port.address == "" || port.address == "0" {
			continue
		}
		if *port.listener, err = net.Listen("tcp", port.address); err != nil {
			return l, fmt.Errorf("listening for %s: %w", port.purpose, err)
		}
	}
	return l, nil
}

func (l listeners) close() {
	for _, listener := range []net.Listener{l.callbacks, l.health, l.metrics} {
		if listener != nil {
			_ = listener.Close()
		}
	}
}

func (l listeners) addresses() Addresses {
	address := func(listener net.Listener) net.Addr {
		if listener == nil {
			return nil
		}
		return listener.Addr()
	}
	return Addresses{Callbacks: address(l.callbacks), Health: address(l.health), Metrics: address(l.metrics)}
}

// newTLSListener serves HTTP/1.1 only: the service sends one event per request, and whole classes of attacks need
// HTTP/2.
func newTLSListener(inner net.Listener, certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) net.Listener {
	return tls.NewListener(inner, &tls.Config{
		GetCertificate: certificate,
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
	})
}

// httpLog receives net/http's messages about connections, such as failed TLS handshakes. Anybody can cause these,
// so they are logged only at a higher verbosity; a panic is always logged.
func httpLog(to logr.Logger) *log.Logger {
	return log.New(httpLogWriter{to}, "", 0)
}

type httpLogWriter struct{ to logr.Logger }

func (w httpLogWriter) Write(line []byte) (int, error) {
	message := strings.TrimSpace(string(line))
	if strings.HasPrefix(message, "http: panic") {
		w.to.Error(nil, "http server", "message", message)
		return len(line), nil
	}
	w.to.V(1).Info("http server", "message", message)
	return len(line), nil
}
