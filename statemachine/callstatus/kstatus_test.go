// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// kstatus is what kubectl, Argo CD and Flux make of a status whose object has the given generation: its rules for a
// kind that it does not know.
// Source: https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md.
func kstatus(status v1alpha1.CallStatus, generation int64) string {
	is := func(kind string, wanted metav1.ConditionStatus) bool {
		return meta.IsStatusConditionPresentAndEqual(status.Conditions, kind, wanted)
	}
	switch {
	case status.ObservedGeneration != generation:
		return "InProgress"
	case is(v1alpha1.ConditionReconciling, metav1.ConditionTrue):
		return "InProgress"
	case is(v1alpha1.ConditionStalled, metav1.ConditionTrue):
		return "Failed"
	case !is(v1alpha1.ConditionReady, metav1.ConditionTrue):
		return "InProgress"
	default:
		return "Current"
	}
}

// TestKstatus: health is judged from the conditions alone, and a person reads a sentence in each of them.
func TestKstatus(t *testing.T) {
	waits := Waits{Reason: v1alpha1.ReasonPaced, Message: "In its turn.", At: second(2)}
	cases := []struct {
		name, reason  string
		status        v1alpha1.CallStatus
		want, message string
	}{
		{"unseen", "an object that nobody has looked at is never taken for healthy", unseen(), "InProgress", ""},
		{"pending", "it is on its way", Apply(unseen(), observed(1)), "InProgress", "The call is about to be placed."},
		{"waiting", "it goes on by itself", Apply(unseen(), observed(1), waits), "InProgress", "In its turn."},
		{"dialing", "nobody has answered yet", Apply(unseen(), ringing...), "InProgress", "The callee is being rung."},
		{"ringing", "nobody has taken it yet", Apply(unseen(), observed(1), Rang{At: second(2)}), "InProgress", "The call waits to be taken."},
		{"connected", "the call is as its spec wants it", Apply(unseen(), inTalk...), "Current", "The call was answered."},
		{"ending", "it is on its way to its end", Apply(unseen(), hangingUp...), "InProgress", "Hanging up: spec.state is Ended."},
		{"deleted", "it is on its way to its end", Apply(unseen(), after(onTheAir, ending(9, v1alpha1.EndingDeleted))...), "InProgress", "Hanging up: the Call is being deleted."},
		{"ring time-out", "it is on its way to its end", Apply(unseen(), timingOut...), "InProgress", "Hanging up: nobody answered within spec.ringTimeout."},
		{"maximal duration", "it is on its way to its end", Apply(unseen(), after(onTheAir, ending(9, v1alpha1.EndingMaxDuration))...), "InProgress", "Hanging up: the call lasted for spec.maxDuration."},
		{"completed", "it ended as wanted", Apply(unseen(), after(inTalk, disconnected(9, 0, 560000))...), "Current", "The other side hung up."},
		{"busy", "nothing more happens unless a person acts", Apply(unseen(), after(ringing, disconnected(9, 486, 560486))...), "Failed", "The callee is busy."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := kstatus(c.status, 1); got != c.want {
				t.Errorf("%s: got %s, want %s", c.reason, got, c.want)
			}
			if got := kstatus(c.status, 2); got != "InProgress" {
				t.Errorf("a spec that nobody has looked at is never taken for carried out: got %s", got)
			}
			for _, condition := range c.status.Conditions {
				if condition.Message != c.message || condition.ObservedGeneration != 1 {
					t.Errorf("%s says %q of generation %d, want %q", condition.Type, condition.Message, condition.ObservedGeneration, c.message)
				}
			}
		})
	}
}
