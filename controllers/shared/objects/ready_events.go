// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// AnnounceReady emits a Kubernetes Event when the reason of Ready changes: conditions show the current state, Events
// the history. Call it after the conditions are written.
func AnnounceReady(recorder events.EventRecorder, object client.Object, before, after []metav1.Condition) {
	is := meta.FindStatusCondition(after, v1alpha1.ConditionReady)
	was := meta.FindStatusCondition(before, v1alpha1.ConditionReady)
	if is == nil || was != nil && was.Status == is.Status && was.Reason == is.Reason {
		return
	}
	kind := corev1.EventTypeWarning
	if is.Status == metav1.ConditionTrue || is.Reason == v1alpha1.ReasonInUse {
		kind = corev1.EventTypeNormal
	}
	recorder.Eventf(object, nil, kind, is.Reason, "Check", "%s", is.Message)
}
