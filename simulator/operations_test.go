// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

// operationCase is an operation on a call between the app, a phone that presses "one", and an ACS user.
type operationCase struct {
	name, reason string
	method, path string
	body         string
	status       int
	answer       string
	event        string
	details      string
}

const (
	phoneJSON = `{"kind":"phoneNumber","rawId":"4:` + person + `","phoneNumber":{"value":"` + person + `"}}`
	userJSON  = `{"kind":"communicationUser","rawId":"` + user + `","communicationUser":{"id":"` + user + `"}}`
	newJSON   = `{"kind":"phoneNumber","rawId":"4:` + other + `","phoneNumber":{"value":"` + other + `"}}`
)

var participantCases = []operationCase{
	{
		name: "list", reason: "participants are listed under value", method: http.MethodGet, path: "/participants", status: 200,
		answer: `{"value":[{"identifier":{"kind":"communicationUser","rawId":"APP","communicationUser":{"id":"APP"}},"isMuted":false,"isOnHold":false},
			{"identifier":` + phoneJSON + `,"isMuted":false,"isOnHold":false},{"identifier":` + userJSON + `,"isMuted":false,"isOnHold":false}]}`,
	},
	{
		name: "get", reason: "a participant is found by its escaped raw ID", method: http.MethodGet, path: "/participants/4%3A%2B442079460001", status: 200,
		answer: `{"identifier":` + phoneJSON + `,"isMuted":false,"isOnHold":false}`,
	},
	{
		name: "get, colons not escaped", reason: "a colon needs no escape in a path", method: http.MethodGet, path: "/participants/" + user, status: 200,
		answer: `{"identifier":` + userJSON + `,"isMuted":false,"isOnHold":false}`,
	},
	{
		name: "add", reason: "an event follows when the added participant has answered", method: http.MethodPost, path: "/participants:add",
		body: `{"participantToAdd":` + newJSON + `,"sourceCallerIdNumber":{"value":"` + owned + `"},"operationContext":"x"}`, status: 202,
		answer: `{"participant":{"identifier":` + newJSON + `,"isMuted":false,"isOnHold":false},"operationContext":"x","invitationId":"GUID"}`,
		event:  "AddParticipantSucceeded", details: `{"operationContext":"x","participant":` + newJSON + `}`,
	},
	{
		name: "cancelAdd", reason: "an invitation that is unknown cannot be cancelled", method: http.MethodPost, path: "/participants:cancelAddParticipant",
		body: `{"invitationId":"none","operationContext":"x"}`, status: 202, answer: `{"invitationId":"none","operationContext":"x"}`,
		event: "CancelAddParticipantFailed", details: `{"operationContext":"x","invitationId":"none"}`,
	},
	{
		name: "remove", reason: "the event names who was removed", method: http.MethodPost, path: "/participants:remove",
		body: `{"participantToRemove":` + userJSON + `,"operationContext":"x"}`, status: 202, answer: `{"operationContext":"x"}`,
		event: "RemoveParticipantSucceeded", details: `{"operationContext":"x","participant":` + userJSON + `}`,
	},
	{
		name: "remove nobody", reason: "who is not in the call cannot be removed", method: http.MethodPost, path: "/participants:remove",
		body: `{"participantToRemove":` + newJSON + `,"operationContext":"x"}`, status: 202, answer: `{"operationContext":"x"}`,
		event: "RemoveParticipantFailed", details: `{"operationContext":"x","participant":` + newJSON + `}`,
	},
	{
		name: "mute", reason: "muting shows in the roster only", method: http.MethodPost, path: "/participants:mute",
		body: `{"targetParticipants":[` + userJSON + `],"operationContext":"x"}`, status: 200, answer: `{"operationContext":"x"}`,
		event: "ParticipantsUpdated",
	},
	{
		name: "hold", reason: "holding shows in the roster only", method: http.MethodPost, path: ":hold",
		body: `{"targetParticipant":` + phoneJSON + `}`, status: 200, event: "ParticipantsUpdated",
	},
	{
		name: "unhold", reason: "so does its end", method: http.MethodPost, path: ":unhold",
		body: `{"targetParticipant":` + phoneJSON + `}`, status: 200, event: "ParticipantsUpdated",
	},
}

