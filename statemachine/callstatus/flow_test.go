// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apimeta "k8s.io/apimachinery/pkg/api/meta"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// placedWithFlow is a call that will run a flow, and talking one that is connected.
var (
	placedWithFlow = []Fact{observed(1), Intended{ID: "attempt-1", Flow: "f", At: second(2)}, placed(3)}
	talking        = after(placedWithFlow, answered(4))
)

// asking has come to a question, whose request is s1.
func asking(change ...func(*v1alpha1.FlowProgress)) []Fact {
	return after(talking, moved(5, append([]func(*v1alpha1.FlowProgress){func(p *v1alpha1.FlowProgress) {
		p.Step, p.Does = "ask", "recognize"
		p.Keys = []v1alpha1.FlowKey{{Tone: "1", Label: "confirm"}}
	}}, change...)...), StepIntended{ID: "s1", Participant: "4:" + callee, At: second(5)})
}

func moved(n int, change ...func(*v1alpha1.FlowProgress)) Fact {
	started := stamp(n)
	progress := v1alpha1.FlowProgress{Name: "f", Generation: 1, Step: "say", Does: "play", StartTime: &started, StepTime: &started}
	for _, f := range change {
		f(&progress)
	}
	return FlowMoved{Progress: progress, At: second(n)}
}

func flowEnded(outcome string) func(*v1alpha1.FlowProgress) {
	return func(p *v1alpha1.FlowProgress) { p.Outcome = outcome }
}

// operation is a report about an operation.
func operation(n int, attempt string, outcome v1alpha1.ActionOutcome, answer *telephony.InputAnswer) Reported {
	return Reported{At: second(n), Event: telephony.Event{
		ID: fmt.Sprintf("e%d", n), Type: "Some", Time: second(n), Call: leg().CallIDs,
		News: telephony.OperationReported{Attempt: attempt, Outcome: outcome, Answer: answer, Reason: telephony.Reason{Code: 400, SubCode: 8510}},
	}}
}

func secretly(p *v1alpha1.FlowProgress) { p.Sensitive, p.Keys = true, nil }

func looped(p *v1alpha1.FlowProgress) { p.Does, p.Loop, p.Keys = "play", true, nil }

func withSecret(r Reported, name string) Reported {
	r.Secret = name
	return r
}

func ofMove(n int, attempt, participant string, failed bool) Reported {
	return Reported{At: second(n), Event: telephony.Event{
		ID: "m", Type: "Moved", Call: telephony.CallIDs{Connection: "another"}, News: telephony.ParticipantMoved{Attempt: attempt, Participant: participant, Failed: failed},
	}}
}

