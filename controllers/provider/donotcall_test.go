// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// TestListThatCannotBeRead: the provider says so, is checked again soon, and becomes ready when the list is corrected.
func TestListThatCannotBeRead(t *testing.T) {
	t.Parallel()
	list := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "d"}, Data: map[string]string{"numbers": "+14255550199\n4255550198"}}
	p := newProviderTest(t, list, controllertest.SecretWith(controllertest.ConnectionString), controllertest.ProviderWith(func(p *v1alpha1.CallProvider) {
		p.Spec.DoNotCall = []v1alpha1.DoNotCallReference{{ConfigMapKeyRef: &v1alpha1.KeyReference{Name: "d", Key: "numbers"}}}
	}))
	result := p.reconcile(t)
	ready := apimeta.FindStatusCondition(p.read(t).Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status != metav1.ConditionFalse || ready.Reason != v1alpha1.ReasonDoNotCallUnreadable ||
		!strings.Contains(ready.Message, "ConfigMap d, key numbers") || !strings.Contains(ready.Message, "line 2 ") || strings.Contains(ready.Message, "019") {
		t.Errorf("the condition is %+v", ready)
	}
	if result.RequeueAfter <= 0 || result.RequeueAfter > 2*unusableRecheck {
		t.Errorf("it is checked again after %s", result.RequeueAfter)
	}
	if p.read(t).Status.Endpoint == "" {
		t.Error("the service can still be used for calls that are live, and the provider shows no endpoint")
	}
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"data":{"numbers":"+14255550199"}}`))
	if err := p.api.Patch(t.Context(), list, patch); err != nil {
		t.Fatal(err)
	}
	p.now.Pass(result.RequeueAfter)
	result = p.reconcile(t)
	if !apimeta.IsStatusConditionTrue(p.read(t).Status.Conditions, v1alpha1.ConditionReady) {
		t.Errorf("the list can be read: %s", conditionsText(p.read(t).Status.Conditions))
	}
	if result.RequeueAfter > serviceRecheck+serviceRecheck/2 || result.RequeueAfter < time.Second {
		t.Errorf("its lists are checked again after %s", result.RequeueAfter)
	}
}
