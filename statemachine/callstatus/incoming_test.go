// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	apimeta "k8s.io/apimachinery/pkg/api/meta"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/statemachine"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// What routes do with the incoming call of these tests.
var (
	toAnswer   = v1alpha1.RoutedCall{Name: "desk", Action: v1alpha1.RouteActionAnswer, CallLabels: map[string]string{"team": "desk"}}
	toRedirect = v1alpha1.RoutedCall{
		Name: "night", Action: v1alpha1.RouteActionRedirect, RedirectTo: &v1alpha1.Identifier{PhoneNumber: callee},
	}
	toReject = v1alpha1.RoutedCall{Name: "nobody", Action: v1alpha1.RouteActionReject, RejectReason: v1alpha1.RejectReasonBusy}
)

func routed(n int, route v1alpha1.RoutedCall) Fact {
	return Routed{ID: "attempt-1", Route: route, At: second(n)}
}

func answerFailed(n, code, subCode int) Fact {
	return reported(n, "failed", event("AnswerFailed", legOver(code, subCode)))
}

// ringOver is the report that an incoming call no longer rings, with the cause of a service.
func ringOver(n int, cause telephony.Cause) Fact {
	reason := telephony.Reason{Cause: cause, Code: 487, SubCode: 127, Sentence: "The call was withdrawn."}
	return reported(n, "ringOver", telephony.Event{Type: "ChannelDestroyed", News: telephony.RingOver{Reason: reason}})
}

// The beginnings of incoming lives.
var (
	comesIn  = []Fact{observed(1), Rang{At: second(1)}}
	answers  = after(comesIn, routed(2, toAnswer))
	passesOn = after(comesIn, routed(2, toRedirect))
	refuses  = after(comesIn, routed(2, toReject))
	pickedUp = after(answers, placed(3), answered(4))
)

func ringingView(change func(*view)) view {
	v := view{Phase: v1alpha1.CallPhaseRinging, Conditions: onTheWay, Reason: v1alpha1.ReasonRinging, Count: -1}
	change(&v)
	return v
}

func routedView(change func(*view)) view {
	return ringingView(func(v *view) {
		v.Reason, v.Attempt = v1alpha1.ReasonRouted, "attempt-1"
		change(v)
	})
}

// overView is an incoming call that ended in second 9 without a connection.
func overView(outcome v1alpha1.CallOutcome, conditions, message string, change func(*view)) view {
	return endedView(outcome, conditions, func(v *view) {
		v.Connection, v.Result, v.Message = "", string(outcome)+" 0/0", message
		change(v)
	})
}

func neverTaken(v *view) { v.Attempt = "" }

func TestApplyIncoming(t *testing.T) {
	noRoute := Waits{Reason: v1alpha1.ReasonNoRoute, Message: "No CallRoute matches.", At: second(2)}
	nothingDid := "Nothing answered, redirected or rejected the call while it rang."
	tell(t, []chapter{
		{name: "rings", reason: "an incoming call waits to be taken", facts: comesIn, want: ringingView(unchanged)},
		{name: "still rings", reason: "old news", facts: after(comesIn, Rang{At: second(3)}, observed(3)), want: ringingView(unchanged)},
		{
			name: "waits for a route", reason: "it rings on, and says what it lacks", facts: after(comesIn, noRoute),
			want: ringingView(func(v *view) { v.Reason, v.Waiting, v.WaitsSince = v1alpha1.ReasonNoRoute, v1alpha1.ReasonNoRoute, 2 }),
		},
		{
			name: "rang out", reason: "nobody took it in the time that a ring lasts", facts: after(comesIn, Unanswered{At: second(9)}),
			want: overView(v1alpha1.OutcomeMissed, endedOtherwise, nothingDid, neverTaken),
		},
		{
			name: "rang out, waiting", reason: "what it waited for is why it was missed", facts: after(comesIn, noRoute, Unanswered{At: second(9)}),
			want: overView(v1alpha1.OutcomeMissed, endedOtherwise, nothingDid+" No CallRoute matches.", neverTaken),
		},
		{
			name: "rang out, waiting without a word", reason: "a reason alone adds no sentence",
			facts: after(comesIn, Waits{Reason: v1alpha1.ReasonNoRoute, At: second(2)}, Unanswered{At: second(9)}),
			want:  overView(v1alpha1.OutcomeMissed, endedOtherwise, nothingDid, neverTaken),
		},
		{
			name: "rang out too late", reason: "what was asked of the service may have been done", want: routedView(unchanged),
			facts: after(answers, Unanswered{At: second(9)}),
		},
		{
			name: "ended before anything took it", reason: "nobody was cut off, and others may still take it",
			facts: after(comesIn, CancelledUnplaced{At: second(9)}),
			want: overView(v1alpha1.OutcomeCancelled, endedAsWanted,
				"The call was ended here before anything took it. It may ring on for others.", neverTaken),
		},
	})
}

