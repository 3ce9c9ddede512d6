// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callbackurl

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

const (
	// minKeyBytes is the output size of SHA-256: a shorter HMAC key is weaker than the MAC (RFC 2104, section 3).
	minKeyBytes = sha256.Size

	// maxKeys limits the cost of refusing a forged token. A rotation needs two keys.
	maxKeys = 8

	// purposeCallback separates these MACs from any other use of the same keys.
	purposeCallback = "call-operator.dev/callback/v1"

	// purposeKeyID is the purpose of the MAC for a key's ID.
	purposeKeyID = "call-operator.dev/callback-key-id/v1"

	// keyIDBytes are enough to distinguish a few keys.
	keyIDBytes = 8
)

// ErrKeyMissing says that no key has the ID.
var ErrKeyMissing = errors.New("the callback key is no longer available")

// errNoKey says that the zero Keys sign nothing.
var errNoKey = errors.New("there is no callback key to sign with")

// Keys are the secrets behind callback URLs. The first one signs, all verify. The zero value signs and verifies
// nothing. It prints without its secrets in every format.
type Keys struct {
	secrets [][]byte
}

// ParseKeys parses a key file: one key per line, each the standard base64 of at least 32 random bytes. Blank lines and lines
// that begin with # are ignored. An error names the line and never shows its content.
func ParseKeys(file []byte) (Keys, error) {
	var keys Keys
	for i, line := range bytes.Split(file, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		secret, err := parseKey(line)
		if err != nil {
			return Keys{}, fmt.Errorf("line %d of the key file: %w", i+1, err)
		}
		keys.secrets = append(keys.secrets, secret)
	}
	switch {
	case len(keys.secrets) == 0:
		return Keys{}, errors.New("the key file contains no key: add one with `openssl rand -base64 32`")
	case len(keys.secrets) > maxKeys:
		return Keys{}, fmt.Errorf("the key file contains %d keys, but at most %d are allowed: remove the last ones, which are the oldest",
			len(keys.secrets), maxKeys)
	}
	return keys, nil
}

func parseKey(line []byte) ([]byte, error) {
	secret, err := base64.StdEncoding.Strict().DecodeString(string(line))
	if err != nil {
		// The decoder's own error is left out, since it reveals part of the key.
		return nil, errors.New("not base64: make a key with `openssl rand -base64 32`")
	}
	if len(secret) < minKeyBytes {
		return nil, fmt.Errorf("the key has %d bytes, fewer than %d: make a key with `openssl rand -base64 32`", len(secret), minKeyBytes)
	}
	return secret, nil
}

// URL is the URL to which the service reports events of t: base is the public base URL of the webhook receiver. The result is
// a secret, since it contains the token.
func (k Keys) URL(base string, t Target) (string, error) {
	if err := t.validate(); err != nil {
		return "", fmt.Errorf("this object cannot have a callback URL: %w", err)
	}
	return k.url(base, t.path(), purposeCallback, t.parts())
}

// ID identifies the signing key. It is public and reveals nothing about the key. Without keys it is empty.
func (k Keys) ID() string {
	if len(k.secrets) == 0 {
		return ""
	}
	return idOf(k.secrets[0])
}

// SignedBy returns the keys with the one with this ID first, so that URL gives the same result as when that key signed. The
// error is ErrKeyMissing if there is none.
func (k Keys) SignedBy(id string) (Keys, error) {
	for i, secret := range k.secrets {
		if idOf(secret) == id {
			return Keys{secrets: k.secrets[i:]}, nil
		}
	}
	return Keys{}, ErrKeyMissing
}

// idOf is a MAC without a message, so that it reveals no more of the key than any token does.
func idOf(secret []byte) string {
	return hex.EncodeToString(mac(secret, purposeKeyID)[:keyIDBytes])
}

// Verify tells whether token came from URL for this exact target and one of the keys. Its running time depends neither on the
// token nor on which key matches.
func (k Keys) Verify(t Target, token string) bool {
	return k.verify(token, purposeCallback, t.parts())
}

// url joins base and path, with a token for the parts.
func (k Keys) url(base, path, purpose string, parts []string) (string, error) {
	if len(k.secrets) == 0 {
		return "", errNoKey
	}
	u, err := parseBase(base)
	if err != nil {
		return "", err
	}
	token := k.token(purpose, parts)
	return strings.TrimSuffix(u.String(), "/") + path + "?" + url.Values{TokenParameter: {token}}.Encode(), nil
}

// token is the one of the first key.
func (k Keys) token(purpose string, parts []string) string {
	return base64.RawURLEncoding.EncodeToString(mac(k.secrets[0], purpose, parts...))
}

// verify tells whether token is valid for the parts and this purpose, with one of the keys.
func (k Keys) verify(token, purpose string, parts []string) bool {
	// The length of the text counts too: the decoder skips line breaks, which would give a token many spellings.
	if len(token) != base64.RawURLEncoding.EncodedLen(sha256.Size) {
		return false
	}
	claimed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return false
	}
	valid := false
	for _, secret := range k.secrets {
		// No early return: it would reveal which key matched.
		valid = hmac.Equal(claimed, mac(secret, purpose, parts...)) || valid
	}
	return valid
}

// String returns the number of keys, without the keys.
func (k Keys) String() string {
	return fmt.Sprintf("%d callback keys (redacted)", len(k.secrets))
}

// Format keeps the keys out of every verb, %x and %#v too.
func (k Keys) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, k.String())
}

func (t Target) parts() []string {
	return []string{t.Kind, t.Namespace, t.Name, string(t.UID)}
}

// mac is the HMAC-SHA256 of the purpose and the parts. Each is preceded by its length, so that no two lists of parts have the
// same encoding; the purpose comes first, so that a MAC for one purpose is invalid for another.
func mac(secret []byte, purpose string, parts ...string) []byte {
	h := hmac.New(sha256.New, secret)
	for _, part := range append([]string{purpose}, parts...) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}
