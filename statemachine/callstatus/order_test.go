// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// news is a fact that is applied in its turn. Its content and its time do not depend on when it is received.
type news struct {
	name string
	at   func(heard time.Time) Fact
}

// tidings are the news of a call. All of them happened before the first is heard.
func tidings(facts ...Fact) []news {
	told := make([]news, 0, len(facts))
	for _, fact := range facts {
		told = append(told, news{nameOf(fact), func(heard time.Time) Fact { return heardAt(fact, heard) }})
	}
	return told
}

func nameOf(fact Fact) string {
	if r, ok := fact.(Reported); ok {
		return r.Event.ID
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", fact), "callstatus.")
}

func heardAt(fact Fact, heard time.Time) Fact {
	switch f := fact.(type) {
	case Reported:
		f.At = heard
		return f
	case Placed:
		f.At = heard
		return f
	case Unresolved:
		f.At = heard
		return f
	case RedirectedOrRejected:
		f.At = heard
		return f
	default:
		panic(fmt.Sprintf("%T is not heard of, but decided", fact))
	}
}

// hearingBegins is when the first of the tidings is heard.
const hearingBegins = 100

// terminal is what must not depend on the order. The rest may: when each thing was heard (transition times, the end's
// time where two events report it), and what came after the end and so found nothing to change (connected time, roster,
// history).
type terminal struct {
	Phase                                   v1alpha1.CallPhase
	Conditions                              []metav1.Condition
	Attempt                                 string
	ConnectionID, ServerCallID, Correlation string
	Outcome                                 v1alpha1.CallOutcome
	Code, SubCode                           int32
	Message                                 string
	Waiting                                 bool
	Roster                                  int
}

func terminalOf(status v1alpha1.CallStatus) terminal {
	t := terminal{
		Phase: status.Phase, Waiting: status.Waiting != nil, Roster: len(status.Participants),
		ConnectionID: status.ConnectionID, ServerCallID: status.ServerCallID, Correlation: status.CorrelationID,
	}
	if status.Attempt != nil {
		t.Attempt = status.Attempt.ID
	}
	for _, c := range status.Conditions {
		c.LastTransitionTime = metav1.Time{}
		t.Conditions = append(t.Conditions, c)
	}
	sort.Slice(t.Conditions, func(i, j int) bool { return t.Conditions[i].Type < t.Conditions[j].Type })
	if r := status.Result; r != nil {
		t.Outcome, t.Code, t.SubCode, t.Message = r.Outcome, r.Code, r.SubCode, r.Message
	}
	return t
}

// ended is the terminal state that an outcome calls for.
func ended(outcome v1alpha1.CallOutcome, code, subCode int32, message string) terminal {
	t := terminal{
		Phase: v1alpha1.CallPhaseEnded, Attempt: "attempt-1",
		ConnectionID: connectionID, ServerCallID: serverCallID, Correlation: correlationID,
		Outcome: outcome, Code: code, SubCode: subCode, Message: message,
	}
	truth := map[string]metav1.ConditionStatus{"Connected": "False", "Ended": "True", "Ready": "True"}
	if !slices.Contains([]v1alpha1.CallOutcome{
		v1alpha1.OutcomeCompleted, v1alpha1.OutcomeCancelled, v1alpha1.OutcomeRedirected, v1alpha1.OutcomeRejected,
	}, outcome) {
		truth["Ready"], truth["Stalled"] = "False", "True"
	}
	for _, kind := range []string{"Connected", "Ended", "Ready", "Stalled"} {
		if status, ok := truth[kind]; ok {
			t.Conditions = append(t.Conditions, metav1.Condition{
				Type: kind, Status: status, ObservedGeneration: 1, Reason: string(outcome), Message: message,
			})
		}
	}
	return t
}

// permute calls visit with every order of the tidings, in place.
func permute(told []news, visit func([]news)) {
	all := slices.Clone(told)
	var place func(k int)
	place = func(k int) {
		if k == len(all) {
			visit(all)
			return
		}
		for i := k; i < len(all); i++ {
			all[k], all[i] = all[i], all[k]
			place(k + 1)
			all[k], all[i] = all[i], all[k]
		}
	}
	place(0)
}

// live lives a life in one order, checks at every step what holds in any, and returns the status at the end.
func live(t *testing.T, begin []Fact, told []news, then []Fact) v1alpha1.CallStatus {
	t.Helper()
	status := Apply(unseen(), begin...)
	step := func(fact Fact) {
		next := Apply(status, fact)
		if next.Attempt == nil {
			t.Fatalf("%s: %s removed the attempt, the callee would be rung again", orderOf(told), nameOf(fact))
		}
		if status.Result != nil && !reflect.DeepEqual(status, next) {
			t.Fatalf("%s: %s changed what had ended:\n%s", orderOf(told), nameOf(fact), cmp.Diff(status, next))
		}
		status = next
	}
	for i, n := range told {
		step(n.at(second(hearingBegins + i)))
	}
	for _, fact := range then {
		step(fact)
	}
	return status
}

func orderOf(told []news) string {
	names := make([]string, 0, len(told))
	for _, n := range told {
		names = append(names, n.name)
	}
	return strings.Join(names, ", ")
}

// lives checks every order of the tidings, each followed by then.
func lives(t *testing.T, begin []Fact, told []news, then []Fact, want terminal) {
	t.Helper()
	permute(told, func(order []news) {
		if t.Failed() {
			return
		}
		if got := terminalOf(live(t, begin, order, then)); !reflect.DeepEqual(want, got) {
			t.Errorf("heard as %s (-want +got):\n%s", orderOf(order), cmp.Diff(want, got))
		}
	})
}

// life is a whole life of a call, as acs-protocol.md 4.3 recorded it.
type life struct {
	name, reason string
	begin        []Fact
	told         []news
	want         terminal
}

func wholeLives() []life {
	talk := func(answer Fact, end Fact) []news {
		return tidings(answer, answered(4), roster(5, 1, phone(caller)), roster(6, 3, phone(caller), phone(callee)), end)
	}
	lost := Unresolved{Message: "The answer was lost."}
	return []life{
		{
			name: "answered", reason: "the callee answers and hangs up",
			begin: dialing, told: talk(placed(0), disconnected(9, 0, 560000)),
			want: ended(v1alpha1.OutcomeCompleted, 0, 560000, "The other side hung up."),
		},
		{
			name: "answered, response lost", reason: "the events resolve the attempt whose answer was lost",
			begin: dialing, told: talk(lost, disconnected(9, 200, 7000)),
			want: ended(v1alpha1.OutcomeCompleted, 200, 7000, "The call was ended by the application."),
		},
		{
			name: "answered at the second try", reason: "a first try that failed leaves a wait behind, which ends with the first thing heard",
			begin: after(dialing, notPlaced(3), Intended{ID: "attempt-1", At: second(33)}),
			told:  talk(placed(0), disconnected(9, 0, 560000)),
			want:  ended(v1alpha1.OutcomeCompleted, 0, 560000, "The other side hung up."),
		},
		{
			name: "declined", reason: "recorded: CallDisconnected may come before CreateCallFailed; both carry the code",
			begin: dialing, told: tidings(placed(0), createFailed(8, 603, 0), disconnected(9, 603, 0)),
			want: ended(v1alpha1.OutcomeDeclined, 603, 0, "The callee declined."),
		},
		{
			name: "declined, as recorded of a user", reason: "recorded: both final events have a code of success, and come in either order",
			begin: dialing, told: tidings(placed(0), createFailed(8, 200, 5002), disconnected(9, 200, 5002)),
			want: ended(v1alpha1.OutcomeDeclined, 200, 5002, "The callee declined: the call ended since everybody else had left, and nobody had answered."),
		},
		{
			name: "busy, response lost", reason: "either event resolves the attempt",
			begin: dialing, told: tidings(lost, createFailed(8, 486, 560486), disconnected(9, 486, 560486)),
			want: ended(v1alpha1.OutcomeBusy, 486, 560486, "The callee is busy."),
		},
		{
			name: "no answer", reason: "the service gave up by itself",
			begin: dialing, told: tidings(placed(0), createFailed(8, 487, 10004), disconnected(9, 487, 10004)),
			want: ended(v1alpha1.OutcomeNoAnswer, 487, 10004, "Nobody answered in time."),
		},
		{
			name: "ring time-out", reason: "the hang-up is written before it is sent, so all that follows from it comes after",
			begin: timingOut, told: tidings(placed(0), createFailed(61, 487, 0), disconnected(62, 487, 0)),
			want: ended(v1alpha1.OutcomeNoAnswer, 487, 0, "Nobody answered within spec.ringTimeout."),
		},
		{
			name: "cancelled, and answered too late", reason: "who answers while we hang up meets a call that is over, in whatever order that is heard",
			begin: cancelled, told: tidings(placed(0), answered(11), roster(11, 1, phone(callee)), disconnected(12, 200, 7000)),
			want: ended(v1alpha1.OutcomeCancelled, 200, 7000, "The call was ended before anybody answered."),
		},
		{
			name: "hung up in talk", reason: "that it was answered was written before the hang-up, so nothing undoes it",
			begin: hangingUp, told: tidings(placed(0), answered(4), roster(5, 1, phone(callee)), disconnected(31, 200, 7000)),
			want: ended(v1alpha1.OutcomeCompleted, 200, 7000, "The call was ended by the application."),
		},
	}
}

// TestEveryOrder is early (before Placed), late (after the end) and every order between.
func TestEveryOrder(t *testing.T) {
	for _, l := range wholeLives() {
		t.Run(l.name, func(t *testing.T) {
			t.Log(l.reason)
			lives(t, l.begin, l.told, nil, l.want)
		})
	}
}

// TestEveryOrderWithOneTwice delivers each of the tidings twice in turn, in every order.
func TestEveryOrderWithOneTwice(t *testing.T) {
	for _, l := range wholeLives() {
		t.Run(l.name, func(t *testing.T) {
			for _, twice := range l.told {
				lives(t, l.begin, append(slices.Clone(l.told), twice), nil, l.want)
			}
		})
	}
}

// TestSilenceIsSurvived loses tidings, and lets polls tell the rest.
func TestSilenceIsSurvived(t *testing.T) {
	whileOn := polled(200, telephony.PhaseConnected, phone(caller), phone(callee))
	whileRinging := polled(200, telephony.PhaseRinging)
	gone := Gone{At: second(300)}
	talk := tidings(placed(0), answered(4), roster(5, 1, phone(caller)), roster(6, 3, phone(callee)), disconnected(9, 0, 560000))
	talkOfTwo := tidings(placed(0), answered(4), roster(5, 1, phone(caller)), roster(6, 3, phone(caller), phone(callee)), disconnected(9, 0, 560000))
	declined := tidings(placed(0), createFailed(8, 603, 0), disconnected(9, 603, 0))

	completed := ended(v1alpha1.OutcomeCompleted, 0, 560000, "The other side hung up.")
	neverAnswered := ended(v1alpha1.OutcomeNoAnswer, 0, 560000, "The call ended, and nobody had answered.")
	lostHow := ended(v1alpha1.OutcomeCompleted, 0, 0, "The call ended. The service's report of how was lost.")
	saidNo := ended(v1alpha1.OutcomeDeclined, 603, 0, "The callee declined.")
	lostWhether := ended(v1alpha1.OutcomeUnknown, 0, 0, "The call was placed and is over. The service's report of whether anybody answered was lost.")

	cases := []struct {
		name, reason string
		told         []news
		lost         []string
		polls        []Fact
		want         terminal
	}{
		{"the response", "every event names the connection", talk, []string{"Placed"}, []Fact{gone}, completed},
		{"CallConnected", "nothing shows that anybody had answered", talk, []string{"connected"}, []Fact{Settled{At: second(250)}, gone}, neverAnswered},
		{"CallConnected, with a poll", "a poll shows it", talk, []string{"connected"}, []Fact{whileOn, gone}, completed},
		{"CallConnected, with a full roster", "two in a call have been connected", talkOfTwo, []string{"connected"}, []Fact{gone}, completed},
		{"the first roster", "the later one holds it", talk, []string{"roster-1"}, []Fact{gone}, completed},
		{"the last roster", "rosters are of no account for the end", talk, []string{"roster-3"}, []Fact{gone}, completed},
		{
			"CallDisconnected", "differs in code, sub-code and message: only the lost event knew them. The outcome is the same",
			talk, []string{"disconnected"}, []Fact{gone}, lostHow,
		},
		{
			"CallConnected and CallDisconnected", "a poll saw it connected; the codes are lost with the event",
			talk, []string{"connected", "disconnected"}, []Fact{whileOn, gone}, lostHow,
		},
		{
			"every callback", "a poll saw it connected; the codes are lost with the event",
			talk, []string{"connected", "roster-1", "roster-3", "disconnected"}, []Fact{whileOn, gone}, lostHow,
		},
		{
			"every callback of a short call", "OutcomeUnknown: the call began and ended between two polls, so nobody ever told that it was answered",
			talk, []string{"connected", "roster-1", "roster-3", "disconnected"}, []Fact{whileRinging, gone}, lostWhether,
		},
		{"the response of a declined call", "every event names the connection", declined, []string{"Placed"}, []Fact{gone}, saidNo},
		{"CreateCallFailed", "CallDisconnected carries the same code", declined, []string{"failed"}, []Fact{gone}, saidNo},
		{"CallDisconnected of a declined call", "CreateCallFailed carries the same code", declined, []string{"disconnected"}, []Fact{gone}, saidNo},
		{
			"every callback of a declined call", "OutcomeUnknown: a poll tells that a call is over, never how; the code was in the lost events alone",
			declined, []string{"failed", "disconnected"}, []Fact{whileRinging, gone}, lostWhether,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Log(c.reason)
			lives(t, dialing, without(t, c.told, c.lost...), c.polls, c.want)
		})
	}
}