func TestApplyRouted(t *testing.T) {
	tell(t, []chapter{
		{name: "answers", reason: "it rings until it is answered", facts: answers, want: routedView(unchanged)},
		{name: "redirects", reason: "it rings until it is passed on", facts: passesOn, want: routedView(unchanged)},
		{name: "rejects", reason: "it rings until it is rejected", facts: refuses, want: routedView(unchanged)},
		{
			name: "rings, says a late writer", reason: "old news", want: routedView(unchanged),
			facts: after(answers, Rang{At: second(3)}),
		},
		{
			name: "had to wait", reason: "what it waited for is there", want: routedView(unchanged),
			facts: after(comesIn, Waits{Reason: v1alpha1.ReasonWaitingForOrigin, Message: "m", At: second(1)}, routed(2, toAnswer)),
		},
		{
			name: "service took the answer", reason: "it is connected when the service reports it, not before",
			facts: after(answers, placed(3)), want: routedView(func(v *view) { v.Connection = connectionID }),
		},
		{
			name: "answer lost", reason: "the same request is repeated", facts: after(answers, Unresolved{Message: "m", At: second(3)}),
			want: routedView(func(v *view) {
				v.Reason, v.Waiting, v.WaitsSince = v1alpha1.ReasonDialUnresolved, v1alpha1.ReasonDialUnresolved, 3
			}),
		},
		{
			name: "not done", reason: "it rings on, and any route may take it", facts: after(answers, notPlaced(3)),
			want: ringingView(func(v *view) {
				v.Reason, v.Waiting, v.WaitsSince, v.Retry = v1alpha1.ReasonThrottled, v1alpha1.ReasonThrottled, 3, 33
			}),
		},
		{
			name: "not done, and rang out", reason: "what failed is why it was missed", facts: after(answers, notPlaced(3), Unanswered{At: second(9)}),
			want: overView(v1alpha1.OutcomeMissed, endedOtherwise,
				"Nothing answered, redirected or rejected the call while it rang. slow down", neverTaken),
		},
		{
			name: "not done, says a late writer", reason: "an event of the call came first", facts: after(answers, answered(3), notPlaced(4)),
			want: answeredView(func(v *view) { v.Connected = 3 }),
		},
		{
			name: "answered", reason: "it is a call like any other", facts: pickedUp, want: answeredView(unchanged),
		},
		{
			name: "hung up while it is being answered", reason: "who ends it says so before it is connected",
			facts: after(answers, placed(3), ending(5, v1alpha1.EndingRequested), answered(6)),
			want: routedView(func(v *view) {
				v.Phase, v.Reason, v.Connection, v.Ending = v1alpha1.CallPhaseEnding, v1alpha1.ReasonEnding, connectionID, v1alpha1.EndingRequested
			}),
		},
	})
}

