// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstate

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
		{"not let", "the provider has to change: it does not own the number, or may not call there", v1alpha1.CallResult{Outcome: v1alpha1.OutcomeFailed, Code: 403}, v1alpha1.ReasonForbidden},
		{"no such number", "the call has to change", v1alpha1.CallResult{Outcome: v1alpha1.OutcomeFailed, Code: 404}, v1alpha1.ReasonInvalidRequest},
		{"incomplete number", "the call has to change", v1alpha1.CallResult{Outcome: v1alpha1.OutcomeFailed, Code: 484}, v1alpha1.ReasonInvalidRequest},
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
