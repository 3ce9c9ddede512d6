// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package conditions

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// at is the n-th second of a test's time.
func at(n int) metav1.Time {
	return metav1.NewTime(time.Date(2026, 11, 23, 12, 0, n, 0, time.UTC))
}

func truths(conditions []metav1.Condition) map[string]metav1.ConditionStatus {
	truth := map[string]metav1.ConditionStatus{}
	for _, c := range conditions {
		truth[c.Type] = c.Status
	}
	return truth
}

// TestSet goes from every state to every other.
func TestSet(t *testing.T) {
	t.Parallel()
	want := map[State]map[string]metav1.ConditionStatus{
		"":          {"Ready": "False"},
		Ready:       {"Ready": "True"},
		Reconciling: {"Ready": "False", "Reconciling": "True"},
		Stalled:     {"Ready": "False", "Stalled": "True"},
	}
	for before := range want {
		for after, truth := range want {
			var conditions []metav1.Condition
			Set(&conditions, 1, at(1), Summary{State: before, Reason: "Before", Message: "before"})
			Set(&conditions, 2, at(2), Summary{State: after, Reason: "After", Message: "after"})
			if diff := cmp.Diff(truth, truths(conditions)); diff != "" {
				t.Errorf("from %q to %q, kstatus reads what is there (-want +got):\n%s", before, after, diff)
			}
			for _, c := range conditions {
				if c.Reason != "After" || c.Message != "after" || c.ObservedGeneration != 2 {
					t.Errorf("from %q to %q, %s still says %+v", before, after, c.Type, c)
				}
			}
		}
	}
}

func TestSetKeepsTransitionTimes(t *testing.T) {
	t.Parallel()
	var conditions []metav1.Condition
	Set(&conditions, 1, at(1), Summary{State: Reconciling, Reason: "A"})
	Set(&conditions, 2, at(2), Summary{State: Reconciling, Reason: "B"})
	for _, c := range conditions {
		if !c.LastTransitionTime.Equal(&metav1.Time{Time: at(1).Time}) {
			t.Errorf("%s stayed as it was, and yet it changed at %s", c.Type, c.LastTransitionTime)
		}
	}
	Set(&conditions, 2, at(3), Summary{State: Ready, Reason: "C"})
	if ready := meta.FindStatusCondition(conditions, "Ready"); !ready.LastTransitionTime.Equal(&metav1.Time{Time: at(3).Time}) {
		t.Errorf("Ready became true in second 3, got %s", ready.LastTransitionTime)
	}
}

// TestSetLeavesOthersAlone: a Call has conditions of its own.
func TestSetLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	var conditions []metav1.Condition
	SetOne(&conditions, "Connected", true, 1, at(1), Summary{Reason: "Answered", Message: "m"})
	Set(&conditions, 2, at(2), Summary{State: Ready, Reason: "R"})
	want := metav1.Condition{
		Type: "Connected", Status: metav1.ConditionTrue, ObservedGeneration: 1, LastTransitionTime: at(1), Reason: "Answered", Message: "m",
	}
	if diff := cmp.Diff(&want, meta.FindStatusCondition(conditions, "Connected")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	SetOne(&conditions, "Connected", false, 3, at(3), Summary{Reason: "Over"})
	if meta.IsStatusConditionTrue(conditions, "Connected") {
		t.Error("Connected is still true")
	}
}
