// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"strings"
	"testing"

	apimeta "k8s.io/apimachinery/pkg/api/meta"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

var (
	plays      = v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello"}}}
	loops      = v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello"}, Loop: true}}
	asks       = v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Choices: []v1alpha1.Choice{{Label: "yes", Tone: "1"}, {Label: "no", Tone: "2"}}}}
	asksSecret = v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Tones: &v1alpha1.ToneInput{}, Sensitive: true}}
	adds       = v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{Participant: v1alpha1.Identifier{PhoneNumber: "+14255550123"}}}
	removes    = v1alpha1.CallOperation{RemoveParticipant: &v1alpha1.RemoveParticipantOperation{}}
	holds      = v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{}}
	records    = v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: v1alpha1.RecordStart}}
	unholds    = v1alpha1.CallOperation{Unhold: &v1alpha1.UnholdOperation{}}
)

func unseenAction() v1alpha1.CallActionStatus {
	return v1alpha1.CallActionStatus{OperationStatus: v1alpha1.OperationStatus{ObservedGeneration: -1}}
}

// sentAction is a request about the participant one.
func sentAction(n int) Fact {
	return Intended{ID: "attempt-1", Participants: []string{one}, At: second(n), Calls: []v1alpha1.OperatedCall{{Name: "call", ConnectionID: sourceID}}}
}

func operated(n int, report telephony.OperationReported) Fact {
	if report.Attempt == "" {
		report.Attempt = "attempt-1"
	}
	return Reported{Event: telephony.Event{News: report}, At: second(n)}
}

func heldRoster(n int, id string, held bool) Fact {
	return Seen{Rosters: [][]telephony.Participant{{{ID: id, OnHold: held}}}, At: second(n)}
}

