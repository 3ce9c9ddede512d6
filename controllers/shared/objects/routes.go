// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// RoutesOf are the routes of a provider.
func RoutesOf(ctx context.Context, reader client.Reader, provider types.NamespacedName) ([]*v1alpha1.CallRoute, error) {
	var list v1alpha1.CallRouteList
	err := reader.List(ctx, &list, client.InNamespace(provider.Namespace), client.MatchingFields{ProviderIndex: provider.Name})
	if err != nil {
		return nil, fmt.Errorf("list the CallRoutes: %w", err)
	}
	routes := make([]*v1alpha1.CallRoute, len(list.Items))
	for i := range list.Items {
		routes[i] = &list.Items[i]
	}
	return routes, nil
}

// RoutesThatChange ignores updates of the call count, which do not affect other routes.
var RoutesThatChange = predicate.GenerationChangedPredicate{}
