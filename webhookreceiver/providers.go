// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// providers finds CallProviders.
type providers struct {
	// cached reads from the cache, live from the API server.
	cached, live client.Reader
}

// get returns the provider, from the cache if possible. The error is errProviderMissing when the API server has none.
func (p *providers) get(ctx context.Context, name types.NamespacedName) (*v1alpha1.CallProvider, error) {
	provider := &v1alpha1.CallProvider{}
	err := p.cached.Get(ctx, name, provider)
	if apierrors.IsNotFound(err) {
		err = p.live.Get(ctx, name, provider)
	}
	switch {
	case apierrors.IsNotFound(err):
		return nil, errProviderMissing
	case err != nil:
		return nil, err
	}
	return provider, nil
}
