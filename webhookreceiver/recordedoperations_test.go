// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
)

// recordedOperation is an operation in leg A of a recorded session. Its events get the context that the operator gives to all of its
// requests, in place of the recorded app's own.
type recordedOperation struct {
	session, reason string
	// events is how the types of its events begin.
	events string
	asked  v1alpha1.CallOperation
	// handle is the service's ID of what the request begins.
	handle string
	// want is how it ends, with code/sub-code unless it was carried out. It is empty if no event tells.
	want string
}

var (
	recordedPlay   = v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello"}}}
	recordedMusic  = v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello"}, Loop: true}}
	recordedKeys   = v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Tones: &v1alpha1.ToneInput{Max: ptr.To[int32](3)}}}
	recordedWords  = v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Speech: &v1alpha1.SpeechInput{}}}
	recordedChoice = v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{
		Choices: []v1alpha1.Choice{{Label: "confirm", Tone: "1", Phrases: []string{"yes"}}, {Label: "cancel", Tone: "2", Phrases: []string{"no"}}},
	}}
	recordedHold   = v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{}}
	recordedTones  = v1alpha1.CallOperation{SendTones: &v1alpha1.SendTonesOperation{Tones: "12#"}}
	recordedAdd    = v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{}}
	recordedRemove = v1alpha1.CallOperation{RemoveParticipant: &v1alpha1.RemoveParticipantOperation{}}
	recordedRecord = v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: v1alpha1.RecordStart}}
)

// No public recording has a transfer's events, an answer to a question, or a failure to add, remove or send tones.
var recordedOperations = []recordedOperation{
	{session: "play to all", reason: "its end is reported", events: "Play", asked: recordedPlay, want: "Completed"},
	{session: "play to all", reason: "what is looped is over when it begins to play", events: "Play", asked: recordedMusic, want: "Completed"},
	{session: "play to one party", reason: "who does not hear it is on hold, which says nothing of the announcement", events: "Play", asked: recordedPlay, want: "Completed"},
	{session: "play to one on hold", reason: "the events of the music are about something else", events: "Play", asked: recordedPlay, want: "Completed"},
	{session: "play to one party fails", reason: "it never began", events: "Play", asked: recordedPlay, want: "Failed 400/8535"},
	{session: "play whose second file fails", reason: "it had begun", events: "Play", asked: recordedPlay, want: "Failed 400/8535"},
	{session: "music on hold interrupted", reason: "the codes are a failure's, and nothing has failed", events: "Play", asked: recordedPlay, want: "Cancelled 400/8508"},
	{session: "contexts swapped", reason: "its beginning was not reported", events: "Play", asked: recordedPlay, want: "Cancelled 400/8508"},
	{session: "play stopped, no results", reason: "the type of the event tells, without a code", events: "Play", asked: recordedPlay, want: "Cancelled 0/0"},
	{session: "question about keys, nobody presses one", reason: "silence is no failure", events: "Recognize", asked: recordedKeys, want: "NoInput 400/8510"},
	{session: "question with choices, nobody answers", reason: "the prompt's beginning is no answer", events: "", asked: recordedChoice, want: "NoInput 400/8510"},
	{session: "open question, nobody speaks", reason: "the prompt's beginning is no answer", events: "", asked: recordedWords, want: "NoInput 400/8510"},
	{session: "question by key or word, nobody answers", reason: "silence is no failure", events: "Recognize", asked: recordedKeys, want: "NoInput 400/8510"},
	{session: "question whose prompt fails", reason: "nobody was asked", events: "Recognize", asked: recordedKeys, want: "Failed 500/8511"},
	{session: "hold that fails", reason: "the roster showed it before", events: "HoldFailed", asked: recordedHold, want: "Failed 400/8535"},
	{session: "hold and unhold", reason: "only the roster tells", events: "Hold", asked: recordedHold},
	{session: "play to one on hold", reason: "the music's end with a failure's codes is not that of the hold", events: "Hold", asked: recordedHold},
	{session: "telephone, results", reason: "it is carried out once it is sent", events: "SendDtmf", asked: recordedTones, want: "Completed"},
	{session: "telephone, no results, newer", reason: "the type of the event tells, without a code", events: "SendDtmf", asked: recordedTones, want: "Completed"},
	{session: "third party added", reason: "the event comes after the roster", events: "AddParticipant", asked: recordedAdd, handle: "invitation", want: "Completed"},
	{session: "third party added and muted", reason: "the event comes before the roster", events: "AddParticipant", asked: recordedAdd, handle: "invitation", want: "Completed"},
	{
		session: "invitation cancelled, 487/5234", reason: "a success that is the end of the invitation", events: "CancelAdd", asked: recordedAdd, handle: "invitation",
		want: "Cancelled 487/5234",
	},
	{
		session: "invitation cancelled, 200/5300", reason: "a code of success is no success", events: "CancelAdd", asked: recordedAdd, handle: "invitation",
		want: "Cancelled 200/5300",
	},
	{session: "third party added and one removed", reason: "the event comes before the roster", events: "RemoveParticipant", asked: recordedRemove, want: "Completed"},
	{session: "recorder's own connection", reason: "it is known by its ID alone, and comes from another connection", events: "Recording", asked: recordedRecord, handle: "recording"},
}