func TestApplyEndOfIncoming(t *testing.T) {
	lost := func(route string) string {
		return "CallRoute " + route + " took the call, and the service's answer to that was lost. The call may be active."
	}
	passed := "CallRoute night passed the call on to " + callee + "."
	tell(t, []chapter{
		{
			name: "redirected", reason: "it is no longer ours, as wanted", facts: after(passesOn, RedirectedOrRejected{At: second(9)}),
			want: overView(v1alpha1.OutcomeRedirected, endedAsWanted, passed, unchanged),
		},
		{
			name: "rejected", reason: "it is over, as wanted", facts: after(refuses, RedirectedOrRejected{At: second(9)}),
			want: overView(v1alpha1.OutcomeRejected, endedAsWanted, "CallRoute nobody rejected the call.", unchanged),
		},
		{
			name: "redirected at the second try", reason: "the wait of the first is over", want: overView(v1alpha1.OutcomeRedirected, endedAsWanted, passed, unchanged),
			facts: after(passesOn, notPlaced(3), routed(4, toRedirect), RedirectedOrRejected{At: second(9)}),
		},
		{
			name: "redirected while it is ended here", reason: "what was done is done",
			facts: after(passesOn, ending(5, v1alpha1.EndingDeleted), RedirectedOrRejected{At: second(9)}),
			want:  overView(v1alpha1.OutcomeRedirected, endedAsWanted, passed, func(v *view) { v.Ending = v1alpha1.EndingDeleted }),
		},
		{
			name: "passed on, but answered", reason: "a call that is answered is not passed on", facts: after(answers, RedirectedOrRejected{At: second(9)}),
			want: routedView(unchanged),
		},
		{
			name: "passed on, but dialled", reason: "a call of ours is not passed on", facts: after(dialing, RedirectedOrRejected{At: second(9)}),
			want: dialingView(unchanged),
		},
		{
			name: "too late", reason: "it was no longer there to be taken",
			facts: after(answers, Refused{Code: 404, SubCode: 8522, Reason: v1alpha1.ReasonInvalidRequest, Message: "It rings no more.", Missed: true, At: second(9)}),
			want:  overView(v1alpha1.OutcomeMissed, endedOtherwise, "It rings no more.", func(v *view) { v.Result = "Missed 404/8522" }),
		},
		{
			name: "refused", reason: "the service will never do what the route says",
			facts: after(answers, Refused{Code: 403, Reason: v1alpha1.ReasonForbidden, Message: "No.", At: second(9)}),
			want:  overView(v1alpha1.OutcomeFailed, endedOtherwise, "No.", func(v *view) { v.Reason, v.Result = v1alpha1.ReasonForbidden, "Failed 403/0" }),
		},
		{
			name: "too late, says a late writer", reason: "an event of the call came first", want: answeredView(unchanged),
			facts: after(pickedUp, Refused{Code: 404, Missed: true, At: second(9)}),
		},
		{
			name: "answer lost for good", reason: "nobody can tell whether it was answered", facts: after(answers, GaveUp{At: second(9)}),
			want: overView(v1alpha1.OutcomeUnknown, endedOtherwise, lost("desk"), unchanged),
		},
		{
			name: "redirect lost for good", reason: "nobody can tell whether it was passed on", facts: after(passesOn, GaveUp{At: second(9)}),
			want: overView(v1alpha1.OutcomeUnknown, endedOtherwise, lost("night"), unchanged),
		},
		{
			name: "could not be answered", reason: "the service took the request and failed", facts: after(answers, placed(3), answerFailed(9, 500, 0)),
			want: overView(v1alpha1.OutcomeFailed, endedOtherwise, telephonyacs.ReasonOf(500, 0).Sentence, func(v *view) {
				v.Connection, v.Result, v.Heard = connectionID, "Failed 500/0", []string{"AnswerFailed"}
			}),
		},
	})
}