func without(t *testing.T, told []news, lost ...string) []news {
	t.Helper()
	left := slices.DeleteFunc(slices.Clone(told), func(n news) bool { return slices.Contains(lost, n.name) })
	if len(left) != len(told)-len(lost) {
		t.Fatalf("%v are not all among %s", lost, orderOf(told))
	}
	return left
}

// TestTotalSilence: response and callbacks are lost, and the service no longer remembers the request.
func TestTotalSilence(t *testing.T) {
	want := terminalOf(Apply(unseen(), after(dialing, GaveUp{At: second(9)})...))
	if want.Outcome != v1alpha1.OutcomeUnknown {
		t.Fatalf("nobody can tell what happened, got %s", want.Outcome)
	}
	lives(t, dialing, tidings(Unresolved{Message: "lost"}), []Fact{GaveUp{At: second(300)}}, want)
	// Later facts are too late: a result is never rewritten.
	for _, l := range wholeLives()[:2] {
		lives(t, after(dialing, GaveUp{At: second(90)}), l.told, nil, want)
	}
}

// TestEveryOrderOfALiveCall: the status of an active call does not depend on the order either.
func TestEveryOrderOfALiveCall(t *testing.T) {
	const rosterOfTwo = 6
	cases := []struct {
		name, reason string
		begin        []Fact
		told         []news
		want         view
	}{
		{
			"answered", "early and late events say the same", dialing,
			tidings(placed(0), answered(4), roster(5, 1, phone(caller)), roster(6, 3, phone(caller), phone(callee))),
			answeredView(func(v *view) { v.Count, v.Roster = 2, []string{"4:" + caller, "4:" + callee} }),
		},
		{
			"ringing, response lost", "a roster shows that the call was placed, so nothing is unresolved", dialing,
			tidings(Unresolved{Message: "lost"}, roster(5, 1), roster(6, 3, phone(caller))),
			dialingView(func(v *view) { v.Connection, v.Count, v.Roster = connectionID, 1, []string{"4:" + caller} }),
		},
		{
			"ringing at the second try", "the wait of the first try ends with the first thing heard",
			after(dialing, notPlaced(3), intended(33)), tidings(placed(0), roster(5, 1), roster(6, 3, phone(caller))),
			dialingView(func(v *view) { v.Connection, v.Count, v.Roster = connectionID, 1, []string{"4:" + caller} }),
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			permute(c.told, func(order []news) {
				got := viewOf(live(t, c.begin, order, nil))
				// The history is in the order of hearing, without what was old news by then.
				got.Heard, c.want.Heard = nil, nil
				if got.Connected == rosterOfTwo {
					// It was the first to show that somebody had answered, and that stands.
					got.Connected = c.want.Connected
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s: heard as %s (-want +got):\n%s", c.reason, orderOf(order), diff)
				}
			})
		})
	}
}