// operationEvents are how the types of events begin that are about an operation.
var operationEvents = []string{"Play", "Recognize", "Hold", "SendDtmf", "AddParticipant", "CancelAdd", "RemoveParticipant", "Recording"}

// recordedAttempt is the operator's request for a recorded operation.
type recordedAttempt struct {
	recordedOperation
	id     string
	target callbackurl.Target
}

// reports tells whether an event is one of the operation.
func (a *recordedAttempt) reports(step recordedStep) bool {
	return step.leg == "A" && strings.HasPrefix(step.kind, a.events) &&
		slices.ContainsFunc(operationEvents, func(prefix string) bool { return strings.HasPrefix(step.kind, prefix) })
}

// TestRecordedOperations plays recorded sessions to a CallAction, and to a step of a flow, that had asked for what was done in them: with
// the answer to the request and without it, in the recorded order and in others.
func TestRecordedOperations(t *testing.T) {
	rounds := recordedRounds
	if testing.Short() {
		rounds = 1
	}
	for _, o := range recordedOperations {
		at := slices.IndexFunc(recordedSessions(), func(s recordedSession) bool { return s.name == o.session })
		if at < 0 {
			t.Fatalf("there is no recorded session %q", o.session)
		}
		session := recordedSessions()[at]
		t.Run(strings.ReplaceAll(fmt.Sprintf("%s %s", o.session, o.asked.Name()), " ", "_"), func(t *testing.T) {
			steps := slices.DeleteFunc(session.parse(t), func(s recordedStep) bool { return s.leg != "A" })
			session.legs = slices.DeleteFunc(slices.Clone(session.legs), func(l recordedLeg) bool { return l.name != "A" })
			for _, ofFlow := range []bool{false, true} {
				p := newRecordedPlayer(t, session, steps)
				for round := range rounds {
					order := steps
					if round > 0 {
						order = shuffled(session, steps, uint64(round))
					}
					for _, answered := range []bool{true, false} {
						p.begin(2*round + map[bool]int{false: 1}[answered])
						before := p.request(o, ofFlow, answered)
						for _, step := range order {
							p.play(step)
						}
						got := p.outcomeOf(ofFlow)
						if diff := gocmp.Diff(o.ends(ofFlow), got); diff != "" {
							t.Errorf("%s: %s\nof a flow: %t, answered: %t, round %d, order %v\nfrom %s (-want +got)\n%s",
								o.reason, session.source, ofFlow, answered, round, kinds(order), before, diff)
						}
						if wrong := p.replay(order); len(wrong) > 0 {
							t.Errorf("%s: %s", o.reason, strings.Join(wrong, "\n"))
						}
						if diff := gocmp.Diff(got, p.outcomeOf(ofFlow)); diff != "" {
							t.Errorf("%s: the second delivery changed the operation (-before +after)\n%s", o.reason, diff)
						}
					}
				}
			}
		})
	}
}

func kinds(steps []recordedStep) (kinds []string) {
	for _, step := range steps {
		kinds = append(kinds, step.kind)
	}
	return kinds
}

// operationEnd is what a status says of an operation.
type operationEnd struct {
	// Result is the outcome and, unless it was carried out, the codes. It is empty if there is none yet.
	Result string
	// Explained says that there is a sentence about an outcome other than success.
	Explained bool
	// Begun is what the request has begun, by the service's ID.
	Begun string
}

