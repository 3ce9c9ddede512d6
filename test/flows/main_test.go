// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package flows tests calls that run a CallFlow, on a real API server and a simulated service whose phones listen and answer.
package flows

import (
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

const (
	theCall, theFlow = "call", "reminder"

	speechService = "https://speech.example.com"
)

// reminder asks somebody to confirm an appointment.
const reminder = `
parameters:
- {name: who, description: The name of who is called.}
- {name: when, default: tomorrow}
maxVisits: 2
steps:
- name: ask
  recognize:
    prompt: {text: "Hello $(who), you have an appointment $(when). Press 1 to confirm, 2 to cancel."}
    choices: [{label: confirm, tone: "1"}, {label: cancel, tone: "2"}]
    initialSilenceTimeoutSeconds: 1
  branches: {confirm: thanks, cancel: mark-cancelled, noInput: again, noMatch: again, hungUp: mark-unsure}
- name: again
  play: {text: "Sorry, I did not get that."}
  next: ask
- name: thanks
  play: {text: "Thank you, $(who)."}
  branches: {hungUp: confirmed}
  next: confirmed
- {name: confirmed, end: {outcome: confirmed}}
- {name: mark-cancelled, setLabel: {key: appointment, value: "cancelled by $(who)"}, next: cancelled}
- {name: cancelled, end: {outcome: cancelled-by-callee}}
- {name: mark-unsure, setLabel: {key: appointment, value: unsure}, next: unsure}
- {name: unsure, end: {outcome: unsure}}
`

func flowOf(t testing.TB, text string) v1alpha1.CallFlowSpec {
	t.Helper()
	var spec v1alpha1.CallFlowSpec
	if err := yaml.UnmarshalStrict([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

// phones are n of them, each with a script; they answer at once.
func phones(scripts ...[]simulator.Reaction) map[string]harness.Script {
	all := map[string]harness.Script{}
	for n, script := range scripts {
		all[harness.Callee(n)] = harness.Script{AnswerAfter: 20 * time.Millisecond, Reactions: script}
	}
	return all
}

func newWorld(t *testing.T, scripts ...[]simulator.Reaction) *harness.World {
	t.Helper()
	return harness.New(t, plane, harness.Options{CognitiveServices: speechService, Phones: phones(scripts...)})
}

// remind places the call of the reminder to a phone.
func remind(t *testing.T, w *harness.World, name string, phone int) {
	t.Helper()
	w.Create(t, w.Call(name, harness.Callee(phone), harness.Running(theFlow, map[string]string{"who": "Ada"})))
}
