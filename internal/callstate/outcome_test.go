// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstate

import (
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// TestOutcomeOf goes through the codes of acs-protocol.md, section 9.
func TestOutcomeOf(t *testing.T) {
	cases := []struct {
		code, subCode int
		reason        string
		want          v1alpha1.CallOutcome
	}{
		{0, 0, "no code complains of nothing", v1alpha1.OutcomeCompleted},
		{200, 0, "success", v1alpha1.OutcomeCompleted},
		{200, 7000, "ended by the application", v1alpha1.OutcomeCompleted},
		{0, 7000, "the same, as older versions say it", v1alpha1.OutcomeCompleted},
		{200, 5300, "removed by another participant", v1alpha1.OutcomeCompleted},
		{0, 5000, "everybody else had left", v1alpha1.OutcomeCompleted},
		{200, 5002, "everybody else had left, as recorded", v1alpha1.OutcomeCompleted},
		{0, 4097, "ended for everybody", v1alpha1.OutcomeCompleted},
		{0, 560000, "the telephone side hung up, outbound", v1alpha1.OutcomeCompleted},
		{0, 540000, "the telephone side hung up, inbound", v1alpha1.OutcomeCompleted},
		{0, 5003, "every endpoint declined, although the code is 0", v1alpha1.OutcomeDeclined},
		{486, 560486, "busy", v1alpha1.OutcomeBusy},
		{486, 540486, "busy, inbound leg", v1alpha1.OutcomeBusy},
		{600, 0, "SIP's busy everywhere", v1alpha1.OutcomeBusy},
		{480, 560480, "no answer or unavailable", v1alpha1.OutcomeNoAnswer},
		{480, 10037, "no endpoint that can be reached", v1alpha1.OutcomeNoAnswer},
		{480, 10078, "no endpoint that can be reached", v1alpha1.OutcomeNoAnswer},
		{408, 560408, "time-out in the network", v1alpha1.OutcomeNoAnswer},
		{408, 500001, "time-out", v1alpha1.OutcomeNoAnswer},
		{408, 10057, "time-out of an endpoint", v1alpha1.OutcomeNoAnswer},
		{487, 0, "cancelled", v1alpha1.OutcomeCancelled},
		{487, 560487, "cancelled in the network", v1alpha1.OutcomeCancelled},
		{487, 10003, "another endpoint took it, so this invitation is cancelled", v1alpha1.OutcomeCancelled},
		{487, 10004, "not answered in time is no cancellation", v1alpha1.OutcomeNoAnswer},
		{487, 10024, "declined by all is no cancellation", v1alpha1.OutcomeDeclined},
		{603, 0, "declined, as recorded", v1alpha1.OutcomeDeclined},
		{603, 560603, "declined by the network", v1alpha1.OutcomeDeclined},
		{403, 510403, "the caller number may not be used", v1alpha1.OutcomeFailed},
		{403, 560403, "forbidden by the network", v1alpha1.OutcomeFailed},
		{404, 560404, "no such number", v1alpha1.OutcomeFailed},
		{484, 560484, "badly formed number", v1alpha1.OutcomeFailed},
		{500, 560500, "the network failed", v1alpha1.OutcomeFailed},
		{503, 560503, "the network is unavailable", v1alpha1.OutcomeFailed},
		{400, 8538, "the sub-code says that the callee declined", v1alpha1.OutcomeDeclined},
		{400, 8539, "the sub-code says busy", v1alpha1.OutcomeBusy},
		{400, 8540, "the sub-code says busy everywhere", v1alpha1.OutcomeBusy},
		{400, 8541, "the sub-code says unavailable", v1alpha1.OutcomeNoAnswer},
		{599, 1, "a code that nobody knows is no success", v1alpha1.OutcomeFailed},
		{-1, 0, "nonsense is no success", v1alpha1.OutcomeFailed},
	}
	for _, c := range cases {
		if got := outcomeOf(c.code, c.subCode); got != c.want {
			t.Errorf("%d/%d: %s: got %s, want %s", c.code, c.subCode, c.reason, got, c.want)
		}
	}
}

func TestAsWanted(t *testing.T) {
	cases := []struct {
		outcome v1alpha1.CallOutcome
		reason  string
		want    bool
	}{
		{v1alpha1.OutcomeCompleted, "the call took place", true},
		{v1alpha1.OutcomeCancelled, "somebody wanted it ended", true},
		{v1alpha1.OutcomeRedirected, "a route wanted it passed on", true},
		{v1alpha1.OutcomeRejected, "a route wanted it rejected", true},
		{v1alpha1.OutcomeNoAnswer, "the callee was not reached", false},
		{v1alpha1.OutcomeBusy, "the callee was not reached", false},
		{v1alpha1.OutcomeDeclined, "the callee was not reached", false},
		{v1alpha1.OutcomeMissed, "nobody took it", false},
		{v1alpha1.OutcomeFailed, "it broke", false},
		{v1alpha1.OutcomeUnknown, "what is not known is not as wanted", false},
		{"", "no outcome is none that anybody wanted", false},
	}
	for _, c := range cases {
		if got := AsWanted(c.outcome); got != c.want {
			t.Errorf("%q: %s: got %t", c.outcome, c.reason, got)
		}
	}
}

// TestEndedByUs: only a hang-up before any answer decides the outcome, and only unless the callee said no.
func TestEndedByUs(t *testing.T) {
	reasons := map[v1alpha1.EndingReason]v1alpha1.CallOutcome{
		v1alpha1.EndingRequested: v1alpha1.OutcomeCancelled, v1alpha1.EndingDeleted: v1alpha1.OutcomeCancelled,
		v1alpha1.EndingMaxDuration: v1alpha1.OutcomeCancelled, v1alpha1.EndingRingTimeout: v1alpha1.OutcomeNoAnswer,
	}
	for reason, want := range reasons {
		unanswered := Apply(unseen(), after(ringing, ending(10, reason), Gone{At: second(20)})...)
		if got := unanswered.Result.Outcome; got != want {
			t.Errorf("%s before an answer: got %s, want %s", reason, got, want)
		}
		wasAnswered := Apply(unseen(), after(onTheAir, ending(10, reason), Gone{At: second(20)})...)
		if got := wasAnswered.Result.Outcome; got != v1alpha1.OutcomeCompleted {
			t.Errorf("%s after an answer: got %s, want Completed", reason, got)
		}
		busy := Apply(unseen(), after(ringing, ending(10, reason), disconnected(11, 600, 0))...)
		if got := busy.Result.Outcome; got != v1alpha1.OutcomeBusy {
			t.Errorf("%s of a busy callee: got %s, want Busy", reason, got)
		}
	}
}
