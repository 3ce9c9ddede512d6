// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/call-operator/call-operator/internal/selfsigned"
)

// certificateLife is how long the certificate created at the start is valid.
const certificateLife = 30 * 24 * time.Hour

// selfSigned makes a certificate for the host of an address, and for localhost.
func selfSigned(address string) (*tls.Config, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("--listen: %w", err)
	}
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	if host != "" && !slices.Contains(hosts, host) {
		hosts = append(hosts, host)
	}
	pair, err := selfsigned.New("acs-simulator", certificateLife, hosts...)
	if err != nil {
		return nil, err
	}
	certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		return nil, fmt.Errorf("read the certificate that was made: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}}, nil
}
