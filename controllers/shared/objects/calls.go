// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// ProviderIndex is the cache's index of Calls and CallRoutes by provider.
const ProviderIndex = "spec.providerRef.name"

// ProviderKey names the provider of a Call.
func ProviderKey(call *v1alpha1.Call) types.NamespacedName {
	return types.NamespacedName{Namespace: call.Namespace, Name: call.Spec.ProviderRef.Name}
}

// Referenced finds the named Call, or the active Calls with the labels. Invalid says why the selector cannot be used. The Calls are
// shared with the cache: they must not be changed.
func Referenced(ctx context.Context, reader client.Reader, namespace string, ref v1alpha1.CallReference) (calls []*v1alpha1.Call, invalid, err error) {
	if ref.Name != "" {
		call := &v1alpha1.Call{}
		if err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: ref.Name}, call); err != nil {
			return nil, nil, client.IgnoreNotFound(err)
		}
		return []*v1alpha1.Call{call}, nil, nil
	}
	selector, invalid := metav1.LabelSelectorAsSelector(ref.Selector)
	if invalid != nil {
		return nil, invalid, nil
	}
	var list v1alpha1.CallList
	err = reader.List(ctx, &list, client.InNamespace(namespace), client.MatchingLabelsSelector{Selector: selector}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, nil, err
	}
	for i := range list.Items {
		if list.Items[i].Status.Result == nil {
			calls = append(calls, &list.Items[i])
		}
	}
	return calls, nil, nil
}

// Deleting tells whether an object is being deleted.
func Deleting(object metav1.Object) bool { return object.GetDeletionTimestamp() != nil }