// TestRosters: which roster holds, of those that were recorded.
func TestRosters(t *testing.T) {
	at := func(microseconds, sequence int, id string, who ...telephony.Participant) Fact {
		fact := reported(5, id, rosterEvent(leg(), sequence, who))
		fact.Event.Time = second(5).Add(time.Duration(microseconds) * time.Microsecond)
		fact.At = second(6)
		return fact
	}
	one, two := []telephony.Participant{phone(caller)}, []telephony.Participant{phone(caller), phone(callee)}
	mutedOne := phone(caller)
	mutedOne.Muted = true
	cases := []struct {
		name, reason string
		facts        []Fact
		want         int
	}{
		{"numbered 0", "recorded: the first roster of a call", []Fact{at(0, 0, "a", one...)}, 1},
		{"numbered 0 and then 1", "recorded", []Fact{at(0, 0, "a", one...), at(1, 1, "b", two...)}, 2},
		{"numbered 1 and then 0", "the same, in the other order", []Fact{at(1, 1, "b", two...), at(0, 0, "a", one...)}, 2},
		{"never numbered", "recorded of older services: no number reads as 0, and the time decides", []Fact{at(0, 0, "a", one...), at(1, 0, "b", two...)}, 2},
		{"never numbered, late", "the time decides", []Fact{at(1, 0, "b", two...), at(0, 0, "a", one...)}, 2},
		{"one number thrice", "recorded: within a quarter of a second", []Fact{at(16309, 7, "a", one...), at(138781, 7, "b", mutedOne), at(267040, 7, "c", two...)}, 2},
		{"one number thrice, the last one first", "the time decides", []Fact{at(267040, 7, "c", two...), at(16309, 7, "a", one...), at(138781, 7, "b", mutedOne)}, 2},
		{"after a poll", "a poll has no number", []Fact{polled(4, telephony.PhaseConnected, one...), at(0, 0, "a", two...)}, 2},
		{"after the end", "recorded: it changes nothing", []Fact{at(0, 7, "a", two...), disconnected(9, 200, 7000), at(1, 9, "b", one...)}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status := Apply(unseen(), after(onTheAir, c.facts...)...)
			if status.ParticipantCount == nil || int(*status.ParticipantCount) != c.want {
				t.Errorf("%s: %v", c.reason, status.Participants)
			}
		})
	}
	// What an earlier version wrote has no time.
	old := Apply(unseen(), after(onTheAir, at(0, 7, "a", one...))...)
	old.RosterTime = nil
	if got := Apply(old, at(1, 7, "b", two...)); *got.ParticipantCount != 2 {
		t.Errorf("a roster of an earlier version is not replaced: %v", got.Participants)
	}
}

