// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package flows

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// tries is how often the client of ACS tries one request.
const tries = 3

// edit changes the flow, and returns when the API server has it.
func edit(t *testing.T, w *harness.World, text string) {
	t.Helper()
	flow := &v1alpha1.CallFlow{}
	if err := w.Client.Get(t.Context(), client.ObjectKey{Namespace: w.Namespace, Name: theFlow}, flow); err != nil {
		t.Fatal(err)
	}
	flow.Spec = flowOf(t, text)
	if err := w.Client.Update(t.Context(), flow); err != nil {
		t.Fatal(err)
	}
}

// at waits until the call is at a step, and its question is asked.
func at(t *testing.T, w *harness.World, step v1alpha1.StepName) {
	t.Helper()
	w.Await(t, theCall, "it is at "+string(step), func(call *v1alpha1.Call) bool {
		return call.Status.Flow != nil && call.Status.Flow.Step == step
	})
}

// TestSecret: what is pressed in a sensitive step is in its Secret, and nowhere else.
func TestSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, []simulator.Reaction{{Heard: "PIN", Press: pin + "#"}})
	w.StartManager(t, harness.ManagerOptions{})
	w.CreateFlow(t, theFlow, flowOf(t, `
steps:
- {name: ask, recognize: {sensitive: true, prompt: {text: Please enter your PIN.}, tones: {max: 8, stopTones: "#"}}, branches: {noInput: ask}, next: end}
- {name: end, end: {outcome: given}}
`))
	w.Create(t, w.Call(theCall, harness.Callee(0), harness.Running(theFlow, nil)))
	call := w.AwaitFlowEnd(t, theCall, "given")
	if len(call.Status.Flow.Answers) != 1 || call.Status.Flow.Answers[0].SecretName == "" {
		t.Fatalf("the answers are %+v", call.Status.Flow.Answers)
	}
	secret := &corev1.Secret{}
	if err := w.Client.Get(t.Context(), client.ObjectKey{Namespace: w.Namespace, Name: call.Status.Flow.Answers[0].SecretName}, secret); err != nil {
		t.Fatal(err)
	}
	if string(secret.Data["tones"]) != pin || secret.Type != v1alpha1.AnswerSecretType || !metav1.IsControlledBy(secret, call) && secret.OwnerReferences[0].UID != call.UID {
		t.Errorf("the Secret has %d keys, type %s and owners %v", len(secret.Data), secret.Type, secret.OwnerReferences)
	}
	var said []any
	for _, revision := range w.Revisions(theCall) {
		said = append(said, revision)
	}
	var events eventsv1.EventList
	if err := w.Client.List(t.Context(), &events, client.InNamespace(w.Namespace)); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(append(said, events.Items))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), pin) {
		t.Error("the PIN is in a status or an Event")
	}
}

