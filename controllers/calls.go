// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// providerIndex is the cache's index of Calls and CallRoutes by provider.
const providerIndex = "spec.providerRef.name"

// providerKey names the provider of a Call.
func providerKey(call *v1alpha1.Call) types.NamespacedName {
	return types.NamespacedName{Namespace: call.Namespace, Name: call.Spec.ProviderRef.Name}
}

// deleting tells whether a Call is being deleted.
func deleting(call *v1alpha1.Call) bool { return !call.DeletionTimestamp.IsZero() }
