// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/attempt"
)

// Serves records the service of a provider. Providers with the same service share its numbers and their limits; providers with
// different services share nothing, whatever numbers they claim to own.
func (s *Admission) Serves(provider types.NamespacedName, endpoint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.services[provider] = attempt.Host(endpoint)
}

// serviceOf is the service that a Call's numbers belong to. While its provider's service is unknown, it is a service of the
// provider's own.
func (s *Admission) serviceOf(call *v1alpha1.Call) string {
	if sent := call.Status.Attempt; sent != nil && sent.Service != nil {
		return sent.Service.Endpoint
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.services[objects.ProviderKey(call)]; known != "" {
		return known
	}
	return "provider " + objects.ProviderKey(call).String()
}

// findService finds the service of a placed or pending Call's provider, unless it is known.
func (s *Admission) findService(ctx context.Context, call *v1alpha1.Call) {
	if sent := call.Status.Attempt; sent != nil && sent.Service != nil {
		// The attempt says where it was sent.
		return
	}
	placed := call.Spec.To != nil && call.Status.Attempt != nil && call.Status.Result == nil
	if s.Endpoint == nil || !placed && !mayBeDialed(call) {
		return
	}
	key := objects.ProviderKey(call)
	s.mu.Lock()
	_, asked := s.services[key]
	s.mu.Unlock()
	if asked {
		return
	}
	endpoint, err := s.Endpoint(ctx, key)
	if err != nil {
		ctrl.LoggerFrom(ctx).Info("the service of a provider with calls is unknown, so the calls count against this provider's limits only",
			"provider", key.String(), "cause", err.Error())
		// Do not look it up again for each Call.
		endpoint = ""
	}
	s.Serves(key, endpoint)
}

// EndpointOf finds a provider's endpoint, in its spec or its Secret.
func EndpointOf(reader client.Reader, connections *access.Connections) func(context.Context, types.NamespacedName) (string, error) {
	return func(ctx context.Context, key types.NamespacedName) (string, error) {
		provider := &v1alpha1.CallProvider{}
		if err := reader.Get(ctx, key, provider); err != nil {
			return "", err
		}
		if endpoint := connections.Adapter.Endpoint(provider); endpoint != "" {
			return endpoint, nil
		}
		connection, err := connections.For(ctx, provider)
		if err != nil {
			return "", err
		}
		return connection.Endpoint, nil
	}
}
