// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// named and labelled refer to Calls.
func named(name string) v1alpha1.CallReference { return v1alpha1.CallReference{Name: name} }

func labelled(key, value string) v1alpha1.CallReference {
	return v1alpha1.CallReference{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}}
}

func TestStory(t *testing.T) {
	at := metav1.NewTime(begin.Add(time.Second))
	move := func(from, to v1alpha1.CallReference, status v1alpha1.ParticipantMoveStatus) *v1alpha1.ParticipantMove {
		return &v1alpha1.ParticipantMove{
			ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "m", CreationTimestamp: metav1.NewTime(begin)},
			Spec:       v1alpha1.ParticipantMoveSpec{From: from, To: to}, Status: status,
		}
	}
	moved := func(name string) *v1alpha1.OperatedCall { return &v1alpha1.OperatedCall{Name: name} }
	waits := &v1alpha1.OperationWaiting{Reason: "NotConnected", Message: "Call b is not connected yet.", Since: at}
	number := &v1alpha1.Identifier{PhoneNumber: "+442079460101"}
	cases := []struct {
		name, reason string
		route        *v1alpha1.RoutedCall
		move         *v1alpha1.ParticipantMove
		want         []string
	}{
		{"Nothing", "a call without a route and moves has neither", nil, nil, nil},
		{"Waits", "a move that waits is part of the story, since it is why nobody was moved", nil,
			move(named("a"), named("b"), v1alpha1.ParticipantMoveStatus{OperationStatus: v1alpha1.OperationStatus{Waiting: waits}}),
			[]string{"move ParticipantMove m was requested, from a to b.", "move ParticipantMove m waits: NotConnected: Call b is not connected yet."}},
		{"Into", "a move into the call too", nil, move(named("b"), named("a"), v1alpha1.ParticipantMoveStatus{}),
			[]string{"move ParticipantMove m was requested, from b to a."}},
		{"ByLabels", "a call may be named by labels, until the move is sent", nil, move(labelled("call", "a"), labelled("call", "b"), v1alpha1.ParticipantMoveStatus{}),
			[]string{"move ParticipantMove m was requested, from a Call with call=a to a Call with call=b."}},
		{"Others", "moves of other calls are not shown", nil, move(named("b"), labelled("call", "c"), v1alpha1.ParticipantMoveStatus{}), nil},
		{"OtherWasChosen", "of the calls with these labels, another one was moved", nil, move(labelled("call", "a"), named("b"),
			v1alpha1.ParticipantMoveStatus{From: moved("c"), To: moved("b"), OperationStatus: v1alpha1.OperationStatus{Attempt: &v1alpha1.RequestAttempt{FirstSent: at}}}), nil},
		{"EarlierCall", "a Call of the same name that is gone had moves of its own", nil, move(named("a"), named("b"),
			v1alpha1.ParticipantMoveStatus{From: &v1alpha1.OperatedCall{Name: "a", ConnectionID: "earlier"}, To: moved("b"), OperationStatus: v1alpha1.OperationStatus{Attempt: &v1alpha1.RequestAttempt{FirstSent: at}}}), nil},
		{"Sent", "the request replaces the entry of the creation", nil, move(labelled("call", "a"), named("b"),
			v1alpha1.ParticipantMoveStatus{From: moved("a"), To: moved("b"), OperationStatus: v1alpha1.OperationStatus{Attempt: &v1alpha1.RequestAttempt{FirstSent: at}}}),
			[]string{"move ParticipantMove m was sent, from a to b."}},
		{"NeverSent", "a move that waited too long has an end", nil, move(named("a"), named("b"), v1alpha1.ParticipantMoveStatus{OperationStatus: v1alpha1.OperationStatus{Waiting: waits},
			Result: &v1alpha1.MoveResult{Outcome: v1alpha1.MoveOutcomeTimedOut, Message: "Call b was not connected in time.", EndTime: at}}),
			[]string{"move ParticipantMove m was requested, from a to b.", "move ParticipantMove m: TimedOut. Call b was not connected in time."}},
		{"Route", "the Call records which route took it", &v1alpha1.RoutedCall{Name: "desk", Action: v1alpha1.RouteActionAnswer}, nil,
			[]string{"route CallRoute desk answers the call."}},
		{"Redirected", "the redirect target is shown, masked", &v1alpha1.RoutedCall{Name: "desk", Action: v1alpha1.RouteActionRedirect, RedirectTo: number}, nil,
			[]string{"route CallRoute desk redirects the call to ***0101."}},
		{"ByHand", "spec.action may have decided", &v1alpha1.RoutedCall{Action: v1alpha1.RouteActionReject, RejectReason: v1alpha1.RejectReasonBusy}, nil,
			[]string{"route spec.action rejects the call with the reason Busy."}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			call := callAt("a", 0, 0)
			call.Labels, call.Status.Route = map[string]string{"call": "a"}, tc.route
			objects := []client.Object{call}
			if tc.move != nil {
				objects = append(objects, tc.move)
			}
			out, errOut, code := offline(t, objects, "logs", "a")
			if code != 0 {
				t.Fatal(errOut)
			}
			var lines []string
			for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
				if words := strings.Fields(line)[1:]; words[0] != "spec" {
					lines = append(lines, strings.Join(words, " "))
				}
			}
			if diff := cmp.Diff(tc.want, lines); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestWhoAsked: the story says who asked for the call, and for what was done in it.
func TestWhoAsked(t *testing.T) {
	by := func(object client.Object, who string) client.Object {
		object.SetAnnotations(map[string]string{v1alpha1.RequestedByAnnotation: who})
		return object
	}
	meta := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: "team-a", Name: name, CreationTimestamp: metav1.NewTime(begin)}
	}
	move := &v1alpha1.ParticipantMove{ObjectMeta: meta("m"), Spec: v1alpha1.ParticipantMoveSpec{From: named("a"), To: named("b")}}
	action := &v1alpha1.CallAction{ObjectMeta: meta("x"), Spec: v1alpha1.CallActionSpec{
		Call: named("a"), CallOperation: v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}},
	}}
	out, errOut, code := offline(t, []client.Object{by(callAt("a", 0, 0), "ada"), by(move, "bob"), by(action, "cleo")}, "logs", "a")
	if code != 0 {
		t.Fatal(errOut)
	}
	for _, want := range []string{
		"was requested by ada through CallProvider", "ParticipantMove m was requested, from a to b (requested by bob).",
		"CallAction x was requested: cancelMedia (requested by cleo).",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the story lacks %q:\n%s", want, out)
		}
	}
}

