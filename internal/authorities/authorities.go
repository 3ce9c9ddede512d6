// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package authorities says which certificate authorities a command trusts: those of the system or, in an image around an
// empty base, those that Mozilla trusts, as of the build; and with either, further ones from a file. The main package
// needs the line //go:debug x509usefallbackroots=1.
package authorities

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Flag is the name of the flag of each command with the file.
const Flag = "extra-ca-file"

// Trust sets the default authorities of this process: the system's or else Mozilla's, and those in the file unless its
// name is empty. Call it once, before any connection.
func Trust(file string) error {
	pool, err := system()
	if err != nil {
		return err
	}
	if file != "" {
		content, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read --%s: %w", Flag, err)
		}
		if err := add(pool, content); err != nil {
			return fmt.Errorf("read --%s: %s: %w", Flag, file, err)
		}
	}
	x509.SetFallbackRoots(pool)
	if trusted, err := x509.SystemCertPool(); err != nil || !trusted.Equal(pool) {
		return fmt.Errorf("the authorities in --%s are not trusted: remove x509usefallbackroots from GODEBUG", Flag)
	}
	return nil
}

// system are the authorities without further ones.
func system() (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err == nil && !pool.Equal(x509.NewCertPool()) {
		return pool, nil
	}
	return mozilla()
}

func mozilla() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			return nil, fmt.Errorf("read the certificates of public authorities: %w", err)
		}
		if root.Constraint == nil {
			pool.AddCert(certificate)
		} else {
			pool.AddCertWithConstraint(certificate, root.Constraint)
		}
	}
	return pool, nil
}

// add adds all certificates in PEM. There must be at least one.
func add(pool *x509.CertPool, content []byte) error {
	begun, found := bytes.Count(content, []byte("-----BEGIN ")), 0
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("it contains a %s: keep only certificates of authorities", block.Type)
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("certificate %d cannot be read: %w", found+1, err)
		}
		pool.AddCert(certificate)
		found++
	}
	if begun == 0 {
		return errors.New("it contains no certificate: add the authorities' certificates in PEM, from BEGIN CERTIFICATE to END CERTIFICATE")
	}
	if found < begun {
		return fmt.Errorf("only %d of %d certificates can be read: check that each has its lines from BEGIN CERTIFICATE to END CERTIFICATE", found, begun)
	}
	return nil
}
