// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestOutcomes has the telephone network answer with each SIP status. The Call says in its status what that means, with both numbers,
// and each phone rings once.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		digits, reason string
		outcome        v1alpha1.CallOutcome
		sip, q850      int32
		// says is the result's reason.
		says string
	}{
		{"210", "the callee answers, and hangs up", v1alpha1.OutcomeCompleted, 0, 16, ""},
		{"302", "Asterisk follows no new address", v1alpha1.OutcomeNoAnswer, 302, 23, ""},
		{"400", "the network does not understand", v1alpha1.OutcomeFailed, 400, 127, v1alpha1.ReasonInvalidRequest},
		{"401", "the trunk wants credentials", v1alpha1.OutcomeFailed, 401, 21, v1alpha1.ReasonForbidden},
		{"403", "the network forbids it", v1alpha1.OutcomeFailed, 403, 21, v1alpha1.ReasonForbidden},
		{"404", "no such number", v1alpha1.OutcomeFailed, 404, 1, v1alpha1.ReasonCalleeNotFound},
		{"408", "the phone cannot be reached", v1alpha1.OutcomeNoAnswer, 408, 18, ""},
		{"410", "the number is gone", v1alpha1.OutcomeFailed, 410, 22, v1alpha1.ReasonCalleeNotFound},
		{"480", "the phone is not available", v1alpha1.OutcomeNoAnswer, 480, 19, ""},
		{"484", "the number is incomplete", v1alpha1.OutcomeFailed, 484, 28, v1alpha1.ReasonInvalidRequest},
		{"486", "busy", v1alpha1.OutcomeBusy, 486, 17, ""},
		{"487", "withdrawn, and not by us", v1alpha1.OutcomeNoAnswer, 487, 127, ""},
		{"488", "no codec in common", v1alpha1.OutcomeFailed, 488, 58, ""},
		{"500", "a server of the network failed", v1alpha1.OutcomeFailed, 500, 38, ""},
		{"501", "a server of the network cannot do it", v1alpha1.OutcomeFailed, 501, 29, ""},
		{"502", "a gateway of the network failed", v1alpha1.OutcomeFailed, 502, 27, ""},
		{"503", "no line is free", v1alpha1.OutcomeFailed, 503, 34, ""},
		{"504", "the network waited too long", v1alpha1.OutcomeFailed, 504, 102, ""},
		{"600", "busy everywhere", v1alpha1.OutcomeBusy, 600, 17, ""},
		{"603", "declined", v1alpha1.OutcomeDeclined, 603, 21, ""},
		{"604", "no such number anywhere", v1alpha1.OutcomeFailed, 604, 1, v1alpha1.ReasonCalleeNotFound},
		{"606", "no codec anywhere", v1alpha1.OutcomeFailed, 606, 58, ""},
	}
	w := newWorld(t, options{})
	m := w.start(t)
	for _, tc := range cases {
		w.Create(t, w.World.Call("c"+tc.digits, number(tc.digits)))
	}
	for _, tc := range cases {
		result := w.over(t, "c"+tc.digits)
		if result.Outcome != tc.outcome || result.Code != tc.sip || result.SubCode != tc.q850 || result.Reason != tc.says || result.Message == "" {
			t.Errorf("%s (%s): the result is %+v, want %s, %d, %d, %q, and a sentence", tc.digits, tc.reason, result, tc.outcome, tc.sip, tc.q850, tc.says)
		}
		w.checkInvites(t, number(tc.digits), 1)
	}
	w.awaitNoChannel(t)
	w.CheckQuiet(t, m)
}

// TestAnswered follows one call from kubectl apply to its end.
func TestAnswered(t *testing.T) {
	cases := []struct {
		name, reason string
		digits       string
		end          func(t *testing.T, w *world)
		gone         bool
	}{
		{name: "callee", reason: "the callee hangs up", digits: "210", end: func(*testing.T, *world) {}},
		{name: "ended", reason: "spec.state hangs up", digits: "200", end: func(t *testing.T, w *world) { w.HangUp(t, "call") }},
		{name: "deleted", reason: "deletion hangs up", digits: "201", end: func(t *testing.T, w *world) { w.Delete(t, "call") }, gone: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{})
			m := w.start(t)
			w.Create(t, w.World.Call("call", number(tc.digits)))
			call := w.Await(t, "call", "it is connected, with its callee in it", func(call *v1alpha1.Call) bool {
				return harness.Condition(call, v1alpha1.ConditionConnected).Status == metav1.ConditionTrue && len(call.Status.Participants) == 1
			})
			if call.Status.Participants[0].RawID != "4:"+number(tc.digits) || call.Status.ConnectionID == "" || call.Status.Phase != v1alpha1.CallPhaseConnected {
				t.Errorf("%s: the status of the connected call is %+v", tc.reason, call.Status)
			}
			tc.end(t, w)
			if tc.gone {
				w.AwaitGone(t, "call")
			} else if result := w.over(t, "call"); result.Outcome != v1alpha1.OutcomeCompleted {
				t.Errorf("%s: the result is %+v, want Completed", tc.reason, result)
			}
			w.awaitNoChannel(t)
			w.checkInvites(t, number(tc.digits), 1)
			invitations, err := w.Invitations()
			must(t, err)
			if !strings.Contains(invitations[0].From, "sip:"+harness.Caller+"@") {
				t.Errorf("the callee sees a call from %s, want %s", invitations[0].From, harness.Caller)
			}
			w.CheckQuiet(t, m)
		})
	}
}

// TestNobodyAnswers has calls that are never answered end at their ring time-out, or when they are not wanted any more.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		digits, reason string
		outcome        v1alpha1.CallOutcome
	}{
		{"180", "it rings", v1alpha1.OutcomeNoAnswer},
		{"183", "it plays something", v1alpha1.OutcomeNoAnswer},
		{"209", "it would answer later", v1alpha1.OutcomeNoAnswer},
		{"000", "the network says nothing", v1alpha1.OutcomeNoAnswer},
	}
	w := newWorld(t, options{})
	m := w.start(t)
	for _, tc := range cases {
		w.Create(t, w.World.Call("c"+tc.digits, number(tc.digits), func(spec *v1alpha1.CallSpec) {
			spec.RingTimeout = &metav1.Duration{Duration: 3 * time.Second}
		}))
	}
	for _, tc := range cases {
		if result := w.over(t, "c"+tc.digits); result.Outcome != tc.outcome {
			t.Errorf("%s (%s): the result is %+v, want %s", tc.digits, tc.reason, result, tc.outcome)
		}
		w.checkInvites(t, number(tc.digits), 1)
	}
	rang := 1
	for name, end := range map[string]func(testing.TB, string){"ended": w.HangUp, "deleted": w.Delete} {
		w.Create(t, w.World.Call(name, number("180")))
		rang++
		w.awaitInvites(t, number("180"), rang)
		end(t, name)
	}
	w.AwaitGone(t, "deleted")
	if result := w.over(t, "ended"); result.Outcome != v1alpha1.OutcomeCancelled {
		t.Errorf("a call that was ended while it rang has the result %+v, want Cancelled", result)
	}
	w.checkInvites(t, number("180"), rang)
	w.awaitNoChannel(t)
	w.CheckQuiet(t, m)
}
