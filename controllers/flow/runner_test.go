// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/operation"
	"github.com/call-operator/call-operator/controllers/shared/access/accesstest"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/telephony/telephonytest"
)

// world is a connected Call that runs a flow, at a service in memory.
type world struct {
	*Runner
	t       *testing.T
	api     client.WithWatch
	clock   *controllertest.Clock
	service *telephonytest.Service
	writes  int
}

func newWorld(t *testing.T, steps string) *world {
	t.Helper()
	w := &world{t: t, clock: controllertest.NewClock(), service: &telephonytest.Service{}}
	flow := &v1alpha1.CallFlow{}
	if err := yaml.UnmarshalStrict([]byte("steps:\n"+steps), &flow.Spec); err != nil {
		t.Fatal(err)
	}
	call := controllertest.CallWith(controllertest.Placed, controllertest.ConnectedAt(0), func(c *v1alpha1.Call) {
		c.Status.ConnectionID, c.Status.Flow = "connection-1", &v1alpha1.FlowProgress{Name: "f"}
		c.Status.Attempt.ObjectUID = c.UID
	})
	flow.Namespace, flow.Name, flow.Generation = call.Namespace, "f", 1
	_, err := w.service.Dial(t.Context(), telephony.DialRequest{To: call.Spec.To}, telephony.Attempt{Record: &v1alpha1.RequestAttempt{ID: "dial"}})
	if err != nil {
		t.Fatal(err)
	}
	w.service.Change("connection-1", func(c *telephonytest.Call) { c.Phase = telephony.PhaseConnected })
	w.api = controllertest.NewAPI(t, actionIndexes, interceptor.Funcs{
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, object client.Object, options ...client.SubResourceUpdateOption) error {
			w.writes++
			return c.SubResource(sub).Update(ctx, object, options...)
		},
	}, call, flow, controllertest.ProviderWith(), controllertest.SecretWith("endpoint=https://a.communication.azure.com/;accesskey=a2V5"))
	w.restart()
	return w
}

func actionIndexes(b *fake.ClientBuilder) *fake.ClientBuilder {
	for name, values := range operation.Actions.Indexers() {
		b = b.WithIndex(&v1alpha1.CallAction{}, name, values)
	}
	return b
}

// restart is another process.
func (w *world) restart() {
	connections := accesstest.New(w.api, w.clock.Now)
	connections.Adapter = telephonytest.Adapter{Service: w.service}
	ids := 0
	w.Runner = &Runner{
		Actions: &operation.Reconciler{Kind: operation.Actions, Base: once.Base{Client: w.api, Now: w.clock.Now}},
		Base: once.Base{
			Client: w.api, Live: w.api, Recorder: events.NewFakeRecorder(64), Connections: connections,
			CallbackKeys: controllertest.KeysOf(w.t, "k"), Now: w.clock.Now,
			NewID: func() string { ids++; return fmt.Sprintf("step-%d", ids) },
		},
	}
}

func (w *world) call() *v1alpha1.Call { return controllertest.Read(w.t, w.api) }

// pass reconciles the Call for some time, whenever it is due.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	end := w.clock.Now().Add(d)
	for {
		result, err := w.Reconcile(w.t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(controllertest.CallWith())})
		if err != nil {
			w.t.Fatal(err)
		}
		left := end.Sub(w.clock.Now())
		if result.RequeueAfter == 0 || result.RequeueAfter > left {
			w.clock.Pass(left)
			return
		}
		w.clock.Pass(result.RequeueAfter)
	}
}

// report writes what the service reports of the step's request, as the receiver does.
func (w *world) report(outcome v1alpha1.ActionOutcome, label string) {
	w.t.Helper()
	call := w.call()
	news := telephony.OperationReported{Attempt: call.Status.Flow.Attempt.ID, Outcome: outcome}
	if label != "" {
		news.Answer = &telephony.InputAnswer{Label: label}
	}
	w.write(callstatus.Reported{Event: telephony.Event{ID: news.Attempt, Type: "Some", News: news}, At: w.clock.Now()})
}

func (w *world) write(facts ...callstatus.Fact) {
	w.t.Helper()
	call := w.call()
	call.Status = callstatus.Apply(call.Status, facts...)
	if err := w.api.Status().Update(w.t.Context(), call); err != nil {
		w.t.Fatal(err)
	}
}

