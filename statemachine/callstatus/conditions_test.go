// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func TestEndReason(t *testing.T) {
	cases := []struct {
		name, reason string
		result       v1alpha1.CallResult
		want         string
	}{
		{"completed", "the outcome says it all", v1alpha1.CallResult{Outcome: v1alpha1.OutcomeCompleted}, "Completed"},
		{"not let", "the provider has to change", v1alpha1.CallResult{Outcome: v1alpha1.OutcomeFailed, Reason: v1alpha1.ReasonForbidden}, v1alpha1.ReasonForbidden},
		{"any other failure", "nobody can tell what has to change", v1alpha1.CallResult{Outcome: v1alpha1.OutcomeFailed, Code: 500}, "Failed"},
		{"rejected", "it was a person who said no", v1alpha1.CallResult{Outcome: v1alpha1.OutcomeRejected, Code: 403}, "Rejected"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := endReason(&v1alpha1.CallStatus{Result: &c.result}); got != c.want {
				t.Errorf("%s: got %s, want %s", c.reason, got, c.want)
			}
		})
	}
}

// TestReasonOfAnEarlierVersion: the results of earlier versions have no reason, their conditions have.
func TestReasonOfAnEarlierVersion(t *testing.T) {
	status := Apply(unseen(), after(dialing, Refused{Code: 403, Reason: v1alpha1.ReasonForbidden, Message: "m", At: second(5)})...)
	status.Result.Reason = ""
	again := Apply(status, Observed{Generation: 2, At: second(9)})
	if _, reason := truths(again.Conditions); reason != v1alpha1.ReasonForbidden {
		t.Errorf("the reason became %s, want %s as before", reason, v1alpha1.ReasonForbidden)
	}
}

// TestReportedEndOfAnEarlierVersion: it says neither cause nor sentence.
func TestReportedEndOfAnEarlierVersion(t *testing.T) {
	status := Apply(unseen(), after(ringing, disconnected(5, 200, 0))...)
	status.ReportedEnd.Cause, status.ReportedEnd.Message = "", ""
	for _, c := range []struct {
		fact Fact
		want v1alpha1.CallOutcome
	}{{Settled{At: second(20)}, v1alpha1.OutcomeNoAnswer}, {answered(6), v1alpha1.OutcomeCompleted}} {
		if result := Apply(status, c.fact).Result; result == nil || result.Outcome != c.want || result.Message == "" {
			t.Errorf("after %T it ended as %+v, want %s", c.fact, result, c.want)
		}
	}
}
