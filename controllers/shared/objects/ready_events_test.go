// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

func TestAnnounceReady(t *testing.T) {
	ready := func(status metav1.ConditionStatus, reason string) []metav1.Condition {
		return []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: status, Reason: reason, Message: "Why."}}
	}
	cases := []struct {
		name, reason  string
		before, after []metav1.Condition
		want          string
	}{
		{name: "first", reason: "that it can be used is the beginning of the story", after: ready(metav1.ConditionTrue, v1alpha1.ReasonAvailable), want: "Normal Available Why."},
		{
			name: "same", reason: "what stays is no news",
			before: ready(metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound), after: ready(metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound),
		},
		{
			name: "another", reason: "one thing was fixed, the next is missing",
			before: ready(metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound), after: ready(metav1.ConditionFalse, v1alpha1.ReasonSecretKeyNotFound),
			want: "Warning SecretKeyNotFound Why.",
		},
		{
			name: "deleted", reason: "to wait for calls is ordinary",
			before: ready(metav1.ConditionTrue, v1alpha1.ReasonAvailable), after: ready(metav1.ConditionFalse, v1alpha1.ReasonInUse), want: "Normal InUse Why.",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			recorder := events.NewFakeRecorder(4)
			AnnounceReady(recorder, controllertest.ProviderWith(), tc.before, tc.after)
			close(recorder.Events)
			var got []string
			for event := range recorder.Events {
				got = append(got, event)
			}
			if all := strings.Join(got, "; "); all != tc.want {
				t.Errorf("%s: the events are %q, want %q", tc.reason, all, tc.want)
			}
		})
	}
}