func TestFlow(t *testing.T) {
	t.Parallel()
	pressed := func(keys string) *telephony.InputAnswer { return &telephony.InputAnswer{Tones: keys} }
	cases := []struct {
		name, reason string
		facts        []Fact
		// want is what of the flow is shown, its step's result and answer.
		shown, result, answer string
	}{
		{"placed", "it has not begun", placedWithFlow, "", "", ""},
		{"not placed", "another attempt will begin it anew", after([]Fact{observed(1), Intended{ID: "attempt-1", Flow: "f", At: second(2)}}, notPlaced(3)), "none", "", ""},
		{"nobody answers", "it never begins", after(placedWithFlow, createFailed(9, 486, 560486)), "notStarted", "", ""},
		{"asks", "a step", asking(), "ask", "", ""},
		{"answer", "the key of a choice", after(asking(), operation(6, "s1", v1alpha1.ActionCompleted, pressed("1"))), "ask", "Completed", "confirm"},
		{"wrong key", "none of the choices", after(asking(), operation(6, "s1", v1alpha1.ActionCompleted, pressed("2"))), "ask", "NoMatch", "2"},
		{"silence", "no answer", after(asking(), operation(6, "s1", v1alpha1.ActionNoInput, nil)), "ask", "NoInput", ""},
		{"begun", "it has only begun", after(asking(), operation(6, "s1", "", nil)), "ask", "", ""},
		{"begun, without end", "what is looped is over when it is played", after(asking(looped), operation(6, "s1", "", nil)), "ask", "Completed", ""},
		{"another step begun", "it is not the one that is looped", after(asking(looped), operation(6, "s0", "", nil)), "ask", "", ""},
		{"another step's answer", "it is no answer to this one", after(asking(), operation(6, "s0", v1alpha1.ActionCompleted, pressed("1"))), "ask", "", ""},
		{"answer to nobody", "the service names no request", after(asking(), operation(6, "", v1alpha1.ActionCompleted, pressed("1"))), "ask", "", ""},
		{
			"second answer", "the first one counts",
			after(asking(), operation(6, "s1", v1alpha1.ActionCompleted, pressed("1")), operation(7, "s1", v1alpha1.ActionNoInput, nil)), "ask", "Completed", "confirm",
		},
		{
			"secret", "it is in the Secret", after(asking(secretly), withSecret(operation(6, "s1", v1alpha1.ActionCompleted, pressed("4711")), "s")),
			"ask", "Completed", "(secret) in s",
		},
		{
			"answer after the end", "the phone was put down at once",
			after(asking(), disconnected(6, 0, 560000), operation(7, "s1", v1alpha1.ActionCompleted, pressed("1"))), "ask", "Completed", "confirm",
		},
		{"settled after the end", "it ends after the call", after(asking(), disconnected(6, 0, 560000), moved(9, flowEnded("hungUp"))), "hungUp", "", ""},
		{"moved on after its end", "an outcome is final", after(asking(), moved(9, flowEnded("done")), moved(10, flowEnded("other"))), "done", "", ""},
		{"not sent", "it is sent later", after(asking(), StepNotSent{ID: "s1", Reason: "Throttled", Retry: second(9), At: second(6)}), "ask", "", ""},
		{
			"not sent, and reported", "the report proves the contrary",
			after(asking(), operation(6, "s1", v1alpha1.ActionNoInput, nil), StepNotSent{ID: "s1", Reason: "Throttled", Retry: second(9), At: second(7)}), "ask", "NoInput", "",
		},
		{"refused", "the step failed", after(asking(), StepEnded{ID: "s1", Outcome: v1alpha1.ActionFailed, Refused: true, At: second(6)}), "ask", "Failed", ""},
		{
			"refused, repeated", "a refusal of a repetition says nothing",
			after(asking(), StepUnresolved{ID: "s1", At: second(6)}, StepEnded{ID: "s1", Outcome: v1alpha1.ActionFailed, Refused: true, At: second(7)}), "ask", "", "",
		},
		{"accepted", "a report will come", after(asking(), StepAccepted{ID: "s1", At: second(6)}), "ask", "", ""},
		{"done", "no report will come", after(asking(), StepAccepted{ID: "s1", Done: true, At: second(6)}), "ask", "Completed", ""},
		{"ended here", "the flow is cancelled", after(asking(), ending(6, v1alpha1.EndingRequested)), "cancelled", "", ""},
		{"hung up by the flow", "it has its outcome", after(asking(), moved(6, flowEnded("done")), ending(6, v1alpha1.EndingFlowEnded)), "done", "", ""},
		{"moved", "from the other call's connection", after(asking(), ofMove(6, "s1", "4:"+callee, false)), "ask", "Completed", ""},
		{"not moved", "the step failed", after(asking(), ofMove(6, "s1", "4:"+callee, true)), "ask", "Failed", ""},
		{"somebody else moved", "no news of this step", after(asking(), ofMove(6, "s1", "4:"+caller, false)), "ask", "", ""},
		{"other move", "no news of this step", after(asking(), ofMove(6, "s2", "4:"+callee, false)), "ask", "", ""},
		{"incoming", "the route's flow", after(comesIn, Routed{ID: "a", Route: v1alpha1.RoutedCall{Action: v1alpha1.RouteActionAnswer, Flow: &v1alpha1.FlowUse{Name: "f"}}, At: second(2)}), "", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status := unseen()
			for _, fact := range c.facts {
				status = check(t, status, fact)
			}
			shown, result, answer := "none", "", ""
			if flow := status.Flow; flow != nil {
				shown = flow.Shown
				if flow.Result != nil {
					result = string(flow.Result.Outcome)
					if given := flow.Result.Answer; given != nil {
						answer = given.Summary
						if given.SecretName != "" {
							answer += " in " + given.SecretName
						}
					}
				}
			}
			if diff := cmp.Diff([]string{c.shown, c.result, c.answer}, []string{shown, result, answer}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			ended := apimeta.FindStatusCondition(status.Conditions, v1alpha1.ConditionFlowEnded)
			switch {
			case status.Flow == nil && ended != nil, status.Flow != nil && ended == nil:
				t.Errorf("%s: the condition is %v", c.reason, ended)
			case ended != nil && status.Flow.Over() && ended.Message != status.Flow.Outcome:
				t.Errorf("%s: the condition says %q", c.reason, ended.Message)
			}
			if text, err := json.Marshal(status); err != nil || strings.Contains(string(text), "4711") {
				t.Errorf("%s: a secret in %s, error %v", c.reason, text, err)
			}
		})
	}
}

