// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package actions

import (
	"slices"
	"strings"
	"testing"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestOperations carries out each operation in a live call.
func TestOperations(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		operation    v1alpha1.CallOperation
		// sent is the service's name of the request.
		sent string
		want v1alpha1.ActionOutcome
	}{
		{"play", "text is read to its end", say("Hello"), "play", v1alpha1.ActionCompleted},
		{
			"file", "a file needs no speech service",
			v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{File: "https://files.example.com/a.wav"}}}, "play", v1alpha1.ActionCompleted,
		},
		{
			"loop", "what is played for ever is over when it has begun",
			v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Wait."}, Loop: true}}, "play", v1alpha1.ActionCompleted,
		},
		{
			"silence", "nobody presses a key", v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{
				Prompt: &v1alpha1.Prompt{Text: "Press a key."}, Tones: &v1alpha1.ToneInput{}, InitialSilenceTimeoutSeconds: ptr.To[int32](1),
			}}, "recognize", v1alpha1.ActionNoInput,
		},
		{"tones", "the callee's phone receives tones", v1alpha1.CallOperation{SendTones: &v1alpha1.SendTonesOperation{Tones: "12#"}}, "sendDtmfTones", v1alpha1.ActionCompleted},
		{"add", "somebody joins", add(other), "addParticipant", v1alpha1.ActionCompleted},
		{"busy", "a busy phone does not join", add(busy), "addParticipant", v1alpha1.ActionBusy},
		{"declined", "nor does one that declines", add(declining), "addParticipant", v1alpha1.ActionDeclined},
		{"unanswered", "nor one that nobody answers", add(silent, 1), "addParticipant", v1alpha1.ActionNoAnswer},
		{
			"remove", "the callee is disconnected",
			v1alpha1.CallOperation{RemoveParticipant: &v1alpha1.RemoveParticipantOperation{Participant: phone(callee)}}, "removeParticipant", v1alpha1.ActionCompleted,
		},
		{
			"hold", "no event says it: the roster does",
			v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{Music: &v1alpha1.Prompt{Text: "One moment."}}}, "hold", v1alpha1.ActionCompleted,
		},
		{"cancel", "nothing plays, which is no error", v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}, "cancelAllMediaOperations", v1alpha1.ActionCompleted},
		{
			"transfer", "the callee talks to somebody else",
			v1alpha1.CallOperation{Transfer: &v1alpha1.TransferOperation{To: phone(other)}}, "transferToParticipant", v1alpha1.ActionCompleted,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			m := w.StartManager(t, harness.ManagerOptions{})
			connect(t, w)
			w.CreateAction(t, w.Action(theAction, theCall, c.operation))
			action := w.AwaitActionEnd(t, theAction, c.want)
			if ready := apimeta.IsStatusConditionTrue(action.Status.Conditions, v1alpha1.ConditionReady); ready != (c.want == v1alpha1.ActionCompleted) {
				t.Errorf("%s: Ready is %v: %v", c.reason, ready, action.Status.Conditions)
			}
			if n := w.Sim.CarriedOut(c.sent); n != 1 {
				t.Errorf("%s: the service carried out %d requests %s, want 1", c.reason, n, c.sent)
			}
			if action.Status.Operation != c.operation.Name() || action.Status.Call == nil || action.Status.Call.Name != theCall {
				t.Errorf("%s: the status is %+v", c.reason, action.Status)
			}
			w.Delete(t, theCall)
			w.AwaitGone(t, theCall)
			w.CheckQuiet(t, m)
		})
	}
}

func add(number string, ring ...int32) v1alpha1.CallOperation {
	operation := &v1alpha1.AddParticipantOperation{Participant: phone(number)}
	if len(ring) > 0 {
		operation.RingTimeoutSeconds = &ring[0]
	}
	return v1alpha1.CallOperation{AddParticipant: operation}
}

