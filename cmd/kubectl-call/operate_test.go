// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// TestOperateInACall says something, asks, brings somebody in and removes them.
func TestOperateInACall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(options *harness.Options) { options.CognitiveServices = "https://speech.example.com/" })
	w.Sim.SetPhone(t, simulator.Phone{Number: harness.Callee(1), Answer: &simulator.After{}, Script: []simulator.Reaction{
		{Heard: "Press", Press: "1", Always: true}, {Heard: "PIN", Press: "1", Always: true},
	}})
	p := newPerson(t, w.Namespace, "operate", "system:masters")
	p.well("dial", harness.Callee(1), "--from", "+14255550110", "--name", "ada")
	p.well("wait", "ada")
	golden(t, "say", p.well("say", "ada", "Good morning.", "--locale", "en-GB"))
	golden(t, "ask", p.well("ask", "ada", "Press 1.", "--choice", "confirm=1:yes", "--choice", "cancel=2:no", "--name", "question"))
	if out := p.well("ask", "ada", "Your PIN?", "--tones", "1", "--sensitive", "--name", "pin"); !strings.HasPrefix(out, "secret/") || strings.Contains(out, "1\n") {
		t.Errorf("the secret answer is printed as %q", out)
	}
	p.refused("the same name does not ask twice", `"question" already exists`, "ask", "ada", "Press 1.", "--tones", "1", "--name", "question")
	p.refused("the key is no choice", "has ended: NoMatch. What was pressed or said is none of the choices.", "ask", "ada", "Press 2.", "--choice", "cancel=2")
	golden(t, "add", p.well("add", "ada", harness.Callee(3), "--ring", "20s"))
	w.AwaitRoster(t, "ada", 3)
	p.refused("the service mutes no telephones", "mutes users of apps only", "mute", "ada", harness.Callee(3))
	golden(t, "remove", p.well("remove", "ada", harness.Callee(3)))
	p.refused("nobody there is busy", "has ended: Busy.", "add", "ada", harness.Callee(2))
	golden(t, "hold", p.well("hold", "ada"))
	p.well("unhold", "ada")
	if out := p.well("record", "ada", "start", "--name", "recording"); out != "callaction/recording records the call\n" {
		t.Errorf("a recording lasts, and it printed %q", out)
	}
	p.well("record", "ada", "stop")
	golden(t, "tones", p.well("tones", "ada", "12#"))
	golden(t, "stop-media", p.well("stop-media", "ada"))
	if out := p.well("say", "ada", "Bye.", "-o", "json"); !strings.Contains(out, `"kind": "CallAction"`) || !strings.Contains(out, `"outcome": "Completed"`) {
		t.Errorf("for scripts it is:\n%s", out)
	}
	p.tells("logs ada", "action", "CallAction question was sent: recognize.", "action", "CallAction question: Completed. An answer was given. The answer: confirm.",
		"action", "CallAction pin: Completed. An answer was given. The answer: (secret).")
	p.well("hangup", "ada")
	p.well("wait", "ada", "--for", "ended")
	p.refused("nobody would hear it", "Call ada: The call is over.", "say", "ada", "Good morning.")
}

// untilItWaits is how long the command takes at most until it waits, on a slow machine.
const untilItWaits = 15 * time.Second

// TestTheActionStays interrupts the command while it waits.
func TestTheActionStays(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{})
	w.Create(t, w.Call("ada", harness.Callee(1)))
	p := newPerson(t, w.Namespace, "interrupts", "system:masters")
	ctx, stop := context.WithTimeout(t.Context(), untilItWaits)
	defer stop()
	out, errOut, code := p.typedFor(ctx, "say", "ada", "Good morning.", "--name", "greeting")
	if want := "kubectl -n " + w.Namespace + " delete callaction greeting stops it"; code == 0 || out != "" || !strings.Contains(errOut, want) {
		t.Errorf("exit code %d, %s%s\nwant an error with %q", code, out, errOut, want)
	}
	action := &v1alpha1.CallAction{}
	if err := w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: "greeting"}, action); err != nil || !action.DeletionTimestamp.IsZero() {
		t.Errorf("the action is %+v, %v", action.ObjectMeta, err)
	}
	if out := p.well("say", "ada", "Good evening.", "--name", "evening", "--wait=false"); out != "callaction/evening was created\n" {
		t.Errorf("without waiting it printed %q", out)
	}
	if err := w.Client.Delete(t.Context(), w.Call("ada", harness.Callee(1))); err != nil {
		t.Fatal(err)
	}
}

func TestWhatCannotBeRequested(t *testing.T) {
	cases := []struct {
		name, reason, want string
		args               []string
	}{
		{"NothingToSay", "what is to be said?", "say what to play in one way", []string{"say", "ada"}},
		{"TwoThings", "which of them?", "say what to play in one way", []string{"say", "ada", "Hello.", "--file", "https://files.example.com/a.wav"}},
		{"TwoPrompts", "which of them?", "say what to play in one way", []string{"ask", "ada", "Hello.", "--ssml", "<speak/>", "--tones", "1"}},
		{"NothingToHear", "what is the answer?", "say what to listen for: --choice, --tones or --speech", []string{"ask", "ada", "Hello."}},
		{"NoChoice", "how is it chosen?", `"confirm" is not a choice`, []string{"ask", "ada", "Hello.", "--choice", "confirm"}},
		{"NoParty", "the parties are read as elsewhere", "is not a phone number or user ID", []string{"add", "ada", "ben"}},
		{"NoCommand", "there is no such command", "use start, pause, resume or stop", []string{"record", "ada", "rewind"}},
		{"NoParameter", "what is its value?", "write each parameter once, as NAME=VALUE", []string{"dial", "+442079460101", "--flow", "reminder", "-p", "who"}},
		{"TwoValues", "which of them?", "write each parameter once, as NAME=VALUE", []string{"dial", "+442079460101", "--flow", "reminder", "-p", "who=Ada", "-p", "who=Ben"}},
		{"NoFlow", "they are for nothing", "parameters are for a flow", []string{"dial", "+442079460101", "--provider", "acs", "--from", "+14255550100", "-p", "who=Ada, Ben=C"}},
		{"NoCall", "it is in no namespace", `"ada" not found`, []string{"stop-media", "ada"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if out, errOut, code := offline(t, nil, tc.args...); code == 0 || out != "" || !strings.Contains(errOut, tc.want) {
				t.Errorf("%s: exit code %d with %q, want %q", tc.reason, code, errOut, tc.want)
			}
		})
	}
}