// want checks where the flow is, and what the service was asked for since the call was placed.
func (w *world) want(shown string, requests ...string) {
	w.t.Helper()
	asked := slices.DeleteFunc(w.service.Requests(), func(request string) bool { return slices.Contains([]string{"dial", "roster", "state"}, request) })
	if diff := cmp.Diff(append([]string{}, requests...), append([]string{}, asked...)); diff != "" {
		w.t.Errorf("requests (-want +got):\n%s", diff)
	}
	if flow := w.call().Status.Flow; flow.Shown != shown {
		w.t.Errorf("the flow shows %s (%s), want %s", flow.Shown, flow.Message, shown)
	}
}

func failing(operation string, outcome telephony.Outcome, class telephony.Class, times int) func(string) *telephony.Error {
	return func(asked string) *telephony.Error {
		if asked != operation || times == 0 {
			return nil
		}
		times--
		return &telephony.Error{Class: class, Outcome: outcome, Reason: v1alpha1.ReasonServiceUnavailable, Sentence: "It failed."}
	}
}

const menu = `
- {name: ask, recognize: {choices: [{label: confirm, tone: "1"}]}, branches: {confirm: mark}, next: add}
- {name: mark, setLabel: {key: state, value: confirmed}, next: bye}
- {name: bye, play: {text: Goodbye.}, next: end}
- {name: add, addParticipant: {participant: {phoneNumber: "+14255550199"}}, next: end}
- {name: end, end: {outcome: done}}
`

// TestStepsOnAnyService: a step is one request and two writes.
func TestStepsOnAnyService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, menu)
	w.pass(time.Second)
	w.want("ask", "recognize")
	w.pass(time.Minute)
	if w.writes != 1 {
		t.Errorf("%d writes until the question is asked, want 1", w.writes)
	}
	w.report(v1alpha1.ActionCompleted, "confirm")
	w.writes = 0
	w.pass(time.Second)
	w.want("bye", "recognize", "play")
	if w.writes != 1 || w.call().Labels["state"] != "confirmed" {
		t.Errorf("%d writes, labels %v: want 1 and the label", w.writes, w.call().Labels)
	}
	w.report(v1alpha1.ActionCompleted, "")
	w.writes = 0
	w.pass(time.Second)
	w.want("done", "recognize", "play")
	if ending := w.call().Status.Ending; w.writes != 1 || ending == nil || ending.Reason != v1alpha1.EndingFlowEnded {
		t.Errorf("%d writes, ending %v: want 1, that hangs up too", w.writes, ending)
	}
}

// TestFailuresOnAnyService: what may have been heard is not sent again.
func TestFailuresOnAnyService(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		fail         func(string) *telephony.Error
		after        time.Duration
		shown, says  string
		requests     []string
	}{
		{"throttled", "it had no effect", failing("recognize", telephony.OutcomeNotMade, telephony.ClassThrottled, 2), 10 * time.Second, "ask", "", []string{"recognize", "recognize", "recognize"}},
		{"answer lost", "it may be asked right now", failing("recognize", telephony.OutcomeUnknown, telephony.ClassUnavailable, 1), 15 * time.Second, "ask", "", []string{"recognize"}},
		{
			"answer lost, unheard of", "the step fails, and goes to next", failing("recognize", telephony.OutcomeUnknown, telephony.ClassUnavailable, 1), 21 * time.Second,
			"add", "", []string{"recognize", "addParticipant"},
		},
		{"refused", "it would be refused again", failing("recognize", telephony.OutcomeNotMade, telephony.ClassRefused, 1), time.Second, "add", "", []string{"recognize", "addParticipant"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, menu)
			w.service.Fail = c.fail
			w.pass(c.after)
			w.want(c.shown, c.requests...)
		})
	}
}

