// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Paths of what the verifier of a callback needs.
// Source: https://learn.microsoft.com/azure/communication-services/how-tos/call-automation/secure-webhook-endpoint.
const (
	// JWKSPath serves the key set.
	JWKSPath = "/calling/keys"
	// MetadataPath serves the issuer's metadata.
	MetadataPath = "/calling/.well-known/acsopenidconfiguration"
)

const (
	tokenLife = 5 * time.Minute
	keyID     = "acs-simulator-1"
	keyBits   = 2048
)

// signingKey is made once for a process, because making it is slow.
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) })

// tokens makes the tokens of callbacks. Two of one second are the same, so it is signed once.
type tokens struct {
	issuer, audience string

	mu     sync.Mutex
	second int64
	token  string
}

func (t *tokens) at(now time.Time) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != "" && t.second == now.Unix() {
		return t.token, nil
	}
	token, err := bearerToken(t.issuer, t.audience, now)
	if err != nil {
		return "", err
	}
	t.second, t.token = now.Unix(), token
	return token, nil
}

// bearerToken signs a token with RS256.
func bearerToken(issuer, audience string, now time.Time) (string, error) {
	key, err := signingKey()
	if err != nil {
		return "", fmt.Errorf("make the key of callback tokens: %w", err)
	}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", keyID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, options)
	if err != nil {
		return "", fmt.Errorf("sign a callback token: %w", err)
	}
	claims, err := json.Marshal(map[string]any{
		"iss": issuer, "aud": audience, "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(tokenLife).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("sign a callback token: %w", err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", fmt.Errorf("sign a callback token: %w", err)
	}
	return signed.CompactSerialize()
}

// serveKeys serves the public key that tokens are verified with.
func (s *Simulator) serveKeys(w http.ResponseWriter, _ *http.Request) {
	key, err := signingKey()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: key.Public(), KeyID: keyID, Use: "sig", Algorithm: string(jose.RS256)},
	}})
}

// serveMetadata serves the issuer's metadata, with the address that it was asked at.
func (s *Simulator) serveMetadata(w http.ResponseWriter, r *http.Request) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": s.options.Issuer, "jwks_uri": scheme + "://" + r.Host + JWKSPath,
		"id_token_signing_alg_values_supported": []string{string(jose.RS256)},
	})
}
