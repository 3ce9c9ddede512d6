// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// operationProviders find the provider of an operation on live calls, of the type O: all of its Calls have the same one.
type operationProviders[O client.Object] struct {
	cache, live client.Reader
	// empty returns an object to read into.
	empty func() O
	// attempt is the operation's request, and calls the names of the Calls that it names, or that the spec does.
	attempt func(O) *v1alpha1.RequestAttempt
	calls   func(O) []string
}

// of returns an operation's provider: the one in its attempt, or that of one of its Calls. The error is errProviderMissing if none of
// them exists.
func (p operationProviders[O]) of(ctx context.Context, operation O) (types.NamespacedName, error) {
	name, err := p.accordingTo(ctx, p.cache, operation)
	if !errors.Is(err, errProviderMissing) {
		return name, err
	}
	// The cache may be older than the Calls, or than the record of which Calls the request names.
	fresh := p.empty()
	if err := p.live.Get(ctx, client.ObjectKeyFromObject(operation), fresh); err != nil {
		return name, fmt.Errorf("reading an operation again: %w", err)
	}
	return p.accordingTo(ctx, p.live, fresh)
}

func (p operationProviders[O]) accordingTo(ctx context.Context, reader client.Reader, operation O) (types.NamespacedName, error) {
	namespace := operation.GetNamespace()
	if sent := p.attempt(operation); sent != nil && sent.Service != nil {
		// The Calls that have these names now may be others.
		return types.NamespacedName{Namespace: namespace, Name: sent.Service.ProviderName}, nil
	}
	for _, name := range p.calls(operation) {
		call := &v1alpha1.Call{}
		err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, call)
		switch {
		case err == nil:
			return providerOf(call), nil
		case !apierrors.IsNotFound(err):
			return types.NamespacedName{}, fmt.Errorf("reading the Call of an operation: %w", err)
		}
	}
	return types.NamespacedName{}, errProviderMissing
}
