// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// sent is a request as it arrived.
type sent struct {
	method, path string
	body         map[string]any
	once         bool
}

// listening is a service whose requests arrive at a server, which answers with a status and a body.
func listening(t *testing.T, status int, answer string) (*service, *[]sent) {
	t.Helper()
	var arrived []sent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		request := sent{method: r.Method, path: r.URL.Path, once: r.Header.Get("Repeatability-Request-ID") != ""}
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &request.body); err != nil {
				t.Errorf("%s: %v", raw, err)
			}
		}
		arrived = append(arrived, request)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	key, err := acs.NewAccessKey("c2VjcmV0")
	if err != nil {
		t.Fatal(err)
	}
	client, err := acs.NewClient(server.URL, key, &acs.ClientOptions{AllowHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	return &service{client: client}, &arrived
}

// asked is an attempt whose reports go to https://calls.example.com/a.
func asked() telephony.Attempt {
	return telephony.Attempt{
		Record:      &v1alpha1.RequestAttempt{ID: "3f2504e0-4f89-41d3-9a0c-0305e82c3301", FirstSent: metav1.NewTime(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))},
		CallbackURL: "https://calls.example.com/a",
	}
}

const phoneID = "4:+14255550123"

func TestOperationsAsTheyAreSent(t *testing.T) {
	ringing := map[string]any{
		"kind": "phoneNumber", "rawId": phoneID, "phoneNumber": map[string]any{"value": "+14255550123"},
	}
	participant := v1alpha1.Identifier{PhoneNumber: "+14255550123"}
	cases := []struct {
		name, reason string
		request      telephony.OperateRequest
		status       int
		answer       string
		path         string
		// body is the request without its context and callback URL.
		body map[string]any
		once bool
		want telephony.Answer
	}{
		{
			name: "text", reason: "ACS demands a voice or a locale", status: 202, path: ":play",
			request: telephony.OperateRequest{Operation: &v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello"}}}},
			body: map[string]any{
				"playSources": []any{map[string]any{"kind": "text", "text": map[string]any{"text": "Hello", "sourceLocale": "en-US"}}},
				"playOptions": map[string]any{"loop": false},
			},
		},
		{
			name: "voice", reason: "it is used as it is, for one participant, at once", status: 202, path: ":play",
			request: telephony.OperateRequest{Operation: &v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{
				Prompt: v1alpha1.Prompt{Text: "Hello", Voice: "en-GB-SoniaNeural"}, To: []v1alpha1.Identifier{participant}, Interrupt: true, Loop: true,
			}}},
			body: map[string]any{
				"playSources": []any{map[string]any{"kind": "text", "text": map[string]any{"text": "Hello", "voiceName": "en-GB-SoniaNeural"}}},
				"playOptions": map[string]any{"loop": true}, "playTo": []any{ringing}, "interruptCallMediaOperation": true,
			},
		},
		{
			name: "keys", reason: "each limit has its place", status: 202, path: ":recognize",
			request: telephony.OperateRequest{Participant: phoneID, Operation: &v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{
				Prompt: &v1alpha1.Prompt{File: "https://files.example.com/pin.wav"}, IgnoreInputDuringPrompt: true, InitialSilenceTimeoutSeconds: ptr.To[int32](7),
				Tones: &v1alpha1.ToneInput{Max: ptr.To[int32](4), StopTones: "#*", InterToneTimeoutSeconds: ptr.To[int32](3)},
			}}},
			body: map[string]any{
				"recognizeInputType": "dtmf",
				"playPrompt":         map[string]any{"kind": "file", "file": map[string]any{"uri": "https://files.example.com/pin.wav"}},
				"recognizeOptions": map[string]any{
					"targetParticipant": ringing, "interruptPrompt": false, "initialSilenceTimeoutInSeconds": 7.0,
					"dtmfOptions": map[string]any{"maxTonesToCollect": 4.0, "interToneTimeoutInSeconds": 3.0, "stopTones": []any{"pound", "asterisk"}},
				},
			},
		},
		{
			name: "choices that are pressed", reason: "they need no speech service when they are sent as one key", status: 202, path: ":recognize",
			request: telephony.OperateRequest{Participant: phoneID, Operation: &v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{
				Choices: []v1alpha1.Choice{{Label: "yes", Tone: "1"}, {Label: "no", Tone: "2"}},
			}}},
			body: map[string]any{
				"recognizeInputType": "dtmf",
				"recognizeOptions": map[string]any{
					"targetParticipant": ringing, "interruptPrompt": true, "dtmfOptions": map[string]any{"maxTonesToCollect": 1.0},
				},
			},
		},
		{
			name: "choices that are said", reason: "ACS demands phrases of each", status: 202, path: ":recognize",
			request: telephony.OperateRequest{Participant: phoneID, Operation: &v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{
				Choices: []v1alpha1.Choice{{Label: "yes", Tone: "1", Phrases: []string{"Yes", "Sure"}}, {Label: "no", Tone: "2"}}, Locale: "en-GB",
			}}},
			body: map[string]any{
				"recognizeInputType": "choices",
				"recognizeOptions": map[string]any{
					"targetParticipant": ringing, "interruptPrompt": true, "speechLanguage": "en-GB",
					"choices": []any{
						map[string]any{"label": "yes", "phrases": []any{"Yes", "Sure"}, "tone": "one"}, map[string]any{"label": "no", "phrases": []any{"no"}, "tone": "two"},
					},
				},
			},
		},
		{
			name: "tones", reason: "they are sent once", status: 202, path: ":sendDtmfTones", answer: "{}", once: true,
			request: telephony.OperateRequest{Participant: phoneID, Operation: &v1alpha1.CallOperation{SendTones: &v1alpha1.SendTonesOperation{Tones: "1A#"}}},
			body:    map[string]any{"tones": []any{"one", "a", "pound"}, "targetParticipant": ringing},
		},
		{
			name: "add", reason: "the invitation has an ID, to cancel it", status: 202, path: "/participants:add", answer: `{"invitationId":"inv-1"}`, once: true,
			request: telephony.OperateRequest{
				From: &v1alpha1.Caller{PhoneNumber: "+14255550100", DisplayName: "Ada"},
				Operation: &v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{
					Participant: participant, RingTimeoutSeconds: ptr.To[int32](30), Headers: &v1alpha1.OutboundHeaders{VoIP: map[string]v1alpha1.HeaderValue{"ticket": "7"}},
				}},
			},
			body: map[string]any{
				"participantToAdd": ringing, "sourceCallerIdNumber": map[string]any{"value": "+14255550100"}, "sourceDisplayName": "Ada",
				"invitationTimeoutInSeconds": 30.0, "customCallingContext": map[string]any{"voipHeaders": map[string]any{"ticket": "7"}},
			},
			want: telephony.Answer{Handle: "inv-1"},
		},
		{
			name: "remove", reason: "a participant leaves once", status: 202, path: "/participants:remove", answer: "{}", once: true,
			request: telephony.OperateRequest{Participant: phoneID, Operation: &v1alpha1.CallOperation{RemoveParticipant: &v1alpha1.RemoveParticipantOperation{}}},
			body:    map[string]any{"participantToRemove": ringing},
		},
		{
			name: "transfer", reason: "a group call has to name who is transferred", status: 202, path: ":transferToParticipant", answer: "{}", once: true,
			request: telephony.OperateRequest{
				Participant: "4:+14255550124", From: &v1alpha1.Caller{PhoneNumber: "+14255550100"},
				Operation: &v1alpha1.CallOperation{Transfer: &v1alpha1.TransferOperation{To: participant}},
			},
			body: map[string]any{
				"targetParticipant": ringing, "sourceCallerIdNumber": map[string]any{"value": "+14255550100"},
				"transferee": map[string]any{"kind": "phoneNumber", "rawId": "4:+14255550124", "phoneNumber": map[string]any{"value": "+14255550124"}},
			},
		},
		{
			name: "hold", reason: "with music", status: 200, path: ":hold",
			request: telephony.OperateRequest{Participant: phoneID, Operation: &v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{
				Music: &v1alpha1.Prompt{SSML: "<speak/>"},
			}}},
			body: map[string]any{"targetParticipant": ringing, "playSourceInfo": map[string]any{"kind": "ssml", "ssml": map[string]any{"ssmlText": "<speak/>"}}},
		},
		{
			name: "unhold", reason: "the roster tells", status: 200, path: ":unhold",
			request: telephony.OperateRequest{Participant: phoneID, Operation: &v1alpha1.CallOperation{Unhold: &v1alpha1.UnholdOperation{}}},
			body:    map[string]any{"targetParticipant": ringing},
		},
		{
			name: "record", reason: "the recording has an ID, to stop it", status: 200, path: "/calling/recordings",
			answer: `{"recordingId":"rec-1","recordingState":"active"}`, once: true,
			request: telephony.OperateRequest{Operation: &v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{
				Command: v1alpha1.RecordStart, Channels: v1alpha1.RecordingUnmixed, Format: v1alpha1.RecordingWAV, ContainerURL: "https://a.blob.core.windows.net/c",
			}}},
			body: map[string]any{
				"callConnectionId": "c-1", "recordingStateCallbackUri": "https://calls.example.com/a", "recordingContentType": "audio",
				"recordingChannelType": "unmixed", "recordingFormatType": "wav",
				"externalStorage": map[string]any{"recordingStorageKind": "azureBlobStorage", "recordingDestinationContainerUrl": "https://a.blob.core.windows.net/c"},
			},
			want: telephony.Answer{Handle: "rec-1"},
		},
		{
			name: "pause", reason: "the answer says it all", status: 202, path: "/calling/recordings/rec-1:pause",
			request: telephony.OperateRequest{Handle: "rec-1", Operation: &v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: v1alpha1.RecordPause}}},
			want:    telephony.Answer{Done: true},
		},
		{
			name: "cancel", reason: "the answer says it all", status: 202, path: ":cancelAllMediaOperations",
			request: telephony.OperateRequest{Operation: &v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}},
			want:    telephony.Answer{Done: true},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, arrived := listening(t, c.status, c.answer)
			c.request.Connection = "c-1"
			answer, err := s.Operate(t.Context(), c.request, asked())
			if err != nil {
				t.Fatalf("%s: %v", c.reason, err)
			}
			answer.Repeatability = ""
			if diff := cmp.Diff(c.want, answer); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			if len(*arrived) != 1 {
				t.Fatalf("%s: %d requests arrived, want 1", c.reason, len(*arrived))
			}
			got := (*arrived)[0]
			if !strings.HasSuffix(got.path, c.path) || got.once != c.once {
				t.Errorf("%s: %s (with a Repeatability-Request-ID: %v), want %s (%v)", c.reason, got.path, got.once, c.path, c.once)
			}
			for name, want := range map[string]string{"operationContext": asked().Record.ID, "operationCallbackUri": asked().CallbackURL} {
				if value, ok := got.body[name]; ok && value != want {
					t.Errorf("%s: %s is %v, want %s", c.reason, name, value, want)
				}
				delete(got.body, name)
			}
			if diff := cmp.Diff(c.body, got.body); diff != "" && len(c.body)+len(got.body) > 0 {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestRefusals: a refusal that passes by itself is not final.
func TestRefusals(t *testing.T) {
	play := telephony.OperateRequest{Connection: "c-1", Operation: &v1alpha1.CallOperation{
		Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{File: "https://files.example.com/a.wav"}},
	}}
	for _, c := range []struct {
		name, reason, answer string
		status               int
		want                 telephony.Class
	}{
		{"busy", "something else plays", `{"error":{"code":"8500","message":"Media operation is already active."}}`, 400, telephony.ClassNotReady},
		{"conflict", "something else plays", `{"error":{"code":"8583","message":"Conflict."}}`, 412, telephony.ClassNotReady},
		{"early", "the call is being set up", `{"error":{"code":"8501","message":"Call is not established."}}`, 400, telephony.ClassNotReady},
		{"invalid", "it would be refused again", `{"error":{"code":"8523","message":"Invalid."}}`, 400, telephony.ClassRefused},
		{"gone", "the call is over", `{"error":{"code":"8522","message":"Call not found."}}`, 404, telephony.ClassGone},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := listening(t, c.status, c.answer)
			if _, err := s.Operate(t.Context(), play, asked()); !telephony.Is(err, c.want) {
				t.Errorf("%s: got %#v, want class %s", c.reason, err, c.want)
			}
		})
	}
}

