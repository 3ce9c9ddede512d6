// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package useractions

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func TestDialWithAFlow(t *testing.T) {
	t.Parallel()
	request := DialRequest{Name: "ada", Provider: "acs", From: "+14255550100", To: "+442079460101", Flow: "reminder", Parameters: map[string]string{"who": "Ada"}}
	call, err := request.call()
	if want := (&v1alpha1.FlowUse{Name: "reminder", Parameters: map[string]string{"who": "Ada"}}); err != nil || !cmp.Equal(want, call.Spec.Flow) {
		t.Errorf("got %+v, %v, want %+v", call.Spec.Flow, err, want)
	}
	request.Flow = ""
	if _, err := request.call(); err == nil || !strings.Contains(err.Error(), "parameters are for a flow") {
		t.Errorf("parameters without a flow: %v", err)
	}
}

func TestOperation(t *testing.T) {
	t.Parallel()
	const third = "+442079460103"
	party := v1alpha1.Identifier{PhoneNumber: third}
	text := v1alpha1.Prompt{Text: "Hello.", Locale: "en-GB"}
	cases := []struct {
		name, reason string
		request      OperateRequest
		want         v1alpha1.CallOperation
	}{
		{
			"say", "what is said, to whom and how", OperateRequest{Verb: Say, Prompt: text, To: []string{third}, Loop: true, Interrupt: true},
			v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: text, To: []v1alpha1.Identifier{party}, Loop: true, Interrupt: true}},
		},
		{
			"ask", "the locale is that of the prompt and of the phrases",
			OperateRequest{Verb: Ask, Prompt: text, Choices: []string{"confirm=1:yes,right", "cancel=2"}, Silence: ptr.To(8 * time.Second), Sensitive: true},
			v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{
				Prompt: &text, Locale: "en-GB", Sensitive: true, InitialSilenceTimeoutSeconds: ptr.To(int32(8)),
				Choices: []v1alpha1.Choice{{Label: "confirm", Tone: "1", Phrases: []string{"yes", "right"}}, {Label: "cancel", Tone: "2"}},
			}},
		},
		{
			"ask with a file", "a file has no locale, what is said after it has",
			OperateRequest{Verb: Ask, Prompt: v1alpha1.Prompt{File: "https://files.example.com/a.wav", Locale: "en-GB"}, Speech: true, MaxTones: 4, StopTones: "#"},
			v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{
				Prompt: &v1alpha1.Prompt{File: "https://files.example.com/a.wav"}, Locale: "en-GB", Speech: &v1alpha1.SpeechInput{},
				Tones: &v1alpha1.ToneInput{Max: ptr.To(int32(4)), StopTones: "#"},
			}},
		},
		{"ask without a prompt", "nothing is played", OperateRequest{Verb: Ask, MaxTones: 1}, v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{
			Tones: &v1alpha1.ToneInput{Max: ptr.To(int32(1))},
		}}},
		{
			"add", "whom, as whom and for how long", OperateRequest{Verb: Add, Callee: "+44 20 7946 0103", From: ours, Ring: 20 * time.Second},
			v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{
				Participant: party, From: &v1alpha1.Caller{PhoneNumber: ours}, RingTimeoutSeconds: ptr.To(int32(20)),
			}},
		},
		{"remove", "a raw ID of the roster", OperateRequest{Verb: Remove, Participant: "4:" + third}, v1alpha1.CallOperation{RemoveParticipant: &v1alpha1.RemoveParticipantOperation{Participant: party}}},
		{"transfer", "whom to", OperateRequest{Verb: Transfer, Callee: third}, v1alpha1.CallOperation{Transfer: &v1alpha1.TransferOperation{To: party}}},
		{"mute", "whom", OperateRequest{Verb: Mute, Participant: third}, v1alpha1.CallOperation{Mute: &v1alpha1.MuteOperation{Participant: party}}},
		{"hold", "the other party", OperateRequest{Verb: Hold}, v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{}}},
		{"unhold", "somebody", OperateRequest{Verb: Unhold, Participant: third}, v1alpha1.CallOperation{Unhold: &v1alpha1.UnholdOperation{Participant: &party}}},
		{
			"record", "the command in small letters", OperateRequest{Verb: Record, Command: "start", Recording: v1alpha1.RecordOperation{Format: v1alpha1.RecordingMP3}},
			v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: v1alpha1.RecordStart, Format: v1alpha1.RecordingMP3}},
		},
		{"tones", "in their order", OperateRequest{Verb: Tones, Tones: "12#"}, v1alpha1.CallOperation{SendTones: &v1alpha1.SendTonesOperation{Tones: "12#"}}},
		{"stop media", "it needs nothing", OperateRequest{Verb: StopMedia}, v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := tc.request.Operation()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestNoOperation(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		request      OperateRequest
		want         string
	}{
		{"unknown", "no operation has this name", OperateRequest{Verb: "sing"}, `unknown operation "sing"`},
		{"command", "nor any command for a recording", OperateRequest{Verb: Record, Command: "rewind"}, "use start, pause, resume or stop"},
		{"to", "the parties are read", OperateRequest{Verb: Say, To: []string{"ada"}}, "is not a phone number"},
		{"participant", "all of them", OperateRequest{Verb: Hold, Participant: "ada"}, "is not a phone number"},
		{"callee", "all of them", OperateRequest{Verb: Add, Callee: "ada"}, "is not a phone number"},
		{"from", "all of them", OperateRequest{Verb: Add, Callee: theirs, From: "ada"}, "is not a phone number"},
		{"choice without an input", "how is it chosen?", OperateRequest{Verb: Ask, Choices: []string{"confirm"}}, `"confirm" is not a choice`},
		{"choice with nothing", "how is it chosen?", OperateRequest{Verb: Ask, Choices: []string{"confirm=:,"}}, "is not a choice"},
		{"choice without a label", "what is the answer?", OperateRequest{Verb: Ask, Choices: []string{"=1"}}, "is not a choice"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, err := tc.request.Operation(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: got %v, want %q", tc.reason, err, tc.want)
			}
		})
	}
}

func TestOperate(t *testing.T) {
	t.Parallel()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		ref          Ref
		want         string
	}{
		{"Connected", "it is carried out", outbound(connected), Ref{Namespace: "team", Name: "ada"}, ""},
		{"Ringing", "the action waits", outbound(), Ref{Namespace: "team", Name: "ada"}, ""},
		{"Over", "nothing can be done in it any more", outbound(over(v1alpha1.OutcomeBusy)), Ref{Namespace: "team", Name: "ada"}, "The call is over."},
		{"HungUp", "it will be over", outbound(connected, hangingUp), Ref{Namespace: "team", Name: "ada"}, "being hung up"},
		{"Another", "it is not the call that the user has seen", outbound(connected), Ref{Namespace: "team", Name: "ada", UID: "another"}, "another call with the same name"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			actions := Client{Kube: fake.NewClientBuilder().WithScheme(scheme).WithObjects(tc.call).Build()}
			action, err := actions.Operate(t.Context(), OperateRequest{Call: tc.ref, Verb: StopMedia})
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("%s: got %v, want %q", tc.reason, err, tc.want)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", tc.reason, err)
			}
			if action.GenerateName != "stop-media-ada-" || action.Spec.Call.Name != "ada" || action.Spec.CancelMedia == nil {
				t.Errorf("%s: created %s with %+v", tc.reason, action.GenerateName, action.Spec)
			}
		})
	}
}
