// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callbackurl

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	// TokenHeader may carry the token of an Event Grid URL in place of the query, as a delivery property that Event Grid
	// keeps secret.
	TokenHeader = "Call-Operator-Token"

	// eventGridPrefix is in front of the two parts that name a provider. Its version is that of the whole scheme.
	eventGridPrefix = "/v1/event-grid/"

	// purposeEventGrid separates the MACs of Event Grid URLs from any other use of the same keys.
	purposeEventGrid = "call-operator.dev/event-grid/v1"
)

// ErrEventGridPath says that a path names no provider.
var ErrEventGridPath = errors.New("the path is not " + eventGridPrefix + "NAMESPACE/PROVIDER")

// EventGridURL is the URL to which Event Grid reports the incoming calls of a CallProvider: base is the public base URL
// of the webhook receiver. The result is a secret, since it contains the token.
func (k Keys) EventGridURL(base, namespace, provider string) (string, error) {
	if err := validateProvider(namespace, provider); err != nil {
		return "", fmt.Errorf("this provider cannot have an Event Grid URL: %w", err)
	}
	return k.url(base, eventGridPrefix+namespace+"/"+provider, purposeEventGrid, []string{namespace, provider})
}

// VerifyEventGrid tells whether token came from EventGridURL for this exact provider and one of the keys. Its running
// time depends neither on the token nor on which key matches.
func (k Keys) VerifyEventGrid(namespace, provider, token string) bool {
	return k.verify(token, purposeEventGrid, []string{namespace, provider})
}

// IsEventGridPath tells whether path has the prefix of Event Grid URLs. It may still be invalid.
func IsEventGridPath(path string) bool {
	return strings.HasPrefix(path, eventGridPrefix)
}

// ParseEventGridPath parses the path of a URL from EventGridURL. An error wraps ErrEventGridPath and does not repeat the
// path.
func ParseEventGridPath(path string) (namespace, provider string, err error) {
	return parseProviderPath(path, eventGridPrefix, ErrEventGridPath)
}

// parseProviderPath parses a path that is a prefix and a provider. An error wraps notSuch.
func parseProviderPath(path, prefix string, notSuch error) (namespace, provider string, err error) {
	rest, found := strings.CutPrefix(path, prefix)
	parts := strings.Split(rest, "/")
	if !found || len(parts) != 2 {
		return "", "", notSuch
	}
	if err := validateProvider(parts[0], parts[1]); err != nil {
		return "", "", fmt.Errorf("%w: %w", notSuch, err)
	}
	return parts[0], parts[1], nil
}

// validateProvider says which part cannot stand in a URL. What can needs no escaping, so that each provider has exactly
// one spelling.
func validateProvider(namespace, provider string) error {
	switch {
	case len(validation.IsDNS1123Label(namespace)) > 0:
		return errors.New("the namespace must be a DNS label")
	case len(validation.IsDNS1123Subdomain(provider)) > 0:
		return errors.New("the provider's name must be a DNS subdomain")
	}
	return nil
}