func TestStop(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		request      telephony.OperateRequest
		want         string
	}{
		{"prompt", "all that plays is stopped", telephony.OperateRequest{Operation: &v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{}}}, ":cancelAllMediaOperations"},
		{
			"invitation", "it is withdrawn", telephony.OperateRequest{Handle: "inv-1", Operation: &v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{}}},
			"/participants:cancelAddParticipant",
		},
		{"invitation without an ID", "there is nothing to name", telephony.OperateRequest{Operation: &v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{}}}, ""},
		{"hold", "it is over already", telephony.OperateRequest{Operation: &v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{}}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, arrived := listening(t, 202, "{}")
			c.request.Connection = "c-1"
			if err := s.Stop(t.Context(), c.request, asked()); err != nil {
				t.Fatal(err)
			}
			var paths []string
			for _, request := range *arrived {
				paths = append(paths, request.path)
			}
			if (c.want == "") != (len(paths) == 0) || c.want != "" && !strings.HasSuffix(paths[0], c.want) {
				t.Errorf("%s: the requests are %v, want %q", c.reason, paths, c.want)
			}
		})
	}
}

func TestOperationEvents(t *testing.T) {
	common := func(code, subCode int) acs.CallEvent {
		return acs.CallEvent{OperationContext: "a", ResultInformation: &acs.ResultInformation{Code: code, SubCode: subCode}}
	}
	cases := []struct {
		name, reason string
		data         acs.EventData
		want         v1alpha1.ActionOutcome
		answer       *telephony.InputAnswer
		handle       string
	}{
		{"begun", "it has no end yet", &acs.PlayStarted{CallEvent: common(200, 0)}, "", nil, ""},
		{"played", "to its end", &acs.PlayCompleted{CallEvent: common(200, 0)}, v1alpha1.ActionCompleted, nil, ""},
		{"stopped", "as recorded", &acs.PlayCanceled{CallEvent: common(400, 8508)}, v1alpha1.ActionCancelled, nil, ""},
		{"bad file", "as recorded", &acs.PlayFailed{CallEvent: common(400, 8535)}, v1alpha1.ActionFailed, nil, ""},
		{
			"keys", "their names are ACS's", &acs.RecognizeCompleted{CallEvent: common(200, 8531), DTMFResult: &acs.DTMFResult{Tones: []acs.Tone{"one", "Asterisk", "d"}}},
			v1alpha1.ActionCompleted, &telephony.InputAnswer{Tones: "1*D"}, "",
		},
		{
			"choice", "with what was said", &acs.RecognizeCompleted{CallEvent: common(200, 8545), ChoiceResult: &acs.ChoiceResult{
				Label: "yes", RecognizedPhrase: "Yes", Confidence: 0.9,
			}}, v1alpha1.ActionCompleted, &telephony.InputAnswer{Label: "yes", Speech: "Yes", Confidence: 0.9}, "",
		},
		{
			"speech", "as it was said", &acs.RecognizeCompleted{CallEvent: common(200, 0), SpeechResult: &acs.SpeechResult{Speech: "Hello."}},
			v1alpha1.ActionCompleted, &telephony.InputAnswer{Speech: "Hello."}, "",
		},
		{"silence", "nobody said anything", &acs.RecognizeFailed{CallEvent: common(400, 8510)}, v1alpha1.ActionNoInput, nil, ""},
		{"unfinished", "not all keys came", &acs.RecognizeFailed{CallEvent: common(400, 8532)}, v1alpha1.ActionNoInput, nil, ""},
		{"wrong word", "it is none of the choices", &acs.RecognizeFailed{CallEvent: common(400, 8547)}, v1alpha1.ActionNoMatch, nil, ""},
		{"no speech service", "somebody has to fix it", &acs.RecognizeFailed{CallEvent: common(500, 8565)}, v1alpha1.ActionFailed, nil, ""},
		{"joined", "on invitation", &acs.AddParticipantSucceeded{CallEvent: common(200, 0)}, v1alpha1.ActionCompleted, nil, ""},
		{"busy", "by its sub-code", &acs.AddParticipantFailed{CallEvent: common(486, 8539)}, v1alpha1.ActionBusy, nil, ""},
		{"declined", "by its code", &acs.AddParticipantFailed{CallEvent: common(603, 0)}, v1alpha1.ActionDeclined, nil, ""},
		{"unanswered", "by its code", &acs.AddParticipantFailed{CallEvent: common(408, 0)}, v1alpha1.ActionNoAnswer, nil, ""},
		{"withdrawn", "the invitation is cancelled", &acs.CancelAddParticipantSucceeded{CallEvent: common(200, 0), InvitationID: "inv-1"}, v1alpha1.ActionCancelled, nil, "inv-1"},
		{"recording", "the report has its ID", &acs.RecordingStateChanged{RecordingID: "rec-1", State: acs.RecordingStateActive}, "", nil, "rec-1"},
		{"recording paused", "it is no end", &acs.RecordingStateChanged{RecordingID: "rec-1", State: acs.RecordingStateInactive}, "", nil, "rec-1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, ok := newsOf(c.data).(telephony.OperationReported)
			if !ok || got.Outcome != c.want || got.Handle != c.handle {
				t.Errorf("%s: got %+v, want outcome %q and handle %q", c.reason, got, c.want, c.handle)
			}
			if diff := cmp.Diff(c.answer, got.Answer); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
	if news := newsOf(&acs.CancelAddParticipantFailed{}); news != nil {
		t.Errorf("an invitation that could not be withdrawn is still on its way, got %v", news)
	}
}
