// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package useractions

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// TestRetryIsForNow retries an expired Call. The new one is due now and has the same deadline in seconds.
func TestRetryIsForNow(t *testing.T) {
	t.Parallel()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	old := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "c"},
		Spec: v1alpha1.CallSpec{
			To:        &v1alpha1.Identifier{PhoneNumber: "+14255550123"},
			NotBefore: ptr.To(metav1.NewTime(time.Unix(0, 0))), StartingDeadlineSeconds: ptr.To[int64](60),
		},
		Status: v1alpha1.CallStatus{Result: &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeExpired}},
	}
	actions := Client{Kube: fake.NewClientBuilder().WithScheme(scheme).WithObjects(old).Build()}
	again, err := actions.Retry(t.Context(), Ref{Namespace: "n", Name: "c"})
	if err != nil {
		t.Fatal(err)
	}
	if again.Spec.NotBefore != nil || again.Spec.StartingDeadlineSeconds == nil {
		t.Errorf("with the old notBefore it would expire at once: %+v", again.Spec)
	}
}