// TestRosterFollowsTheHighestSequenceNumber, which starts at 1 and jumps.
func TestRosterFollowsTheHighestSequenceNumber(t *testing.T) {
	told := tidings(
		roster(5, 1, phone(caller)), roster(6, 3, phone(caller), phone(callee)),
		roster(7, 9, phone(callee)), roster(8, 10, phone("+442079460123")),
		reported(7, "same-number", rosterEvent(leg(), 9, nil)),
	)
	permute(told, func(order []news) {
		got := live(t, onTheAir, order, nil)
		if got.RosterSequence != 10 || len(got.Participants) != 1 || got.Participants[0].RawID != "4:+442079460123" {
			t.Fatalf("heard as %s: roster %d is %v", orderOf(order), got.RosterSequence, got.Participants)
		}
	})
}

// TestRepeatedEventIDChangesNothing, whatever an event of a known ID says the second time.
func TestRepeatedEventIDChangesNothing(t *testing.T) {
	bodies := []telephony.Event{
		event("CallConnected", leg()),
		rosterEvent(leg(), 99, []telephony.Participant{phone(callee)}),
		event("CallDisconnected", legOver(486, 0)),
		event("CreateCallFailed", legOver(603, 0)),
	}
	for _, first := range bodies {
		for _, again := range bodies {
			before := Apply(unseen(), after(ringing, reported(4, "one-id", first))...)
			if diff := cmp.Diff(before, Apply(before, reported(5, "one-id", again))); diff != "" {
				t.Errorf("%T after %T with the same ID (-before +after):\n%s", again, first, diff)
			}
		}
	}
}

