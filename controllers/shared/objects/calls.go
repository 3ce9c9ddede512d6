// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// ProviderIndex is the cache's index of Calls and CallRoutes by provider.
const ProviderIndex = "spec.providerRef.name"

// ProviderKey names the provider of a Call.
func ProviderKey(call *v1alpha1.Call) types.NamespacedName {
	return types.NamespacedName{Namespace: call.Namespace, Name: call.Spec.ProviderRef.Name}
}

// Deleting tells whether an object is being deleted.
func Deleting(object metav1.Object) bool { return object.GetDeletionTimestamp() != nil }