var mediaCases = []operationCase{
	{
		name: "play", reason: "a prompt starts and completes", method: http.MethodPost, path: ":play",
		body: `{"playSources":[{"kind":"text","text":{"text":"hello","voiceName":"en-US-NancyNeural"}}],"operationContext":"x"}`, status: 202, event: "PlayCompleted", details: `{"operationContext":"x"}`,
	},
	{
		name: "recognize", reason: "the tones that the phone presses are recognised", method: http.MethodPost, path: ":recognize",
		body:   `{"recognizeInputType":"dtmf","recognizeOptions":{"targetParticipant":` + phoneJSON + `},"operationContext":"x"}`,
		status: 202, event: "RecognizeCompleted", details: `{"operationContext":"x","recognitionType":"dtmf","dtmfResult":{"tones":["one"]}}`,
	},
	{
		name: "recognize choices", reason: "a tone chooses", method: http.MethodPost, path: ":recognize",
		body: `{"recognizeInputType":"choices","recognizeOptions":{"targetParticipant":` + phoneJSON + `,
			"choices":[{"label":"no","phrases":["no"],"tone":"two"},{"label":"yes","phrases":["yes"],"tone":"one"}]}}`,
		status: 202, event: "RecognizeCompleted", details: `{"recognitionType":"choices","choiceResult":{"label":"yes"}}`,
	},
	{
		name: "sendDtmfTones", reason: "tones are sent", method: http.MethodPost, path: ":sendDtmfTones",
		body: `{"tones":["one"],"targetParticipant":` + phoneJSON + `,"operationContext":"x"}`, status: 202, answer: `{"operationContext":"x"}`,
		event: "SendDtmfTonesCompleted", details: `{"operationContext":"x"}`,
	},
	{
		name: "startContinuousDtmf", reason: "each tone causes an event", method: http.MethodPost, path: ":startContinuousDtmfRecognition",
		body: `{"targetParticipant":` + phoneJSON + `,"operationContext":"x"}`, status: 200,
		event: "ContinuousDtmfRecognitionToneReceived", details: `{"operationContext":"x","sequenceId":1,"tone":"one"}`,
	},
	{
		name: "stopContinuousDtmf", reason: "the end causes an event", method: http.MethodPost, path: ":stopContinuousDtmfRecognition",
		body: `{"targetParticipant":` + phoneJSON + `}`, status: 200, event: "ContinuousDtmfRecognitionStopped", details: `{}`,
	},
	{
		name: "cancelAllMediaOperations", reason: "nothing runs, so there is no event", method: http.MethodPost, path: ":cancelAllMediaOperations", status: 202,
	},
	{
		name: "startMediaStreaming", reason: "its state causes an event", method: http.MethodPost, path: ":startMediaStreaming", body: `{}`, status: 202,
		event:   "MediaStreamingStarted",
		details: `{"mediaStreamingUpdate":{"contentType":"audio","mediaStreamingStatus":"mediaStreamingStarted","mediaStreamingStatusDetails":"subscriptionStarted"}}`,
	},
	{
		name: "stopMediaStreaming", reason: "its state causes an event", method: http.MethodPost, path: ":stopMediaStreaming", body: `{}`, status: 202,
		event:   "MediaStreamingStopped",
		details: `{"mediaStreamingUpdate":{"contentType":"audio","mediaStreamingStatus":"mediaStreamingStopped","mediaStreamingStatusDetails":"subscriptionStopped"}}`,
	},
	{
		name: "startTranscription", reason: "its state causes an event", method: http.MethodPost, path: ":startTranscription", body: `{"locale":"en-GB"}`, status: 202,
		event:   "TranscriptionStarted",
		details: `{"transcriptionUpdate":{"transcriptionStatus":"transcriptionStarted","transcriptionStatusDetails":"subscriptionStarted"}}`,
	},
	{
		name: "updateTranscription", reason: "its state causes an event", method: http.MethodPost, path: ":updateTranscription", body: `{"locale":"en-GB"}`, status: 202,
		event:   "TranscriptionUpdated",
		details: `{"transcriptionUpdate":{"transcriptionStatus":"transcriptionUpdated","transcriptionStatusDetails":"transcriptionLocaleUpdated"}}`,
	},
	{
		name: "stopTranscription", reason: "its state causes an event", method: http.MethodPost, path: ":stopTranscription", body: `{}`, status: 202,
		event:   "TranscriptionStopped",
		details: `{"transcriptionUpdate":{"transcriptionStatus":"transcriptionStopped","transcriptionStatusDetails":"subscriptionStopped"}}`,
	},
}

