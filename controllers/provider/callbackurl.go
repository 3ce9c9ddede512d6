// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package provider

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
)

// warnOfCallbackURL warns about a kind of callback URL that ACS is known to refuse. Calls are still placed, and followed by
// polling.
func (r *Reconciler) warnOfCallbackURL(provider *v1alpha1.CallProvider, status *v1alpha1.CallProviderStatus) {
	doubt := ""
	if r.Connections.Adapter.Traits(provider).CallsBack {
		doubt = callbackurl.Doubt(provider.Spec.CallbackURL)
	}
	if doubt == "" {
		meta.RemoveStatusCondition(&status.Conditions, v1alpha1.ConditionCallbackURLUsable)
		return
	}
	changed := meta.SetStatusCondition(&status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionCallbackURLUsable, Status: metav1.ConditionFalse, ObservedGeneration: provider.Generation,
		LastTransitionTime: metav1.NewTime(r.Now()), Reason: v1alpha1.ReasonCallbackURLRefused, Message: doubt,
	})
	if changed {
		r.Recorder.Eventf(provider, nil, corev1.EventTypeWarning, v1alpha1.ReasonCallbackURLRefused, "Check", "%s", doubt)
	}
}
