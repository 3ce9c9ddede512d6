// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package acstest signs what Azure Communication Services and Event Grid send, for tests.
package acstest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/call-operator/call-operator/internal/azurecloud"
)

// What the tokens are for.
const (
	ResourceID = "0b7c0f9a-8a55-4c3a-9d5e-3f0a6ce7d111"
	TenantID   = "6F1C9A52-97C1-4B1B-9C1E-0C0F5A0C1D22"
	Audience   = "api://call-operator-events"
)

// RSAKeys are made once: making them is slow.
var RSAKeys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			panic(err)
		}
	}
	return keys
})

// Issuer signs callbacks as the service does, and serves its keys.
type Issuer struct {
	URL string
	// Keys are served by ID. Answer replaces the key set, if set.
	Keys   map[string]*rsa.PrivateKey
	Answer http.HandlerFunc

	t       testing.TB
	mu      sync.Mutex
	fetches int
}

// NewIssuer serves the first of RSAKeys as key-1.
func NewIssuer(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{t: t, Keys: map[string]*rsa.PrivateKey{"key-1": RSAKeys()[0]}}
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	i.URL = server.URL
	return i
}

// ServeHTTP implements http.Handler.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fetches++
	if i.Answer != nil {
		i.Answer(w, r)
		return
	}
	i.ServeKeys(w)
}

// ServeKeys answers with the key set.
func (i *Issuer) ServeKeys(w http.ResponseWriter) {
	var set jose.JSONWebKeySet
	for id, key := range i.Keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: id, Use: "sig"})
	}
	if err := json.NewEncoder(w).Encode(set); err != nil {
		i.t.Error(err)
	}
}

// Set changes the fields while requests are served.
func (i *Issuer) Set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

// Fetched is how often keys were requested.
func (i *Issuer) Fetched() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

// Claims are those of a genuine token.
func (i *Issuer) Claims(now time.Time) map[string]any {
	return map[string]any{
		"iss": i.URL, "aud": ResourceID,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}
}

// Token is genuine.
func (i *Issuer) Token(now time.Time) string {
	return Sign(i.t, jose.RS256, RSAKeys()[0], "key-1", i.Claims(now))
}

// EntraClaims are those of a genuine version 1 token of Event Grid; changes replace some, nil omits one.
func EntraClaims(now time.Time, changes map[string]any) map[string]any {
	claims := map[string]any{
		"iss": azurecloud.Public.EntraIssuerV1 + strings.ToLower(TenantID) + "/", "aud": Audience, "appid": azurecloud.Public.EventGridAppID,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

// EntraToken has these claims.
func EntraToken(t testing.TB, now time.Time, changes map[string]any) string {
	t.Helper()
	return Sign(t, jose.RS256, RSAKeys()[0], "key-1", EntraClaims(now, changes))
}

// Sign returns a token with these claims.
func Sign(t testing.TB, algorithm jose.SignatureAlgorithm, key any, keyID string, claims map[string]any) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	if keyID != "" {
		options = options.WithHeader("kid", keyID)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signature.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