// TestOperations sends each operation to a call of three and compares the answer and the event. Where the operation takes
// a callback URI of its own, the event goes there.
func TestOperations(t *testing.T) {
	t.Parallel()
	for _, tc := range append(participantCases, mediaCases...) {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, simulator.Options{Phones: []simulator.Phone{
				{Number: person, Answer: after(0), Press: []acs.Tone{acs.ToneOne}}, {User: user, Answer: after(0)}, answering(other),
			}})
			id := f.connected("call", number(person)).CallConnectionID
			got(f.client.AddParticipant(f.Context(), id, acs.AddParticipantRequest{ParticipantToAdd: acs.CommunicationUserIdentifier(user)}, repeat()))(f)
			f.roster(id, 3)
			body := tc.body
			own := strings.HasPrefix(body, "{") && tc.event != "" && tc.event != "ParticipantsUpdated"
			if own {
				body = strings.TrimSuffix(body, "}")
				if body != "{" {
					body += ","
				}
				body += `"operationCallbackUri":"` + f.webhook + `/callbacks/own"}`
			}
			before, _ := f.sink.all()
			got := f.rest(tc.method, "/calling/callConnections/"+id+tc.path, body)
			f.compareAnswer(tc, got)
			if tc.event != "" {
				f.compareEvent(tc, len(before), own)
			}
		})
	}
}

func (f *fixture) compareAnswer(tc operationCase, got answer) {
	f.Helper()
	if got.status != tc.status {
		f.Fatalf("%s: status %d %s, want %d", tc.reason, got.status, got.body, tc.status)
	}
	if tc.answer == "" {
		if len(got.body) > 0 {
			f.Errorf("%s: body %s, want none", tc.reason, got.body)
		}
		return
	}
	names := map[string]string{app.FindString(string(got.body)): "APP"}
	if found := guid.FindString(string(got.body)); tc.name == "add" {
		names[found] = "GUID"
	}
	if diff := cmp.Diff(parsed(f, tc.answer), shape(f, got.body, names)); diff != "" {
		f.Errorf("%s: the answer:\n%s", tc.reason, diff)
	}
}

func (f *fixture) compareEvent(tc operationCase, before int, own bool) {
	f.Helper()
	d := await(f, tc.event, func(deliveries []delivery) (delivery, bool) {
		for _, d := range deliveries[before:] {
			if strings.Contains(string(d.body), `"type":"Microsoft.Communication.`+tc.event+`"`) {
				return d, true
			}
		}
		return delivery{}, false
	})
	want := "/callbacks"
	if own {
		want = "/callbacks/own"
	}
	if d.path != want {
		f.Errorf("%s: %s went to %s, want %s", tc.reason, tc.event, d.path, want)
	}
	if tc.details == "" {
		return
	}
	events, _ := shape(f, d.body, nil).([]any)
	data, _ := events[0].(map[string]any)["data"].(map[string]any)
	for _, common := range []string{"version", "publicEventType", "callConnectionId", "serverCallId", "correlationId", "resultInformation"} {
		if data[common] == nil {
			f.Errorf("%s: %s has no %s", tc.reason, tc.event, common)
		}
		delete(data, common)
	}
	if diff := cmp.Diff(parsed(f, tc.details), any(data)); diff != "" {
		f.Errorf("%s: %s:\n%s", tc.reason, tc.event, diff)
	}
}
