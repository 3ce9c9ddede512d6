// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/call-operator/call-operator/telephony"
)

// expiryLeeway allows for clock skew. A token is valid for 5 minutes, so it stays short-lived.
const expiryLeeway = 30 * time.Second

func refused(word string) error { return &telephony.AuthenticationError{Word: word} }

// verify checks the signature of a JSON Web Token with one of the keys, and its time. The caller checks issuer and audience, so that
// it can say which one was wrong. The error is a *telephony.AuthenticationError.
func (s *keySet) verify(ctx context.Context, token string) (*oidc.IDToken, error) {
	// Only RS256 is parsed at all: not "none", and not HS256 with the public key as the secret.
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, refused("jwt_malformed")
	}
	found, err := s.lookup(ctx, jws.Signatures[0].Header.KeyID)
	switch {
	case errors.Is(err, errUnknownKey):
		return nil, refused("jwt_unknown_key")
	case err != nil:
		return nil, &telephony.AuthenticationError{Word: "keys_unavailable", Err: err}
	}
	checked, err := oidc.NewVerifier("", &oidc.StaticKeySet{PublicKeys: found}, &oidc.Config{
		SupportedSigningAlgs: []string{oidc.RS256},
		SkipClientIDCheck:    true,
		SkipIssuerCheck:      true,
		Now:                  func() time.Time { return s.now().Add(-expiryLeeway) },
	}).Verify(ctx, token)
	// The error's text contains claims, so it is dropped.
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return nil, refused("jwt_expired")
	case err != nil:
		return nil, refused("jwt_invalid")
	}
	return checked, nil
}

// isFor tells whether the token is meant for this audience. A GUID means the same in upper and lower case, and people
// write both.
func isFor(token *oidc.IDToken, audience string) bool {
	return audience != "" && slices.ContainsFunc(token.Audience, func(a string) bool { return strings.EqualFold(a, audience) })
}