// TestRingOver is the table of the package documentation.
func TestRingOver(t *testing.T) {
	const (
		hungUp  = "The caller hung up before anything answered, redirected or rejected the call."
		stopped = "The call stopped ringing before anything answered, redirected or rejected it."
	)
	missed := func(message string, change func(*view)) view {
		return overView(v1alpha1.OutcomeMissed, endedOtherwise, message, func(v *view) {
			v.Result, v.Heard = "Missed 487/127", []string{"ChannelDestroyed"}
			change(v)
		})
	}
	gaveUp := ringOver(9, telephony.CauseCancelled)
	noRoute := Waits{Reason: v1alpha1.ReasonNoRoute, Message: "No CallRoute matches.", At: second(2)}
	unresolved := Unresolved{Message: "m", At: second(3)}
	tell(t, []chapter{
		{name: "rings", reason: "nothing was requested, so the caller ended it", facts: after(comesIn, gaveUp), want: missed(hungUp, neverTaken)},
		{name: "before the manager has seen it", reason: "the Call is there, and its status says nothing yet", facts: []Fact{observed(1), gaveUp}, want: missed(hungUp, neverTaken)},
		{name: "ended by the service", reason: "the caller may have waited", facts: after(comesIn, ringOver(9, telephony.CauseEnded)), want: missed(stopped, neverTaken)},
		{
			name: "no route", reason: "what it waited for is why nothing took it", facts: after(comesIn, noRoute, gaveUp),
			want: missed(hungUp+" No CallRoute matches.", neverTaken),
		},
		{name: "not done", reason: "a request that did nothing is none", facts: after(refuses, notPlaced(3), gaveUp), want: missed(hungUp+" slow down", neverTaken)},
		{name: "answers", reason: "there is nothing left to answer", facts: after(answers, gaveUp), want: missed(hungUp, unchanged)},
		{name: "answer lost", reason: "a call that was never up was not answered", facts: after(answers, unresolved, gaveUp), want: missed(hungUp+" m", unchanged)},
		{
			name: "ended while it is being answered", reason: "the operator was first", facts: after(answers, ending(5, v1alpha1.EndingRequested), gaveUp),
			want: overView(v1alpha1.OutcomeCancelled, endedAsWanted, "The call was ended before anybody answered.", func(v *view) {
				v.Result, v.Heard, v.Ending = "Cancelled 487/127", []string{"ChannelDestroyed"}, v1alpha1.EndingRequested
			}),
		},
		{name: "redirects", reason: "the redirection may have ended the ring", facts: after(passesOn, gaveUp), want: routedView(unchanged)},
		{name: "rejects", reason: "the rejection may have ended the ring", facts: after(refuses, gaveUp), want: routedView(unchanged)},
		{
			name: "rejected", reason: "the report may be faster than the answer to the request", facts: after(refuses, gaveUp, RedirectedOrRejected{At: second(9)}),
			want: overView(v1alpha1.OutcomeRejected, endedAsWanted, "CallRoute nobody rejected the call.", unchanged),
		},
		{
			name: "too late to reject", reason: "the service has nothing to reject", facts: after(refuses, gaveUp, Refused{Code: 404, Message: "It rings no more.", Missed: true, At: second(9)}),
			want: overView(v1alpha1.OutcomeMissed, endedOtherwise, "It rings no more.", func(v *view) { v.Result = "Missed 404/0" }),
		},
		{name: "connected", reason: "it was answered", facts: after(pickedUp, gaveUp), want: answeredView(unchanged)},
		{name: "an outbound call", reason: "it is no incoming one", facts: after(dialing, gaveUp), want: dialingView(unchanged)},
	})
}

