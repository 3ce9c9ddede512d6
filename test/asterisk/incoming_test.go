// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
	"github.com/call-operator/call-operator/test/harness"
)

// from is who calls in these tests.
const from = "+14255550199"

func (w *world) createRoute(t *testing.T, action v1alpha1.RouteAction) {
	t.Helper()
	must(t, w.Client.Create(t.Context(), &v1alpha1.CallRoute{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "route"},
		Spec:       v1alpha1.CallRouteSpec{ProviderRef: v1alpha1.ProviderReference{Name: harness.ProviderName}, Action: action},
	}))
}

// incoming has somebody call, and returns the name of the Call.
func (w *world) incoming(t *testing.T, call pbx.IncomingCall) (*pbx.Caller, string) {
	t.Helper()
	call.From, call.To = from, harness.Caller
	caller, err := w.PBX.Call(call)
	must(t, err)
	return caller, w.awaitIncoming(t)
}

// awaitIncoming waits for the Call of the only incoming call.
func (w *world) awaitIncoming(t *testing.T) string {
	t.Helper()
	name := ""
	await(t, "there is a Call for the incoming call", func(ctx context.Context) (bool, error) {
		var calls v1alpha1.CallList
		err := w.Client.List(ctx, &calls)
		for i := range calls.Items {
			if calls.Items[i].Namespace == w.Namespace && calls.Items[i].Spec.Inbound != nil {
				name = calls.Items[i].Name
			}
		}
		return name != "", err
	})
	return name
}

// TestIncoming has a route decide over a call, and asks the caller what they were told.
func TestIncoming(t *testing.T) {
	redirected := number("200")
	cases := []struct {
		name, reason string
		action       v1alpha1.RouteAction
		call         pbx.IncomingCall
		outcome      v1alpha1.CallOutcome
		status       int
	}{
		{
			name: "answered", reason: "a route answers, and the caller hangs up after a second",
			action: v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}}, call: pbx.IncomingCall{Talk: time.Second},
			outcome: v1alpha1.OutcomeCompleted, status: 200,
		},
		{
			name: "busy", reason: "a route refuses", action: v1alpha1.RouteAction{Reject: &v1alpha1.RejectAction{Reason: v1alpha1.RejectReasonBusy}},
			outcome: v1alpha1.OutcomeRejected, status: 486,
		},
		{
			name: "forbidden", reason: "a route forbids it", action: v1alpha1.RouteAction{Reject: &v1alpha1.RejectAction{Reason: v1alpha1.RejectReasonForbidden}},
			outcome: v1alpha1.OutcomeRejected, status: 403,
		},
		{
			name: "redirected", reason: "a route passes the call on to a phone that answers",
			action: v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(redirected)}}},
			call:   pbx.IncomingCall{Talk: time.Second}, outcome: v1alpha1.OutcomeRedirected, status: 200,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{})
			m := w.start(t)
			w.createRoute(t, tc.action)
			caller, name := w.incoming(t, tc.call)
			if status, err := caller.Answer(t.Context()); err != nil || status != tc.status {
				t.Errorf("%s: the caller got %d, %v, want %d", tc.reason, status, err, tc.status)
			}
			if result := w.over(t, name); result.Outcome != tc.outcome {
				t.Errorf("%s: the result is %+v, want %s", tc.reason, result, tc.outcome)
			}
			must(t, caller.Over(t.Context()))
			if tc.action.Redirect != nil {
				w.checkInvites(t, redirected, 1)
			}
			call := w.Revisions(name)[0]
			if call.Spec.Inbound.From == nil || call.Spec.Inbound.From.PhoneNumber != from || call.Spec.Inbound.To.PhoneNumber != harness.Caller {
				t.Errorf("the incoming call is %+v", call.Spec.Inbound)
			}
			w.AwaitNoContext(t)
			w.awaitNoChannel(t)
			w.CheckQuiet(t, m)
		})
	}
}

// TestNobodyTakesIt has a caller give up while no route matches.
func TestNobodyTakesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	m := w.start(t)
	caller, name := w.incoming(t, pbx.IncomingCall{CancelAfter: 3 * time.Second})
	w.AwaitReason(t, name, v1alpha1.ReasonNoRoute)
	if status, err := caller.Answer(t.Context()); err != nil || status != 487 {
		t.Errorf("the caller got %d, %v, want 487", status, err)
	}
	result, received := w.over(t, name), w.Revisions(name)[0].Spec.Inbound.ReceivedTime
	if result.Outcome != v1alpha1.OutcomeMissed || result.Code != 487 || result.EndTime.Sub(received.Time) >= v1alpha1.IncomingCallRing/2 {
		t.Errorf("the call came at %s, and the result is %+v, want Missed with 487 as soon as the caller gave up", received, result)
	}
	w.AwaitNoContext(t)
	w.awaitNoChannel(t)
	w.CheckQuiet(t, m)
}

// TestCallerGivesUpUnheard has a caller give up while no receiver runs: the Call that is created later ends at once.
func TestCallerGivesUpUnheard(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	m := w.start(t)
	w.receiver.Stop(t)
	caller, err := w.PBX.Call(pbx.IncomingCall{From: from, To: harness.Caller, CancelAfter: time.Second})
	must(t, err)
	if status, err := caller.Answer(t.Context()); err != nil || status != 487 {
		t.Errorf("the caller got %d, %v, want 487", status, err)
	}
	w.StartReceiver(t, nil)
	name := w.awaitIncoming(t)
	result, received := w.over(t, name), w.Revisions(name)[0].Spec.Inbound.ReceivedTime
	if result.Outcome != v1alpha1.OutcomeMissed || result.EndTime.Sub(received.Time) >= v1alpha1.IncomingCallRing {
		t.Errorf("the call came at %s, and the result is %+v, want Missed before it would have rung out", received, result)
	}
	w.AwaitNoContext(t)
	w.CheckQuiet(t, m)
}

// TestPhoneCallsIn has a phone call a number of the provider, talk, and hang up.
func TestPhoneCallsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	m := w.start(t)
	w.createRoute(t, v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}})
	ada := w.phone(t, "ada", pbx.PhoneOptions{})
	must(t, ada.Dial(t.Context(), harness.Caller))
	name := w.awaitIncoming(t)
	w.AwaitCondition(t, name, v1alpha1.ConditionConnected)
	w.Await(t, name, "ada is in it", func(call *v1alpha1.Call) bool {
		return len(call.Status.Participants) == 1 && call.Status.Participants[0].RawID == "4:"+ada.Number
	})
	must(t, ada.HangUp(t.Context()))
	if result := w.over(t, name); result.Outcome != v1alpha1.OutcomeCompleted {
		t.Errorf("the result is %+v, want Completed", result)
	}
	w.awaitNoChannel(t)
	w.CheckQuiet(t, m)
}
