// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func TestWhatIsDone(t *testing.T) {
	t.Parallel()
	ada := v1alpha1.Identifier{PhoneNumber: "+442079460101"}
	cases := []struct {
		name, reason string
		asked        v1alpha1.CallOperation
		want         string
	}{
		{"text", "what is heard", v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello."}}}, "Hello."},
		{"file", "where it is", v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{File: "https://files.example.com/a.wav"}}}, "https://files.example.com/a.wav"},
		{"choices", "what can be pressed or said", v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{
			Prompt: &v1alpha1.Prompt{Text: "Press 1."}, Choices: []v1alpha1.Choice{{Label: "confirm", Tone: "1"}, {Label: "cancel", Phrases: []string{"no"}}},
		}}, "Press 1. (1: confirm, cancel)"},
		{"no prompt", "nothing is heard", v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Speech: &v1alpha1.SpeechInput{}}}, ""},
		{"tones", "which", v1alpha1.CallOperation{SendTones: &v1alpha1.SendTonesOperation{Tones: "12#"}}, "12#"},
		{"add", "whom", v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{Participant: ada}}, "+442079460101"},
		{"remove", "whom", v1alpha1.CallOperation{RemoveParticipant: &v1alpha1.RemoveParticipantOperation{Participant: ada}}, "+442079460101"},
		{"transfer", "to whom", v1alpha1.CallOperation{Transfer: &v1alpha1.TransferOperation{To: ada}}, "+442079460101"},
		{"mute", "whom", v1alpha1.CallOperation{Mute: &v1alpha1.MuteOperation{Participant: ada}}, "+442079460101"},
		{"hold", "the other party", v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{}}, ""},
		{"unhold", "whom", v1alpha1.CallOperation{Unhold: &v1alpha1.UnholdOperation{Participant: &ada}}, "+442079460101"},
		{"record", "what is done with the recording", v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: v1alpha1.RecordPause}}, "pause"},
		{"cancel", "it needs nothing", v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}, ""},
	}
	for _, c := range cases {
		if got := whatIsDone(&c.asked); got != c.want {
			t.Errorf("%s: %s: got %q, want %q", c.name, c.reason, got, c.want)
		}
	}
}

// TestWhichCallPlacedIt: the page matches the two ends of a call by the key of the Call that placed it.
func TestWhichCallPlacedIt(t *testing.T) {
	t.Parallel()
	number := &v1alpha1.Identifier{PhoneNumber: "+14255550111"}
	paired := &v1alpha1.OtherLeg{State: v1alpha1.OtherLegPaired, Name: "call-2"}
	invited := &v1alpha1.OtherLeg{State: v1alpha1.OtherLegInvited, Name: "call-2"}
	cases := []struct {
		name, reason string
		spec         v1alpha1.CallSpec
		leg          *v1alpha1.OtherLeg
		want         string
	}{
		{"incoming", "it was paired", v1alpha1.CallSpec{Inbound: &v1alpha1.InboundCall{To: *number}}, paired, "Call/n/call-2"},
		{"invited", "no Call placed it", v1alpha1.CallSpec{Inbound: &v1alpha1.InboundCall{To: *number}}, invited, ""},
		{"from outside", "no Call placed it", v1alpha1.CallSpec{Inbound: &v1alpha1.InboundCall{To: *number}}, nil, ""},
		{"outbound", "it is the one that placed it", v1alpha1.CallSpec{To: number}, paired, ""},
	}
	for _, c := range cases {
		call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "c"}, Spec: c.spec, Status: v1alpha1.CallStatus{OtherLeg: c.leg}}
		if got := viewOfCall(call, nil).Placed; got != c.want {
			t.Errorf("%s: %s: got %q, want %q", c.name, c.reason, got, c.want)
		}
	}
}