// TestEditedWhileItRuns: a change counts from the next step on, and a step that is gone ends the flow with a sentence.
func TestEditedWhileItRuns(t *testing.T) {
	t.Parallel()
	const before = `
steps:
- {name: ask, recognize: {prompt: {text: Press 1.}, choices: [{label: confirm, tone: "1"}], initialSilenceTimeoutSeconds: 3}, branches: {noInput: again}, next: end}
- {name: again, play: {text: Once more.}, next: end}
- {name: end, end: {outcome: done}}
`
	cases := []struct {
		name, reason, after, want, says string
		heard                           []string
	}{
		{
			"next step says something else", "it is read when it begins", strings.ReplaceAll(before, "Once more.", "Goodbye."), "done", "",
			[]string{"Press 1.", "Goodbye."},
		},
		{"next step is gone", "nothing can come", `steps: [{name: ask, play: {text: Hi}, next: bye}, {name: bye, end: {outcome: bye}}]`, "bye", "", []string{"Press 1."}},
		{"this step is gone", "nobody knows what comes next", `steps: [{name: bye, end: {outcome: bye}}]`, v1alpha1.FlowFailed, "Step ask is not in CallFlow reminder any more.", []string{"Press 1."}},
		{
			"other branch", "the way from this step is read when it is over",
			"steps:\n- {name: ask, recognize: {prompt: {text: Press 2.}, choices: [{label: confirm, tone: \"2\"}]}, branches: {noInput: bye}, next: bye}\n- {name: bye, end: {outcome: bye}}",
			"bye", "", []string{"Press 1."},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.StartManager(t, harness.ManagerOptions{})
			w.CreateFlow(t, theFlow, flowOf(t, before))
			w.Create(t, w.Call(theCall, harness.Callee(0), harness.Running(theFlow, nil)))
			at(t, w, "ask")
			edit(t, w, c.after)
			call := w.AwaitFlowEnd(t, theCall, c.want)
			if !strings.Contains(call.Status.Flow.Message, c.says) {
				t.Errorf("%s: it says %q, want %q", c.reason, call.Status.Flow.Message, c.says)
			}
			if diff := cmp.Diff(c.heard, w.Sim.Heard(harness.Callee(0))); diff != "" {
				t.Errorf("%s: what the phone heard (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestWaitsForItsFlow: nobody is rung before the flow can be used.
func TestWaitsForItsFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, []simulator.Reaction{press("1")})
	w.StartManager(t, harness.ManagerOptions{})
	w.Create(t, w.Call(theCall, harness.Callee(0), harness.Running(theFlow, nil)))
	w.AwaitReason(t, theCall, v1alpha1.ReasonFlowNotFound)
	w.CreateFlow(t, theFlow, flowOf(t, `steps: [{name: ask, play: {text: Hi}, next: x}]`))
	w.AwaitReason(t, theCall, v1alpha1.ReasonFlowInvalid)
	edit(t, w, reminder)
	waiting := w.AwaitReason(t, theCall, v1alpha1.ReasonParameterMissing).Status.Waiting
	if !strings.Contains(waiting.Message, "CallFlow reminder needs a value for who") {
		t.Errorf("it says %q", waiting.Message)
	}
	if n := w.Sim.Rings(harness.Callee(0)); n != 0 {
		t.Errorf("the phone rang %d times for a flow that could not be used", n)
	}
	edit(t, w, strings.Replace(reminder, "{name: who,", "{name: who, default: Ada,", 1))
	w.AwaitFlowEnd(t, theCall, "confirmed")
}

// TestCancelled: a call that is ended here ends its flow.
func TestCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	m := w.StartManager(t, harness.ManagerOptions{})
	w.CreateFlow(t, theFlow, flowOf(t, reminder))
	remind(t, w, theCall, 0)
	at(t, w, "ask")
	w.HangUp(t, theCall)
	w.AwaitFlowEnd(t, theCall, v1alpha1.FlowCancelled)
	w.CheckNoLiveCall(t)
	w.CheckQuiet(t, m)
}

// TestNotStarted: a call that nobody answers has a flow with an outcome too.
func TestNotStarted(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{CognitiveServices: speechService, Phones: map[string]harness.Script{harness.Callee(0): {Busy: true}}})
	m := w.StartManager(t, harness.ManagerOptions{})
	w.CreateFlow(t, theFlow, flowOf(t, reminder))
	remind(t, w, theCall, 0)
	w.AwaitFlowEnd(t, theCall, v1alpha1.FlowNotStarted)
	w.CheckQuiet(t, m)
}

// TestKeepsCall: a call can go on without its flow.
func TestKeepsCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	m := w.StartManager(t, harness.ManagerOptions{})
	w.CreateFlow(t, theFlow, flowOf(t, `steps: [{name: hi, play: {text: Hi}, next: end}, {name: end, end: {outcome: greeted, keepCall: true}}]`))
	w.Create(t, w.Call(theCall, harness.Callee(0), harness.Running(theFlow, nil)))
	w.Await(t, theCall, "its flow has ended", func(call *v1alpha1.Call) bool { return call.Status.Flow != nil && call.Status.Flow.Over() })
	w.CheckQuiet(t, m)
	if call := w.Revisions(theCall)[len(w.Revisions(theCall))-1]; call.Status.Phase != v1alpha1.CallPhaseConnected {
		t.Errorf("the call is %s, want Connected", call.Status.Phase)
	}
	w.HangUp(t, theCall)
	w.AwaitFlowEnd(t, theCall, "greeted")
}