// TestTerminalStatesAbsorb: after any outcome no fact of any type changes anything but the observed generation.
func TestTerminalStatesAbsorb(t *testing.T) {
	for _, end := range everyEnd() {
		status := Apply(unseen(), end...)
		if status.Result == nil {
			t.Fatalf("%v do not end a call", end)
		}
		for _, fact := range everyFact(500) {
			want := *status.DeepCopy()
			if o, ok := fact.(Observed); ok {
				want.ObservedGeneration = o.Generation
				for i := range want.Conditions {
					want.Conditions[i].ObservedGeneration = o.Generation
				}
			}
			if diff := cmp.Diff(want, Apply(status, fact)); diff != "" {
				t.Errorf("%s changed %s (-want +got):\n%s", nameOf(fact), status.Result.Outcome, diff)
			}
		}
	}
}

// everyEnd are lives that end with every outcome that there is a fact for.
func everyEnd() [][]Fact {
	return [][]Fact{
		after(inTalk, disconnected(9, 0, 560000)),
		after(ringing, disconnected(9, 480, 560480)),
		after(ringing, createFailed(9, 486, 560486)),
		after(ringing, createFailed(9, 603, 0)),
		after(ringing, disconnected(9, 500, 0)),
		after(ringing, Gone{At: second(9)}),
		after(ringing, disconnected(9, 200, 0), Settled{At: second(20)}),
		after(timingOut, disconnected(70, 487, 0)),
		after(dialing, Refused{Code: 400, At: second(9)}),
		after(dialing, GaveUp{At: second(9)}),
		{observed(1), CancelledUnplaced{At: second(9)}},
		after(comesIn, Unanswered{At: second(9)}),
		after(comesIn, CancelledUnplaced{At: second(9)}),
		after(pickedUp, disconnected(9, 0, 560000)),
		after(answers, Refused{Code: 404, Message: "It rings no more.", Missed: true, At: second(9)}),
		after(answers, GaveUp{At: second(9)}),
		after(passesOn, RedirectedOrRejected{At: second(9)}),
		after(refuses, RedirectedOrRejected{At: second(9)}),
	}
}

