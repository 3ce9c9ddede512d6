// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package flows

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// stored are the writes of Calls that a process made, without those that the API server refused because another one came first.
func stored(gate *harness.Gate) []harness.Request {
	return slices.DeleteFunc(gate.CutPoints(0), func(r harness.Request) bool { return !strings.Contains(r.Name, " calls") })
}

// waits is longer than any pause after which the manager checks a flow again.
const waits = 6 * time.Second

// TestStepsCostTwoWrites counts the writes of the manager and the receiver: two for a step at most, and none for a call that waits.
func TestStepsCostTwoWrites(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{CognitiveServices: speechService, Phones: phones(nil), NoReceiver: true})
	receiver := w.StartReceiver(t, nil)
	m := w.StartManager(t, harness.ManagerOptions{})
	w.CreateFlow(t, theFlow, flowOf(t, `
steps:
- {name: ask, recognize: {prompt: {text: Press 1.}, tones: {max: 1}, initialSilenceTimeoutSeconds: 300}, branches: {failed: one}, next: end}
- {name: one, play: {text: One.}, next: two}
- {name: two, play: {text: Two.}, next: three}
- {name: three, sendTones: {tones: "3"}, next: four}
- {name: four, play: {text: Four.}, next: five}
- {name: five, play: {text: Five.}, next: end}
- {name: end, end: {outcome: done, keepCall: true}}
`))
	w.Create(t, w.Call(theCall, harness.Callee(0), harness.Running(theFlow, nil)))
	w.Sim.AwaitEntry(t, "the phone has heard the question", func(e simulator.Entry) bool { return e.PhoneEvent == simulator.PhoneHeard })
	for _, event := range []string{"ParticipantsUpdated", "PlayStarted"} {
		w.Sim.AwaitEntry(t, event+" has arrived", func(e simulator.Entry) bool { return e.Kind == simulator.EntryDelivery && e.EventType == event })
	}
	w.CheckQuiet(t, m)
	writes := func() []harness.Request { return append(stored(m.Gate), stored(receiver.Gate)...) }
	before := len(writes())
	<-time.After(waits) // nothing can be awaited that is not to happen
	if got := writes()[before:]; len(got) > 0 {
		t.Errorf("a call that waits for an answer cost %v", got)
	}
	// It ends the question, so that the other steps follow.
	w.CreateAction(t, w.Action("stop", theCall, v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}))
	w.Await(t, theCall, "its flow has ended", func(call *v1alpha1.Call) bool { return call.Status.Flow != nil && call.Status.Flow.Over() })
	w.CheckQuiet(t, m)
	// The result of the question, the steps one to five, and the end.
	const most = 1 + 5*2 + 1
	if got := len(writes()) - before; got > most || got < most-5 {
		t.Errorf("five steps cost %d writes, want %d at most: %v", got, most, writes())
	}
	w.HangUp(t, theCall)
	w.AwaitFlowEnd(t, theCall, "done")
}