// TestSteps goes through every kind of step.
func TestSteps(t *testing.T) {
	t.Parallel()
	phones := phones(nil, nil)
	phones[harness.Callee(2)] = harness.Script{Busy: true}
	w := harness.New(t, plane, harness.Options{CognitiveServices: speechService, Phones: phones})
	w.StartManager(t, harness.ManagerOptions{})
	party := func(n int) string { return fmt.Sprintf("{phoneNumber: %q}", harness.Callee(n)) }
	w.CreateFlow(t, theFlow, flowOf(t, `
steps:
- {name: record, record: {}, next: hold}
- {name: hold, hold: {}, next: unhold}
- {name: unhold, unhold: {}, next: tones}
- {name: tones, sendTones: {tones: "12#"}, next: pause}
- {name: pause, wait: {seconds: 1}, next: busy}
- {name: busy, addParticipant: {participant: `+party(2)+`}, branches: {busy: add}, next: wrong}
- {name: add, addParticipant: {participant: `+party(1)+`}, next: stop}
- {name: stop, record: {command: Stop}, next: nowhere}
- {name: nowhere, moveTo: {call: {name: missing}}, branches: {failed: move}, next: wrong}
- {name: move, moveTo: {call: {selector: {matchLabels: {room: main}}}}, next: end}
- {name: end, end: {outcome: toured}}
- {name: wrong, end: {outcome: wrong}}
`))
	room := w.Call("room", harness.Callee(3))
	room.Labels = map[string]string{"room": "main"}
	w.Sim.SetPhone(t, simulator.Phone{Number: harness.Callee(3), Answer: &simulator.After{}})
	w.Create(t, room)
	w.AwaitRoster(t, "room", 2)
	w.Create(t, w.Call(theCall, harness.Callee(0), harness.Running(theFlow, nil)))
	call := w.Await(t, theCall, "its flow has ended", func(call *v1alpha1.Call) bool { return call.Status.Flow != nil && call.Status.Flow.Over() })
	if flow := call.Status.Flow; flow.Outcome != "toured" || !flow.KeepCall {
		t.Errorf("it ended as %s (%s), visits %v", flow.Outcome, flow.Message, flow.Visits)
	}
	w.AwaitRoster(t, "room", 3)
	for operation, want := range map[string]int{"startRecording": 1, "stopRecording": 1, "hold": 1, "unhold": 1, "sendDtmfTones": 1, "addParticipant": 2} {
		if n := w.Sim.CarriedOut(operation); n != want {
			t.Errorf("the service carried out %d requests %s, want %d", n, operation, want)
		}
	}
	if n := w.Sim.Moves(); n != 1 {
		t.Errorf("the service carried out %d moves, want 1", n)
	}
	w.HangUp(t, theCall)
	w.HangUp(t, "room")
	w.Await(t, "room", "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
	w.Await(t, theCall, "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
}

// TestRecordings: where the contents of a flow's recordings are is in the status of its Call, of one that was stopped and of one that ends with
// the call.
func TestRecordings(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{CognitiveServices: speechService, EventGrid: simulator.GridSchemaEventGrid, Phones: phones(nil)})
	w.Sim.AwaitSubscription(t)
	w.StartManager(t, harness.ManagerOptions{})
	w.CreateFlow(t, theFlow, flowOf(t, `
steps:
- {name: record, record: {}, next: say}
- {name: say, play: {text: This call is recorded.}, next: stop}
- {name: stop, record: {command: Stop}, next: again}
- {name: again, record: {}, next: bye}
- {name: bye, play: {text: Goodbye.}, next: end}
- {name: end, end: {outcome: done}}
`))
	w.Create(t, w.Call(theCall, harness.Callee(0), harness.Running(theFlow, nil)))
	w.AwaitFlowEnd(t, theCall, "done")
	call := w.Await(t, theCall, "the contents of both recordings are known", func(call *v1alpha1.Call) bool {
		recordings := call.Status.Flow.Recordings
		return len(recordings) == 2 && len(recordings[0].ContentLocations) > 0 && len(recordings[1].ContentLocations) > 0
	})
	for _, recording := range call.Status.Flow.Recordings {
		if len(recording.ContentLocations) != 1 {
			t.Errorf("the contents of recording %s are at %v, want one file", recording.ID, recording.ContentLocations)
		}
	}
}

// TestMusic: what is looped is heard while the flow continues, until a later step interrupts it.
func TestMusic(t *testing.T) {
	t.Parallel()
	const music = "https://files.example.com/music.wav"
	w := newWorld(t, nil)
	w.StartManager(t, harness.ManagerOptions{})
	w.CreateFlow(t, theFlow, flowOf(t, `
steps:
- {name: music, play: {file: "`+music+`", loop: true}, next: pause}
- {name: pause, wait: {seconds: 1}, next: over}
- {name: over, play: {text: Thank you for waiting., interrupt: true}, next: end}
- {name: end, end: {outcome: waited}}
`))
	w.Create(t, w.Call(theCall, harness.Callee(0), harness.Running(theFlow, nil)))
	w.AwaitFlowEnd(t, theCall, "waited")
	if diff := cmp.Diff([]string{music, "Thank you for waiting."}, w.Sim.Heard(harness.Callee(0))); diff != "" {
		t.Errorf("what the phone heard (-want +got):\n%s", diff)
	}
	w.CheckNoLiveCall(t)
}

// TestIncoming: a route answers with a flow, and not before it can be used.
func TestIncoming(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{
		CognitiveServices: speechService, EventGrid: simulator.GridSchemaCloudEvents, Phones: phones([]simulator.Reaction{{Heard: "Press 1", Press: "1"}}),
	})
	w.Sim.AwaitSubscription(t)
	w.StartManager(t, harness.ManagerOptions{})
	answerWithFlow(t, w)
	name := w.Incoming(t, w.Sim.Dial(t, harness.Callee(0), harness.Caller))
	w.AwaitReason(t, name, v1alpha1.ReasonFlowNotFound)
	w.CreateFlow(t, theFlow, flowOf(t, reminder))
	w.AwaitFlowEnd(t, name, "confirmed")
	if diff := cmp.Diff([]string{question, thanks}, w.Sim.Heard(harness.Callee(0))); diff != "" {
		t.Errorf("what the caller heard (-want +got):\n%s", diff)
	}
}

