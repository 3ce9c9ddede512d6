// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Headers of HMAC authentication.
// Source: https://learn.microsoft.com/rest/api/communication/authentication.
const (
	headerDate          = "x-ms-date"
	headerContentHash   = "x-ms-content-sha256"
	headerAuthorization = "Authorization"

	signedHeaders = "x-ms-date;host;x-ms-content-sha256"
)

// StringToSign is the text that an access key signs: the method, the path with its query exactly as sent, the date in
// RFC 1123 GMT form, the host with its port unless it is the default, and the content hash. Source:
// https://learn.microsoft.com/rest/api/communication/authentication.
func StringToSign(method, pathAndQuery, date, host, contentHash string) string {
	return method + "\n" + pathAndQuery + "\n" + date + ";" + host + ";" + contentHash
}

// ContentHash is the base64 SHA-256 of a request body.
func ContentHash(body []byte) string {
	hash := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(hash[:])
}

// hmacPolicy signs each try with a fresh date.
type hmacPolicy struct {
	key AccessKey
	now func() time.Time
}

// Do signs the bytes that are sent: the request's own path, query and body.
func (p *hmacPolicy) Do(request *policy.Request) (*http.Response, error) {
	body, err := bodyOf(request)
	if err != nil {
		return nil, err
	}
	raw := request.Raw()
	date := p.now().UTC().Format(http.TimeFormat)
	hash := ContentHash(body)
	host, target := signedTarget(request)
	signature := p.key.Sign(StringToSign(raw.Method, target, date, host, hash))
	raw.Header.Set(headerDate, date)
	raw.Header.Set(headerContentHash, hash)
	raw.Header.Set(headerAuthorization, fmt.Sprintf("HMAC-SHA256 SignedHeaders=%s&Signature=%s", signedHeaders, signature))
	return request.Next()
}

// signedTarget returns the host and the path with query to sign, which are those that are sent. For a recording's
// content, which comes from a storage host, they are the resource's host and the path alone.
func signedTarget(request *policy.Request) (host, target string) {
	raw := request.Raw()
	var onBehalf resourceHost
	if request.OperationValue(&onBehalf) {
		return string(onBehalf), raw.URL.EscapedPath()
	}
	if raw.Host != "" {
		return raw.Host, raw.URL.RequestURI()
	}
	return raw.URL.Host, raw.URL.RequestURI()
}

// bodyOf reads the body and rewinds it.
func bodyOf(request *policy.Request) ([]byte, error) {
	if request.Body() == nil {
		return nil, nil
	}
	// A custom policy may have read some of it.
	if err := request.RewindBody(); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(request.Body())
	if err != nil {
		return nil, err
	}
	return body, request.RewindBody()
}
