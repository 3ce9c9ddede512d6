// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// TestFinalEvents: CallDisconnected and CreateCallFailed give one result, in either order and each alone.
func TestFinalEvents(t *testing.T) {
	cases := []struct {
		reason        string
		code, subCode int
		want          v1alpha1.CallOutcome
	}{
		{"recorded: the callee declined, and no CallConnected ever came", 200, 5002, v1alpha1.OutcomeDeclined},
		{"a code of success on a call that nobody answered", 200, 0, v1alpha1.OutcomeNoAnswer},
		{"no code at all, as recorded", 0, 0, v1alpha1.OutcomeNoAnswer},
		{"another success", 200, 5001, v1alpha1.OutcomeNoAnswer},
		{"ended by an application that is not this one", 200, 7000, v1alpha1.OutcomeNoAnswer},
		{"the telephone network's ordinary end", 0, 560000, v1alpha1.OutcomeNoAnswer},
		{"cancelled, and not from here", 487, 5234, v1alpha1.OutcomeNoAnswer},
		{"the sub-code says that it was busy", 500, 560486, v1alpha1.OutcomeBusy},
		{"declined", 603, 0, v1alpha1.OutcomeDeclined},
		{"no such number", 500, 511404, v1alpha1.OutcomeFailed},
	}
	for _, c := range cases {
		over, failed, settled := disconnected(9, c.code, c.subCode), createFailed(9, c.code, c.subCode), Settled{At: second(20)}
		var results []v1alpha1.CallResult
		for _, facts := range [][]Fact{{over, failed}, {failed, over}, {over, settled}, {failed}, {over, Gone{At: second(60)}}} {
			status := Apply(unseen(), after(ringing, facts...)...)
			if status.Result == nil {
				t.Fatalf("%d/%d: it is not over", c.code, c.subCode)
			}
			results = append(results, *status.Result)
			if int(status.Result.Code) != c.code || int(status.Result.SubCode) != c.subCode {
				t.Errorf("%d/%d: the numbers are not kept: %d/%d", c.code, c.subCode, status.Result.Code, status.Result.SubCode)
			}
		}
		for _, result := range results {
			if result.Outcome != c.want || result != results[0] {
				t.Errorf("%d/%d: %s: got %+v and %+v, want %s each time", c.code, c.subCode, c.reason, results[0], result, c.want)
			}
		}
	}
}

// TestConnectedAndThen: after a connection no code means that nobody was reached.
func TestConnectedAndThen(t *testing.T) {
	for _, code := range []int{480, 486, 487, 600, 603, 408} {
		got := Apply(unseen(), after(inTalk, disconnected(9, code, 0))...).Result.Outcome
		if got != v1alpha1.OutcomeCompleted && got != v1alpha1.OutcomeFailed {
			t.Errorf("connected and then %d is %s", code, got)
		}
	}
}

// TestProofOfAConnection: what shows that somebody had answered, when CallConnected is lost or late.
func TestProofOfAConnection(t *testing.T) {
	end := disconnected(9, 0, 560000)
	cases := []struct {
		name, reason string
		facts        []Fact
		want         v1alpha1.CallOutcome
	}{
		{"CallConnected", "the event says it", []Fact{answered(4), end}, v1alpha1.OutcomeCompleted},
		{"late", "events come in any order", []Fact{end, answered(4)}, v1alpha1.OutcomeCompleted},
		{"roster of two", "two can talk to each other", []Fact{roster(5, 1, phone(caller), phone(callee)), end}, v1alpha1.OutcomeCompleted},
		{"late roster of two", "events come in any order", []Fact{end, roster(5, 1, phone(caller), phone(callee))}, v1alpha1.OutcomeCompleted},
		{"poll", "the service says so", []Fact{polled(5, telephony.PhaseConnected), end}, v1alpha1.OutcomeCompleted},
		{"poll between", "it was asked before the end came", []Fact{end, polled(10, telephony.PhaseConnected, phone(callee))}, v1alpha1.OutcomeCompleted},
		{"roster of one", "that is who rings, or who calls", []Fact{roster(5, 1, phone(callee)), end, Settled{At: second(20)}}, v1alpha1.OutcomeNoAnswer},
		{"roster of one, named twice", "one is not two", []Fact{roster(5, 1, phone(callee), phone(callee)), end, Settled{At: second(20)}}, v1alpha1.OutcomeNoAnswer},
		{"too late", "what has ended stays as it is", []Fact{end, Settled{At: second(20)}, answered(4)}, v1alpha1.OutcomeNoAnswer},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status := Apply(unseen(), after(ringing, c.facts...)...)
			if status.Result == nil || status.Result.Outcome != c.want || len(status.Participants) != 0 || status.ReportedEnd != nil {
				t.Errorf("%s: got %+v, want %s", c.reason, status.Result, c.want)
			}
		})
	}
}

// TestReportedEnd is the time between the report of an end and what it means.
func TestReportedEnd(t *testing.T) {
	status := Apply(unseen(), after(ringing, disconnected(9, 200, 0))...)
	want := dialingView(func(v *view) {
		v.Phase, v.Reason, v.Connection, v.Heard = v1alpha1.CallPhaseEnding, v1alpha1.ReasonEnding, connectionID, []string{"CallDisconnected"}
	})
	if diff := cmp.Diff(want, viewOf(status)); diff != "" {
		t.Errorf("it is not known yet how the call ended (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(status, Apply(status, reported(10, "another", event("CallDisconnected", legOver(200, 5002))))); diff != "" {
		t.Errorf("a second report of the end is old news (-before +after):\n%s", diff)
	}
	for _, fact := range []Fact{notPlaced(10), Refused{Code: 400, At: second(10)}, Unresolved{Message: "m", At: second(10)}, GaveUp{At: second(10)}} {
		if diff := cmp.Diff(status, Apply(status, fact)); diff != "" {
			t.Errorf("%T says nothing of a call that the service has told of (-before +after):\n%s", fact, diff)
		}
	}
	if got := Apply(unseen(), after(ringing, Settled{At: second(20)})...); got.Result != nil {
		t.Error("a call is over without a report of its end")
	}
}

// TestEndReasons: what a program reads from the condition Ready.
func TestEndReasons(t *testing.T) {
	cases := []struct {
		code, subCode int
		reason, want  string
	}{
		{404, 560404, "the number is wrong, not the request", v1alpha1.ReasonCalleeNotFound},
		{500, 511404, "whatever code stands beside it", v1alpha1.ReasonCalleeNotFound},
		{484, 560484, "the number is badly formed", v1alpha1.ReasonInvalidRequest},
		{500, 510403, "the provider has to change", v1alpha1.ReasonForbidden},
		{403, 10124, "the code says so", v1alpha1.ReasonForbidden},
		{500, 560500, "nobody here has to change anything", string(v1alpha1.OutcomeFailed)},
		{403, 560486, "busy, whatever code stands beside it", string(v1alpha1.OutcomeBusy)},
	}
	for _, c := range cases {
		got := viewOf(Apply(unseen(), after(ringing, createFailed(9, c.code, c.subCode))...)).Reason
		if got != c.want {
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