// everyFact has one fact of every type at least, of generation 2.
func everyFact(n int) []Fact {
	at := second(n)
	return []Fact{
		Observed{Generation: 2, From: "x", To: "y", At: at}, Rang{At: at}, Settled{At: at}, Waits{Reason: "R", At: at}, intended(n), committed(n), placed(n),
		notPlaced(n), Unresolved{At: at}, GaveUp{At: at}, Refused{Code: 400, At: at},
		routed(n, toAnswer), routed(n, toRedirect), RedirectedOrRejected{At: at}, Refused{Code: 404, Missed: true, At: at},
		ending(n, v1alpha1.EndingDeleted), CancelledUnplaced{At: at}, Unanswered{At: at}, Gone{At: at},
		polled(n, telephony.PhaseConnected, phone(callee)), polled(n, telephony.PhaseOver),
		reported(n, "a", event("CallConnected", leg())), roster(n, 1000, phone(callee)),
		reported(n, "b", event("CallDisconnected", legOver(486, 0))),
		reported(n, "c", event("CreateCallFailed", leg())), reported(n, "d", event("AnswerFailed", leg())),
		reported(n, "e", event("ConnectFailed", leg())), reported(n, "f", event("UnknownEvent", leg())),
		ringOver(n, telephony.CauseCancelled),
	}
}