// ends is how the operation ends in a status. A flow does not wait for the end of a recording.
func (o recordedOperation) ends(ofFlow bool) operationEnd {
	end := operationEnd{Result: o.want, Explained: o.want != "" && o.want != string(v1alpha1.ActionCompleted)}
	if o.asked.Record != nil {
		end.Begun = o.handle
		if ofFlow {
			end.Result = string(v1alpha1.ActionCompleted)
		}
	}
	return end
}

// outcomeOf reads how the operation has ended.
func (p *recordedPlayer) outcomeOf(ofFlow bool) operationEnd {
	p.t.Helper()
	if ofFlow {
		flow := p.statusOf("A").Flow
		end := operationEnd{Begun: flow.Recording()}
		if r := flow.Result; r != nil {
			end.Result, end.Explained = resultText(r.Outcome, r.Code, r.SubCode), r.Message != ""
		}
		return end
	}
	action := &v1alpha1.CallAction{}
	if err := p.api.Get(p.t.Context(), client.ObjectKey{Namespace: namespace, Name: p.operation.target.Name}, action); err != nil {
		p.t.Fatal(err)
	}
	end := operationEnd{}
	if action.Spec.Record != nil {
		end.Begun = action.Status.Handle
	}
	if r := action.Status.Result; r != nil {
		end.Result = resultText(r.Outcome, r.Code, r.SubCode)
		end.Explained = r.Message != "" && r.Outcome != v1alpha1.ActionCompleted
	}
	return end
}

func resultText(outcome v1alpha1.ActionOutcome, code, subCode int32) string {
	if outcome == v1alpha1.ActionCompleted {
		return string(outcome)
	}
	return fmt.Sprintf("%s %d/%d", outcome, code, subCode)
}

// request writes what the manager has written when the events of the operation come: the attempt and, if the service's answer was not lost,
// that it was accepted. It says in words what that was.
func (p *recordedPlayer) request(o recordedOperation, ofFlow, answered bool) string {
	p.t.Helper()
	p.operation = &recordedAttempt{recordedOperation: o, id: fmt.Sprintf("operation-%d", p.round), target: p.calls["A"]}
	if ofFlow {
		return p.step(answered)
	}
	leg := p.calls["A"]
	action := &v1alpha1.CallAction{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: fmt.Sprintf("action-%d", p.round), UID: types.UID(fmt.Sprintf("action-uid-%d", p.round)), Generation: 1,
		},
		Spec: v1alpha1.CallActionSpec{Call: v1alpha1.CallReference{Name: leg.Name}, CallOperation: o.asked},
	}
	if err := p.api.Create(p.t.Context(), action); err != nil {
		p.t.Fatal(err)
	}
	facts := []operationstatus.Fact{
		operationstatus.Observed{Generation: 1, At: p.start},
		operationstatus.Intended{
			ID: p.operation.id, Calls: []v1alpha1.OperatedCall{{Name: leg.Name, UID: leg.UID, ConnectionID: "connection-A"}},
			Participants: []string{recordedNames["u2"]}, At: p.start,
		},
	}
	if answered {
		facts = append(facts, operationstatus.Accepted{Handle: o.handle, At: p.start})
	}
	action.Status = operationstatus.ApplyToAction(&o.asked, v1alpha1.CallActionStatus{OperationStatus: v1alpha1.OperationStatus{ObservedGeneration: -1}}, facts...)
	if err := p.api.Status().Update(p.t.Context(), action); err != nil {
		p.t.Fatal(err)
	}
	p.operation.target = callbackurl.Target{Kind: callbackurl.KindCallActions, Namespace: namespace, Name: action.Name, UID: action.UID}
	return "a CallAction"
}

// step lets the flow of leg A be at the operation. The answer to the start of a recording is its end for the flow.
func (p *recordedPlayer) step(answered bool) string {
	p.t.Helper()
	asked := p.operation.asked
	call := p.incomingCall(p.calls["A"].Name)
	call.Status.Flow = &v1alpha1.FlowProgress{
		Name: "flow", Step: "step", Does: string(asked.Name()), Loop: asked.Play != nil && asked.Play.Loop, Participant: recordedNames["u2"],
		Attempt: &v1alpha1.RequestAttempt{ID: p.operation.id, FirstSent: metav1.NewTime(p.start)},
	}
	if answered {
		call = told(call, callstatus.StepAccepted{ID: p.operation.id, Handle: p.operation.handle, At: p.start})
	}
	if err := p.api.Status().Update(p.t.Context(), call); err != nil {
		p.t.Fatal(err)
	}
	return "a step of a flow"
}
