// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// redacted is the printed form of a secret.
const redacted = "REDACTED"

// AccessKey is the access key of a Communication Services resource. It prints as REDACTED in every format.
type AccessKey struct {
	// secret is behind a function, since fmt prints the unexported fields of a struct that holds an AccessKey without
	// asking Format.
	secret func() []byte
}

// NewAccessKey parses an access key in base64, as the Azure portal shows it. The error does not contain the key.
func NewAccessKey(base64Key string) (AccessKey, error) {
	secret, err := base64.StdEncoding.DecodeString(base64Key)
	if err != nil || len(secret) == 0 {
		// The decoder's own error would reveal part of the key.
		return AccessKey{}, errors.New("the access key is not base64: copy it from the resource's keys page")
	}
	return AccessKey{secret: func() []byte { return secret }}, nil
}

// IsZero tells whether there is no key.
func (k AccessKey) IsZero() bool { return k.secret == nil }

// Sign returns the base64 HMAC-SHA256 of a result of StringToSign. Only a key from NewAccessKey or
// ParseConnectionString can sign.
func (k AccessKey) Sign(stringToSign string) string {
	mac := hmac.New(sha256.New, k.secret())
	mac.Write([]byte(stringToSign)) // never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// String is REDACTED.
func (k AccessKey) String() string { return redacted }

// Format keeps the key out of every verb, %x and %#v too.
func (k AccessKey) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// MarshalText is REDACTED.
func (k AccessKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// ParseConnectionString parses endpoint=URL;accesskey=BASE64, with the names in any case and order. Errors contain no
// part of the string.
func ParseConnectionString(connectionString string) (endpoint string, key AccessKey, err error) {
	values := map[string]string{}
	for part := range strings.SplitSeq(connectionString, ";") {
		// The access key may itself contain an equals sign.
		name, value, found := strings.Cut(part, "=")
		if found {
			values[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
	}
	if values["endpoint"] == "" || values["accesskey"] == "" {
		return "", AccessKey{}, errors.New("a connection string has the form endpoint=https://RESOURCE.communication.azure.com/;accesskey=BASE64")
	}
	if key, err = NewAccessKey(values["accesskey"]); err != nil {
		return "", AccessKey{}, err
	}
	parsed, err := parseEndpoint(values["endpoint"])
	if err != nil {
		return "", AccessKey{}, err
	}
	return parsed.String(), key, nil
}

// parseEndpoint parses the URL of a resource, which ends after the host. It normalises the host as a browser does, in
// lower case and without the default port, since the service computes the signature over that form.
func parseEndpoint(endpoint string) (*url.URL, error) {
	parsed, err := url.Parse(endpoint)
	switch {
	case err != nil || parsed.Hostname() == "" || (parsed.Scheme != "https" && parsed.Scheme != "http"), !plainHost(parsed.Host):
		return nil, errors.New("the endpoint must be a URL such as https://RESOURCE.communication.azure.com")
	case parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" || strings.Trim(parsed.Path, "/") != "":
		return nil, errors.New("the endpoint must have nothing after the host, as in https://RESOURCE.communication.azure.com")
	}
	return &url.URL{Scheme: parsed.Scheme, Host: authority(parsed)}, nil
}

// plainHost tells whether a host is sent as written: net/http rewrites non-ASCII names and IPv6 zones.
func plainHost(host string) bool {
	return !strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r > '~' || r == '%' })
}

// authority is the host of a URL in lower case, with its port unless it is the scheme's default.
func authority(u *url.URL) string {
	host := strings.ToLower(u.Host)
	defaultPort := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
	return strings.TrimSuffix(strings.TrimSuffix(host, defaultPort), ":")
}
