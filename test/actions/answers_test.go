// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package actions

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

const prompt = "Is ten o'clock good for you?"

// reacting is a world whose callee reacts to the prompt.
func reacting(t *testing.T, reaction simulator.Reaction) *harness.World {
	t.Helper()
	return newWorld(t, func(options *harness.Options) {
		script := options.Phones[callee]
		script.Reactions = []simulator.Reaction{reaction}
		options.Phones[callee] = script
	})
}

func ask(change func(*v1alpha1.RecognizeOperation)) v1alpha1.CallOperation {
	asked := &v1alpha1.RecognizeOperation{Prompt: &v1alpha1.Prompt{Text: prompt}, InitialSilenceTimeoutSeconds: ptr.To[int32](2)}
	change(asked)
	return v1alpha1.CallOperation{Recognize: asked}
}

func pressed(asked *v1alpha1.RecognizeOperation) {
	asked.Choices = []v1alpha1.Choice{{Label: "yes", Tone: "1"}, {Label: "no", Tone: "2"}}
}

func said(asked *v1alpha1.RecognizeOperation) {
	asked.Choices = []v1alpha1.Choice{{Label: "yes", Tone: "1", Phrases: []string{"yes", "sure"}}, {Label: "no", Tone: "2", Phrases: []string{"no"}}}
}

func keys(asked *v1alpha1.RecognizeOperation) {
	asked.Tones = &v1alpha1.ToneInput{Max: ptr.To[int32](6), StopTones: "#", InterToneTimeoutSeconds: ptr.To[int32](1)}
}

func speech(asked *v1alpha1.RecognizeOperation) { asked.Speech = &v1alpha1.SpeechInput{} }

// TestAnswers: what a person does at the phone is the answer.
func TestAnswers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		reaction     simulator.Reaction
		asked        func(*v1alpha1.RecognizeOperation)
		want         v1alpha1.ActionOutcome
		answer       *v1alpha1.InputAnswer
	}{
		{"key", "a key is a choice", simulator.Reaction{Press: "2"}, pressed, v1alpha1.ActionCompleted, &v1alpha1.InputAnswer{Summary: "no", Label: "no", Tones: "2"}},
		{"at once", "it may be pressed while the prompt plays", simulator.Reaction{Press: "1", During: true}, pressed, v1alpha1.ActionCompleted, &v1alpha1.InputAnswer{Summary: "yes", Label: "yes", Tones: "1"}},
		{"wrong key", "it is none of the choices", simulator.Reaction{Press: "9"}, pressed, v1alpha1.ActionNoMatch, &v1alpha1.InputAnswer{Summary: "9", Tones: "9"}},
		{"said", "one of the phrases", simulator.Reaction{Say: "sure"}, said, v1alpha1.ActionCompleted, &v1alpha1.InputAnswer{Summary: "yes", Label: "yes", Speech: "sure"}},
		{"something else", "none of the phrases", simulator.Reaction{Say: "maybe"}, said, v1alpha1.ActionNoMatch, nil},
		{"number", "the stop tone ends it and is no part of it", simulator.Reaction{Press: "4711#"}, keys, v1alpha1.ActionCompleted, &v1alpha1.InputAnswer{Summary: "4711", Tones: "4711"}},
		{"speech", "as it was said", simulator.Reaction{Say: "at half past ten"}, speech, v1alpha1.ActionCompleted, &v1alpha1.InputAnswer{Summary: "at half past ten", Speech: "at half past ten"}},
		{"silence", "nobody answers", simulator.Reaction{Heard: "another prompt", Press: "1"}, pressed, v1alpha1.ActionNoInput, nil},
		{"hung up", "the call is over", simulator.Reaction{HangUp: true}, pressed, v1alpha1.ActionCallEnded, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := reacting(t, c.reaction)
			w.StartManager(t, harness.ManagerOptions{})
			connect(t, w)
			w.CreateAction(t, w.Action(theAction, theCall, ask(c.asked)))
			action := w.AwaitActionEnd(t, theAction, c.want)
			if action.Status.Answer != nil {
				action.Status.Answer.ConfidencePercent = nil
			}
			if diff := cmp.Diff(c.answer, action.Status.Answer); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			if diff := cmp.Diff([]string{prompt}, w.Sim.Heard(callee)); diff != "" {
				t.Errorf("%s: the callee heard (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestSecretAnswer: a PIN is in a Secret, and nowhere else.
func TestSecretAnswer(t *testing.T) {
	t.Parallel()
	const pin = "258013"
	w := reacting(t, simulator.Reaction{Press: pin + "#"})
	w.StartManager(t, harness.ManagerOptions{})
	connect(t, w)
	w.CreateAction(t, w.Action(theAction, theCall, ask(func(asked *v1alpha1.RecognizeOperation) {
		asked.Tones, asked.Sensitive = &v1alpha1.ToneInput{Max: ptr.To[int32](8), StopTones: "#"}, true
	})))
	action := w.AwaitActionEnd(t, theAction, v1alpha1.ActionCompleted)
	secret := &corev1.Secret{}
	if err := w.Client.Get(t.Context(), client.ObjectKey{Namespace: w.Namespace, Name: action.Status.Answer.SecretName}, secret); err != nil {
		t.Fatal(err)
	}
	if got := string(secret.Data["tones"]); got != pin || len(secret.Data) != 1 || secret.Type != v1alpha1.AnswerSecretType {
		t.Errorf("the Secret of type %s has %d keys, and the tones %q", secret.Type, len(secret.Data), got)
	}
	var owners []string
	for _, owner := range secret.OwnerReferences {
		owners = append(owners, owner.Kind+" "+owner.Name)
	}
	if diff := cmp.Diff([]string{"CallAction " + theAction, "Call " + theCall}, owners); diff != "" {
		t.Errorf("its owners (-want +got):\n%s", diff)
	}
	var events eventsv1.EventList
	if err := w.Client.List(t.Context(), &events, client.InNamespace(w.Namespace)); err != nil {
		t.Fatal(err)
	}
	seen := []any{events.Items}
	for _, revision := range w.ActionRevisions(theAction) {
		seen = append(seen, revision)
	}
	for _, revision := range w.Revisions(theCall) {
		seen = append(seen, revision)
	}
	shown, err := json.Marshal(seen)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(shown), pin) {
		t.Error("the PIN is in a status or an Event")
	}
	if !slices.Contains(w.Sim.Heard(callee), prompt) {
		t.Error("the callee was not asked")
	}
}
