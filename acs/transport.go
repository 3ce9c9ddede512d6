// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// defaultHTTPClient has azcore's settings, but follows no redirects.
var defaultHTTPClient = &http.Client{
	CheckRedirect: refuseRedirect,
	Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          100,
		MaxIdleConnsPerHost:   10,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		// A connection that went silent is noticed before a call waits for it.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	},
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// withoutRedirects returns a transport that follows no redirects. The service sends none; one that was followed would
// carry an incoming call's context to wherever it points, and could pass that place's answer off as the service's.
func withoutRedirects(transport policy.Transporter) policy.Transporter {
	if transport == nil {
		return defaultHTTPClient
	}
	client, ok := transport.(*http.Client)
	if !ok || client == nil || client.CheckRedirect != nil {
		return transport
	}
	copied := *client
	copied.CheckRedirect = refuseRedirect
	return &copied
}