// TestRoutedMessages: what is about to happen, as a person reads it.
func TestRoutedMessages(t *testing.T) {
	for want, facts := range map[string][]Fact{
		"The call waits to be taken.":                           comesIn,
		"CallRoute desk answers the call.":                      answers,
		"CallRoute night passes the call on to " + callee + ".": passesOn,
		"CallRoute nobody rejects the call.":                    refuses,
		"The call was answered.":                                pickedUp,
	} {
		status := Apply(unseen(), facts...)
		if got := apimeta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady).Message; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestRoutedIsACopy: a change of the route changes nothing of a call that it has taken.
func TestRoutedIsACopy(t *testing.T) {
	route := *toAnswer.DeepCopy()
	status := Apply(unseen(), after(comesIn, routed(2, route))...)
	if diff := cmp.Diff(&toAnswer, status.Route); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	route.CallLabels["team"] = "another"
	if got := status.Route.CallLabels["team"]; got != "desk" {
		t.Errorf("the label became %q", got)
	}
	if again := Apply(status, notPlaced(3), routed(4, toReject)); again.Route.Name != toReject.Name {
		t.Errorf("another route may take a call that the first could not, got %s", again.Route.Name)
	}
}

// TestLongWaitsFit: the API server takes the result of whatever wait it took.
func TestLongWaitsFit(t *testing.T) {
	// Characters of several bytes: the API server counts characters.
	wait := Waits{Reason: v1alpha1.ReasonNoRoute, Message: strings.Repeat("ü", conditions.MaxMessage), At: second(2)}
	message := Apply(unseen(), after(comesIn, wait, Unanswered{At: second(9)})...).Result.Message
	if got := utf8.RuneCountInString(message); got != conditions.MaxMessage || !utf8.ValidString(message) || !strings.HasSuffix(message, "ü…") {
		t.Errorf("%d characters, of %d: %q", got, conditions.MaxMessage, message)
	}
}

func TestAnnounceIncoming(t *testing.T) {
	takes := func(action, route string) statemachine.Announcement {
		return statemachine.Announcement{Reason: "Routed", Action: action, Message: "CallRoute " + route + " takes the call."}
	}
	waits := func(reason string) Fact { return Waits{Reason: reason, Message: "m", At: second(3)} }
	waiting := func(warning bool, reason string) []statemachine.Announcement {
		return []statemachine.Announcement{{Warning: warning, Reason: reason, Action: "Wait", Message: "m"}}
	}
	cases := []struct {
		name, reason string
		before, then []Fact
		want         []statemachine.Announcement
	}{
		{"rings", "what becomes of it will be told", nil, comesIn, nil},
		{"answers", "a person sees which route took it", comesIn, []Fact{routed(2, toAnswer)}, []statemachine.Announcement{takes("Answer", "desk")}},
		{"redirects", "without the number", comesIn, []Fact{routed(2, toRedirect)}, []statemachine.Announcement{takes("Redirect", "night")}},
		{"rejects", "a person sees which route took it", comesIn, []Fact{routed(2, toReject)}, []statemachine.Announcement{takes("Reject", "nobody")}},
		{
			"redirected", "as wanted, and without the number", passesOn, []Fact{RedirectedOrRejected{At: second(9)}},
			[]statemachine.Announcement{{Reason: "Redirected", Action: "End", Message: "CallRoute night passed the call on."}},
		},
		{
			"rejected", "as wanted", refuses, []Fact{RedirectedOrRejected{At: second(9)}},
			[]statemachine.Announcement{{Reason: "Rejected", Action: "End", Message: "CallRoute nobody rejected the call."}},
		},
		{
			"missed", "a person may want to act", comesIn, []Fact{Unanswered{At: second(9)}},
			[]statemachine.Announcement{{Warning: true, Reason: "Missed", Action: "End", Message: "Nothing answered, redirected or rejected the call while it rang."}},
		},
		{"no route", "somebody may have forgotten it", comesIn, []Fact{waits("NoRoute")}, waiting(true, "NoRoute")},
		{"origin not known yet", "it is about to be known", comesIn, []Fact{waits("WaitingForOrigin")}, waiting(false, "WaitingForOrigin")},
		{"context not there yet", "it comes after the Call", comesIn, []Fact{waits("ContextMissing")}, waiting(false, "ContextMissing")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := Apply(unseen(), c.before...)
			if diff := cmp.Diff(c.want, Announce(before, Apply(before, c.then...))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}
