// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package cachetransform shrinks objects before they enter a cache, since manager and receiver cache every Call.
package cachetransform

import (
	"slices"
	"unique"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/applied"
)

// TransformForManager is Transform, but for a Call, a DialOut or a move with a time to live it also keeps which tool applies it.
func TransformForManager(object any) (any, error) {
	var kept []metav1.ManagedFieldsEntry
	if deletesItself(object) {
		accessor, err := meta.Accessor(object)
		if err != nil {
			return nil, err
		}
		applied.Compact(accessor)
		kept = accessor.GetManagedFields()
	}
	if _, err := Transform(object); err != nil || kept == nil {
		return object, err
	}
	accessor, err := meta.Accessor(object)
	if err == nil {
		accessor.SetManagedFields(kept)
	}
	return object, err
}

func deletesItself(object any) bool {
	switch finished := object.(type) {
	case *v1alpha1.Call:
		return finished.Spec.TTLSecondsAfterFinished != nil
	case *v1alpha1.DialOut:
		return finished.Spec.TTLSecondsAfterFinished != nil
	case *v1alpha1.ParticipantMove:
		return finished.Spec.TTLSecondsAfterFinished != nil
	default:
		return false
	}
}

// Transform is a client-go TransformFunc. It drops unused fields: managed fields, which are larger than a Call's status, and
// the last-applied annotation. Both stay in the API server, since an update of status changes only status, and a patch only
// what differs. Strings that most Calls share are stored once, and slices without spare capacity.
func Transform(object any) (any, error) {
	accessor, err := meta.Accessor(object)
	if err != nil {
		// For example a tombstone: nothing to drop.
		return object, nil
	}
	accessor.SetManagedFields(nil)
	if annotations := accessor.GetAnnotations(); annotations[corev1.LastAppliedConfigAnnotation] != "" {
		delete(annotations, corev1.LastAppliedConfigAnnotation)
		accessor.SetAnnotations(annotations)
	}
	if call, ok := object.(*v1alpha1.Call); ok {
		shareTexts(call)
		fit(&call.Status.Conditions)
		fit(&call.Status.History)
		fit(&call.Status.Participants)
	}
	return object, nil
}

// shareTexts replaces strings by one copy that all Calls share.
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
	shareAttempt(call.Status.Attempt)
}

// shareAttempt shares the common strings in the attempts of one provider.
func shareAttempt(attempt *v1alpha1.RequestAttempt) {
	if attempt == nil {
		return
	}
	if service := attempt.Service; service != nil {
		share(&service.ProviderName, &service.Endpoint, &service.ResourceID)
		share(&service.ProviderUID)
	}
	if request := attempt.Request; request != nil {
		share(&request.Endpoint, &request.SIPEndpoint, &request.APIVersion, &request.CallbackURL, &request.CallbackKeyID, &request.CognitiveServicesEndpoint)
	}
}

func share[T ~string](texts ...*T) {
	for _, text := range texts {
		*text = T(unique.Make(string(*text)).Value())
	}
}

// fit copies a slice to drop spare capacity: decoding item by item leaves up to twice the needed size.
func fit[T any](list *[]T) {
	if cap(*list) > len(*list) {
		*list = slices.Clone(*list)
	}
}