func TestStoryOfActions(t *testing.T) {
	at := metav1.NewTime(begin.Add(time.Second))
	sent := v1alpha1.OperationStatus{Attempt: &v1alpha1.RequestAttempt{FirstSent: at}}
	waits := v1alpha1.OperationStatus{Waiting: &v1alpha1.OperationWaiting{Reason: "CallNotConnected", Message: "Call a is not connected yet.", Since: at}}
	answered := &v1alpha1.ActionResult{Outcome: v1alpha1.ActionCompleted, Message: "An answer was given.", EndTime: at}
	cases := []struct {
		name, reason string
		call         v1alpha1.CallReference
		status       v1alpha1.CallActionStatus
		want         []string
	}{
		{"Waits", "the user sees why nothing was said", named("a"), v1alpha1.CallActionStatus{OperationStatus: waits},
			[]string{"CallAction x was requested: recognize.", "CallAction x waits: CallNotConnected: Call a is not connected yet."}},
		{"Sent", "the request replaces the entry of the creation", labelled("call", "a"), v1alpha1.CallActionStatus{OperationStatus: sent},
			[]string{"CallAction x was sent: recognize."}},
		{"Answered", "the answer is the interesting part", named("a"), v1alpha1.CallActionStatus{
			OperationStatus: sent, Result: answered, Answer: &v1alpha1.InputAnswer{Summary: "confirm", Label: "confirm", Tones: "1"},
		}, []string{"CallAction x was sent: recognize.", "CallAction x: Completed. An answer was given. The answer: confirm."}},
		{"Secret", "the answer is not in the status", named("a"), v1alpha1.CallActionStatus{
			OperationStatus: sent, Result: answered, Answer: &v1alpha1.InputAnswer{Summary: "(secret)", SecretName: "x"},
		}, []string{"CallAction x was sent: recognize.", "CallAction x: Completed. An answer was given. The answer: (secret)."}},
		{"AnotherCall", "actions in other calls are not shown", named("b"), v1alpha1.CallActionStatus{OperationStatus: sent}, nil},
		{"EarlierCall", "an earlier Call of the same name had actions of its own", named("a"), v1alpha1.CallActionStatus{
			OperationStatus: sent, Call: &v1alpha1.OperatedCall{Name: "a", ConnectionID: "earlier"},
		}, nil},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			call := callAt("a", 0, 0)
			call.Labels = map[string]string{"call": "a"}
			action := &v1alpha1.CallAction{
				ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "x", CreationTimestamp: metav1.NewTime(begin)},
				Spec:       v1alpha1.CallActionSpec{Call: tc.call, CallOperation: v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{}}},
				Status:     tc.status,
			}
			out, errOut, code := offline(t, []client.Object{call, action}, "logs", "a")
			if code != 0 {
				t.Fatal(errOut)
			}
			var lines []string
			for line := range strings.Lines(out) {
				if words := strings.Fields(line)[1:]; words[0] == "action" {
					lines = append(lines, strings.Join(words[1:], " "))
				}
			}
			if diff := cmp.Diff(tc.want, lines); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestLogsOfTheOtherSide: a call between two of the provider's own numbers is two Calls, and each names the other.
func TestLogsOfTheOtherSide(t *testing.T) {
	cases := []struct {
		name, reason string
		inbound      bool
		leg          v1alpha1.OtherLeg
		want         string
	}{
		{"Expected", "the incoming leg may still arrive", false, v1alpha1.OtherLeg{State: v1alpha1.OtherLegExpected}, "The incoming leg of the call has not arrived."},
		{"Outbound", "the incoming Call is named", false, v1alpha1.OtherLeg{State: v1alpha1.OtherLegPaired, Name: "in-1"}, "Came in as Call in-1."},
		{"Inbound", "the outbound Call is named", true, v1alpha1.OtherLeg{State: v1alpha1.OtherLegPaired, Name: "call-2"}, "Placed by Call call-2."},
		{"Unknown", "the message says what to do", true, v1alpha1.OtherLeg{State: v1alpha1.OtherLegUnknown, Message: "To take the call, set its spec.action."}, "To take the call, set its spec.action."},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			call := callAt("a", 0, 0)
			if tc.inbound {
				call.Spec.Inbound, call.Spec.To, call.Spec.From = &v1alpha1.InboundCall{To: *call.Spec.To}, nil, nil
			}
			call.Status.OtherLeg = &tc.leg
			out, errOut, code := offline(t, []client.Object{call}, "logs", "a")
			if code != 0 || !strings.Contains(out, tc.want) {
				t.Errorf("%s: want %q in\n%s%s", tc.reason, tc.want, out, errOut)
			}
		})
	}
}
