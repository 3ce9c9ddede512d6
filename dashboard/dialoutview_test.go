// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func TestViewOfDialOut(t *testing.T) {
	t.Parallel()
	meta := metav1.ObjectMeta{Namespace: "n", Name: "reminders"}
	base := identity{Key: "DialOut/n/reminders", Namespace: "n", Name: "reminders"}
	end := metav1.Unix(1_800_000_000, 0)
	cases := []struct {
		name, reason string
		spec         v1alpha1.DialOutSpec
		status       v1alpha1.DialOutStatus
		want         dialOutView
	}{
		{
			"new", "nothing is known, and that is said", v1alpha1.DialOutSpec{}, v1alpha1.DialOutStatus{},
			dialOutView{identity: base, Parallelism: 1, Message: "It was not reconciled yet: is the manager running?"},
		},
		{
			"running", "the longest bar comes first, and a quantity is a number",
			v1alpha1.DialOutSpec{
				Parallelism: ptr.To(int32(5)), CallsPerSecond: ptr.To(resource.MustParse("500m")), AcceptedFlowOutcomes: []v1alpha1.FlowOutcome{"confirmed"},
				CallTemplate: v1alpha1.CallTemplate{Spec: v1alpha1.CallTemplateSpec{ProviderRef: v1alpha1.ProviderReference{Name: "acs"}, Flow: &v1alpha1.FlowUse{Name: "reminder"}}},
			},
			v1alpha1.DialOutStatus{
				Phase: v1alpha1.DialOutPhaseRunning, NextStartTime: &end, Waiting: &v1alpha1.DialOutWaiting{Reason: "Hours", Message: "The calling hours begin at 09:00."},
				Counts:     v1alpha1.DialOutCounts{Total: 9, Pending: 3, Calling: 2, Waiting: 1, Done: 3, Accepted: 2},
				Outcomes:   []v1alpha1.OutcomeCount{{Outcome: "Busy", Count: 1}, {Outcome: "Completed", Count: 2}, {Outcome: "Blocked", Count: 1}},
				Targets:    &v1alpha1.ReadTargets{Duplicates: 4, BadLines: 5},
				BadLines:   []v1alpha1.BadLine{{Source: "ConfigMap people, key list.csv", Line: 7, Message: "There is nobody to call."}},
				Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Reason: "Running", Message: "2 calls are under way."}},
			},
			dialOutView{
				identity: base, Provider: "acs", Flow: "reminder", Phase: "Running", Reason: "Running", Message: "2 calls are under way.", Next: ptr.To(end.Time),
				Waiting: "The calling hours begin at 09:00.", Total: 9, Pending: 3, Calling: 2, Between: 1, Done: 3, Accepted: 2, Accepts: true, Parallelism: 5, CallsPerSecond: "0.5",
				Outcomes:   []outcomeCount{{"Completed", 2}, {"Blocked", 1}, {"Busy", 1}},
				Duplicates: 4, BadLines: 5, FirstBad: []badLineView{{"ConfigMap people, key list.csv", 7, "There is nobody to call."}},
			},
		},
		{
			"accepted", "it is over, so that it cannot be suspended", v1alpha1.DialOutSpec{},
			v1alpha1.DialOutStatus{
				Phase: v1alpha1.DialOutPhaseEnded, Accepted: &v1alpha1.AcceptedTarget{Call: "reminders-0-1"},
				Result: &v1alpha1.DialOutResult{Outcome: v1alpha1.DialOutAccepted, Message: "Somebody accepted.", EndTime: end},
			},
			dialOutView{
				identity: base, Phase: "Ended", Message: "Somebody accepted.", Parallelism: 1, AcceptedBy: "reminders-0-1", Outcome: "Accepted", AsWanted: true,
				Ended: ptr.To(end.Time), Cannot: "The dial-out is over.",
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := viewOfDialOut(&v1alpha1.DialOut{ObjectMeta: meta, Spec: c.spec, Status: c.status})
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(dialOutView{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}