// answerWithFlow creates a route that answers all calls with the flow.
func answerWithFlow(t *testing.T, w *harness.World) {
	t.Helper()
	err := w.Client.Create(t.Context(), &v1alpha1.CallRoute{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "answer"},
		Spec: v1alpha1.CallRouteSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: harness.ProviderName},
			Action:      v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{Flow: &v1alpha1.FlowUse{Name: theFlow, Parameters: map[string]string{"who": "Ada"}}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRouteSaysThatItsFlowIsMissing: nobody has to call to find out.
func TestRouteSaysThatItsFlowIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.StartManager(t, harness.ManagerOptions{})
	answerWithFlow(t, w)
	w.AwaitRoute(t, "answer", v1alpha1.ReasonFlowNotFound)
	w.CreateFlow(t, theFlow, flowOf(t, `steps: [{name: ask, play: {text: Hi}, next: x}]`))
	w.AwaitRoute(t, "answer", v1alpha1.ReasonFlowInvalid)
	edit(t, w, reminder)
	w.AwaitRoute(t, "answer", v1alpha1.ReasonAccepted)
	if err := w.Client.Delete(t.Context(), &v1alpha1.CallFlow{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: theFlow}}); err != nil {
		t.Fatal(err)
	}
	w.AwaitRoute(t, "answer", v1alpha1.ReasonFlowNotFound)
}

// TestWhatACSAnswers: a request that had no effect is made again, and one that may have been heard is not.
func TestWhatACSAnswers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason, operation string
		faults                  []*harness.Fault
		want                    string
		heard                   []string
	}{
		{"throttled", "later", "recognize", harness.Repeat(tries, &harness.Fault{Status: 429}), "confirmed", []string{question, thanks}},
		{"answer lost", "the report tells", "recognize", []*harness.Fault{{AfterEffect: true}}, "confirmed", []string{question, thanks}},
		{"answer of the prompt lost", "the report tells", "play", []*harness.Fault{{Status: 500, AfterEffect: true}}, "confirmed", []string{question, thanks}},
		{"request lost", "no report comes, and it is not asked again", "recognize", harness.Repeat(tries, &harness.Fault{}), v1alpha1.FlowFailed, nil},
		{"refused", "the flow fails with the service's words", "recognize", []*harness.Fault{{Status: 400}}, v1alpha1.FlowFailed, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, []simulator.Reaction{press("1")})
			faults := harness.NewFaults().On(c.operation, c.faults...)
			m := w.StartManager(t, harness.ManagerOptions{Faults: faults})
			w.CreateFlow(t, theFlow, flowOf(t, reminder))
			remind(t, w, theCall, 0)
			w.AwaitFlowEnd(t, theCall, c.want)
			if diff := cmp.Diff(c.heard, w.Sim.Heard(harness.Callee(0))); diff != "" {
				t.Errorf("%s: what the phone heard (-want +got):\n%s", c.reason, diff)
			}
			w.CheckNoLiveCall(t)
			w.CheckQuiet(t, m)
		})
	}
}

