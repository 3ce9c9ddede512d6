// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/attempt"
)

func ringing(c *v1alpha1.Call) { c.Status.Phase = v1alpha1.CallPhaseRinging }

func retryAt(after time.Duration) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		c.Status.Waiting = &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonThrottled, Since: controllertest.At(0), RetryTime: ptr.To(controllertest.At(after))}
	}
}

// heard says when a condition of a Call was heard to be true.
func heard(condition string, after time.Duration) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		c.Status.Conditions = append(c.Status.Conditions, metav1.Condition{Type: condition, Status: metav1.ConditionTrue, LastTransitionTime: controllertest.At(after)})
	}
}

// endReportedAt is a Call whose end the service has reported, but not whether anybody had answered.
func endReportedAt(after time.Duration) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		controllertest.Placed(c)
		c.Status.ReportedEnd = &v1alpha1.CallReportedEnd{EndTime: controllertest.At(after), HeardTime: controllertest.At(after)}
	}
}

func finalized(c *v1alpha1.Call) { c.Finalizers = []string{v1alpha1.CallFinalizer} }

func timeToLive(seconds int32) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) { c.Spec.TTLSecondsAfterFinished = &seconds }
}

func TestDecideCall(t *testing.T) {
	cases := []struct {
		name   string
		reason string
		call   *v1alpha1.Call
		now    time.Duration
		see    func(*callObservation)
		want   callDecision
	}{
		{
			name: "new", reason: "a new Call is placed at once",
			call: controllertest.CallWith(), want: act(actionDial),
		},
		{
			name: "new, wanted ended", reason: "what is not wanted is never placed",
			call: controllertest.CallWith(controllertest.WantedEnded), want: act(actionWithdraw),
		},
		{
			name: "new, deleted", reason: "without a finalizer the API server removes it by itself",
			call: controllertest.CallWith(controllertest.DeletedCall), want: wait(0),
		},
		{
			name: "taken back, deleted", reason: "nothing is live, so the finalizer goes without a request",
			call: controllertest.CallWith(controllertest.Attempted, controllertest.DeletedCall, func(c *v1alpha1.Call) { c.Status.Attempt = nil }), want: act(actionRemoveFinalizer),
		},
		{
			name: "dialling, finalizer lost", reason: "a Call that could vanish would leave its call behind",
			call: controllertest.CallWith(controllertest.Attempted, controllertest.Unfinalized), want: act(actionRestoreFinalizer),
		},
		{
			name: "connected, finalizer lost", reason: "a Call that could vanish would leave its call behind",
			call: controllertest.CallWith(controllertest.ConnectedAt(0), controllertest.Unfinalized), want: act(actionRestoreFinalizer),
		},
		{
			name: "ended, finalizer lost", reason: "nothing is live that could be left behind",
			call: controllertest.CallWith(controllertest.EndedAt(0), controllertest.Unfinalized), want: wait(0),
		},
		{
			name: "backing off", reason: "a try that failed is not repeated before its time",
			call: controllertest.CallWith(func(c *v1alpha1.Call) {
				c.Status.Waiting = &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonThrottled, RetryTime: ptr.To(controllertest.At(30 * time.Second))}
			}),
			now: 10 * time.Second, want: wait(20 * time.Second),
		},
		{
			name: "backed off", reason: "when the time has come it is tried again",
			call: controllertest.CallWith(func(c *v1alpha1.Call) {
				c.Status.Waiting = &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonThrottled, RetryTime: ptr.To(controllertest.At(30 * time.Second))}
			}),
			now: 30 * time.Second, want: act(actionDial),
		},
		{
			name: "in line", reason: "who waits for capacity asks again whenever it is looked at",
			call: controllertest.CallWith(func(c *v1alpha1.Call) {
				c.Status.Waiting = &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonWaitingForCapacity}
			}),
			want: act(actionDial),
		},
		{
			name: "answer unknown", reason: "an attempt without an answer is repeated with its ID, never begun anew",
			call: controllertest.CallWith(controllertest.Attempted), now: time.Second, want: act(actionRepeat),
		},
		{
			name: "answer unknown, repeated just now", reason: "repetitions keep their distance",
			call: controllertest.CallWith(controllertest.Attempted), now: 10 * time.Second,
			see:  func(o *callObservation) { o.nextRepeat = controllertest.Epoch.Add(15 * time.Second) },
			want: wait(5 * time.Second),
		},
		{
			name: "answer unknown to the end", reason: "the service may have forgotten the ID: a repetition could ring again",
			call: controllertest.CallWith(controllertest.Attempted), now: attempt.RepeatabilityWindow, want: act(actionGiveUpDial),
		},
		{
			name: "answer unknown, window ends before the repetition", reason: "the end of the window is not slept through",
			call: controllertest.CallWith(controllertest.Attempted), now: attempt.RepeatabilityWindow - time.Second,
			see:  func(o *callObservation) { o.nextRepeat = controllertest.Epoch.Add(time.Hour) },
			want: wait(time.Second),
		},
		{
			name: "answer unknown, deleted", reason: "a call that may live has to be found before it can be hung up",
			call: controllertest.CallWith(controllertest.Attempted, controllertest.DeletedCall), now: time.Second, want: act(actionRepeat),
		},
		{
			name: "ringing", reason: "the next thing to do is the earlier of poll and ring time-out",
			call: controllertest.CallWith(controllertest.Placed), now: 5 * time.Second, want: wait(10 * time.Second),
		},
		{
			name: "ringing, silence", reason: "callbacks may be lost",
			call: controllertest.CallWith(controllertest.Placed), now: 15 * time.Second, want: act(actionPoll),
		},
		{
			name: "ringing too long", reason: "spec.ringTimeout is over",
			call: controllertest.CallWith(controllertest.Placed), now: 60 * time.Second, want: begin(v1alpha1.EndingRingTimeout),
		},
		{
			name: "ringing, wanted ended", reason: "spec.state asks for it",
			call: controllertest.CallWith(controllertest.Placed, controllertest.WantedEnded), now: time.Second, want: begin(v1alpha1.EndingRequested),
		},
		{
			name: "connected, deleted", reason: "a deleted Call leaves no live call",
			call: controllertest.CallWith(controllertest.ConnectedAt(0), controllertest.DeletedCall), now: time.Second, want: begin(v1alpha1.EndingDeleted),
		},
		{
			name: "connected", reason: "a steady call is only polled, slowly",
			call: controllertest.CallWith(controllertest.ConnectedAt(0)), now: time.Second, want: wait(119 * time.Second),
		},
		{
			name: "connected, not found once", reason: "the report of the end, which tells more, gets its time",
			call: controllertest.CallWith(controllertest.ConnectedAt(0)), now: 10 * time.Second,
			see:  func(o *callObservation) { o.gone = controllertest.Epoch.Add(8 * time.Second) },
			want: wait(3 * time.Second),
		},
		{
			name: "connected, spec changed", reason: "kstatus takes an old observedGeneration for work in progress",
			call: controllertest.CallWith(controllertest.ConnectedAt(0), func(c *v1alpha1.Call) { c.Generation = 2 }), now: time.Second, want: act(actionObserve),
		},
		{
			name: "connected too long", reason: "spec.maxDuration is over",
			call: controllertest.CallWith(controllertest.ConnectedAt(0)), now: time.Hour, want: begin(v1alpha1.EndingMaxDuration),
		},
		{
			name: "connected long ago, says the service", reason: "its clock may be wrong: when it was heard decides when to hang up",
			call: controllertest.CallWith(controllertest.ConnectedAt(-time.Hour), heard(v1alpha1.ConditionConnected, 10*time.Second)), now: 20 * time.Second,
			see:  func(o *callObservation) { o.lastTalk = controllertest.Epoch.Add(20 * time.Second) },
			want: wait(2 * time.Minute),
		},
		{
			name: "connected too long by our clock", reason: "the report said something earlier, which does not matter",
			call: controllertest.CallWith(controllertest.ConnectedAt(-time.Hour), heard(v1alpha1.ConditionConnected, 10*time.Second)), now: time.Hour + 10*time.Second,
			want: begin(v1alpha1.EndingMaxDuration),
		},
		{
			name: "end reported", reason: "the report that somebody had answered may still come",
			call: controllertest.CallWith(endReportedAt(10 * time.Second)), now: 11 * time.Second, want: wait(answerGrace - time.Second),
		},
		{
			name: "end reported, deleted", reason: "what is over need not be hung up", want: wait(answerGrace - time.Second),
			call: controllertest.CallWith(endReportedAt(10*time.Second), controllertest.DeletedCall), now: 11 * time.Second,
		},
		{
			name: "end reported long ago", reason: "no report of an answer came",
			call: controllertest.CallWith(endReportedAt(10 * time.Second)), now: 10*time.Second + answerGrace, want: act(actionSettle),
		},
		{
			name: "connected late", reason: "maxDuration counts from the answer, not from the dialling",
			call: controllertest.CallWith(controllertest.ConnectedAt(30 * time.Second)), now: time.Hour,
			see:  func(o *callObservation) { o.lastTalk = controllertest.Epoch.Add(time.Hour) },
			want: wait(30 * time.Second),
		},
		{
			name: "ending", reason: "after a restart the hang-up is sent again: nobody knows whether it was",
			call: controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingRequested)), now: time.Second, want: act(actionHangUp),
		},
		{
			name: "ending, hung up", reason: "the end is reported in a moment",
			call: controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingRequested)), now: 2 * time.Second,
			see: func(o *callObservation) {
				o.hungUp, o.lastTalk = controllertest.Epoch.Add(time.Second), controllertest.Epoch.Add(time.Second)
			},
			want: wait(time.Second),
		},
		{
			name: "ending, silence", reason: "the report may be lost",
			call: controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingRequested)), now: 4 * time.Second,
			see: func(o *callObservation) {
				o.hungUp, o.lastTalk = controllertest.Epoch.Add(time.Second), controllertest.Epoch.Add(time.Second)
			},
			want: act(actionPoll),
		},
		{
			name: "ending, deleted, hopeless", reason: "a Call does not hang in deletion for ever",
			call: controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingDeleted), controllertest.DeletedCall), now: pauses.DeletionPatience,
			see:  func(o *callObservation) { o.hungUp = o.now.Add(-hangUpRepeat) },
			want: act(actionGiveUpHangUp),
		},
		{
			name: "ending, deleted, hung up just now", reason: "the call has time to end before it is given up",
			call: controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingDeleted), controllertest.DeletedCall), now: pauses.DeletionPatience,
			see:  func(o *callObservation) { o.hungUp, o.lastTalk = o.now.Add(-time.Second), o.now.Add(-time.Second) },
			want: wait(14 * time.Second),
		},
		{
			name: "ending, deleted, never hung up here", reason: "the process that tried may have died long ago",
			call: controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingDeleted), controllertest.DeletedCall), now: pauses.DeletionPatience, want: act(actionHangUp),
		},
		{
			name: "ending, deleted late", reason: "the patience is for the deleted Call, which was kept for an outage before",
			call: controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingRequested), controllertest.DeletedAt(10*time.Minute)), now: 10*time.Minute + time.Second,
			see:  func(o *callObservation) { o.hungUp = controllertest.Epoch.Add(9 * time.Minute) },
			want: act(actionHangUp),
		},
		{
			name: "ending, a long outage", reason: "a service in trouble is asked less often",
			call: controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingRequested)), now: 10*time.Minute + 20*time.Second,
			see: func(o *callObservation) {
				o.hungUp, o.lastTalk = controllertest.Epoch.Add(10*time.Minute), controllertest.Epoch.Add(10*time.Minute+10*time.Second)
			},
			want: wait(5 * time.Second),
		},
		{
			name: "ending, kept, hopeless", reason: "a Call that nobody deleted keeps trying",
			call: controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingRequested)), now: pauses.DeletionPatience, want: act(actionHangUp),
		},
		{
			name: "ended", reason: "a finished Call costs nothing",
			call: controllertest.CallWith(controllertest.EndedAt(0)), now: time.Hour, want: wait(0),
		},
		{
			name: "ended, deleted", reason: "nothing is live",
			call: controllertest.CallWith(controllertest.EndedAt(0), controllertest.DeletedCall), want: act(actionRemoveFinalizer),
		},
		{
			name: "ended, to be kept", reason: "the record is kept for its time",
			call: controllertest.CallWith(controllertest.EndedAt(0), timeToLive(60)), now: 20 * time.Second, want: wait(40 * time.Second),
		},
		{
			name: "ended, kept", reason: "the time to live is over",
			call: controllertest.CallWith(controllertest.EndedAt(0), timeToLive(60)), now: 60 * time.Second, want: act(actionExpire),
		},
		{
			name: "ended, kept for no time", reason: "0 is a time to live too",
			call: controllertest.CallWith(controllertest.EndedAt(0), timeToLive(0)), want: act(actionExpire),
		},
		{
			name: "backing off, wanted ended", reason: "what is not wanted does not wait for its next try",
			call: controllertest.CallWith(controllertest.WantedEnded, waitingFor(v1alpha1.ReasonThrottled, ptr.To(time.Hour), nil)), want: act(actionWithdraw),
		},
		{
			name: "backing off, deleted", reason: "the finalizer of a try that failed goes at once",
			call: controllertest.CallWith(controllertest.Attempted, controllertest.DeletedCall, waitingFor(v1alpha1.ReasonThrottled, ptr.To(time.Hour), nil),
				func(c *v1alpha1.Call) { c.Status.Attempt = nil }),
			want: act(actionRemoveFinalizer),
		},
		{
			name: "answer unknown, wanted ended", reason: "a call that may live has to be found before it can be hung up",
			call: controllertest.CallWith(controllertest.Attempted, controllertest.WantedEnded), now: time.Second, want: act(actionRepeat),
		},
		{
			name: "ringing, wanted ended and deleted", reason: "the stronger reason is told",
			call: controllertest.CallWith(controllertest.Placed, controllertest.WantedEnded, controllertest.DeletedCall), now: time.Minute, want: begin(v1alpha1.EndingDeleted),
		},
		{
			name: "ringing, polled often", reason: "who asks for quick polls gets them while it rings too",
			call: controllertest.CallWith(controllertest.Placed), see: func(o *callObservation) { o.poll = 4 * time.Second }, want: wait(4 * time.Second),
		},
		{
			name: "ringing, time-out before the poll", reason: "the deadline is not slept through",
			call: controllertest.CallWith(controllertest.Placed), now: 55 * time.Second,
			see:  func(o *callObservation) { o.lastTalk = controllertest.Epoch.Add(50 * time.Second) },
			want: wait(5 * time.Second),
		},
		{
			name: "ringing, time-out unset", reason: "an object that the API server never defaulted has the default",
			call: controllertest.CallWith(controllertest.Placed, func(c *v1alpha1.Call) { c.Spec.RingTimeout = nil }), now: time.Minute, want: begin(v1alpha1.EndingRingTimeout),
		},
		{
			name: "connected, wanted ended", reason: "spec.state asks for it",
			call: controllertest.CallWith(controllertest.ConnectedAt(0), controllertest.WantedEnded), now: time.Second, want: begin(v1alpha1.EndingRequested),
		},
		{
			name: "connected, silence", reason: "callbacks may be lost",
			call: controllertest.CallWith(controllertest.ConnectedAt(0)), now: 2 * time.Minute, want: act(actionPoll),
		},
		{
			name: "connected, grace over", reason: "the report did not come: the poll decides",
			call: controllertest.CallWith(controllertest.ConnectedAt(0)), now: 8*time.Second + goneGrace,
			see:  func(o *callObservation) { o.gone = controllertest.Epoch.Add(8 * time.Second) },
			want: act(actionPoll),
		},
		{
			name: "connected, grace over, no answer", reason: "a service in trouble is not asked in a loop",
			call: controllertest.CallWith(controllertest.ConnectedAt(0)), now: 14 * time.Second,
			see: func(o *callObservation) {
				o.gone, o.lastTalk = controllertest.Epoch.Add(8*time.Second), controllertest.Epoch.Add(13*time.Second)
			},
			want: wait(14 * time.Second),
		},
		{
			name: "ringing, gone", reason: "only the report tells whether anybody answered, so it is waited for longer",
			call: controllertest.CallWith(controllertest.Placed), now: 8*time.Second + goneGrace,
			see:  func(o *callObservation) { o.gone = controllertest.Epoch.Add(8 * time.Second) },
			want: wait(unansweredGrace - goneGrace),
		},
		{
			name: "ringing, gone, time-out", reason: "what rings nowhere is not known to have rung too long",
			call: controllertest.CallWith(controllertest.Placed), now: time.Minute,
			see:  func(o *callObservation) { o.gone = controllertest.Epoch.Add(50 * time.Second) },
			want: wait(20 * time.Second),
		},
		{
			name: "ringing, gone, wanted ended", reason: "that the call was ended is known without the report",
			call: controllertest.CallWith(controllertest.Placed, controllertest.WantedEnded), now: 10 * time.Second,
			see:  func(o *callObservation) { o.gone = controllertest.Epoch.Add(8 * time.Second) },
			want: begin(v1alpha1.EndingRequested),
		},
		{
			name: "connected, duration unset", reason: "an object that the API server never defaulted has the default",
			call: controllertest.CallWith(controllertest.ConnectedAt(0), func(c *v1alpha1.Call) { c.Spec.MaxDuration = nil }), now: 4 * time.Hour,
			want: begin(v1alpha1.EndingMaxDuration),
		},
		{
			name: "ending, hung up long ago", reason: "a hang-up may have been lost",
			call: controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingRequested)), now: 11 * time.Second,
			see: func(o *callObservation) {
				o.hungUp, o.lastTalk = controllertest.Epoch.Add(time.Second), controllertest.Epoch.Add(10*time.Second)
			},
			want: act(actionHangUp),
		},
		{
			name: "ending, deleted, almost hopeless", reason: "the stated time is kept",
			call: controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingDeleted), controllertest.DeletedCall), now: pauses.DeletionPatience - time.Second, want: act(actionHangUp),
		},
		{
			name: "ended, spec changed", reason: "kstatus takes an old observedGeneration for work in progress",
			call: controllertest.CallWith(controllertest.EndedAt(0), timeToLive(0), func(c *v1alpha1.Call) { c.Generation = 2 }), want: act(actionObserve),
		},
		{
			name: "ended, finalizer removed", reason: "the API server removes it by itself",
			call: controllertest.CallWith(controllertest.EndedAt(0), controllertest.DeletedCall, timeToLive(0), func(c *v1alpha1.Call) { c.Finalizers = nil }), want: wait(0),
		},
		{
			name: "ended before it was placed, kept", reason: "the time to live is over, whatever the end",
			call: controllertest.CallWith(controllertest.EndedAt(0), timeToLive(1), func(c *v1alpha1.Call) { c.Status.Attempt = nil }), now: time.Minute, want: act(actionExpire),
		},
		{
			name: "incoming, deleted", reason: "nothing of it is ours to hang up",
			call: controllertest.CallWith(controllertest.InboundCall, controllertest.DeletedCall), now: time.Hour, want: wait(0),
		},
		{
			name: "incoming, answered", reason: "a call that was taken is followed like any other",
			call: controllertest.CallWith(controllertest.InboundCall, controllertest.ConnectedAt(0)), now: 2 * time.Minute, want: act(actionPoll),
		},
		{
			name: "incoming, new", reason: "a route takes it at once",
			call: controllertest.CallWith(controllertest.InboundCall), now: time.Second, want: act(actionRoute),
		},
		{
			name: "incoming, left ringing", reason: "a route that appears while it rings still takes it",
			call: controllertest.CallWith(controllertest.InboundCall, ringing), now: 10 * time.Second, want: act(actionRoute),
		},
		{
			name: "incoming, to be tried again", reason: "what ACS asked to wait for is waited for",
			call: controllertest.CallWith(controllertest.InboundCall, ringing, retryAt(12*time.Second)), now: 10 * time.Second, want: wait(2 * time.Second),
		},
		{
			name: "incoming, tried again too late", reason: "but not beyond the ring",
			call: controllertest.CallWith(controllertest.InboundCall, ringing, retryAt(time.Minute)), now: 10 * time.Second, want: wait(20 * time.Second),
		},
		{
			name: "incoming, rung out", reason: "later than 30 s nothing can take it",
			call: controllertest.CallWith(controllertest.InboundCall), now: v1alpha1.IncomingCallRing, want: act(actionEndUnanswered),
		},
		{
			name: "incoming, ended before it was taken", reason: "who does not want it lets it ring for others",
			call: controllertest.CallWith(controllertest.InboundCall, controllertest.WantedEnded), want: act(actionWithdraw),
		},
		{
			name: "incoming, deleted with its Secret", reason: "the Secret goes first: nothing else knows of it",
			call: controllertest.CallWith(controllertest.InboundCall, controllertest.DeletedCall, controllertest.WithContext), want: act(actionFinishInbound),
		},
		{
			name: "incoming, deleted without its Secret", reason: "nothing holds the Call",
			call: controllertest.CallWith(controllertest.InboundCall, controllertest.DeletedCall, finalized), want: act(actionRemoveFinalizer),
		},
		{
			name: "incoming, answered with its Secret", reason: "the context has served",
			call: controllertest.CallWith(controllertest.InboundCall, controllertest.Placed, controllertest.WithContext), want: act(actionFinishInbound),
		},
		{
			name: "incoming, answer unresolved", reason: "the same request is repeated, for which the Secret is needed",
			call: controllertest.CallWith(controllertest.InboundCall, controllertest.Attempted, controllertest.WithContext), now: time.Second, want: act(actionRepeat),
		},
		{
			name: "incoming, redirected with its Secret", reason: "the context has served",
			call: controllertest.CallWith(controllertest.InboundCall, controllertest.EndedAt(0), controllertest.WithContext), want: act(actionFinishInbound),
		},
		{
			name: "incoming, redirected and deleted with its Secret", reason: "what cannot be concluded holds up no deletion",
			call: controllertest.CallWith(controllertest.InboundCall, controllertest.EndedAt(0), controllertest.WithContext, controllertest.DeletedCall, finalized), want: act(actionRemoveFinalizer),
		},
		{
			name: "incoming, answered, deleted with its Secret", reason: "a call is ended before anything is tidied up",
			call: controllertest.CallWith(controllertest.InboundCall, controllertest.Placed, controllertest.WithContext, controllertest.DeletedCall), want: begin(v1alpha1.EndingDeleted),
		},
		{
			name: "incoming, from the future", reason: "a clock that is ahead has no call ring for longer than since it is there",
			call: controllertest.CallWith(controllertest.InboundCall, func(c *v1alpha1.Call) {
				c.CreationTimestamp, c.Spec.Inbound.ReceivedTime = controllertest.At(0), controllertest.At(time.Hour)
			}),
			now: v1alpha1.IncomingCallRing, want: act(actionEndUnanswered),
		},
		{
			name: "incoming, ended, kept for no time", reason: "the event may be delivered again and would make a new Call",
			call: controllertest.CallWith(controllertest.InboundCall, controllertest.EndedAt(0), timeToLive(0)), now: 20 * time.Second, want: wait(40 * time.Second),
		},
		{
			name: "incoming, ended, kept for long", reason: "then the time to live counts",
			call: controllertest.CallWith(controllertest.InboundCall, controllertest.EndedAt(0), timeToLive(120)), now: 20 * time.Second, want: wait(100 * time.Second),
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			observation := callObservation{call: c.call, now: controllertest.Epoch.Add(c.now), lastTalk: controllertest.Epoch, poll: 2 * time.Minute, ringingPoll: ringingPoll}
			if c.see != nil {
				c.see(&observation)
			}
			got := decideCall(observation)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(callDecision{})); diff != "" {
				t.Errorf("%s\ndecideCall() (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	cases := []struct {
		name, reason           string
		elapsed, longest, want time.Duration
	}{
		{"first", "the first pause is the shortest", 0, pauses.LongestBackoff, pauses.ShortestBackoff},
		{"doubling", "a pause as long as all before it doubles the time", 8 * time.Second, pauses.LongestBackoff, 8 * time.Second},
		{"bounded", "it never exceeds the longest", time.Hour, pauses.LongestBackoff, pauses.LongestBackoff},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := pauses.Backoff(c.elapsed, c.longest); got != c.want {
				t.Errorf("%s: backoff() = %s, want %s", c.reason, got, c.want)
			}
		})
	}
}

func TestJitter(t *testing.T) {
	first := pauses.Jitter(time.Minute, "a")
	if again := pauses.Jitter(time.Minute, "a"); again != first {
		t.Error("one object's jitter must be the same each time")
	}
	if pauses.Jitter(time.Minute, "b") == first {
		t.Error("two objects' jitter must differ, or they act at one moment")
	}
	for _, uid := range []string{"a", "b", "c", "d", "e", "f"} {
		if got := pauses.Jitter(time.Minute, types.UID(uid)); got < 45*time.Second || got > 75*time.Second {
			t.Errorf("jitter(1m, %s) = %s, want within a quarter of a minute", uid, got)
		}
	}
}
