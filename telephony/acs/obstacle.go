// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// proxyError says that the proxy did not connect the manager with ACS.
type proxyError struct{ status int }

func (e *proxyError) Error() string { return fmt.Sprintf("the proxy answers HTTP %d", e.status) }

// refuseProxy is an OnProxyConnectResponse of http.Transport, whose own error does not say that it is the proxy's.
func refuseProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{status: answer.StatusCode}
}

// obstacle says what is wrong between the manager and ACS when a request was not answered; "" when only time can tell.
// It is the same text for each try.
func obstacle(err error) string {
	var proxy *proxyError
	var certificate *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &proxy) && proxy.status == http.StatusProxyAuthRequired:
		return "The proxy between the manager and ACS asks for credentials (HTTP 407): put them into the URL in HTTPS_PROXY of the manager."
	case errors.As(err, &proxy):
		return fmt.Sprintf("The proxy between the manager and ACS refuses the connection (HTTP %d): have it allow the endpoint.", proxy.status)
	case errors.As(err, &unknown):
		return "The manager does not know the authority that signed the endpoint's certificate: if it is that of a proxy, or a private one, " +
			"add its certificate with --extra-ca-file of the manager, which is extraCA in the chart."
	case errors.As(err, &certificate):
		return "The certificate of the endpoint is not valid for its name or at this time: check the endpoint, and what proxy is between the manager and ACS."
	default:
		return ""
	}
}

func unreachable(err error) string {
	if said := obstacle(err); said != "" {
		return said
	}
	return "ACS could not be reached."
}
