// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/call-operator/call-operator/internal/selfsigned"
)

// writeCertificate writes a certificate as the kubelet writes a Secret: into a folder of its own, to which the link
// ..data then leads. The folder before it is removed.
func writeCertificate(t *testing.T, volume, name string) {
	t.Helper()
	pair, err := selfsigned.New(name, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := os.Readlink(filepath.Join(volume, "..data"))
	folder := filepath.Join(volume, name)
	err = errors.Join(os.Mkdir(folder, 0o700),
		os.WriteFile(filepath.Join(folder, "tls.crt"), pair.Certificate, 0o600),
		os.WriteFile(filepath.Join(folder, "tls.key"), pair.Key, 0o600),
		os.Symlink(name, filepath.Join(volume, "..new")),
		os.Rename(filepath.Join(volume, "..new"), filepath.Join(volume, "..data")))
	if before != "" {
		err = errors.Join(err, os.RemoveAll(filepath.Join(volume, before)))
	} else {
		err = errors.Join(err, os.Symlink("..data/tls.crt", filepath.Join(volume, "tls.crt")),
			os.Symlink("..data/tls.key", filepath.Join(volume, "tls.key")))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A certificate that is renewed is served without a restart.
func TestTheCertificateIsReadAgain(t *testing.T) {
	volume := t.TempDir()
	writeCertificate(t, volume, "first")
	r := start(t, func(o *Options) {
		o.TLSCertFile, o.TLSKeyFile = filepath.Join(volume, "tls.crt"), filepath.Join(volume, "tls.key")
	})
	close(r.cache.caughtUp)
	address := (<-r.addresses).Callbacks.String()
	served := func() string {
		connection, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = connection.Close() }()
		return connection.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := served(); got != "first" {
		t.Errorf("the certificate served is %q, not the first", got)
	}
	writeCertificate(t, volume, "second")
	await(t, "the second certificate is served", func() bool { return served() == "second" })
	r.stop()
	r.awaitEnd()
}