func TestActions(t *testing.T) {
	completed := telephony.OperationReported{Outcome: v1alpha1.ActionCompleted}
	cases := []struct {
		name, reason string
		asked        v1alpha1.CallOperation
		facts        []Fact
		// want is the outcome, "" if the action has not ended; message is a part of its sentence.
		want    v1alpha1.ActionOutcome
		message string
		answer  *v1alpha1.InputAnswer
	}{
		{"pending", "nothing was sent", plays, nil, "", "", nil},
		{"sent", "the service has not answered", plays, []Fact{sentAction(1)}, "", "", nil},
		{"begun", "it plays", plays, []Fact{sentAction(1), operated(2, telephony.OperationReported{})}, "", "", nil},
		{"played", "to its end", plays, []Fact{sentAction(1), accepted(2), operated(3, completed)}, v1alpha1.ActionCompleted, "played", nil},
		{"played first", "the report may come before the answer", plays, []Fact{sentAction(1), operated(2, completed), accepted(3)}, v1alpha1.ActionCompleted, "", nil},
		{"looping", "what has no end is over when it begins", loops, []Fact{sentAction(1), operated(2, telephony.OperationReported{})}, v1alpha1.ActionCompleted, "", nil},
		{
			"another attempt's", "its report says nothing about this one", plays,
			[]Fact{sentAction(1), operated(2, telephony.OperationReported{Attempt: "attempt-0", Outcome: v1alpha1.ActionFailed})}, "", "", nil,
		},
		{"unsent", "a report without a request belongs to something else", plays, []Fact{operated(2, completed)}, "", "", nil},
		{"done", "the answer says it all", plays, []Fact{sentAction(1), Accepted{Done: true, At: second(2)}}, v1alpha1.ActionCompleted, "", nil},
		{"last word", "the first end counts", plays, []Fact{
			sentAction(1), operated(2, completed), operated(3, telephony.OperationReported{Outcome: v1alpha1.ActionCancelled}),
		}, v1alpha1.ActionCompleted, "", nil},
		{"answered", "a key is a choice", asks, []Fact{sentAction(1), operated(2, telephony.OperationReported{
			Outcome: v1alpha1.ActionCompleted, Answer: &telephony.InputAnswer{Tones: "2"},
		})}, v1alpha1.ActionCompleted, "", &v1alpha1.InputAnswer{Summary: "no", Label: "no", Tones: "2"}},
		{"wrong key", "it is none of the choices", asks, []Fact{sentAction(1), operated(2, telephony.OperationReported{
			Outcome: v1alpha1.ActionCompleted, Answer: &telephony.InputAnswer{Tones: "7"},
		})}, v1alpha1.ActionNoMatch, "none of the choices", &v1alpha1.InputAnswer{Summary: "7", Tones: "7"}},
		{"said", "the service chose", asks, []Fact{sentAction(1), operated(2, telephony.OperationReported{
			Outcome: v1alpha1.ActionCompleted, Answer: &telephony.InputAnswer{Label: "yes", Speech: "Yes.", Confidence: 0.93},
		})}, v1alpha1.ActionCompleted, "", &v1alpha1.InputAnswer{Summary: "yes", Label: "yes", Speech: "Yes.", ConfidencePercent: percent(93)}},
		{"silence", "nobody pressed anything", asks, []Fact{sentAction(1), operated(2, telephony.OperationReported{
			Outcome: v1alpha1.ActionNoInput, Reason: telephonyacs.ReasonOf(400, 8510),
		})}, v1alpha1.ActionNoInput, "(400/8510)", nil},
		{"secret", "a PIN is in no status", asksSecret, []Fact{sentAction(1), Reported{
			Event:  telephony.Event{News: telephony.OperationReported{Attempt: "attempt-1", Outcome: v1alpha1.ActionCompleted, Answer: &telephony.InputAnswer{Tones: "2580"}}},
			Secret: "pin", At: second(2),
		}}, v1alpha1.ActionCompleted, "", &v1alpha1.InputAnswer{Summary: "(secret)", SecretName: "pin"}},
		{"joined", "the roster shows it", adds, []Fact{sentAction(1), accepted(2), seen(3, nil, []string{one})}, v1alpha1.ActionCompleted, "joined", nil},
		{"not joined", "somebody else is in the call", adds, []Fact{sentAction(1), accepted(2), seen(3, nil, []string{two})}, "", "", nil},
		{"busy", "the sentence is the service's", adds, []Fact{sentAction(1), operated(2, telephony.OperationReported{
			Outcome: v1alpha1.ActionBusy, Reason: telephonyacs.ReasonOf(486, 8539),
		})}, v1alpha1.ActionBusy, "The callee is busy. (486/8539)", nil},
		{"left", "the roster shows it", removes, []Fact{sentAction(1), accepted(2), seen(3, nil, []string{two})}, v1alpha1.ActionCompleted, "", nil},
		{"there", "the roster still has them", removes, []Fact{sentAction(1), accepted(2), seen(3, nil, []string{one})}, "", "", nil},
		{"call over, removed", "nobody is in it any more", removes, []Fact{sentAction(1), CallOver{Message: "It ended.", At: second(3)}}, v1alpha1.ActionCompleted, "", nil},
		{"call over", "the prompt was not played to its end", plays, []Fact{sentAction(1), CallOver{Message: "It ended.", At: second(3)}}, v1alpha1.ActionCallEnded, "It ended.", nil},
		{"call over, not recorded", "nothing says that a recording was ever begun", records, []Fact{sentAction(1), CallOver{Message: "It ended.", At: second(3)}}, v1alpha1.ActionCallEnded, "It ended.", nil},
		{"on hold", "the roster shows it", holds, []Fact{sentAction(1), accepted(2), heldRoster(3, one, true)}, v1alpha1.ActionCompleted, "", nil},
		{"not on hold", "the roster says no", holds, []Fact{sentAction(1), accepted(2), heldRoster(3, one, false)}, "", "", nil},
		{"off hold", "the roster shows it", unholds, []Fact{sentAction(1), accepted(2), heldRoster(3, one, false)}, v1alpha1.ActionCompleted, "", nil},
		{"a prompt in a roster", "a roster says nothing of a prompt", plays, []Fact{sentAction(1), accepted(2), heldRoster(3, one, true)}, "", "", nil},
		{"refused", "for good", plays, []Fact{sentAction(1), refused(2)}, v1alpha1.ActionFailed, "no", nil},
		{"expired", "before it was sent", plays, []Fact{TimedOut{Message: "late", At: second(2)}}, v1alpha1.ActionExpired, "late", nil},
		{"abandoned", "no report ever came", plays, []Fact{sentAction(1), accepted(2), abandoned(3)}, v1alpha1.ActionUnknown, "not sent again", nil},
		{"copied", "another object's attempt", plays, []Fact{sentAction(1), Copied{At: second(2)}}, v1alpha1.ActionUnknown, "copy", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := unseenAction()
			status := ApplyToAction(&c.asked, before, append([]Fact{observed(0)}, c.facts...)...)
			var outcome v1alpha1.ActionOutcome
			var message string
			if status.Result != nil {
				outcome, message = status.Result.Outcome, status.Result.Message
			}
			if outcome != c.want || !strings.Contains(message, c.message) {
				t.Errorf("%s: ended as %q (%s), want %q (%s)", c.reason, outcome, message, c.want, c.message)
			}
			if diff := cmp.Diff(c.answer, status.Answer); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			if ready := apimeta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionReady); ready != (c.want == v1alpha1.ActionCompleted) {
				t.Errorf("%s: Ready is %v: %v", c.reason, ready, status.Conditions)
			}
			if phase := phaseOf(status); status.Phase != phase {
				t.Errorf("%s: the phase is %s, want %s", c.reason, status.Phase, phase)
			}
		})
	}
}

