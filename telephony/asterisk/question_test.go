// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
)

// TestQuestion: what is pressed and not pressed, one after another: keys, P for the end of the prompt, F for its failure, and W for the end of
// the wait that began after the keys so far.
func TestQuestion(t *testing.T) {
	one := Question{Most: 1, Silence: 5, Between: 2}
	many := Question{Most: 4, StopTones: "#*", Silence: 5, Between: 2}
	prompted := func(q Question) Question {
		q.Prompt = true
		return q
	}
	patient := prompted(many)
	patient.IgnoreDuringPrompt = true
	const completed, noInput, failed = v1alpha1.ActionCompleted, v1alpha1.ActionNoInput, v1alpha1.ActionFailed
	cases := []struct {
		name, reason string
		question     Question
		happens      string
		want         Progress
	}{
		{"one key", "it is the answer", one, "7", Progress{Heard: true, Keys: "7", Outcome: completed}},
		{"another key", "the question is over", one, "78", Progress{Heard: true, Keys: "7", Outcome: completed}},
		{"nothing", "the time for the first key is over", one, "W", Progress{Heard: true, Outcome: noInput}},
		{"too late", "the question is over", one, "W7", Progress{Heard: true, Outcome: noInput}},
		{"most", "no other key is waited for", many, "1234", Progress{Heard: true, Keys: "1234", Outcome: completed}},
		{"some", "others may follow", many, "12", Progress{Heard: true, Keys: "12"}},
		{"stop tone", "it is not part of the answer", many, "12#", Progress{Heard: true, Keys: "12", Outcome: completed}},
		{"only a stop tone", "somebody has answered", many, "*", Progress{Heard: true, Outcome: completed}},
		{"pause", "the time for another key is over", many, "12W", Progress{Heard: true, Keys: "12", Outcome: noInput}},
		{"prompt", "the question is still being asked", prompted(one), "", Progress{}},
		{"after the prompt", "now it is listened for a key", prompted(one), "P", Progress{Heard: true}},
		{"barge-in", "a key stops the prompt", prompted(many), "1", Progress{Heard: true, Keys: "1"}},
		{"barge-in, its end", "the prompt was stopped by the key", prompted(many), "1P", Progress{Heard: true, Keys: "1"}},
		{"failed prompt", "nobody was asked", prompted(one), "F", Progress{Outcome: failed}},
		{"failed prompt, a key", "the question is over", prompted(one), "F1", Progress{Outcome: failed}},
		{"patient", "a key during the prompt is dropped", patient, "12#", Progress{}},
		{"patient, afterwards", "a key after it counts", patient, "1P2", Progress{Heard: true, Keys: "2"}},
		{"a wait during the prompt", "it belongs to nothing", prompted(one), "W", Progress{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := ProgressOf("", &Media{Question: &c.question})
			for _, event := range strings.Split(c.happens, "") {
				switch event {
				case "P", "F":
					got = c.question.PromptOver(got, event == "F")
				case "W":
					got = c.question.WaitOver(got, len(got.Keys))
				default:
					got = c.question.Press(got, event)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestWaitOfEarlierKeys: the silence after a key that another one has followed says nothing.
func TestWaitOfEarlierKeys(t *testing.T) {
	question := Question{Most: 4, Between: 2}
	progress := Progress{Heard: true, Keys: "12"}
	if got := question.WaitOver(progress, 1); got != progress {
		t.Errorf("got %+v", got)
	}
}

func TestWaits(t *testing.T) {
	question := Question{Silence: 25, Between: 3}
	for _, c := range []struct {
		reason string
		after  Progress
		want   []string
	}{
		{"Asterisk's longest silence has 10 seconds", Progress{}, []string{"sound:silence/10", "sound:silence/10", "sound:silence/5"}},
		{"after a key the other time counts", Progress{Keys: "1"}, []string{"sound:silence/3"}},
	} {
		if diff := cmp.Diff(c.want, question.Wait(c.after)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
	if diff := cmp.Diff([]string{"sound:silence/1"}, silences(0)); diff != "" {
		t.Errorf("a wait has an end that is reported (-want +got):\n%s", diff)
	}
}

// TestProgressOfAnother: keys of one question never answer another.
func TestProgressOfAnother(t *testing.T) {
	asked := &Media{Attempt: "new", Question: &Question{Prompt: true, Most: 1}}
	old := Progress{Attempt: "old", Heard: true, Keys: "7", Outcome: v1alpha1.ActionCompleted}
	for value, want := range map[string]Progress{
		"": {Attempt: "new"}, old.Variable(): {Attempt: "new"}, "not JSON": {Attempt: "new"},
		(Progress{Attempt: "new", Heard: true}).Variable(): {Attempt: "new", Heard: true},
	} {
		if diff := cmp.Diff(want, ProgressOf(value, asked)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", value, diff)
		}
	}
}

func TestOperationID(t *testing.T) {
	const key = "callactions/team-a/ask.me/uid-1/provider"
	for _, id := range []OperationID{
		{Key: key, Attempt: "attempt", Part: PartPlay, Target: ari.OnBridge("b-1")},
		{Key: key, Attempt: "attempt", Part: PartWait, Keys: 12, Target: ari.OnChannel("1764530000.17")},
		{Key: key, Attempt: "attempt", Part: PartInvite, Target: ari.OnBridge("b-1")},
	} {
		if got, ours := OperationIDOf(id.String()); !ours || got != id {
			t.Errorf("%s is read as %+v, ours %t", id, got, ours)
		}
	}
	for _, other := range []string{"", "1234", "a/b/c", key + "/attempt/wait-x/channel:1", "calls//name/uid/provider/attempt/play/bridge:b"} {
		if id, ours := OperationIDOf(other); ours {
			t.Errorf("%q is read as %+v", other, id)
		}
	}
	name := recordingName(key, "attempt")
	if k, attempt, ours := RecordingOf(name); k != key || attempt != "attempt" || !ours {
		t.Errorf("%s is read as %q, %q, %t", name, k, attempt, ours)
	}
	for _, other := range []string{"", "meeting", "a/b", key} {
		if _, _, ours := RecordingOf(other); ours {
			t.Errorf("%q is taken for a recording of ours", other)
		}
	}
}

func TestStopped(t *testing.T) {
	var value string
	for n := range 20 {
		value = withStopped(value, strings.Repeat("x", n+1))
	}
	if !IsStopped(value, strings.Repeat("x", 20)) || IsStopped(value, "x") || len(strings.Fields(value)) != mostStopped {
		t.Errorf("the last %d are remembered, got %q", mostStopped, value)
	}
}
