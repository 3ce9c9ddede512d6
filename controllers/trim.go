// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"unique"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// trim makes an object small before it enters the cache: managed fields are left out, which are larger than a Call's
// status and read by nobody here, and texts that most Calls have in common are kept once.
func trim(object any) (any, error) {
	accessor, err := meta.Accessor(object)
	if err != nil {
		// A tombstone, say: nothing to trim.
		return object, nil
	}
	accessor.SetManagedFields(nil)
	if call, ok := object.(*v1alpha1.Call); ok {
		shareTexts(call)
	}
	return object, nil
}

// shareTexts replaces texts by the one copy that all Calls share.
func shareTexts(call *v1alpha1.Call) {
	share(&call.APIVersion, &call.Kind, &call.Namespace, &call.Spec.ProviderRef.Name, &call.Status.From)
	share(&call.Spec.State)
	share(&call.Status.Phase)
	for i := range call.Finalizers {
		share(&call.Finalizers[i])
	}
	for i := range call.Status.Conditions {
		condition := &call.Status.Conditions[i]
		share(&condition.Type, &condition.Reason, &condition.Message)
		share(&condition.Status)
	}
	for i := range call.Status.History {
		share(&call.Status.History[i].Type)
	}
	if from := call.Spec.From; from != nil {
		share(&from.PhoneNumber)
	}
}

func share[T ~string](texts ...*T) {
	for _, text := range texts {
		*text = T(unique.Make(string(*text)).Value())
	}
}
