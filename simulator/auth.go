// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/call-operator/call-operator/acs"
)

const (
	// maxSkew is how far a request's date may be from now. The service's own bound is not documented.
	maxSkew = 5 * time.Minute

	signaturePrefix = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="
)

func denied(message string) *apiError {
	return &apiError{http.StatusUnauthorized, "Denied", message}
}

// authenticate checks a request's signature.
// Source: https://learn.microsoft.com/rest/api/communication/authentication.
func (s *Simulator) authenticate(r *http.Request, body []byte) *apiError {
	return s.authenticateAs(r, r.RequestURI, r.Host, body)
}

// authenticateAs checks the signature of a request for a path, with its query, at a host.
func (s *Simulator) authenticateAs(r *http.Request, pathAndQuery, host string, body []byte) *apiError {
	keys := s.keys.Load()
	if keys == nil {
		return nil
	}
	signature, found := strings.CutPrefix(r.Header.Get("Authorization"), signaturePrefix)
	if !found {
		return denied("The request has no HMAC-SHA256 signature. Tokens of Entra ID are not simulated.")
	}
	date := r.Header.Get("x-ms-date")
	at, err := time.Parse(http.TimeFormat, date)
	switch {
	case err != nil:
		return denied("The header x-ms-date is missing, or no date such as Sun, 06 Nov 1994 08:49:37 GMT.")
	case s.options.Now().Sub(at).Abs() > maxSkew:
		return denied("The header x-ms-date is too far from the present time.")
	}
	hash := r.Header.Get("x-ms-content-sha256")
	if hash != acs.ContentHash(body) {
		return denied("Request 'x-ms-content-sha256' differs from generated content hash.")
	}
	signed := acs.StringToSign(r.Method, pathAndQuery, date, host, hash)
	for _, key := range *keys {
		if subtle.ConstantTimeCompare([]byte(signature), []byte(key.Sign(signed))) == 1 {
			return nil
		}
	}
	return denied("The signature of the request is wrong.")
}
