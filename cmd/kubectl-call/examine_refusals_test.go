// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// TestDoctorReportsRefusals: an available provider may still lose every incoming call.
func TestDoctorReportsRefusals(t *testing.T) {
	began := metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	p := provider("team-a", "https://calls.example.com")
	p.Status.Conditions = []metav1.Condition{
		{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue},
		{Type: v1alpha1.ConditionIncomingCallsRefused, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonQuotaExceeded, Message: "The quota is used up.", LastTransitionTime: began},
		{Type: v1alpha1.ConditionCallbacksRefused, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonTokenIssuer, Message: "Another issuer.", LastTransitionTime: began},
	}
	want := []finding{
		{"callbacks of " + p.Name, resultBroken, "TokenIssuer: Another issuer. This began at 2026-01-02T03:04:05Z."},
		{"calls to " + p.Name, resultBroken, "QuotaExceeded: The quota is used up. This began at 2026-01-02T03:04:05Z."},
	}
	if diff := cmp.Diff(want, refusals(p)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	p.Status.Conditions = p.Status.Conditions[:1]
	if got := refusals(p); got != nil {
		t.Errorf("a provider without refusals: %v", got)
	}
}

// TestDoctorLooksAtQuotas: doctor warns before incoming calls are lost.
func TestDoctorLooksAtQuotas(t *testing.T) {
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		reason     string
		used, hard string
		resource   corev1.ResourceName
		want       result
	}{
		{"the next caller is lost", "3", "3", quotaOfCalls, resultBroken},
		{"a quota that was lowered is exceeded", "5", "3", quotaOfCalls, resultBroken},
		{"the quota is nearly full", "9", "10", quotaOfCalls, resultWarning},
		{"there is room", "8", "10", quotaOfCalls, resultOK},
		{"a quota of 0 allows no call", "0", "0", quotaOfCalls, resultBroken},
		{"a quota of something else", "3", "3", "count/pods", ""},
	}
	for _, tc := range tests {
		quota := &corev1.ResourceQuota{
			ObjectMeta: metav1.ObjectMeta{Name: "q", Namespace: "team-a"},
			Status: corev1.ResourceQuotaStatus{
				Hard: corev1.ResourceList{tc.resource: resource.MustParse(tc.hard)}, Used: corev1.ResourceList{tc.resource: resource.MustParse(tc.used)},
			},
		}
		p := &installation{client: fake.NewClientBuilder().WithScheme(scheme).WithObjects(quota).Build(), namespace: "team-a"}
		var got result
		for _, f := range p.quotas(t.Context()) {
			got = f.Result
		}
		if got != tc.want {
			t.Errorf("%s: %s of %s is %q, want %q", tc.reason, tc.used, tc.hard, got, tc.want)
		}
	}
}
