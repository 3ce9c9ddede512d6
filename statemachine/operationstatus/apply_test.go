// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

func onTheWay(reason string) string { return "Ready=False/" + reason + " Reconciling=True/" + reason }

func stalled(outcome v1alpha1.MoveOutcome) string {
	return "Ready=False/" + string(outcome) + " Stalled=True/" + string(outcome)
}

func moving(change ...func(*view)) view {
	v := view{Phase: v1alpha1.MovePhaseMoving, Conditions: onTheWay("Moving"), Attempt: "attempt-1", Moved: "0/2", Who: "Pending Pending"}
	for _, f := range change {
		f(&v)
	}
	return v
}

func wasTaken(v *view) { v.Accepted = true }

func over(outcome v1alpha1.MoveOutcome, who, moved, message string, ended int) view {
	v := view{
		Phase: v1alpha1.MovePhaseEnded, Conditions: stalled(outcome), Attempt: "attempt-1", Accepted: true,
		Who: who, Moved: moved, Outcome: outcome, Message: message, Ended: ended,
	}
	if outcome == v1alpha1.MoveOutcomeMoved {
		v.Conditions = "Ready=True/Moved"
	}
	return v
}

func TestApply(t *testing.T) {
	begun := []Fact{observed(1)}
	pending := func(reason string, since, retry int) view {
		return view{Phase: v1alpha1.MovePhasePending, Conditions: onTheWay(reason), Waiting: reason, Since: since, Retry: retry}
	}
	const said = "The service said (404/8522): The call or participant does not exist, or no longer exists."
	cases := []struct {
		name, reason string
		facts        []Fact
		want         view
	}{
		{"unseen", "before anybody has looked nothing is said", []Fact{waits(1, "R")}, view{}},
		{"observed", "the beginning", begun, view{Phase: v1alpha1.MovePhasePending, Conditions: onTheWay("Pending")}},
		{"waits", "what it waits for is the reason", after(begun, waits(2, "CallNotFound")), pending("CallNotFound", 2, 0)},
		{"still waits", "since when stays", after(begun, waits(2, "R"), waits(5, "R")), pending("R", 2, 0)},
		{"waits for something else", "it counts anew", after(begun, waits(2, "R"), waits(5, "S")), pending("S", 5, 0)},
		{"sent", "it may have moved somebody from here on", after(begun, waits(2, "R"), intended(3, one, two)), moving()},
		{"one twice", "one participant in two spellings is one", after(begun, intended(2, "8:acs:AB_1", "8:acs:ab_1")), moving(func(v *view) { v.Moved, v.Who = "0/1", "Pending" })},
		{"intended twice", "an attempt is not replaced while it may have had an effect", after(sent, Intended{ID: "attempt-2", Participants: []string{other}, At: second(4)}), moving()},
		{"not sent", "the attempt is taken back", after(sent, notSent(3)), pending("Throttled", 3, 33)},
		{
			"not sent, tried again", "what failed stays, the back-off grows by it", after(sent, notSent(3), intended(33, one, two)),
			moving(func(v *view) { v.Conditions, v.Waiting, v.Since, v.Retry = onTheWay("Throttled"), "Throttled", 3, 33 }),
		},
		{"not sent, after a report", "the report says that it was", after(sent, succeeded(3, one), notSent(4)), moving(wasTaken, func(v *view) { v.Moved, v.Who = "1/2", "Moved Pending" })},
		{"not sent, after the answer", "so does the answer", after(taken, notSent(4)), moving(wasTaken)},
		{"not sent, nothing was", "there is nothing to take back", after(begun, notSent(4)), view{Phase: v1alpha1.MovePhasePending, Conditions: onTheWay("Pending")}},
		{"unresolved", "the same request is repeated", after(sent, unresolved(4)), moving(func(v *view) { v.Conditions, v.Waiting, v.Since = onTheWay("MoveUnresolved"), "MoveUnresolved", 4 })},
		{"unresolved, taken after all", "the answer ends the wait", after(sent, unresolved(4), accepted(5)), moving(wasTaken)},
		{"unresolved, after a report", "the report resolved it", after(sent, succeeded(3, one), unresolved(4)), moving(wasTaken, func(v *view) { v.Moved, v.Who = "1/2", "Moved Pending" })},
		{"unresolved, after a sighting", "so did the sighting", after(sent, seen(3, []string{one}, []string{two}), unresolved(4)), moving(wasTaken, func(v *view) { v.Moved, v.Who = "1/2", "Moved Pending" })},
		{"unresolved, seen", "who is there was moved, so nothing is unresolved", after(sent, unresolved(3), seen(4, []string{one}, []string{two})), moving(wasTaken, func(v *view) { v.Moved, v.Who = "1/2", "Moved Pending" })},
		{"unresolved, nothing was sent", "there is nothing to resolve", after(begun, unresolved(4)), view{Phase: v1alpha1.MovePhasePending, Conditions: onTheWay("Pending")}},
		{"taken, nothing was sent", "the answer is to something else", after(begun, accepted(4)), view{Phase: v1alpha1.MovePhasePending, Conditions: onTheWay("Pending")}},
		{"moved", "all were", after(taken, succeeded(4, one), succeeded(5, two)), over(v1alpha1.MoveOutcomeMoved, "Moved Moved", "2/2", "Moved to Call target.", 5)},
		{"moved before the answer", "an event may come before the response to its own request", after(sent, succeeded(4, one), succeeded(5, two), accepted(6)), over(v1alpha1.MoveOutcomeMoved, "Moved Moved", "2/2", "Moved to Call target.", 5)},
		{"partly moved", "some were not", after(taken, succeeded(4, one), failed(5, two)), over(v1alpha1.MoveOutcomePartlyMoved, "Moved Failed", "1/2", "1 of 2 participants were moved. "+said, 5)},
		{"failed", "nobody was", after(taken, failed(4, one), failed(5, two)), over(v1alpha1.MoveOutcomeFailed, "Failed Failed", "0/2", "Nobody was moved. "+said, 5)},
		{
			"failed without a reason", "an event may hold no codes",
			after(begun, intended(2, one), reported(4, moved{Failed: true, Participant: one})),
			over(v1alpha1.MoveOutcomeFailed, "Failed", "0/1", "Nobody was moved. The service did not say why.", 4),
		},
		{"first news stands", "late news changes nothing", after(taken, failed(4, one), succeeded(5, one)), moving(wasTaken, func(v *view) { v.Who = "Failed Pending" })},
		{"another's event", "nobody asked for it", after(taken, succeeded(4, other)), moving(wasTaken)},
		{"another's event, one asked for", "the service may know somebody who was redirected by another ID", after(begun, intended(2, one), succeeded(4, other)), over(v1alpha1.MoveOutcomeMoved, "Moved", "1/1", "Moved to Call target.", 4)},
		{
			"without its plus sign", "reported: the nested number decides",
			after(begun, intended(2, phoneOne, two), reported(4, moved{Participant: phoneWithoutPlus(phoneOne), From: sourceID}), accepted(5)),
			moving(wasTaken, func(v *view) { v.Moved, v.Who = "1/2", "Moved Pending" }),
		},
		{
			"seen without its plus sign", "a raw ID alone may lack it",
			after(begun, intended(2, phoneOne, two), seen(4, []string{strings.Replace(phoneOne, "+", "", 1)}, nil), accepted(5)),
			moving(wasTaken, func(v *view) { v.Moved, v.Who = "1/2", "Moved Pending" }),
		},
		{
			"from no call", "the event may not name the call it comes from",
			after(begun, intended(2, one), reported(4, moved{Reason: telephonyacs.ReasonOf(200, 0), Participant: one})),
			over(v1alpha1.MoveOutcomeMoved, "Moved", "1/1", "Moved to Call target.", 4),
		},
		{
			"from another call", "the event speaks of another move",
			after(taken, reported(4, moved{Participant: one, From: "cc-other"})), moving(wasTaken),
		},
		{"another kind of event", "it tells nothing of a move", after(taken, reported(4, telephony.Connected{})), moving(wasTaken)},
		{"reported, nothing was sent", "the event speaks of something else", after(begun, succeeded(4, one)), view{Phase: v1alpha1.MovePhasePending, Conditions: onTheWay("Pending")}},
		{"seen in the target", "that is what the move is for", after(taken, seen(4, []string{other, one, two}, nil)), over(v1alpha1.MoveOutcomeMoved, "Moved Moved", "2/2", "Moved to Call target.", 4)},
		{"seen in both", "not moved yet", after(taken, seen(4, []string{one, two}, []string{one, two})), moving(wasTaken)},
		{"seen in none", "on the way, or gone", after(taken, seen(4, []string{other}, []string{other})), moving(wasTaken)},
		{"seen one, then reported one", "each by what came first", after(taken, seen(4, []string{one}, []string{two}), failed(5, two)), over(v1alpha1.MoveOutcomePartlyMoved, "Moved Failed", "1/2", "1 of 2 participants were moved. "+said, 5)},
		{"abandoned", "nobody can tell", after(taken, abandoned(120)), over(v1alpha1.MoveOutcomeUnknown, "Unknown Unknown", "0/2", "Nobody can tell what became of 2 of 2 participants: look at the rosters of both Calls.", 120)},
		{"abandoned in part", "what is known stays known", after(taken, succeeded(4, one), abandoned(120)), over(v1alpha1.MoveOutcomeUnknown, "Moved Unknown", "1/2", "Nobody can tell what became of 1 of 2 participants: look at the rosters of both Calls.", 120)},
		{"abandoned, nothing was sent", "there is nothing to abandon", after(begun, abandoned(4)), view{Phase: v1alpha1.MovePhasePending, Conditions: onTheWay("Pending")}},
		{"refused", "the service will never do it", after(sent, refused(4)), notTaken(over(v1alpha1.MoveOutcomeFailed, "Failed Failed", "0/2", "no", 4))},
		{"refused, after the answer", "a refusal of a repetition says nothing", after(taken, refused(4)), moving(wasTaken)},
		{"refused, after a report", "somebody was moved", after(sent, succeeded(3, one), refused(4)), moving(wasTaken, func(v *view) { v.Moved, v.Who = "1/2", "Moved Pending" })},
		{"refused, nothing was sent", "the refusal is of something else", after(begun, refused(4)), view{Phase: v1alpha1.MovePhasePending, Conditions: onTheWay("Pending")}},
		{"impossible", "it can never be sent", after(begun, waits(2, "R"), Impossible{Message: "no", At: second(4)}), unsent(v1alpha1.MoveOutcomeFailed)},
		{"impossible, when it is sent", "the request is on its way", after(sent, Impossible{Message: "no", At: second(4)}), moving()},
		{"timed out", "its time is over", after(begun, waits(2, "R"), TimedOut{Message: "no", At: second(4)}), unsent(v1alpha1.MoveOutcomeTimedOut)},
		{"timed out, when it is sent", "the time-out is for moves that are not", after(sent, TimedOut{Message: "no", At: second(4)}), moving()},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status := unseen()
			for _, fact := range c.facts {
				status = check(t, status, fact)
			}
			if diff := cmp.Diff(c.want, viewOf(status)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func unsent(outcome v1alpha1.MoveOutcome) view {
	v := notTaken(over(outcome, "", "", "no", 4))
	v.Attempt = ""
	return v
}

func notTaken(v view) view {
	v.Accepted = false
	return v
}

// TestWhatIsSaidOfAParticipant: the codes of a success mean other things where a call ends.
func TestWhatIsSaidOfAParticipant(t *testing.T) {
	cases := []struct {
		name string
		fact Fact
		want v1alpha1.MovedParticipant
	}{
		{"moved", succeeded(4, one), v1alpha1.MovedParticipant{RawID: one, State: v1alpha1.ParticipantMoved, Code: 200, Message: "The service moved the participant."}},
		{"failed", failed(4, one), v1alpha1.MovedParticipant{RawID: one, State: v1alpha1.ParticipantFailed, Code: 404, SubCode: 8522, Message: "The call or participant does not exist, or no longer exists."}},
		{"seen", seen(4, []string{one}, nil), v1alpha1.MovedParticipant{RawID: one, State: v1alpha1.ParticipantMoved, Message: "The participant was found in the call."}},
		{"abandoned", abandoned(4), v1alpha1.MovedParticipant{RawID: one, State: v1alpha1.ParticipantUnknown, Message: "The service never reported what became of this participant."}},
		{"refused", refused(4), v1alpha1.MovedParticipant{RawID: one, State: v1alpha1.ParticipantFailed, Code: 404, SubCode: 8522}},
	}
	for _, c := range cases {
		status := ApplyToMove(unseen(), after(sent, c.fact)...)
		if diff := cmp.Diff(c.want, status.Participants[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestLongMessagesFit: the API server takes what is said of a move, whatever it is about.
func TestLongMessagesFit(t *testing.T) {
	long := strings.Repeat("ü", 2*conditions.MaxMessage)
	waiting := ApplyToMove(unseen(), observed(1), Waits{Reason: v1alpha1.ReasonCallNotConnected, Message: long, At: second(1)})
	over := ApplyToMove(unseen(), observed(1), Impossible{Message: long, At: second(1)})
	for what, message := range map[string]string{"a wait": waiting.Waiting.Message, "a result": over.Result.Message} {
		if got := utf8.RuneCountInString(message); got != conditions.MaxMessage {
			t.Errorf("%s has %d characters, of %d", what, got, conditions.MaxMessage)
		}
	}
}
