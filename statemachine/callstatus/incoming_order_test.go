// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// endedHere is the terminal state of an incoming call without a connection.
func endedHere(outcome v1alpha1.CallOutcome, message string) terminal {
	want := ended(outcome, 0, 0, message)
	want.ConnectionID, want.ServerCallID, want.Correlation = "", "", ""
	return want
}

func incomingLives() []life {
	talk := func(answer Fact, end Fact) []news {
		return tidings(answer, answered(4), roster(5, 1, phone(caller)), roster(6, 3, phone(caller), phone(callee)), end)
	}
	lost := Unresolved{Message: "The answer was lost."}
	return []life{
		{
			name: "answered", reason: "the caller hangs up",
			begin: answers, told: talk(placed(0), disconnected(9, 0, 560000)),
			want: ended(v1alpha1.OutcomeCompleted, 0, 560000, "The other side hung up."),
		},
		{
			name: "answered, response lost", reason: "the events resolve the attempt whose answer was lost",
			begin: answers, told: talk(lost, disconnected(9, 200, 7000)),
			want: ended(v1alpha1.OutcomeCompleted, 200, 7000, "The call was ended by the application."),
		},
		{
			name: "answered at the second try", reason: "a first try that failed leaves a wait behind, which ends with the first thing heard",
			begin: after(answers, notPlaced(3), routed(5, toAnswer)), told: talk(placed(0), disconnected(9, 0, 560000)),
			want: ended(v1alpha1.OutcomeCompleted, 0, 560000, "The other side hung up."),
		},
		{
			name: "could not be answered", reason: "either event tells the end",
			begin: answers, told: tidings(placed(0), answerFailed(8, 500, 0), disconnected(9, 500, 0)),
			want: ended(v1alpha1.OutcomeFailed, 500, 0, telephonyacs.ReasonOf(500, 0).Sentence),
		},
		{
			name: "ended while it is being answered", reason: "who is connected while we hang up meets a call that is over",
			begin: after(answers, ending(10, v1alpha1.EndingRequested)),
			told:  tidings(placed(0), answered(11), roster(11, 1, phone(caller)), disconnected(12, 200, 7000)),
			want:  ended(v1alpha1.OutcomeCancelled, 200, 7000, "The call was ended before anybody answered."),
		},
		{
			name: "redirected", reason: "a repetition resolves the attempt whose answer was lost; the end of the ring does not",
			begin: passesOn, told: tidings(RedirectedOrRejected{}, lost, ringOver(9, telephony.CauseEnded)),
			want: endedHere(v1alpha1.OutcomeRedirected, "CallRoute night passed the call on to "+callee+"."),
		},
		{
			name: "rejected", reason: "a repetition resolves the attempt whose answer was lost; the end of the ring does not",
			begin: refuses, told: tidings(RedirectedOrRejected{}, lost, ringOver(9, telephony.CauseBusy)),
			want: endedHere(v1alpha1.OutcomeRejected, "CallRoute nobody rejected the call."),
		},
	}
}

// TestEveryOrderOfIncoming is early (before Placed), late (after the end), twice, and every order between.
func TestEveryOrderOfIncoming(t *testing.T) {
	for _, l := range incomingLives() {
		t.Run(l.name, func(t *testing.T) {
			t.Log(l.reason)
			lives(t, l.begin, l.told, nil, l.want)
			for _, twice := range l.told {
				lives(t, l.begin, append(slices.Clone(l.told), twice), nil, l.want)
			}
		})
	}
}

// TestSilenceOfIncomingIsSurvived loses tidings, and lets polls tell the rest.
func TestSilenceOfIncomingIsSurvived(t *testing.T) {
	whileOn := polled(200, telephony.PhaseConnected, phone(caller))
	gone := Gone{At: second(300)}
	talk := tidings(placed(0), answered(4), roster(5, 1, phone(caller)), disconnected(9, 0, 560000))
	completed := ended(v1alpha1.OutcomeCompleted, 0, 560000, "The other side hung up.")
	missed := ended(v1alpha1.OutcomeMissed, 0, 560000, "The caller was gone before the call was connected.")
	lostHow := ended(v1alpha1.OutcomeCompleted, 0, 0, "The call ended. The service's report of how was lost.")
	cases := []struct {
		name, reason string
		lost         []string
		polls        []Fact
		want         terminal
	}{
		{"the response", "every event names the connection", []string{"Placed"}, []Fact{gone}, completed},
		{"CallConnected", "nothing shows that the call was connected", []string{"connected"}, []Fact{gone}, missed},
		{"CallConnected, with a poll", "a poll shows it", []string{"connected"}, []Fact{whileOn, gone}, completed},
		{"the roster", "rosters are of no account for the end", []string{"roster-1"}, []Fact{gone}, completed},
		{"CallDisconnected", "only the lost event knew the code", []string{"disconnected"}, []Fact{gone}, lostHow},
		{"every callback", "a poll saw it connected", []string{"connected", "roster-1", "disconnected"}, []Fact{whileOn, gone}, lostHow},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Log(c.reason)
			lives(t, answers, without(t, talk, c.lost...), c.polls, c.want)
		})
	}
}

// TestEventsOfAnotherAttemptAreNone: after a request that is known to have done nothing, no event speaks of this call.
func TestEventsOfAnotherAttemptAreNone(t *testing.T) {
	before := Apply(unseen(), after(answers, notPlaced(3))...)
	for _, fact := range []Fact{answered(4), roster(5, 1, phone(caller)), disconnected(9, 0, 0), answerFailed(9, 500, 0)} {
		if diff := cmp.Diff(before, Apply(before, fact)); diff != "" {
			t.Errorf("%s (-before +after):\n%s", nameOf(fact), diff)
		}
	}
}
