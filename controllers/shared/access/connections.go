// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package access connects to the services that CallProviders lead to: for new work, for an attempt that was sent, and for a live call. It also
// says whom a CallProvider must not call.
package access

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/url"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/metrics"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/telephony"
)

const (
	// ConnectionAge is how long a connection is used before its Secret is read again. A changed Secret takes effect
	// within it.
	ConnectionAge = time.Minute

	// doubtfulAge is ConnectionAge for a connection that does not lead where an attempt was sent: the Secret may have been changed
	// back.
	doubtfulAge = 2 * time.Second
)

// Connection is a CallProvider that can be used.
type Connection struct {
	// Telephony is the provider's service.
	Telephony telephony.Service
	// Endpoint is the service's URL.
	Endpoint string
	// Service is the part that attempts record.
	Service v1alpha1.AttemptService
}

// Connections creates and caches the connections of CallProviders.
type Connections struct {
	// Providers reads CallProviders from the cache.
	Providers client.Reader
	// Secrets reads Secrets and ConfigMaps from the API server, not from a cache: the manager may get them, but not list or watch
	// them.
	Secrets client.Reader
	// Adapter connects to the services.
	Adapter telephony.Adapter
	// AllowHTTP permits http:// callback URLs, for the simulator.
	AllowHTTP bool
	// Now tells the time.
	Now func() time.Time
	// Metrics counts the requests, Tracer creates spans for them.
	Metrics *metrics.Metrics
	Tracer  *tracing.Tracer

	mu    sync.Mutex
	known map[types.NamespacedName]*knownConnection
	// doNotCallLists are the do-not-call lists of the providers.
	doNotCallLists map[types.NamespacedName]providerLists
	// troubles are the endpoints where another server than the service answered; woken receives the providers affected by a
	// change of that.
	troubles map[types.NamespacedName]endpointTrouble
	woken    chan event.GenericEvent
}

type knownConnection struct {
	uid        types.UID
	generation int64
	madeAt     time.Time
	// credentials are the content of its Secret, so that an unchanged Secret keeps the same client and its idle HTTP
	// connections.
	credentials map[string][]byte
	connection  *Connection
}

// For returns the provider's connection, and recreates it when the provider or its Secret has changed. The error is an
// UnusableError if a person has to fix something, and any other if the API server did not answer.
func (c *Connections) For(ctx context.Context, provider *v1alpha1.CallProvider) (*Connection, error) {
	return c.youngerThan(ctx, ConnectionAge, provider)
}

// Recent is For, but reads the Secret again if that was not done just now.
func (c *Connections) Recent(ctx context.Context, provider *v1alpha1.CallProvider) (*Connection, error) {
	return c.youngerThan(ctx, doubtfulAge, provider)
}

func (c *Connections) youngerThan(ctx context.Context, age time.Duration, provider *v1alpha1.CallProvider) (*Connection, error) {
	if known := c.lookup(provider); known != nil && c.Now().Sub(known.madeAt) < age {
		return known.connection, nil
	}
	return c.Renew(ctx, provider)
}

// Renew is For, but always reads the Secret again.
func (c *Connections) Renew(ctx context.Context, provider *v1alpha1.CallProvider) (*Connection, error) {
	if c.Adapter.Traits(provider).CallsBack {
		if err := c.checkCallbackURL(provider); err != nil {
			return nil, err
		}
	}
	credentials, err := c.credentials(ctx, provider)
	if err != nil {
		return nil, err
	}
	if known := c.lookup(provider); known != nil && maps.EqualFunc(known.credentials, credentials, bytes.Equal) {
		c.remember(provider, credentials, known.connection)
		return known.connection, nil
	}
	connection, err := c.connect(provider, credentials)
	if err != nil {
		return nil, err
	}
	c.remember(provider, credentials, connection)
	// Answers from another endpoint say nothing about this connection.
	c.trust(client.ObjectKeyFromObject(provider))
	return connection, nil
}

// LastKnown returns the last connection of a provider, even if its Secret is gone: the deletion of a namespace may delete
// the Secret before the calls are hung up.
func (c *Connections) LastKnown(key types.NamespacedName) (*Connection, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.known[key]
	if !ok {
		return nil, false
	}
	return known.connection, true
}

// Forget drops the connection of a deleted provider.
func (c *Connections) Forget(key types.NamespacedName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, key)
	delete(c.troubles, key)
	delete(c.doNotCallLists, key)
}

// Invalidate makes the next use of the connection read the Secret again, since the service refused it.
func (c *Connections) Invalidate(key types.NamespacedName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.known[key]; ok {
		known.madeAt = time.Time{}
	}
}

func (c *Connections) lookup(provider *v1alpha1.CallProvider) *knownConnection {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.known[client.ObjectKeyFromObject(provider)]
	if !ok || known.uid != provider.UID || known.generation != provider.Generation {
		return nil
	}
	copied := *known
	return &copied
}

func (c *Connections) remember(provider *v1alpha1.CallProvider, credentials map[string][]byte, connection *Connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[types.NamespacedName]*knownConnection{}
	}
	c.known[client.ObjectKeyFromObject(provider)] = &knownConnection{
		uid: provider.UID, generation: provider.Generation, madeAt: c.Now(), credentials: credentials, connection: connection,
	}
}

func (c *Connections) checkCallbackURL(provider *v1alpha1.CallProvider) error {
	callback, err := url.Parse(provider.Spec.CallbackURL)
	if err != nil || callback.Host == "" || callback.RawQuery != "" || callback.Fragment != "" || callback.User != nil {
		return telephony.Unusable(v1alpha1.ReasonInvalidCallbackURL,
			"spec.callbackURL must be a base URL without user, query and fragment, such as https://calls.example.com.")
	}
	if callback.Scheme != "https" && !c.AllowHTTP {
		return telephony.Unusable(v1alpha1.ReasonInvalidCallbackURL,
			"spec.callbackURL must begin with https://, since telephony services call back over https only.")
	}
	return nil
}

// credentials returns the content of the provider's Secret, nil if it needs none.
func (c *Connections) credentials(ctx context.Context, provider *v1alpha1.CallProvider) (map[string][]byte, error) {
	need := c.Adapter.Credentials(provider)
	if need.Name == "" {
		return nil, nil
	}
	var secret corev1.Secret
	err := c.Secrets.Get(ctx, types.NamespacedName{Namespace: provider.Namespace, Name: need.Name}, &secret)
	if apierrors.IsNotFound(err) {
		return nil, telephony.Unusable(v1alpha1.ReasonSecretNotFound, "Secret %s does not exist: create it with %s.", need.Name, need.Content)
	}
	if err != nil {
		return nil, fmt.Errorf("read Secret %s: %w", need.Name, err)
	}
	return secret.Data, nil
}

func (c *Connections) connect(provider *v1alpha1.CallProvider, credentials map[string][]byte) (*Connection, error) {
	observer := telephony.Observer{Begin: metrics.ObserveTry(c.Metrics, c.Tracer, c.Now), Answered: c.listen(provider)}
	service, endpoint, err := c.Adapter.Connect(provider, credentials, observer)
	if err != nil {
		return nil, err
	}
	return &Connection{Telephony: service, Endpoint: endpoint, Service: attempt.Service(provider, endpoint)}, nil
}
