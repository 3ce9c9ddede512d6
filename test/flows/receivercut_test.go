// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package flows

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	pin = "80317"

	// identify asks two questions, the second one in secret.
	identify = `
steps:
- name: ask
  recognize:
    prompt: {text: Press 1 to confirm.}
    choices: [{label: confirm, tone: "1"}]
    initialSilenceTimeoutSeconds: 5
  branches: {confirm: pin}
  next: wrong
- name: pin
  recognize: {sensitive: true, prompt: {text: Please enter your PIN.}, tones: {max: 8, stopTones: "#"}, initialSilenceTimeoutSeconds: 5}
  branches: {noInput: wrong, failed: wrong}
  next: thanks
- {name: thanks, play: {text: Thank you.}, next: identified}
- {name: identified, end: {outcome: identified}}
- {name: wrong, end: {outcome: wrong}}
`
)

// someCuts is how many requests of the receiver are cut, unless all are asked for.
const someCuts = 8

// TestReceiverDiesAtEveryRequest cuts the receiver off at its writes while a call runs a flow. Another receiver takes its place, and the
// service delivers again what was not acknowledged: no answer is lost, none counts for the other question, and nothing is asked or said
// twice. The manager does not poll meanwhile.
func TestReceiverDiesAtEveryRequest(t *testing.T) {
	t.Parallel()
	points := slices.DeleteFunc(identifySomebody(t, nil).Gate.CutPoints(0), func(r harness.Request) bool {
		return !strings.Contains(r.Name, "calls/status") && !strings.Contains(r.Name, "secrets")
	})
	t.Logf("cut points: %v", points)
	harness.CutEverywhere(t, harness.Some(points, someCuts), func(t *testing.T, cut *harness.Cut) bool {
		return identifySomebody(t, cut).Gate.WasCut()
	})
}

// identifySomebody runs the flow with a receiver that dies at a cut, and returns that receiver.
func identifySomebody(t *testing.T, cut *harness.Cut) *harness.Receiver {
	t.Helper()
	w := harness.New(t, plane, harness.Options{
		CognitiveServices: speechService, NoReceiver: true, Phones: phones([]simulator.Reaction{press("1"), {Heard: "PIN", Press: pin + "#"}}),
	})
	receiver := w.StartMortalReceiver(t, cut)
	w.StartManager(t, harness.ManagerOptions{})
	w.CreateFlow(t, theFlow, flowOf(t, identify))
	w.Create(t, w.Call(theCall, harness.Callee(0), harness.Running(theFlow, nil)))
	call := w.AwaitFlowEnd(t, theCall, "identified")
	if diff := cmp.Diff([]string{"Press 1 to confirm.", "Please enter your PIN.", "Thank you."}, w.Sim.Heard(harness.Callee(0))); diff != "" {
		t.Errorf("what the phone heard (-want +got):\n%s", diff)
	}
	answers := call.Status.Flow.Answers
	want := []v1alpha1.FlowAnswer{{Step: "ask", Answer: "confirm"}, {Step: "pin"}}
	if diff := cmp.Diff(want, answers, cmpopts.IgnoreFields(v1alpha1.FlowAnswer{}, "SecretName")); diff != "" {
		t.Fatalf("answers (-want +got):\n%s", diff)
	}
	secret := &corev1.Secret{}
	if err := w.Client.Get(t.Context(), client.ObjectKey{Namespace: w.Namespace, Name: answers[1].SecretName}, secret); err != nil {
		t.Fatal(err)
	}
	if string(secret.Data["tones"]) != pin {
		t.Error("the Secret does not have the PIN")
	}
	return receiver
}
