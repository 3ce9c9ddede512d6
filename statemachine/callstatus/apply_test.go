// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// chapter is a part of a call's life: facts in sequence, and the status after them.
type chapter struct {
	name, reason string
	facts        []Fact
	want         view
}

func tell(t *testing.T, chapters []chapter) {
	t.Helper()
	for _, c := range chapters {
		t.Run(c.name, func(t *testing.T) {
			got := viewOf(Apply(unseen(), c.facts...))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// after are the facts of a call up to a point, and then some more.
func after(facts []Fact, more ...Fact) []Fact { return append(slices.Clone(facts), more...) }

// The beginnings of most lives. A fact's second is its place in the life.
var (
	dialing   = []Fact{observed(1), intended(2)}
	ringing   = after(dialing, placed(3))
	onTheAir  = after(ringing, answered(4))
	inTalk    = after(onTheAir, roster(5, 1, phone(caller), phone(callee)))
	timingOut = after(ringing, ending(60, v1alpha1.EndingRingTimeout))
	cancelled = after(ringing, ending(10, v1alpha1.EndingRequested))
	hangingUp = after(onTheAir, ending(30, v1alpha1.EndingRequested))
)

func pendingView(change func(*view)) view {
	v := view{Phase: v1alpha1.CallPhasePending, Conditions: onTheWay, Reason: v1alpha1.ReasonPending, Count: -1}
	change(&v)
	return v
}

func dialingView(change func(*view)) view {
	v := view{
		Phase: v1alpha1.CallPhaseDialing, Conditions: onTheWay, Reason: v1alpha1.ReasonDialing, Attempt: "attempt-1", Count: -1,
	}
	change(&v)
	return v
}

// answeredView is a call that was placed and answered in second 4.
func answeredView(change func(*view)) view {
	v := view{
		Phase: v1alpha1.CallPhaseConnected, Conditions: onTheLine, Reason: v1alpha1.ReasonConnected, Attempt: "attempt-1",
		Connection: connectionID, Connected: 4, Count: -1, Heard: []string{"CallConnected"},
	}
	change(&v)
	return v
}

// endedView is a placed call whose end was reported in second 9.
func endedView(outcome v1alpha1.CallOutcome, conditions string, change func(*view)) view {
	v := view{
		Phase: v1alpha1.CallPhaseEnded, Conditions: conditions, Reason: string(outcome), Attempt: "attempt-1",
		Connection: connectionID, Count: -1, Ended: 9,
	}
	change(&v)
	return v
}

func unchanged(*view) {}

func TestApplyBeforeTheCallIsPlaced(t *testing.T) {
	waits := func(n int, reason string) Fact { return Waits{Reason: reason, Message: "m", At: second(n)} }
	tell(t, []chapter{
		{
			name: "nobody looked", reason: "an object that nobody has looked at is never given a state by hearsay",
			facts: []Fact{intended(1), placed(2), answered(3)}, want: view{Count: -1},
		},
		{name: "observed", reason: "a Call begins as Pending", facts: []Fact{observed(1)}, want: pendingView(unchanged)},
		{
			name: "in line", reason: "what the call waits for is the conditions' reason",
			facts: []Fact{observed(1), waits(2, v1alpha1.ReasonWaitingForCapacity)},
			want: pendingView(func(v *view) {
				v.Reason, v.Waiting, v.WaitsSince = v1alpha1.ReasonWaitingForCapacity, v1alpha1.ReasonWaitingForCapacity, 2
			}),
		},
		{
			name: "still in line", reason: "to wait on for the same is one wait",
			facts: []Fact{observed(1), waits(2, v1alpha1.ReasonPaced), waits(7, v1alpha1.ReasonPaced)},
			want: pendingView(func(v *view) {
				v.Reason, v.Waiting, v.WaitsSince = v1alpha1.ReasonPaced, v1alpha1.ReasonPaced, 2
			}),
		},
		{
			name: "waits for something else", reason: "another reason is another wait",
			facts: []Fact{observed(1), waits(2, v1alpha1.ReasonPaced), waits(7, v1alpha1.ReasonWaitingForCallee)},
			want: pendingView(func(v *view) {
				v.Reason, v.Waiting, v.WaitsSince = v1alpha1.ReasonWaitingForCallee, v1alpha1.ReasonWaitingForCallee, 7
			}),
		},
		{
			name: "withdrawn", reason: "a call that was never placed ends as wanted, and says that nobody was rung",
			facts: []Fact{observed(1), waits(2, v1alpha1.ReasonPaced), CancelledUnplaced{At: second(9)}},
			want: endedView(v1alpha1.OutcomeCancelled, endedAsWanted, func(v *view) {
				v.Attempt, v.Connection, v.Result = "", "", "Cancelled 0/0"
				v.Message = "The call was ended before it was placed. Nobody was rung."
			}),
		},
		{
			name: "event without an attempt", reason: "nothing was asked of the service, so it speaks of something else",
			facts: []Fact{observed(1), answered(2)}, want: pendingView(unchanged),
		},
	})
}

func TestApplyWhileDialing(t *testing.T) {
	tell(t, []chapter{
		{
			name: "intended", reason: "the wait in line is over", want: dialingView(unchanged),
			facts: []Fact{observed(1), Waits{Reason: v1alpha1.ReasonPaced, At: second(1)}, intended(2)},
		},
		{
			name: "withdrawn too late", reason: "the callee may have been rung, so it must not be called never placed",
			facts: after(dialing, CancelledUnplaced{At: second(3)}), want: dialingView(unchanged),
		},
		{
			name: "placed", reason: "the service's ID makes the call findable",
			facts: ringing, want: dialingView(func(v *view) { v.Connection = connectionID }),
		},
		{
			name: "not placed", reason: "only this fact permits another attempt",
			facts: after(dialing, notPlaced(3)),
			want: pendingView(func(v *view) {
				v.Reason, v.Waiting, v.WaitsSince, v.Retry = v1alpha1.ReasonThrottled, v1alpha1.ReasonThrottled, 3, 33
			}),
		},
		{
			name: "tried again", reason: "the back-off grows by how long the same failure lasts, so it is kept during the next try",
			facts: after(dialing, notPlaced(3), intended(33)),
			want: dialingView(func(v *view) {
				v.Reason, v.Waiting, v.WaitsSince, v.Retry = v1alpha1.ReasonThrottled, v1alpha1.ReasonThrottled, 3, 33
			}),
		},
		{
			name: "tried again and failed again", reason: "one failure that lasts has one beginning",
			facts: after(dialing, notPlaced(3), intended(33), notPlaced(34)),
			want: pendingView(func(v *view) {
				v.Reason, v.Waiting, v.WaitsSince, v.Retry = v1alpha1.ReasonThrottled, v1alpha1.ReasonThrottled, 3, 64
			}),
		},
		{
			name: "tried again and placed", reason: "what failed is over", facts: after(dialing, notPlaced(3), intended(33), placed(34)),
			want: dialingView(func(v *view) { v.Connection = connectionID }),
		},
		{
			name: "not placed, says a late answer", reason: "an event of the call proves that it was: a new attempt would ring twice",
			facts: after(dialing, roster(3, 1), notPlaced(4)),
			want: dialingView(func(v *view) {
				v.Connection, v.Count, v.Heard = connectionID, 0, []string{"ParticipantsUpdated"}
			}),
		},
		{
			name: "refused, says a late answer", reason: "an event of the call proves that it lives: an end here would orphan it",
			facts: after(dialing, answered(4), Refused{Code: 403, Message: "m", At: second(5)}), want: answeredView(unchanged),
		},
		{
			name: "refused", reason: "a call that is refused as it is written has failed for good",
			facts: after(dialing, Refused{Code: 403, SubCode: 510403, Reason: v1alpha1.ReasonForbidden, Message: "not your number", At: second(9)}),
			want: endedView(v1alpha1.OutcomeFailed, endedOtherwise, func(v *view) {
				v.Connection, v.Reason, v.Result, v.Message = "", v1alpha1.ReasonForbidden, "Failed 403/510403", "not your number"
			}),
		},
	})
}

func TestApplyUnresolvedAttempt(t *testing.T) {
	unresolved := func(n int) Fact { return Unresolved{Message: "lost", At: second(n)} }
	tell(t, []chapter{
		{
			name: "unresolved", reason: "the attempt stays: the same request is repeated, never a new one made",
			facts: after(dialing, unresolved(3)),
			want: dialingView(func(v *view) {
				v.Reason, v.Waiting, v.WaitsSince = v1alpha1.ReasonDialUnresolved, v1alpha1.ReasonDialUnresolved, 3
			}),
		},
		{
			name: "unresolved, then answered for", reason: "the repetition's answer resolves it",
			facts: after(dialing, unresolved(3), placed(4)), want: dialingView(func(v *view) { v.Connection = connectionID }),
		},
		{
			name: "unresolved, then heard of", reason: "the first callback resolves it, whatever it says",
			facts: after(dialing, unresolved(3), roster(4, 1)),
			want: dialingView(func(v *view) {
				v.Connection, v.Count, v.Heard = connectionID, 0, []string{"ParticipantsUpdated"}
			}),
		},
		{
			name: "unresolved after an event", reason: "it is known that the call was placed",
			facts: after(dialing, answered(4), unresolved(5)), want: answeredView(unchanged),
		},
		{
			name: "unresolvable", reason: "after the window nobody will ever know: said so, and never answered by a new attempt",
			facts: after(dialing, unresolved(3), GaveUp{At: second(9)}),
			want: endedView(v1alpha1.OutcomeUnknown, endedOtherwise, func(v *view) {
				v.Connection, v.Result = "", "OutcomeUnknown 0/0"
				v.Message = "The request to place the call was sent, its answer was lost, and the service reported nothing of the call. The callee may have been rung."
			}),
		},
		{
			name: "unresolvable after an event", reason: "it is known that the call was placed",
			facts: after(dialing, answered(4), GaveUp{At: second(9)}), want: answeredView(unchanged),
		},
	})
}

func TestApplyLiveCall(t *testing.T) {
	other := leg()
	other.Connection = "cc-2"
	talking := answeredView(func(v *view) {
		v.Count, v.Roster = 2, []string{"4:" + caller, "4:" + callee}
		v.Heard = []string{"CallConnected", "ParticipantsUpdated"}
	})
	tell(t, []chapter{
		{name: "connected", reason: "kubectl wait --for=condition=Connected returns", facts: onTheAir, want: answeredView(unchanged)},
		{
			name: "connected twice", reason: "the first report holds, whatever the second one's ID",
			facts: after(onTheAir, reported(7, "other", event("CallConnected", leg()))), want: answeredView(unchanged),
		},
		{name: "roster", reason: "everybody is counted and listed", facts: inTalk, want: talking},
		{
			name: "media event", reason: "an event that says nothing of the call's state is not written",
			facts: after(inTalk, reported(7, "play", event("PlayCompleted", leg()))), want: talking,
		},
		{
			name: "unknown event", reason: "the service may invent events",
			facts: after(inTalk, reported(7, "new", event("UnknownEvent", leg()))), want: talking,
		},
		{
			name: "end of another connection", reason: "the answerer's leg of a call between two of ours has its own end",
			facts: after(inTalk, reported(7, "x", event("CallDisconnected", other))), want: talking,
		},
		{
			name: "waiting does not outlive the answer", reason: "a call that is answered waits for nothing",
			facts: after(dialing, Unresolved{At: second(3)}, reported(4, "connected", event("CallConnected", body{}))),
			want:  answeredView(func(v *view) { v.Connection = "" }),
		},
	})
}

func TestApplyPoll(t *testing.T) {
	foreignCall := stateOf(telephony.PhaseOver)
	foreignCall.Call.Connection = "cc-2"
	silent := func(v *view) { v.Heard = nil }
	tell(t, []chapter{
		{
			name: "still rings", reason: "a poll that finds nothing new changes nothing",
			facts: after(ringing, polled(4, telephony.PhaseRinging)), want: dialingView(func(v *view) { v.Connection = connectionID }),
		},
		{
			name: "connected", reason: "every callback may be lost",
			facts: after(ringing, polled(4, telephony.PhaseConnected, phone(callee))),
			want: answeredView(func(v *view) {
				v.Heard, v.Count, v.Roster = nil, 1, []string{"4:" + callee}
			}),
		},
		{
			name: "transferring", reason: "who is transferred was connected",
			facts: after(ringing, polled(4, telephony.PhaseConnected)), want: answeredView(silent),
		},
		{
			name: "transfer accepted", reason: "who is transferred was connected",
			facts: after(ringing, polled(4, telephony.PhaseConnected)), want: answeredView(silent),
		},
		{
			name: "another call", reason: "what is true of another connection is not true of this one",
			facts: after(onTheAir, Polled{State: foreignCall, At: second(5)}), want: answeredView(unchanged),
		},
		{
			name: "disconnected after an answer", reason: "a call that was answered and is over is completed, though nobody told how",
			facts: after(inTalk, polled(9, telephony.PhaseOver)),
			want: endedView(v1alpha1.OutcomeCompleted, endedAsWanted, func(v *view) {
				v.Connected, v.Count, v.Result = 4, 0, "Completed 0/0"
				v.Message = "The call ended. The service's report of how was lost."
				v.Heard = []string{"CallConnected", "ParticipantsUpdated"}
			}),
		},
		{
			name: "gone, never seen answered", reason: "whether anybody answered was lost with the callbacks",
			facts: after(ringing, Gone{At: second(9)}),
			want: endedView(v1alpha1.OutcomeUnknown, endedOtherwise, func(v *view) {
				v.Result = "OutcomeUnknown 0/0"
				v.Message = "The call was placed and is over. The service's report of whether anybody answered was lost."
			}),
		},
	})
}

func TestApplyReportedEnd(t *testing.T) {
	ends := []struct {
		name, reason  string
		code, subCode int
		outcome       v1alpha1.CallOutcome
		conditions    string
		message       string
	}{
		{"busy", "the telephone network's busy", 486, 560486, v1alpha1.OutcomeBusy, endedOtherwise, "The callee is busy."},
		{"declined", "SIP's decline", 603, 0, v1alpha1.OutcomeDeclined, endedOtherwise, "The callee declined."},
		{"no answer", "the network gave up", 480, 560480, v1alpha1.OutcomeNoAnswer, endedOtherwise, "Nobody answered, or the callee is unavailable."},
		{"no answer in time", "487 with the sub-code for it is no cancellation", 487, 10004, v1alpha1.OutcomeNoAnswer, endedOtherwise, "Nobody answered in time."},
		{"cancelled", "not from here, so it is not as wanted", 487, 0, v1alpha1.OutcomeNoAnswer, endedOtherwise, "The call was cancelled before anybody answered, and not from here."},
		{"failed", "the network broke", 500, 560500, v1alpha1.OutcomeFailed, endedOtherwise, "The service or a network failed."},
	}
	var chapters []chapter
	for _, e := range ends {
		want := func(heard string) view {
			return endedView(e.outcome, e.conditions, func(v *view) {
				v.Result = viewOf(v1alpha1.CallStatus{Result: &v1alpha1.CallResult{
					Outcome: e.outcome, Code: int32(e.code), SubCode: int32(e.subCode),
				}}).Result
				v.Message, v.Heard = e.message, []string{heard}
			})
		}
		chapters = append(chapters,
			chapter{e.name + ", CreateCallFailed", e.reason, after(ringing, createFailed(9, e.code, e.subCode)), want("CreateCallFailed")},
			chapter{e.name + ", CallDisconnected", e.reason, after(ringing, disconnected(9, e.code, e.subCode)), want("CallDisconnected")})
	}
	tell(t, chapters)
}

func TestApplyEndOfAnsweredCall(t *testing.T) {
	completed := func(result, message string) view {
		return endedView(v1alpha1.OutcomeCompleted, endedAsWanted, func(v *view) {
			v.Connected, v.Count, v.Result, v.Message = 4, 0, result, message
			v.Heard = []string{"CallConnected", "ParticipantsUpdated", "CallDisconnected"}
		})
	}
	tell(t, []chapter{
		{
			name: "the other side hung up", reason: "code 0 is the telephone network's ordinary end",
			facts: after(inTalk, disconnected(9, 0, 560000)), want: completed("Completed 0/560000", "The other side hung up."),
		},
		{
			name: "ended by the application", reason: "somebody used the API beside the operator",
			facts: after(inTalk, disconnected(9, 200, 7000)), want: completed("Completed 200/7000", "The call was ended by the application."),
		},
		{
			name: "code that nobody knows", reason: "the outcome follows the code, and the message names what is unknown",
			facts: after(onTheAir, disconnected(9, 599, 12345)),
			want: endedView(v1alpha1.OutcomeFailed, endedOtherwise, func(v *view) {
				v.Connected, v.Result, v.Message = 4, "Failed 599/12345", "The call was connected and broke off. The service gave code 599 with sub-code 12345."
				v.Heard = []string{"CallConnected", "CallDisconnected"}
			}),
		},
		{
			name: "without a code", reason: "the end of a call connection that nobody complains of is ordinary",
			facts: after(onTheAir, reported(9, "end", event("CallDisconnected", leg()))),
			want: endedView(v1alpha1.OutcomeCompleted, endedAsWanted, func(v *view) {
				v.Connected, v.Result, v.Message = 4, "Completed 0/0", "The call ended in the ordinary way."
				v.Heard = []string{"CallConnected", "CallDisconnected"}
			}),
		},
	})
}

func TestApplyFailureWithoutCode(t *testing.T) {
	cases := []struct {
		name, reason string
		begin        []Fact
		data         telephony.Event
		heard        string
		want         v1alpha1.CallOutcome
	}{
		{"create", "all that is known is that nobody answered", ringing, event("CreateCallFailed", leg()), "CreateCallFailed", v1alpha1.OutcomeNoAnswer},
		{
			"create with 200", "a failure is never a success, whatever the code", ringing, event("CreateCallFailed", legOver(200, 0)),
			"CreateCallFailed", v1alpha1.OutcomeNoAnswer,
		},
		{"answer", "an incoming call that could not be answered did not take place", answers, event("AnswerFailed", leg()), "AnswerFailed", v1alpha1.OutcomeFailed},
		{"connect", "a call that could not be joined did not take place", answers, event("ConnectFailed", leg()), "ConnectFailed", v1alpha1.OutcomeFailed},
		{"caller gone", "who calls may hang up while the call is answered", answers, event("AnswerFailed", legOver(487, 0)), "AnswerFailed", v1alpha1.OutcomeMissed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status := Apply(unseen(), after(c.begin, reported(9, "failed", c.data))...)
			got := viewOf(status)
			if got.Reason != string(c.want) || got.Conditions != endedOtherwise {
				t.Errorf("%s: got %s with %s", c.reason, got.Result, got.Conditions)
			}
			if diff := cmp.Diff([]string{c.heard}, got.Heard); diff != "" {
				t.Errorf("the event is remembered (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyHangingUp(t *testing.T) {
	endingView := func(v view, reason v1alpha1.EndingReason) view {
		v.Phase, v.Reason, v.Ending, v.Connection = v1alpha1.CallPhaseEnding, v1alpha1.ReasonEnding, reason, connectionID
		return v
	}
	ringingOn := func(reason v1alpha1.EndingReason) view { return endingView(dialingView(unchanged), reason) }
	tell(t, []chapter{
		{name: "ring time-out", reason: "the phase tells", facts: timingOut, want: ringingOn(v1alpha1.EndingRingTimeout)},
		{name: "requested", reason: "the phase tells", facts: cancelled, want: ringingOn(v1alpha1.EndingRequested)},
		{
			name: "deleted", reason: "the phase tells", want: ringingOn(v1alpha1.EndingDeleted),
			facts: after(ringing, ending(10, v1alpha1.EndingDeleted)),
		},
		{
			name: "deleted after it was requested", reason: "the first reason is why it ends",
			facts: after(cancelled, ending(11, v1alpha1.EndingDeleted)), want: ringingOn(v1alpha1.EndingRequested),
		},
		{
			name: "requested in talk", reason: "it is connected until it is over", facts: hangingUp,
			want: endingView(answeredView(func(v *view) { v.Conditions = hangingUpAnswered }), v1alpha1.EndingRequested),
		},
		{
			name: "maximal duration", reason: "it is connected until it is over", facts: after(onTheAir, ending(9, v1alpha1.EndingMaxDuration)),
			want: endingView(answeredView(func(v *view) { v.Conditions = hangingUpAnswered }), v1alpha1.EndingMaxDuration),
		},
		{
			name: "answered while hanging up", reason: "who answers then meets a call that is over",
			facts: after(cancelled, answered(11)), want: ringingOn(v1alpha1.EndingRequested),
		},
		{
			name: "found connected while hanging up", reason: "who answers then meets a call that is over",
			facts: after(cancelled, polled(11, telephony.PhaseConnected)), want: ringingOn(v1alpha1.EndingRequested),
		},
	})
}

func TestApplyHungUp(t *testing.T) {
	const early, unanswered = "The call was ended before anybody answered.", "Nobody answered within spec.ringTimeout."
	hungUp := func(outcome v1alpha1.CallOutcome, conditions, result, message string, ending v1alpha1.EndingReason) view {
		return endedView(outcome, conditions, func(v *view) {
			v.Result, v.Message, v.Ending, v.Ended = result, message, ending, 70
			v.Heard = []string{"CallDisconnected"}
		})
	}
	silently := func(v view) view { v.Heard = nil; return v }
	tell(t, []chapter{
		{
			name: "ring time-out", reason: "the service calls our own hang-up cancelled, the user wanted to know that nobody answered",
			facts: after(timingOut, disconnected(70, 487, 0)),
			want:  hungUp(v1alpha1.OutcomeNoAnswer, endedOtherwise, "NoAnswer 487/0", unanswered, v1alpha1.EndingRingTimeout),
		},
		{
			name: "ring time-out, report lost", reason: "the operator knows why it hung up",
			facts: after(timingOut, Gone{At: second(70)}),
			want:  silently(hungUp(v1alpha1.OutcomeNoAnswer, endedOtherwise, "NoAnswer 0/0", unanswered, v1alpha1.EndingRingTimeout)),
		},
		{
			name: "busy at the last moment", reason: "what the callee said is truer than our guess",
			facts: after(timingOut, disconnected(70, 486, 560486)),
			want:  hungUp(v1alpha1.OutcomeBusy, endedOtherwise, "Busy 486/560486", "The callee is busy.", v1alpha1.EndingRingTimeout),
		},
		{
			name: "declined at the last moment", reason: "what the callee said is truer than our guess",
			facts: after(cancelled, disconnected(70, 603, 0)),
			want:  hungUp(v1alpha1.OutcomeDeclined, endedOtherwise, "Declined 603/0", "The callee declined.", v1alpha1.EndingRequested),
		},
		{
			name: "cancelled", reason: "ended as wanted before anybody answered, whatever code the service gives to it",
			facts: after(cancelled, disconnected(70, 200, 7000)),
			want:  hungUp(v1alpha1.OutcomeCancelled, endedAsWanted, "Cancelled 200/7000", early, v1alpha1.EndingRequested),
		},
		{
			name: "cancelled, report lost", reason: "the operator knows why it hung up",
			facts: after(cancelled, Gone{At: second(70)}),
			want:  silently(hungUp(v1alpha1.OutcomeCancelled, endedAsWanted, "Cancelled 0/0", early, v1alpha1.EndingRequested)),
		},
		{
			name: "hung up in talk", reason: "a call that was connected before is completed",
			facts: after(hangingUp, disconnected(70, 200, 7000)),
			want: endedView(v1alpha1.OutcomeCompleted, endedAsWanted, func(v *view) {
				v.Result, v.Message = "Completed 200/7000", "The call was ended by the application."
				v.Connected, v.Ending, v.Ended, v.Heard = 4, v1alpha1.EndingRequested, 70, []string{"CallConnected", "CallDisconnected"}
			}),
		},
	})
}

// TestApplyWritesEverything compares one status whole, so that no field is written that no other test looks at.
func TestApplyWritesEverything(t *testing.T) {
	zero := int32(0)
	condition := func(kind string, status metav1.ConditionStatus, changed int) metav1.Condition {
		return metav1.Condition{
			Type: kind, Status: status, ObservedGeneration: 1, LastTransitionTime: stamp(changed),
			Reason: "Completed", Message: "The other side hung up.",
		}
	}
	connectedTime, rosterTime := stamp(4), metav1.NewMicroTime(second(5))
	want := v1alpha1.CallStatus{
		ObservedGeneration: 1, Phase: v1alpha1.CallPhaseEnded, From: caller, To: callee,
		Attempt:      &v1alpha1.RequestAttempt{ID: "attempt-1", FirstSent: stamp(2)},
		ConnectionID: connectionID, ServerCallID: serverCallID, CorrelationID: correlationID,
		ConnectedTime: &connectedTime, ParticipantCount: &zero, RosterSequence: 1, RosterTime: &rosterTime,
		Result: &v1alpha1.CallResult{
			Outcome: v1alpha1.OutcomeCompleted, SubCode: 560000, Message: "The other side hung up.", EndTime: stamp(9),
		},
		History: []v1alpha1.CallEvent{
			{ID: "connected", Type: "CallConnected", Time: stamp(4)},
			{ID: "roster-1", Type: "ParticipantsUpdated", Time: stamp(5)},
			{ID: "disconnected", Type: "CallDisconnected", Time: stamp(9)},
		},
		Conditions: []metav1.Condition{
			condition(v1alpha1.ConditionReady, metav1.ConditionTrue, 4),
			condition(v1alpha1.ConditionConnected, metav1.ConditionFalse, 9),
			condition(v1alpha1.ConditionEnded, metav1.ConditionTrue, 9),
		},
	}
	got := Apply(unseen(), after(inTalk, disconnected(9, 0, 560000))...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the whole status (-want +got):\n%s", diff)
	}
}

func TestApplyTimes(t *testing.T) {
	at := func(happened, heard time.Time) Fact {
		event := reported(0, "connected", event("CallConnected", leg()))
		event.Event.Time, event.At = happened, heard
		return event
	}
	berlin := time.FixedZone("CET", 3600)
	cases := []struct {
		name, reason string
		fact         Fact
		want         time.Time
	}{
		{"late", "a call was answered when the service says, not when it was heard", at(second(4), second(90)), second(4)},
		{"from the future", "the service's clock may be ahead, status never is", at(second(90), second(4)), second(4)},
		{"without a time", "the best guess is when it was heard", at(time.Time{}, second(4)), second(4)},
		{"fraction", "the API server keeps whole seconds: what is computed equals what is read back", at(second(4).Add(900*time.Millisecond), second(9)), second(4)},
		{"before the request", "a clock that is behind does not answer a call before it is placed", at(second(-3600), second(4)), second(2)},
		{"zone", "the API server keeps UTC", at(second(4).In(berlin), second(9)), second(4)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Apply(unseen(), after(ringing, c.fact)...).ConnectedTime
			if got == nil || got.Time != c.want {
				t.Errorf("%s: got %v, want %v", c.reason, got, c.want)
			}
		})
	}
}

// TestEndsAfterItBegan: no end lies before the request or the answer, whatever the service's clock says.
func TestEndsAfterItBegan(t *testing.T) {
	over := reported(-3600, "end", event("CallDisconnected", legOver(486, 0)))
	over.At = second(9)
	for want, begin := range map[int][]Fact{2: ringing, 4: onTheAir} {
		status := Apply(unseen(), after(begin, over)...)
		if got := secondOf(&status.Result.EndTime); got != want {
			t.Errorf("it ended in second %d, want %d", got, want)
		}
		if got := secondOf(&status.History[len(status.History)-1].Time); got != want {
			t.Errorf("the history says second %d, want %d", got, want)
		}
	}
}

// TestApplyKeepsTransitionTimes: a condition that stays as it is keeps its time, so that an old fact writes nothing.
func TestApplyKeepsTransitionTimes(t *testing.T) {
	before := Apply(unseen(), inTalk...)
	for _, fact := range []Fact{observed(50), Rang{At: second(50)}, polled(50, telephony.PhaseConnected), placed(50)} {
		if diff := cmp.Diff(before, Apply(before, fact)); diff != "" {
			t.Errorf("%T is old news (-before +after):\n%s", fact, diff)
		}
	}
}