// TestRefusedBeforeItIsSent: what the service is known to refuse, or could only fail at, is not sent, and the message says what to do.
func TestRefusedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason, message string
		operation             v1alpha1.CallOperation
		without               bool
	}{
		{"no speech service", "text needs one", "cognitiveServicesEndpoint", say("Hello"), true},
		{
			"mute a telephone", "ACS mutes apps only", "not telephones",
			v1alpha1.CallOperation{Mute: &v1alpha1.MuteOperation{Participant: phone(callee)}}, false,
		},
		{
			"tones for some choices", "ACS takes all or none", "every choice a tone", v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{
				Choices: []v1alpha1.Choice{{Label: "yes", Tone: "1", Phrases: []string{"yes"}}, {Label: "no", Phrases: []string{"no"}}},
			}}, false,
		},
		{"a SIP address", "ACS calls none", "sipURI", v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{
			Participant: v1alpha1.Identifier{SIPURI: "sip:ada@pbx.example.com"},
		}}, false},
		{"an emergency number", "it is never called by mistake", "too short", add("+1911"), false},
		{
			"Asterisk's own sound", "ACS has none", "https URL",
			v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{File: "sound:hello-world"}}}, false,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(options *harness.Options) {
				if c.without {
					options.CognitiveServices = ""
				}
			})
			w.StartManager(t, harness.ManagerOptions{})
			connect(t, w)
			w.CreateAction(t, w.Action(theAction, theCall, c.operation))
			action := w.AwaitActionEnd(t, theAction, v1alpha1.ActionFailed)
			if !strings.Contains(action.Status.Result.Message, c.message) {
				t.Errorf("%s: the message is %q, want %q in it", c.reason, action.Status.Result.Message, c.message)
			}
			for _, request := range []string{"play", "mute", "addParticipant", "recognize"} {
				if n := w.Sim.CarriedOut(request); n != 0 {
					t.Errorf("%s: the service was asked to %s", c.reason, request)
				}
			}
		})
	}
}

// TestWaits: an action waits for its call, and says so; what passes its deadline was not done.
func TestWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.StartManager(t, harness.ManagerOptions{})
	w.CreateAction(t, w.Action(theAction, theCall, say("Hello")))
	w.AwaitActionWaits(t, theAction, v1alpha1.ReasonCallNotFound)
	late := w.Action("late", "nowhere", say("Hello"))
	late.Spec.StartingDeadlineSeconds = ptr.To[int64](1)
	w.CreateAction(t, late)
	w.AwaitActionEnd(t, "late", v1alpha1.ActionExpired)
	connect(t, w)
	w.AwaitActionEnd(t, theAction, v1alpha1.ActionCompleted)
	absent := w.Action("absent", theCall, v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{Participant: ptr.To(phone(other))}})
	w.CreateAction(t, absent)
	w.AwaitActionWaits(t, "absent", v1alpha1.ReasonParticipantNotFound)
	w.CreateAction(t, w.Action("join", theCall, add(other)))
	w.AwaitActionEnd(t, "join", v1alpha1.ActionCompleted)
	w.AwaitActionEnd(t, "absent", v1alpha1.ActionCompleted)
	stranger := w.Action("stranger", theCall, add(silent))
	stranger.Spec.AddParticipant.From = &v1alpha1.Caller{PhoneNumber: "+14255550199"}
	w.CreateAction(t, stranger)
	w.AwaitActionWaits(t, "stranger", v1alpha1.ReasonNumberNotOwned)
	w.DeleteAction(t, "stranger")
	w.AwaitActionGone(t, "stranger")
	w.HangUp(t, theCall)
	w.Await(t, theCall, "it has ended", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
	w.CreateAction(t, w.Action("too-late", theCall, say("Hello")))
	w.AwaitActionEnd(t, "too-late", v1alpha1.ActionFailed)
	w.CheckQuiet(t, m)
}

