// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package actions

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	pinPrompt, menuPrompt, goodbye = "Enter your PIN.", "Press 1 or 2.", "Goodbye."

	secretPIN = "80317"

	// someCuts is how many requests of the receiver are cut, unless all are asked for.
	someCuts = 8
)

// TestReceiverDiesAtEveryRequest cuts the receiver off at its writes about two questions and an announcement in a call. Another receiver
// takes its place, and the service delivers again what was not acknowledged: each action ends with its own answer, and nothing is asked or
// said twice. The manager does not poll meanwhile.
func TestReceiverDiesAtEveryRequest(t *testing.T) {
	t.Parallel()
	points := slices.DeleteFunc(askAndSay(t, nil).Gate.CutPoints(0), func(r harness.Request) bool {
		return !strings.Contains(r.Name, "callactions/status") && !strings.Contains(r.Name, "secrets")
	})
	t.Logf("cut points: %v", points)
	harness.CutEverywhere(t, harness.Some(points, someCuts), func(t *testing.T, cut *harness.Cut) bool { return askAndSay(t, cut).Gate.WasCut() })
}

// askAndSay carries out the actions with a receiver that dies at a cut, and returns that receiver.
func askAndSay(t *testing.T, cut *harness.Cut) *harness.Receiver {
	t.Helper()
	w := newWorld(t, func(o *harness.Options) {
		o.NoReceiver = true
		o.Phones[callee] = harness.Script{Reactions: []simulator.Reaction{{Heard: "PIN", Press: secretPIN + "#"}, {Heard: "Press", Press: "2"}}}
	})
	receiver := w.StartMortalReceiver(t, cut)
	w.StartManager(t, harness.ManagerOptions{})
	connect(t, w)
	question := func(text string, change func(*v1alpha1.RecognizeOperation)) v1alpha1.CallOperation {
		asked := ask(change)
		asked.Recognize.Prompt.Text, asked.Recognize.InitialSilenceTimeoutSeconds = text, ptr.To[int32](5)
		return asked
	}
	operations := map[string]v1alpha1.CallOperation{
		"pin": question(pinPrompt, func(asked *v1alpha1.RecognizeOperation) {
			asked.Sensitive, asked.Tones = true, &v1alpha1.ToneInput{Max: ptr.To[int32](8), StopTones: "#"}
		}),
		"menu":    question(menuPrompt, pressed),
		"goodbye": say(goodbye),
	}
	ended := map[string]*v1alpha1.CallAction{}
	for _, name := range []string{"pin", "menu", "goodbye"} {
		w.CreateAction(t, w.Action(name, theCall, operations[name]))
		ended[name] = w.AwaitAction(t, name, "it has a result", func(action *v1alpha1.CallAction) bool { return action.Status.Result != nil })
		if result := ended[name].Status.Result; result.Outcome != v1alpha1.ActionCompleted {
			t.Fatalf("%s ended as %s (%s)", name, result.Outcome, result.Message)
		}
	}
	if diff := cmp.Diff([]string{pinPrompt, menuPrompt, goodbye}, w.Sim.Heard(callee)); diff != "" {
		t.Errorf("what the phone heard (-want +got):\n%s", diff)
	}
	if answer := ended["menu"].Status.Answer; answer == nil || answer.Label != "no" {
		t.Errorf("the answer to the menu is %+v", answer)
	}
	secret := &corev1.Secret{}
	if err := w.Client.Get(t.Context(), client.ObjectKey{Namespace: w.Namespace, Name: ended["pin"].Status.Answer.SecretName}, secret); err != nil {
		t.Fatal(err)
	}
	if string(secret.Data["tones"]) != secretPIN {
		t.Error("the Secret does not have the PIN")
	}
	return receiver
}
