// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/calloperation"
)

var (
	plays      = v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello"}}}
	interrupts = v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Fire!"}, Interrupt: true}}
	asks       = v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Tones: &v1alpha1.ToneInput{}}}
	stopsMedia = v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}
	tones      = v1alpha1.CallOperation{SendTones: &v1alpha1.SendTonesOperation{Tones: "1"}}
	holds      = v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{}}
	records    = v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: v1alpha1.RecordStart}}
)

func actionWith(asked v1alpha1.CallOperation, changes ...func(*v1alpha1.CallAction)) *v1alpha1.CallAction {
	action := &v1alpha1.CallAction{
		ObjectMeta: metav1.ObjectMeta{Name: "action", Namespace: "n", UID: "action", Generation: 1, CreationTimestamp: controllertest.At(0)},
		Spec:       v1alpha1.CallActionSpec{Call: v1alpha1.CallReference{Name: "a"}, CallOperation: asked},
		Status:     v1alpha1.CallActionStatus{OperationStatus: v1alpha1.OperationStatus{ObservedGeneration: 1}},
	}
	for _, change := range changes {
		change(action)
	}
	return action
}

func sentAction(a *v1alpha1.CallAction) {
	a.Status.Attempt = &v1alpha1.RequestAttempt{ID: "i", FirstSent: controllertest.At(0), ObjectUID: a.UID}
	a.Status.Call = &v1alpha1.OperatedCall{Name: "a", ConnectionID: "cc"}
}

func deletedAction(a *v1alpha1.CallAction) { a.DeletionTimestamp = ptr.To(controllertest.At(0)) }

func ofAnother(a *v1alpha1.CallAction) { a.Status.Attempt.ObjectUID = "original" }

func restoredAction(a *v1alpha1.CallAction) {
	a.Labels = map[string]string{"velero.io/restore-name": "nightly"}
}

func called(name string) func(*v1alpha1.CallAction) {
	return func(a *v1alpha1.CallAction) { a.Name, a.UID = name, types.UID(name) }
}

// TestDecideAction: what may be heard twice is sent once, and what the service recognises is repeated.
func TestDecideAction(t *testing.T) {
	unsent := func(o *observation) { o.unsent = true }
	// step is a step of the Call's flow that was sent.
	step := func(does v1alpha1.OperationName) func(*observation) {
		return func(o *observation) {
			flow := &v1alpha1.FlowProgress{Does: string(does)}
			o.conflicts = []conflict{{turn: turn{name: "Step s of the flow"}, holds: calloperation.HeldByStep(flow, "a"), inFlight: true}}
		}
	}
	// inFlight is another action in a Call that was sent.
	inFlight := func(asked v1alpha1.CallOperation, call string, changes ...func(*v1alpha1.CallAction)) func(*observation) {
		return func(o *observation) {
			sent := callAction{actionWith(asked, append(changes, called("other"), sentAction)...)}
			o.conflicts = []conflict{{turn: Actions.turnOf(sent), holds: sent.claims([]string{call}).Holds, inFlight: true}}
		}
	}
	other := sayWhy(v1alpha1.ReasonActionInFlight, "CallAction other, in the same Call, goes first.")
	stepFirst := sayWhy(v1alpha1.ReasonActionInFlight, "Step s of the flow, in the same Call, goes first.")
	send, repeat := decision{action: actionSend}, decision{action: actionRepeat}
	cases := []struct {
		name, reason string
		action       *v1alpha1.CallAction
		now          time.Duration
		see          func(*observation)
		want         decision
	}{
		{"announcement", "its Call is connected", actionWith(plays), time.Second, nil, send},
		{"announcement, answer lost", "it would be heard twice", actionWith(plays, sentAction), time.Second, nil, waitMove(silence - time.Second)},
		{"question, answer lost", "it would be asked twice", actionWith(asks, sentAction), time.Second, nil, waitMove(silence - time.Second)},
		{"recording, answer lost", "there would be two", actionWith(records, sentAction), time.Second, nil, waitMove(silence - time.Second)},
		{"tones, answer lost", "the service recognises the request", actionWith(tones, sentAction), time.Second, nil, repeat},
		{"announcement, never sent", "this process knows that it was not sent", actionWith(plays, sentAction), time.Second, unsent, repeat},
		{"announcement, no report", "nobody will ever know", actionWith(plays, sentAction), silence, nil, decision{action: actionGiveUp}},
		{"copy", "the attempt is another object's", actionWith(plays, sentAction, ofAnother), time.Second, unsent, decision{action: actionEndCopy}},
		{"restored", "it may have been carried out before", actionWith(plays, restoredAction), time.Second, nil, decision{action: actionEndRestored}},
		{"second announcement", "one is heard at a time", actionWith(plays), time.Second, inFlight(plays, "a"), other},
		{"announcement after a question", "it would be heard as a part of it", actionWith(plays), time.Second, inFlight(asks, "a"), other},
		{"tones after a question", "the service would refuse them", actionWith(tones), time.Second, inFlight(asks, "a"), other},
		{"interruption", "it need not wait", actionWith(interrupts), time.Second, inFlight(asks, "a"), send},
		{"announcement elsewhere", "another Call is not held up", actionWith(plays), time.Second, inFlight(plays, "b"), send},
		{"announcement while one interrupts", "it would be heard after it", actionWith(plays), time.Second, inFlight(interrupts, "a"), other},
		{"announcement while all is stopped", "a repetition would stop it", actionWith(plays), time.Second, inFlight(stopsMedia, "a"), other},
		{"interruption while all is stopped", "a repetition would stop it", actionWith(interrupts), time.Second, inFlight(stopsMedia, "a"), other},
		{"interruption while a question is deleted", "the request to stop it is repeated too", actionWith(interrupts), time.Second, inFlight(asks, "a", deletedAction), other},
		{"stop while something is asked", "that is to be stopped", actionWith(stopsMedia), time.Second, inFlight(asks, "a"), send},
		{"stop, answer lost", "nothing new is heard meanwhile", actionWith(stopsMedia, sentAction), time.Second, nil, repeat},
		{"stop, no answer", "no report of it comes", actionWith(stopsMedia, sentAction), attempt.RepeatabilityWindow, nil, decision{action: actionGiveUp}},
		{"announcement while a step asks", "it would be heard as a part of it", actionWith(plays), time.Second, step(v1alpha1.OperationRecognize), stepFirst},
		{"interruption while a step asks", "it need not wait", actionWith(interrupts), time.Second, step(v1alpha1.OperationRecognize), send},
		{"recording while a step plays", "they do not exclude each other", actionWith(records), time.Second, step(v1alpha1.OperationPlay), send},
		{"hold", "it plays nothing", actionWith(holds), time.Second, inFlight(plays, "a"), send},
		{"second recording", "a call has one", actionWith(records), time.Second, inFlight(records, "a"), other},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := observation{
				kind: Actions, op: callAction{c.action}, now: controllertest.Epoch.Add(c.now), lastTalk: controllertest.Epoch,
				calls: []resolvedCall{sighted(controllertest.OnTheAir("a"))}, poll: rosterPoll, recheck: time.Minute,
			}
			if c.see != nil {
				c.see(&o)
			}
			if diff := cmp.Diff(c.want, decide(o), cmp.AllowUnexported(decision{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}