// TestOneAtATime: a second prompt waits for the first, unless it interrupts.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.StartManager(t, harness.ManagerOptions{})
	connect(t, w)
	question := v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Tones: &v1alpha1.ToneInput{}, InitialSilenceTimeoutSeconds: ptr.To[int32](2)}}
	w.CreateAction(t, w.Action("first", theCall, question))
	w.AwaitAction(t, "first", "it is asked", func(action *v1alpha1.CallAction) bool { return action.Status.Accepted })
	w.CreateAction(t, w.Action("second", theCall, say("Hello")))
	w.AwaitActionWaits(t, "second", v1alpha1.ReasonActionInFlight)
	first, second := w.AwaitActionEnd(t, "first", v1alpha1.ActionNoInput), w.AwaitActionEnd(t, "second", v1alpha1.ActionCompleted)
	if second.Status.Attempt.FirstSent.Before(&first.Status.Result.EndTime) {
		t.Errorf("the second was sent at %s, before the end of the first at %s", second.Status.Attempt.FirstSent, first.Status.Result.EndTime)
	}
	w.CreateAction(t, w.Action("asked", theCall, question))
	w.AwaitAction(t, "asked", "it is asked", func(action *v1alpha1.CallAction) bool { return action.Status.Accepted })
	urgent := say("Fire!")
	urgent.Play.Interrupt = true
	w.CreateAction(t, w.Action("urgent", theCall, urgent))
	w.AwaitActionEnd(t, "urgent", v1alpha1.ActionCompleted)
	w.AwaitActionEnd(t, "asked", v1alpha1.ActionCancelled)
}

// TestDeletionStops: the deletion of an action stops what it does.
func TestDeletionStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.StartManager(t, harness.ManagerOptions{})
	connect(t, w)
	w.CreateAction(t, w.Action("ring", theCall, add(silent, 120)))
	w.AwaitAction(t, "ring", "it rings", func(action *v1alpha1.CallAction) bool { return action.Status.Handle != "" })
	w.DeleteAction(t, "ring")
	w.AwaitActionGone(t, "ring")
	checkLast(t, w, "ring", v1alpha1.ActionCancelled)
	question := v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Tones: &v1alpha1.ToneInput{}, InitialSilenceTimeoutSeconds: ptr.To[int32](300)}}
	w.CreateAction(t, w.Action("ask", theCall, question))
	w.AwaitAction(t, "ask", "it is asked", func(action *v1alpha1.CallAction) bool { return action.Status.Accepted })
	w.DeleteAction(t, "ask")
	w.AwaitActionGone(t, "ask")
	checkLast(t, w, "ask", v1alpha1.ActionCancelled)
}

func checkLast(t *testing.T, w *harness.World, name string, want v1alpha1.ActionOutcome) {
	t.Helper()
	ended := slices.DeleteFunc(w.ActionRevisions(name), func(action *v1alpha1.CallAction) bool { return action.Status.Result == nil })
	if len(ended) == 0 || ended[len(ended)-1].Status.Result.Outcome != want {
		t.Errorf("%s never ended as %s", name, want)
	}
}

// TestCallEndsFirst: an action whose call ends is over, and says how.
func TestCallEndsFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.StartManager(t, harness.ManagerOptions{})
	connect(t, w)
	question := v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Tones: &v1alpha1.ToneInput{}, InitialSilenceTimeoutSeconds: ptr.To[int32](300)}}
	w.CreateAction(t, w.Action(theAction, theCall, question))
	w.AwaitAction(t, theAction, "it is asked", func(action *v1alpha1.CallAction) bool { return action.Status.Accepted })
	w.HangUp(t, theCall)
	action := w.AwaitActionEnd(t, theAction, v1alpha1.ActionCallEnded)
	if !strings.Contains(action.Status.Result.Message, theCall) {
		t.Errorf("the message is %q, and does not name the call", action.Status.Result.Message)
	}
	w.CheckQuiet(t, m)
}
