// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callbackurl

import (
	"errors"
	"fmt"
	"strings"
)

const (
	// streamPrefix is in front of the two parts that name a provider.
	streamPrefix = "/v1/streams/"

	// purposeStream separates the MACs of streams from any other use of the same keys.
	purposeStream = "call-operator.dev/stream/v1"
)

// ErrStreamPath says that a path names no provider.
var ErrStreamPath = errors.New("the path is not " + streamPrefix + "NAMESPACE/PROVIDER")

// StreamPath is the path of the WebSocket on which a CallProvider's service reports.
func StreamPath(namespace, provider string) string { return streamPrefix + namespace + "/" + provider }

// StreamPassword is the password of that WebSocket. It is a secret.
func (k Keys) StreamPassword(namespace, provider string) (string, error) {
	if err := validateProvider(namespace, provider); err != nil {
		return "", fmt.Errorf("this provider cannot have a WebSocket: %w", err)
	}
	if len(k.secrets) == 0 {
		return "", errNoKey
	}
	return k.token(purposeStream, []string{namespace, provider}), nil
}

// VerifyStream tells whether a password came from StreamPassword for this exact provider and one of the keys. Its running time depends
// neither on the password nor on which key matches.
func (k Keys) VerifyStream(namespace, provider, password string) bool {
	return k.verify(password, purposeStream, []string{namespace, provider})
}

// IsStreamPath tells whether path has the prefix of WebSockets. It may still be invalid.
func IsStreamPath(path string) bool { return strings.HasPrefix(path, streamPrefix) }

// ParseStreamPath parses the path of a WebSocket. An error wraps ErrStreamPath and does not repeat the path.
func ParseStreamPath(path string) (namespace, provider string, err error) {
	return parseProviderPath(path, streamPrefix, ErrStreamPath)
}