func phaseOf(status v1alpha1.CallActionStatus) v1alpha1.ActionPhase {
	switch {
	case status.Result != nil:
		return v1alpha1.ActionPhaseEnded
	case status.Attempt != nil:
		return v1alpha1.ActionPhaseRunning
	default:
		return v1alpha1.ActionPhasePending
	}
}

func percent(n int32) *int32 { return &n }

// TestHandle: the ID of an invitation or a recording may be in the answer or in the report, whichever comes first.
func TestHandle(t *testing.T) {
	start := v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: v1alpha1.RecordStart}}
	answered := Accepted{Handle: "recording-1", At: second(2)}
	reported := Reported{Event: telephony.Event{News: telephony.OperationReported{Handle: "recording-1"}}, At: second(2)}
	for _, facts := range [][]Fact{{answered}, {reported}, {answered, reported}, {reported, answered}} {
		status := ApplyToAction(&start, unseenAction(), append([]Fact{observed(0), sentAction(1)}, facts...)...)
		if status.Handle != "recording-1" {
			t.Errorf("after %v the handle is %q", facts, status.Handle)
		}
	}
}

// TestRecordingEnds: a recording is over when its content is reported, or so long after its call that nobody expects that any more.
func TestRecordingEnds(t *testing.T) {
	start := v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: v1alpha1.RecordStart}}
	files := []v1alpha1.RecordingFile{{ContentLocation: "https://storage.example.com/1"}}
	content := func(handle string) Fact {
		return Reported{Event: telephony.Event{News: telephony.OperationReported{Handle: handle, Outcome: v1alpha1.ActionCompleted, Files: files}}, At: second(9)}
	}
	cases := []struct {
		name, reason string
		fact         Fact
		want         v1alpha1.ActionOutcome
		files        int
		message      string
	}{
		{"content", "it can be fetched", content("recording-1"), v1alpha1.ActionCompleted, 1, ""},
		{"another's content", "it is another recording", content("recording-2"), "", 0, ""},
		{"call over", "no report came", CallOver{Message: "Call call ended.", At: second(9)}, v1alpha1.ActionCompleted, 0, "docs/actions.md says what it needs"},
		{"deleted", "nobody waits for its content", StopRequested{At: second(9)}, v1alpha1.ActionCancelled, 0, "deleted"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status := ApplyToAction(&start, unseenAction(), observed(0), sentAction(1), Accepted{Handle: "recording-1", At: second(2)}, c.fact)
			result := v1alpha1.ActionResult{}
			if status.Result != nil {
				result = *status.Result
			}
			if result.Outcome != c.want || !strings.Contains(result.Message, c.message) || len(status.RecordingFiles) != c.files {
				t.Errorf("%s: got %+v with %d files, want %q with %d", c.reason, result, len(status.RecordingFiles), c.want, c.files)
			}
		})
	}
}

// TestWithdrawnAction: a request that was not carried out leaves nothing behind.
func TestWithdrawnAction(t *testing.T) {
	status := ApplyToAction(&adds, unseenAction(), observed(0), sentAction(1), notSent(2))
	if status.Attempt != nil || status.Call != nil || status.Participant != "" || status.Waiting == nil || status.Phase != v1alpha1.ActionPhasePending {
		t.Errorf("got %+v", status)
	}
}

// TestStopRequested: it is noted once.
func TestStopRequested(t *testing.T) {
	status := ApplyToAction(&plays, unseenAction(), observed(0), sentAction(1), StopRequested{At: second(2)}, StopRequested{At: second(9)})
	if status.StopTime == nil || !status.StopTime.Time.Equal(second(2)) {
		t.Errorf("got %v", status.StopTime)
	}
}
