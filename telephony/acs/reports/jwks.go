// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/singleflight"
)

const (
	// keysMinInterval is the minimum time before a key set is fetched again for an unknown key ID. Senders choose key IDs, so
	// without it every made-up ID would cause a request to the issuer.
	keysMinInterval = time.Minute

	// keysRetryInterval is the minimum time before a failed fetch is retried: shorter, since callbacks are refused meanwhile.
	keysRetryInterval = 5 * time.Second

	// keysMaxAge is when the key set is fetched again even without an unknown key ID, so that a withdrawn key does not stay valid
	// here forever.
	keysMaxAge = time.Hour

	// keysFetchTimeout limits one fetch; callbacks may be waiting for it.
	keysFetchTimeout = 5 * time.Second

	// maxKeySetBytes bounds the answer. A key set has a handful of keys of about 2 kB, with their certificates.
	maxKeySetBytes = 256 << 10
)

var (
	// errKeysUnavailable says that a token cannot be verified now, which is not the sender's fault.
	errKeysUnavailable = errors.New("the issuer's keys are not available")
	// errUnknownKey says that the issuer has no such key.
	errUnknownKey = errors.New("the issuer has no key with this ID")
)

// Results of fetching keys.
const (
	fetchSuccess = "success"
	fetchFailure = "failure"
)

// keySource creates key sets.
type keySource struct {
	// allowHTTP permits http:// URLs anywhere.
	allowHTTP bool
	now       func() time.Time
	fetches   *prometheus.CounterVec
}

func newKeySource(config Config) (keySource, error) {
	source := keySource{allowHTTP: config.AllowHTTP, now: config.Now, fetches: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "call_operator_receiver_jwks_refreshes_total",
		Help: "Fetches of token issuers' keys, by the Azure cloud that they are of (Configured, where flags name them) and by result: success or failure.",
	}, []string{"cloud", "result"})}
	if source.now == nil {
		source.now = time.Now
	}
	return source, config.Registry.Register(source.fetches)
}

// keySet holds the keys of a token issuer, fetched from a JWKS URL when they are first needed. Old keys are kept
// while new ones cannot be fetched.
type keySet struct {
	keySource
	// cloud is the metrics label for the owner of these keys.
	cloud, url string
	client     *http.Client
	// flight lets all waiting callers share one fetch.
	flight singleflight.Group

	mu   sync.RWMutex
	keys []jose.JSONWebKey
	// fetched is when the keys were last fetched, nextFetch when they may be fetched next.
	fetched, nextFetch time.Time
}

// newKeySet refuses a URL where a man in the middle could answer instead of the issuer.
func (s keySource) newKeySet(cloud, jwksURL string) (*keySet, error) {
	if err := s.checkIssuerURL(jwksURL); err != nil {
		return nil, fmt.Errorf("the JWKS URL %w", err)
	}
	client := &http.Client{
		Timeout: keysFetchTimeout,
		// A redirect could lead to plain http.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	// If a series began at 1, Prometheus would see no increase.
	for _, result := range []string{fetchSuccess, fetchFailure} {
		s.fetches.WithLabelValues(cloud, result)
	}
	return &keySet{keySource: s, cloud: cloud, url: jwksURL, client: client}, nil
}

// checkIssuerURL says why keys from this URL could be forged, unless that is allowed.
func (s keySource) checkIssuerURL(issuerURL string) error {
	u, err := url.Parse(issuerURL)
	switch {
	case err != nil, u.Host == "":
		return fmt.Errorf("%q is not an absolute URL", issuerURL)
	case u.Scheme != "https" && (u.Scheme != "http" || !s.allowHTTP && !isLoopback(u.Hostname())):
		return fmt.Errorf("%q must begin with https:// (http:// is for a loopback address only)", issuerURL)
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// lookup returns the keys with this ID; an empty ID means all keys. The error is errUnknownKey if the issuer has no such key, and
// errKeysUnavailable if that cannot be determined now.
func (s *keySet) lookup(ctx context.Context, keyID string) ([]crypto.PublicKey, error) {
	if found := s.cached(keyID); len(found) > 0 {
		s.refreshOldKeys()
		return found, nil
	}
	select {
	case <-ctx.Done():
		return nil, errKeysUnavailable
	case result := <-s.refresh():
		if found := s.cached(keyID); len(found) > 0 {
			return found, nil
		}
		if result.Err != nil {
			return nil, errKeysUnavailable
		}
		return nil, errUnknownKey
	}
}

func (s *keySet) cached(keyID string) []crypto.PublicKey {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []crypto.PublicKey
	for i := range s.keys {
		if keyID == "" || s.keys[i].KeyID == keyID {
			found = append(found, s.keys[i].Key)
		}
	}
	return found
}

// refreshOldKeys starts a fetch if the keys are old, and does not wait for it.
func (s *keySet) refreshOldKeys() {
	s.mu.RLock()
	old := s.now().Sub(s.fetched) > keysMaxAge
	s.mu.RUnlock()
	if old {
		s.refresh()
	}
}

// refresh fetches the keys unless that was done a moment ago; concurrent callers share one fetch.
func (s *keySet) refresh() <-chan singleflight.Result {
	return s.flight.DoChan("", func() (any, error) {
		s.mu.RLock()
		early := s.now().Before(s.nextFetch)
		s.mu.RUnlock()
		if early {
			return nil, errKeysUnavailable
		}
		// Not a request's context, since others wait for the same answer.
		ctx, cancel := context.WithTimeout(context.Background(), keysFetchTimeout)
		defer cancel()
		keys, err := s.fetch(ctx)
		s.store(keys, err)
		return nil, err
	})
}

func (s *keySet) store(keys []jose.JSONWebKey, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if err != nil {
		s.fetches.WithLabelValues(s.cloud, fetchFailure).Inc()
		s.nextFetch = now.Add(keysRetryInterval)
		return
	}
	s.fetches.WithLabelValues(s.cloud, fetchSuccess).Inc()
	s.keys, s.fetched, s.nextFetch = keys, now, now.Add(keysMinInterval)
}

func (s *keySet) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeySetBytes+1))
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the JWKS URL answered %s", response.Status)
	case len(body) > maxKeySetBytes:
		return nil, fmt.Errorf("the key set is larger than %d bytes", maxKeySetBytes)
	}
	return parseKeySet(body)
}

// parseKeySet keeps the keys that can have signed a callback. A set without one is an error, so that it does not
// replace keys that work.
func parseKeySet(body []byte) ([]jose.JSONWebKey, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("the answer is not a JSON Web Key Set: %w", err)
	}
	var usable []jose.JSONWebKey
	for _, key := range set.Keys {
		_, isRSA := key.Key.(*rsa.PublicKey)
		forSigning := key.Use == "" || key.Use == "sig"
		forRS256 := key.Algorithm == "" || key.Algorithm == string(jose.RS256)
		if isRSA && forSigning && forRS256 && key.Valid() {
			usable = append(usable, key)
		}
	}
	if len(usable) == 0 {
		return nil, errors.New("the key set has no RSA key for signatures")
	}
	return usable, nil
}
