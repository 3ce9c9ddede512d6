// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
	"github.com/call-operator/call-operator/test/harness"
)

// TestAsteriskRestarts ends Asterisk while one call is connected, one rings and one has come in. Each Call ends with what is known of it,
// and nobody is rung a second time; after that new calls can be placed.
func TestAsteriskRestarts(t *testing.T) {
	for _, how := range []pbx.Stopping{pbx.Kill, pbx.Now} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{})
			m := w.start(t)
			w.createRoute(t, v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}})
			w.Create(t, w.World.Call("connected", number("200")))
			w.Create(t, w.World.Call("ringing", number("180")))
			w.AwaitRoster(t, "connected", 1)
			w.awaitInvites(t, number("180"), 1)
			_, incoming := w.incoming(t, pbx.IncomingCall{})
			w.AwaitRoster(t, incoming, 1)

			must(t, w.Restart(t.Context(), how))

			for name, want := range map[string][]v1alpha1.CallOutcome{
				"connected": {v1alpha1.OutcomeCompleted, v1alpha1.OutcomeUnknown}, incoming: {v1alpha1.OutcomeCompleted, v1alpha1.OutcomeUnknown},
				"ringing": {v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeUnknown, v1alpha1.OutcomeFailed},
			} {
				result := w.over(t, name)
				t.Logf("%s: %+v", name, result)
				known := false
				for _, outcome := range want {
					known = known || result.Outcome == outcome
				}
				if !known {
					t.Errorf("%s ended as %+v, want one of %v", name, result, want)
				}
			}
			w.Create(t, w.World.Call("later", number("201")))
			w.AwaitRoster(t, "later", 1)
			for digits, want := range map[string]int{"200": 1, "180": 1, "201": 1} {
				w.checkInvites(t, number(digits), want)
			}
			w.HangUp(t, "later")
			w.over(t, "later")
			w.CheckQuiet(t, m)
		})
	}
}

// TestReceiverIsAway stops the receiver while calls are answered, end, and come in. Asterisk keeps what it could not report, and the
// receiver that starts later hears all of it.
func TestReceiverIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	// Without polls, so that events alone tell.
	o := w.managerOptions()
	o.Poll = 0
	m := w.StartManager(t, o)
	w.AwaitProvider(t)
	w.createRoute(t, v1alpha1.RouteAction{Reject: &v1alpha1.RejectAction{Reason: v1alpha1.RejectReasonBusy}})

	w.receiver.Stop(t)
	w.Create(t, w.World.Call("busy", number("486")))
	w.Create(t, w.World.Call("over", number("210")))
	w.Create(t, w.World.Call("live", number("200")))
	caller, err := w.PBX.Call(pbx.IncomingCall{From: from, To: harness.Caller})
	must(t, err)
	for _, digits := range []string{"486", "210", "200"} {
		w.awaitInvites(t, number(digits), 1)
	}
	w.awaitChannels(t, 2) // The live one, and the incoming one.

	w.StartReceiver(t, nil)
	for name, want := range map[string]v1alpha1.CallOutcome{"busy": v1alpha1.OutcomeBusy, "over": v1alpha1.OutcomeCompleted} {
		if result := w.over(t, name); result.Outcome != want {
			t.Errorf("%s ended as %+v, want %s", name, result, want)
		}
	}
	w.AwaitRoster(t, "live", 1)
	if status, err := caller.Answer(t.Context()); err != nil || status != 486 {
		t.Errorf("the caller got %d, %v, want 486", status, err)
	}
	w.HangUp(t, "live")
	w.over(t, "live")
	for _, digits := range []string{"486", "210", "200"} {
		w.checkInvites(t, number(digits), 1)
	}
	w.awaitNoChannel(t)
	w.CheckQuiet(t, m)
}

// TestManagerDiesAtEveryRequest cuts the manager off before, after and in the middle of each request of a call's life, and starts
// another one. Whatever it was about to do, the phone rings once, or not at all if nobody can know. While the receiver is away, the
// second manager hears nothing of a call that is over, and must not take it for one that was never placed.
func TestManagerDiesAtEveryRequest(t *testing.T) {
	cases := []struct {
		name, reason, digits string
		away                 bool
	}{
		{name: "answered", reason: "it is answered, and the callee hangs up", digits: "210"},
		{name: "busy", reason: "it is over at once", digits: "486"},
		{name: "unheard", reason: "nobody hears that it is over at once", digits: "486", away: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{})
			m := w.StartManager(t, w.managerOptions())
			w.AwaitProvider(t)
			before := len(m.Gate.Sent())
			w.Create(t, w.World.Call("call", number(tc.digits)))
			w.over(t, "call")
			points := m.Gate.CutPoints(before)
			t.Logf("%s: cut points: %v", tc.reason, points)
			harness.CutEverywhere(t, points, func(t *testing.T, cut *harness.Cut) bool {
				return liveWithCut(t, tc.digits, tc.away, cut)
			})
		})
	}
}

// liveWithCut places a call with a manager that dies at the cut, and says whether it did.
func liveWithCut(t *testing.T, digits string, away bool, cut *harness.Cut) bool {
	t.Helper()
	w := newWorld(t, options{})
	if away {
		w.receiver.Stop(t)
	}
	o := w.managerOptions()
	o.Cut = cut
	pair := w.StartMortal(t, o)
	w.Create(t, w.World.Call("call", number(digits), func(spec *v1alpha1.CallSpec) {
		spec.RingTimeout = &metav1.Duration{Duration: 10 * time.Second} // Where nobody can know whether the phone rings.
	}))
	if away {
		w.comeBack(t, pair)
	}
	result := w.over(t, "call")
	last := pair.Survivor(t)
	rang := w.Invites(number(digits))
	switch {
	case rang == 1:
	case rang == 0 && (result.Outcome == v1alpha1.OutcomeUnknown || result.Outcome == v1alpha1.OutcomeNoAnswer):
		t.Logf("%s: nobody rang, and the result is %+v", cut, result)
	default:
		t.Errorf("%s: the phone rang %d times, and the result is %+v", cut, rang, result)
	}
	w.awaitNoChannel(t)
	w.CheckQuiet(t, last)
	return last != pair.First
}

// comeBack starts a receiver once the second manager has seen all there is. A cut that is not met soon is not waited for.
func (w *world) comeBack(t *testing.T, pair *harness.Mortal) {
	t.Helper()
	const soon = 10 * time.Second
	for late := time.Now().Add(soon); !pair.First.Gate.WasCut() && time.Now().Before(late); {
		<-time.After(50 * time.Millisecond) // A gate has nothing to wait on.
	}
	pair.Survivor(t)
	w.AwaitWork(t)
	w.StartReceiver(t, nil)
}
