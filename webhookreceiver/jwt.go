// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/call-operator/call-operator/internal/azurecloud"
)

const (
	// expiryLeeway allows for clock skew. A token is valid for 5 minutes, so it stays short-lived.
	expiryLeeway = 30 * time.Second
)

// refusedError says why a request is not authentic.
type refusedError struct {
	// reason is one of a few words, usable in a metric. Nothing in it comes from the request.
	reason string
}

func (e *refusedError) Error() string { return "refused: " + e.reason }

func refused(reason string) error { return &refusedError{reason: reason} }

// jwtVerifier checks the JSON Web Tokens that Azure Communication Services puts on its callbacks.
type jwtVerifier struct {
	issuer string
	keys   *keySet
	now    func() time.Time
}

// newJWTVerifier accepts tokens that issuer signed with RS256 and a key from jwksURL. The URL must be https, or http on a
// loopback address or with allowHTTP.
func newJWTVerifier(cloud, issuer, jwksURL string, allowHTTP bool, now func() time.Time, m *metrics) (*jwtVerifier, error) {
	if issuer == "" {
		return nil, errors.New("the issuer of callback tokens is empty: set it to " + azurecloud.Public.CallbackIssuer)
	}
	keys, err := newKeySet(cloud, jwksURL, allowHTTP, now, m)
	if err != nil {
		return nil, err
	}
	return &jwtVerifier{issuer: issuer, keys: keys, now: now}, nil
}

// verify returns nil when the token was signed by the service for the resource with this ID. A *refusedError says that it was
// not; any other error says that this cannot be determined now.
func (v *jwtVerifier) verify(ctx context.Context, token, resourceID string) error {
	checked, err := verifySigned(ctx, v.keys, v.now, token)
	if err != nil {
		return err
	}
	return v.checkParties(checked, resourceID)
}

// verifySigned checks the signature of a token with one of the keys, and its time. The caller checks issuer and audience, so
// that it can say which one was wrong.
func verifySigned(ctx context.Context, keys *keySet, now func() time.Time, token string) (*oidc.IDToken, error) {
	// Only RS256 is parsed at all: not "none", and not HS256 with the public key as the secret.
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, refused("jwt_malformed")
	}
	found, err := keys.lookup(ctx, jws.Signatures[0].Header.KeyID)
	if errors.Is(err, errUnknownKey) {
		return nil, refused("jwt_unknown_key")
	}
	if err != nil {
		return nil, err
	}
	checked, err := oidc.NewVerifier("", &oidc.StaticKeySet{PublicKeys: found}, &oidc.Config{
		SupportedSigningAlgs: []string{oidc.RS256},
		SkipClientIDCheck:    true,
		SkipIssuerCheck:      true,
		Now:                  func() time.Time { return now().Add(-expiryLeeway) },
	}).Verify(ctx, token)
	if err != nil {
		return nil, refused(reasonOf(err))
	}
	return checked, nil
}

func (v *jwtVerifier) checkParties(token *oidc.IDToken, resourceID string) error {
	if token.Issuer != v.issuer {
		return refused("jwt_issuer")
	}
	if !isFor(token, resourceID) {
		return refused("jwt_audience")
	}
	return nil
}

// isFor tells whether the token is meant for this audience. A GUID means the same in upper and lower case, and people
// write both.
func isFor(token *oidc.IDToken, audience string) bool {
	return audience != "" && slices.ContainsFunc(token.Audience, func(a string) bool { return strings.EqualFold(a, audience) })
}

// reasonOf distinguishes an expired token from one with a bad signature. The error's text contains claims, so it is dropped.
func reasonOf(err error) string {
	var expired *oidc.TokenExpiredError
	if errors.As(err, &expired) {
		return "jwt_expired"
	}
	return "jwt_invalid"
}
