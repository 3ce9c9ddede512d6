// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"

	"github.com/call-operator/call-operator/internal/selfsigned"
)

// patience is how long what happens by itself may take.
const patience = 30 * time.Second

// writeCertificate writes a certificate with a name, key first, each file in place of the one before.
func writeCertificate(t *testing.T, folder, name string) {
	t.Helper()
	pair, err := selfsigned.New(name, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	write := func(file string, content []byte) error {
		renewed := filepath.Join(folder, file+".new")
		return errors.Join(os.WriteFile(renewed, content, 0o600), os.Rename(renewed, filepath.Join(folder, file)))
	}
	if err := errors.Join(write("tls.key", pair.Key), write("tls.crt", pair.Certificate)); err != nil {
		t.Fatal(err)
	}
}

// TestTheCertificateIsReadAgain renews the certificate while the dashboard is served.
func TestTheCertificateIsReadAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeCertificate(t, folder, "first")
	server, err := New(Options{Authenticator: NewTokenUsers(&rest.Config{}), Log: logr.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() {
		over <- Serve(ctx, listener, server, filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"))
	}()
	served := func() string {
		connection, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = connection.Close() }()
		return connection.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := served(); got != "first" {
		t.Errorf("the certificate served is %q, not the first", got)
	}
	writeCertificate(t, folder, "second")
	for late := time.Now().Add(patience); served() != "second"; {
		if time.Now().After(late) {
			t.Fatal("the second certificate is not served")
		}
	}
	stop()
	if err := <-over; err != nil {
		t.Error(err)
	}
}

// TestNoCertificate wants an error about the missing file, and nothing served without TLS.
func TestNoCertificate(t *testing.T) {
	t.Parallel()
	server, err := New(Options{Authenticator: NewTokenUsers(&rest.Config{}), Log: logr.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := Serve(t.Context(), listener, server, "none", "none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the dashboard was served without its certificate: %v", err)
	}
}