// TestFlowRecordings: the contents of a recording belong to the flow that started it, whenever they are reported.
func TestFlowRecordings(t *testing.T) {
	t.Parallel()
	const id = "recording-1"
	location := []string{"https://storage.example.com/1"}
	file := []v1alpha1.RecordingFile{{ContentLocation: location[0]}}
	started := after(asking(func(p *v1alpha1.FlowProgress) { p.Does = "record" }), StepAccepted{ID: "s1", Handle: id, At: second(6)})
	contents := func(n int, handle string, files ...v1alpha1.RecordingFile) Fact {
		news := telephony.OperationReported{Outcome: v1alpha1.ActionCompleted, Handle: handle, Files: files}
		return Reported{At: second(n), Event: telephony.Event{ID: fmt.Sprintf("f%d", n), Type: "Stored", News: news}}
	}
	runs := func(n int, handle string) Fact {
		return Reported{At: second(n), Event: telephony.Event{ID: fmt.Sprintf("r%d", n), Type: "Runs", News: telephony.OperationReported{Handle: handle}}}
	}
	ended := func(p *v1alpha1.FlowProgress) {
		p.Outcome, p.Recordings = "done", []v1alpha1.FlowRecording{{ID: id}}
	}
	again := func(p *v1alpha1.FlowProgress) {
		p.Does, p.Recordings = "record", []v1alpha1.FlowRecording{{ID: id}}
	}
	cases := []struct {
		name, reason string
		facts        []Fact
		want         []v1alpha1.FlowRecording
	}{
		{"started", "its ID is known", started, []v1alpha1.FlowRecording{{ID: id}}},
		{"started, answer lost", "an event has the ID", after(asking(func(p *v1alpha1.FlowProgress) { p.Does = "record" }), runs(6, id)), []v1alpha1.FlowRecording{{ID: id}}},
		{"contents", "they are of this recording", after(started, contents(7, id, file...)), []v1alpha1.FlowRecording{{ID: id, ContentLocations: location}}},
		{"contents of another", "somebody else records too", after(started, contents(7, "recording-2", file...)), []v1alpha1.FlowRecording{{ID: id}}},
		{
			"contents after the end", "they are stored then", after(started, moved(7, ended), disconnected(8, 0, 560000), contents(9, id, file...)),
			[]v1alpha1.FlowRecording{{ID: id, ContentLocations: location}},
		},
		{
			"second recording, answer lost", "the first one stays", after(talking, moved(7, again), StepIntended{ID: "s2", At: second(7)}, runs(8, "recording-2"), contents(9, id, file...)),
			[]v1alpha1.FlowRecording{{ID: id, ContentLocations: location}, {ID: "recording-2"}},
		},
		{"too many files", "a status is bounded", after(started, contents(7, id, slices.Repeat(file, 20)...)), []v1alpha1.FlowRecording{{ID: id, ContentLocations: slices.Repeat(location, v1alpha1.MaxFlowRecordingFiles)}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status := unseen()
			for _, fact := range c.facts {
				status = check(t, status, fact)
			}
			if diff := cmp.Diff(c.want, status.Flow.Recordings); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestFlowThatEndedIsFinal applies every fact to flows that have ended.
func TestFlowThatEndedIsFinal(t *testing.T) {
	t.Parallel()
	for _, state := range [][]Fact{
		after(asking(), moved(6, flowEnded("done"))), after(asking(), ending(6, v1alpha1.EndingDeleted)), after(placedWithFlow, createFailed(9, 486, 560486)),
		after(asking(), disconnected(6, 0, 560000), moved(9, flowEnded("hungUp"))),
	} {
		before := Apply(unseen(), state...)
		for _, fact := range append(everyFact(500), moved(500), operation(500, "s1", v1alpha1.ActionCompleted, nil), StepEnded{ID: "s1", At: second(500)}) {
			if _, withdrawn := fact.(NotPlaced); withdrawn {
				continue
			}
			if got := check(t, before, fact); !reflect.DeepEqual(before.Flow, got.Flow) && !begins(fact) {
				t.Errorf("%#v changed a flow that had ended:\n%s", fact, cmp.Diff(before.Flow, got.Flow))
			}
		}
	}
}

// TestFlowStaysSmall: the longest flow in the fullest call.
func TestFlowStaysSmall(t *testing.T) {
	t.Parallel()
	status := Apply(unseen(), after(asking(func(p *v1alpha1.FlowProgress) {
		p.Message = longest
		for i := range 32 {
			p.Visits = append(p.Visits, v1alpha1.StepVisits{Step: v1alpha1.StepName(fmt.Sprintf("%032d", i)), Count: 100})
		}
		for range v1alpha1.MaxFlowAnswers {
			p.Answers = append(p.Answers, v1alpha1.FlowAnswer{Step: v1alpha1.StepName(strings.Repeat("s", 32)), Answer: strings.Repeat("a", 40)})
		}
		for range v1alpha1.MaxFlowRecordings {
			url := "https://storage.example.com/" + strings.Repeat("u", 150)
			locations := slices.Repeat([]string{url}, v1alpha1.MaxFlowRecordingFiles)
			p.Recordings = append(p.Recordings, v1alpha1.FlowRecording{ID: strings.Repeat("r", 150), ContentLocations: locations})
		}
	}), polled(6, telephony.PhaseConnected, crowd(20)...))...)
	data, err := json.Marshal(status)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", len(data))
	if len(data) > statusLimit {
		t.Errorf("%d bytes, more than %d", len(data), statusLimit)
	}
}