// TestRepeatedStep: a request that the service carries out once is repeated with the same ID, and the roster shows what came of it.
func TestRepeatedStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
- {name: add, addParticipant: {participant: {phoneNumber: "+14255550199"}}, next: end}
- {name: end, end: {outcome: done}}
`)
	w.service.Fail = failing("addParticipant", telephony.OutcomeUnknown, telephony.ClassUnavailable, 1)
	w.pass(10 * time.Second)
	w.want("add", "addParticipant", "addParticipant")
	w.service.Change("connection-1", func(c *telephonytest.Call) {
		c.Participants = append(c.Participants, telephony.Participant{ID: "4:+14255550199"})
	})
	w.pass(10 * time.Second)
	w.want("done", "addParticipant", "addParticipant")
}

// TestAnotherProcessContinues: a question that another process asked is not asked again, and its answer counts.
func TestAnotherProcessContinues(t *testing.T) {
	t.Parallel()
	w := newWorld(t, menu)
	w.pass(time.Second)
	w.restart()
	w.pass(20 * time.Second)
	w.want("ask", "recognize")
	w.report(v1alpha1.ActionCompleted, "confirm")
	w.pass(time.Second)
	w.want("bye", "recognize", "play")
}

// TestHungUpBeforeTheReport: a step that fails since the call is gone has not failed.
func TestHungUpBeforeTheReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, menu)
	w.pass(time.Second)
	if err := w.service.HangUp(t.Context(), "connection-1"); err != nil {
		t.Fatal(err)
	}
	w.report(v1alpha1.ActionFailed, "")
	w.pass(time.Second)
	if flow := w.call().Status.Flow; flow.Outcome != v1alpha1.FlowHungUp || w.call().Status.Ending != nil {
		t.Errorf("the flow ended as %s (%s), ending %v", flow.Outcome, flow.Message, w.call().Status.Ending)
	}
}

// TestStepWaitsForAction: a step is not sent while a CallAction plays or asks in the same Call, or is older and waits for nothing else.
func TestStepWaitsForAction(t *testing.T) {
	t.Parallel()
	plays := v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello"}}}
	interrupts := v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Fire!"}, Interrupt: true}}
	stops := v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}
	records := v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: v1alpha1.RecordStart}}
	sent := func(a *v1alpha1.CallAction) {
		a.Status.Attempt = &v1alpha1.RequestAttempt{ID: "i", FirstSent: controllertest.At(0), ObjectUID: a.UID}
		a.Status.Call = &v1alpha1.OperatedCall{Name: "c", ConnectionID: "connection-1"}
	}
	created := func(after time.Duration) func(*v1alpha1.CallAction) {
		return func(a *v1alpha1.CallAction) { a.CreationTimestamp = controllertest.At(after) }
	}
	throttled := func(a *v1alpha1.CallAction) {
		a.Status.Waiting = &v1alpha1.OperationWaiting{Reason: v1alpha1.ReasonThrottled, Since: controllertest.At(0), RetryTime: ptr.To(controllertest.At(time.Hour))}
	}
	const asks, interruptingStep = `recognize: {choices: [{label: confirm, tone: "1"}]}`, `play: {text: Stop it., interrupt: true}`
	cases := []struct {
		name, reason, step string
		asked              v1alpha1.CallOperation
		changes            []func(*v1alpha1.CallAction)
		waits              bool
	}{
		{"plays", "the question would be heard after it, if at all", asks, plays, []func(*v1alpha1.CallAction){sent}, true},
		{"interrupts", "it is heard too", asks, interrupts, []func(*v1alpha1.CallAction){sent}, true},
		{"stops", "a repetition would stop the question", asks, stops, []func(*v1alpha1.CallAction){sent}, true},
		{"stops, and the step interrupts", "a repetition would stop it", interruptingStep, stops, []func(*v1alpha1.CallAction){sent}, true},
		{"plays, and the step interrupts", "that is what it is for", interruptingStep, plays, []func(*v1alpha1.CallAction){sent}, false},
		{"records", "both can be", asks, records, []func(*v1alpha1.CallAction){sent}, false},
		{"older", "it was first", asks, plays, []func(*v1alpha1.CallAction){created(-time.Second)}, true},
		{"younger", "it comes after the step", asks, plays, []func(*v1alpha1.CallAction){created(time.Minute)}, false},
		{"older, backs off", "nobody knows when it can be sent", asks, plays, []func(*v1alpha1.CallAction){created(-time.Second), throttled}, false},
		{"other call", "they do not meet", asks, plays, []func(*v1alpha1.CallAction){sent, func(a *v1alpha1.CallAction) { a.Status.Call.Name = "other" }}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "- {name: ask, "+c.step+", next: end}\n- {name: end, end: {outcome: done}}\n")
			act := &v1alpha1.CallAction{Spec: v1alpha1.CallActionSpec{Call: v1alpha1.CallReference{Name: "c"}, CallOperation: c.asked}}
			act.Namespace, act.Name, act.UID = w.call().Namespace, "act", "act"
			for _, change := range c.changes {
				change(act)
			}
			if err := w.api.Create(t.Context(), act); err != nil {
				t.Fatal(err)
			}
			w.pass(time.Second)
			waiting := w.call().Status.Flow.Waiting
			if !c.waits {
				if waiting != nil || len(w.service.Requests()) != 2 {
					t.Errorf("%s: it waits for %+v, requests %v", c.reason, waiting, w.service.Requests())
				}
				return
			}
			w.want("ask")
			if waiting == nil || waiting.Reason != v1alpha1.ReasonActionInFlight || waiting.Message != "CallAction act, in the same Call, goes first." {
				t.Errorf("%s: it waits for %+v", c.reason, waiting)
			}
			if writes := w.writes; writes != 1 {
				t.Errorf("%d writes until it waits, want 1", writes)
			}
			w.pass(time.Minute)
			if w.writes != 1 {
				t.Errorf("%d writes while it waits", w.writes-1)
			}
			if err := w.api.Delete(t.Context(), act); err != nil {
				t.Fatal(err)
			}
			w.pass(10 * time.Second)
			if n := len(w.service.Requests()); n != 2 {
				t.Errorf("when the action is gone, the requests are %v", w.service.Requests())
			}
		})
	}
}

// TestRecordedAlready: a step does not wait for the end of somebody else's recording.
func TestRecordedAlready(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "- {name: a, record: {}}")
	act := &v1alpha1.CallAction{Spec: v1alpha1.CallActionSpec{
		Call: v1alpha1.CallReference{Name: "c"}, CallOperation: v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: v1alpha1.RecordStart}},
	}}
	act.Namespace, act.Name, act.UID = w.call().Namespace, "act", "act"
	act.Status.Attempt, act.Status.Accepted = &v1alpha1.RequestAttempt{ID: "i", FirstSent: controllertest.At(0), ObjectUID: act.UID}, true
	act.Status.Call = &v1alpha1.OperatedCall{Name: "c", UID: w.call().UID, ConnectionID: "connection-1"}
	if err := w.api.Create(t.Context(), act); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Second)
	w.want(v1alpha1.FlowFailed)
	if message := w.call().Status.Flow.Message; !strings.Contains(message, "CallAction act records the call already.") {
		t.Errorf("it says %q", message)
	}
}

// TestImpossibleStep: a step that cannot be carried out is not sent, and says why.
func TestImpossibleStep(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, step, says string }{
		{"number of somebody else", `addParticipant: {participant: {phoneNumber: "+14255550199"}, from: {phoneNumber: "+14255550198"}}`, "does not own +14255550198"},
		{"emergency number", `transfer: {to: {phoneNumber: "+112"}}`, "+112"},
		{"no recording", `record: {command: Stop}`, "The flow has started no recording."},
		{"no such call", `moveTo: {call: {name: other}}`, "Call other does not exist."},
		{"itself", `moveTo: {call: {name: c}}`, "The step moves into the call that it is in."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "- {name: a, "+c.step+"}")
			w.pass(time.Second)
			w.want(v1alpha1.FlowFailed)
			if message := w.call().Status.Flow.Message; !strings.Contains(message, c.says) {
				t.Errorf("it says %q, want %q", message, c.says)
			}
		})
	}
}

// TestChecker: a flow with problems says so.
func TestChecker(t *testing.T) {
	t.Parallel()
	flow := &v1alpha1.CallFlow{}
	flow.Generation = 2
	flow.Spec.Steps = []v1alpha1.FlowStep{{Name: "a", Play: &v1alpha1.PlayOperation{}, Next: "b"}}
	status := statusOf(flow, controllertest.Epoch)
	if status.ObservedGeneration != 2 || status.StepCount != 1 || len(status.Problems) != 1 || status.Conditions[0].Reason != v1alpha1.ReasonFlowInvalid {
		t.Errorf("the status is %+v", status)
	}
	flow.Spec.Steps[0] = v1alpha1.FlowStep{Name: "a", End: &v1alpha1.EndStep{Outcome: "done"}}
	flow.Status = status
	if status = statusOf(flow, controllertest.Epoch); len(status.Problems) != 0 || status.Conditions[0].Reason != v1alpha1.ReasonValid {
		t.Errorf("the status is %+v", status)
	}
}