// TestManagerDiesAtEveryRequest cuts the manager off at each request of a clean run, and starts another one. Whatever happens, the question is
// asked once at most, and what was answered counts.
func TestManagerDiesAtEveryRequest(t *testing.T) {
	t.Parallel()
	live := func(t *testing.T, w *harness.World) *v1alpha1.Call {
		t.Helper()
		w.CreateFlow(t, theFlow, flowOf(t, reminder))
		remind(t, w, theCall, 0)
		return w.Await(t, theCall, "its flow has ended, and it too", func(call *v1alpha1.Call) bool {
			return call.Status.Flow != nil && call.Status.Flow.Over() && call.Status.Result != nil
		})
	}
	world := func(t *testing.T) *harness.World { return newWorld(t, []simulator.Reaction{press("1")}) }
	w := world(t)
	m := w.StartManager(t, harness.ManagerOptions{})
	live(t, w)
	points := slices.DeleteFunc(m.Gate.CutPoints(0), func(r harness.Request) bool {
		return !strings.Contains(r.Name, "calls") && r.Name != "play" && r.Name != "recognize"
	})
	t.Logf("cut points: %v", points)
	harness.CutEverywhere(t, points, func(t *testing.T, cut *harness.Cut) bool {
		w := world(t)
		pair := w.StartMortal(t, harness.ManagerOptions{Cut: cut, Poll: time.Second})
		call := live(t, w)
		heard := w.Sim.Heard(harness.Callee(0))
		asked := slices.Contains(heard, question)
		outcome := call.Status.Flow.Outcome
		// A request that was written and perhaps not sent is not sent again: its step fails.
		if outcome != "confirmed" && (outcome != v1alpha1.FlowFailed || slices.Equal(heard, []string{question, thanks})) {
			t.Errorf("it ended as %s (%s), and the phone heard %q", outcome, call.Status.Flow.Message, heard)
		}
		if asked && len(call.Status.Flow.Answers) != 1 {
			t.Errorf("the phone answered, and the answers are %v", call.Status.Flow.Answers)
		}
		slices.Sort(heard)
		if len(slices.Compact(slices.Clone(heard))) != len(heard) {
			t.Errorf("the phone heard something twice: %q", heard)
		}
		return pair.Survivor(t) != pair.First
	})
}

// TestHundredReminders: each Call's flow ends as its phone did.
func TestHundredReminders(t *testing.T) {
	t.Parallel()
	const calls, seed = 100, 20
	random := rand.New(rand.NewPCG(seed, 0))
	phones := map[string]harness.Script{}
	want := make([]string, calls)
	for n := range calls {
		script := harness.Script{AnswerAfter: time.Duration(random.IntN(200)) * time.Millisecond}
		script.Reactions, want[n] = person(random)
		if random.IntN(10) == 0 {
			script, want[n] = harness.Script{Busy: true}, v1alpha1.FlowNotStarted
		}
		phones[harness.Callee(n)] = script
	}
	w := harness.New(t, plane, harness.Options{CognitiveServices: speechService, Phones: phones})
	m := w.StartManager(t, harness.ManagerOptions{})
	w.CreateFlow(t, theFlow, flowOf(t, reminder))
	for n := range calls {
		remind(t, w, fmt.Sprintf("call-%d", n), n)
	}
	outcomes := map[string]int{}
	for n := range calls {
		call := w.AwaitFlowEnd(t, fmt.Sprintf("call-%d", n), want[n])
		outcomes[call.Status.Flow.Outcome]++
		if t.Failed() {
			t.Fatalf("seed %d, phone %d with %+v:\n%s", seed, n, phones[harness.Callee(n)], strings.Join(w.Sim.PhoneLog(harness.Callee(n)), "\n"))
		}
	}
	t.Logf("seed %d: %v", seed, outcomes)
	w.CheckNoLiveCall(t)
	w.CheckQuiet(t, m)
}

// person is a script of somebody, and how the reminder ends with it.
func person(random *rand.Rand) (script []simulator.Reaction, outcome string) {
	for range 2 {
		reaction := simulator.Reaction{Heard: "Press 1", After: simulator.Duration(time.Duration(random.IntN(500)) * time.Millisecond)}
		switch random.IntN(6) {
		case 0:
			reaction.Press = "1"
			thanked := simulator.Reaction{Heard: "Thank you", During: true, HangUp: random.IntN(2) == 0}
			return append(script, reaction, thanked), "confirmed"
		case 1:
			reaction.Press = "2"
			return append(script, reaction), "cancelled-by-callee"
		case 2:
			reaction.HangUp = true
			return append(script, reaction), "unsure"
		case 3:
			reaction.Press, reaction.HangUp = "1", true
			return append(script, reaction), "confirmed"
		case 4:
			reaction.Press = "9"
		default:
			// Silent.
		}
		script = append(script, reaction)
	}
	return script, v1alpha1.FlowTooManyVisits
}
