// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// commonJSON are the fields that every event has.
const commonJSON = `"callConnectionId":"cc-1","serverCallId":"sc","correlationId":"co","operationContext":"ctx",
	"resultInformation":{"code":603,"subCode":560603,"message":"Decline.","sipDetails":{"code":603,"message":"Decline"},"q850Details":{"code":21,"message":"rejected"}},
	"version":"2099-01-01-preview","publicEventType":"Microsoft.Communication.X","futureField":{"a":[1]}`

var common = CallEvent{
	CallConnectionID: "cc-1", ServerCallID: "sc", CorrelationID: "co", OperationContext: "ctx",
	ResultInformation: &ResultInformation{
		Code: 603, SubCode: 560603, Message: "Decline.",
		SIPDetails: &CodeDetails{Code: 603, Message: "Decline"}, Q850Details: &CodeDetails{Code: 21, Message: "rejected"},
	},
}

// eventCase is a row of the documentation's table of events.
type eventCase struct {
	// name is the type without its prefix.
	name string
	// extra are the fields beyond the common ones.
	extra string
	want  EventData
}

// eventCases are all the events that Microsoft's SDK of api-version 2026-03-12 reads.
func eventCases() []eventCase {
	started := time.Date(2026, time.November, 22, 10, 11, 12, 123456700, time.UTC)
	media := &MediaStreamingUpdate{ContentType: "audio", MediaStreamingStatus: "started", MediaStreamingStatusDetails: "d"}
	text := &TranscriptionUpdate{TranscriptionStatus: "started", TranscriptionStatusDetails: "d"}
	const (
		participant   = `"participant":` + phoneJSON
		moved         = participant + `,"fromCall":"cc-2"`
		invitation    = `"invitationId":"inv"`
		failedSource  = `"failedPlaySourceIndex":0`
		streaming     = `"mediaStreamingUpdate":{"contentType":"audio","mediaStreamingStatus":"started","mediaStreamingStatusDetails":"d"}`
		transcription = `"transcriptionUpdate":{"transcriptionStatus":"started","transcriptionStatusDetails":"d"}`
	)
	return []eventCase{
		{"CallConnected", "", &CallConnected{common}},
		{"CallDisconnected", "", &CallDisconnected{common}},
		{"CreateCallFailed", "", &CreateCallFailed{common}},
		{"AnswerFailed", "", &AnswerFailed{common}},
		{"ConnectFailed", "", &ConnectFailed{common}},
		{
			"ParticipantsUpdated", `"sequenceNumber":10,"participants":[{"identifier":` + phoneJSON + `,"isMuted":true,"isOnHold":true},{"identifier":` + userJSON + `}]`,
			&ParticipantsUpdated{common, 10, []CallParticipant{{phone, true, true}, {Identifier: user}}},
		},
		{"AddParticipantSucceeded", participant, &AddParticipantSucceeded{common, phone}},
		{"AddParticipantFailed", participant, &AddParticipantFailed{common, phone}},
		{"RemoveParticipantSucceeded", participant, &RemoveParticipantSucceeded{common, phone}},
		{"RemoveParticipantFailed", participant, &RemoveParticipantFailed{common, phone}},
		{"MoveParticipantSucceeded", moved, &MoveParticipantSucceeded{common, phone, "cc-2"}},
		{"MoveParticipantFailed", moved, &MoveParticipantFailed{common, phone, "cc-2"}},
		{"CancelAddParticipantSucceeded", invitation, &CancelAddParticipantSucceeded{common, "inv"}},
		{"CancelAddParticipantFailed", invitation, &CancelAddParticipantFailed{common, "inv"}},
		{"CallTransferAccepted", `"transferTarget":` + phoneJSON + `,"transferee":` + userJSON, &CallTransferAccepted{common, &phone, &user}},
		{"CallTransferFailed", "", &CallTransferFailed{common}},
		{"PlayStarted", "", &PlayStarted{common}},
		{"PlayCompleted", "", &PlayCompleted{common}},
		{"PlayCanceled", "", &PlayCanceled{common}},
		{"PlayFailed", failedSource, &PlayFailed{common, ptr(0)}},
		{"RecognizeFailed", failedSource, &RecognizeFailed{common, ptr(0)}},
		{
			"RecognizeCompleted", `"recognitionType":"dtmf","dtmfResult":{"tones":["one","pound"]},"choiceResult":{"label":"l","recognizedPhrase":"p","confidence":0.5},
				"speechResult":{"speech":"s","confidence":0.25}`,
			&RecognizeCompleted{
				common, "dtmf", &DTMFResult{[]Tone{ToneOne, TonePound}}, &ChoiceResult{"l", "p", 0.5}, &SpeechResult{"s", 0.25},
			},
		},
		{"RecognizeCanceled", "", &RecognizeCanceled{common}},
		{"ContinuousDtmfRecognitionToneReceived", `"sequenceId":3,"tone":"asterisk"`, &ContinuousDtmfRecognitionToneReceived{common, 3, ToneAsterisk}},
		{"ContinuousDtmfRecognitionToneFailed", "", &ContinuousDtmfRecognitionToneFailed{common}},
		{"ContinuousDtmfRecognitionStopped", "", &ContinuousDtmfRecognitionStopped{common}},
		{"SendDtmfTonesCompleted", "", &SendDtmfTonesCompleted{common}},
		{"SendDtmfTonesFailed", "", &SendDtmfTonesFailed{common}},
		{"HoldFailed", "", &HoldFailed{common}},
		{"MediaStreamingStarted", streaming, &MediaStreamingStarted{common, media}},
		{"MediaStreamingStopped", streaming, &MediaStreamingStopped{common, media}},
		{"MediaStreamingFailed", streaming, &MediaStreamingFailed{common, media}},
		{"TranscriptionStarted", transcription, &TranscriptionStarted{common, text}},
		{"TranscriptionStopped", transcription, &TranscriptionStopped{common, text}},
		{"TranscriptionUpdated", transcription, &TranscriptionUpdated{common, text}},
		{"TranscriptionFailed", transcription, &TranscriptionFailed{common, text}},
		{
			"RecordingStateChanged", `"recordingId":"r","state":"active","startDateTime":"2026-11-22T10:11:12.1234567+00:00","recordingKind":"azureCommunicationServices"`,
			&RecordingStateChanged{common, "r", RecordingStateActive, &started, RecordingKindACS},
		},
		{"StartRecordingFailed", `"recordingId":"r"`, &StartRecordingFailed{common, "r"}},
	}
}

// cloudEventJSON is an event as the service posts it.
func cloudEventJSON(id, eventType, data string) string {
	return fmt.Sprintf(`{"id":%q,"source":"calling/callConnections/cc-1","type":%q,"data":%s,"time":"2025-03-17T17:47:59.8386576+00:00",
		"specversion":"1.0","datacontenttype":"application/json","subject":"calling/callConnections/cc-1","futureAttribute":true}`, id, eventType, data)
}

func TestEventTypes(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, time.March, 17, 17, 47, 59, 838657600, time.UTC)
	for _, tc := range eventCases() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			eventType := "Microsoft.Communication." + tc.name
			data := "{" + commonJSON + "}"
			if tc.extra != "" {
				data = "{" + commonJSON + "," + tc.extra + "}"
			}
			got, err := ParseEvents([]byte("[" + cloudEventJSON("e-1", eventType, data) + "]"))
			if err != nil {
				t.Fatal(err)
			}
			const source = "calling/callConnections/cc-1"
			want := []Event{{ID: "e-1", Source: source, Subject: source, Type: eventType, Time: at, Data: tc.want}}
			if diff := cmp.Diff(want, got, exactly); diff != "" {
				t.Errorf("the event (-want +got):\n%s", diff)
			}
			if name := reflect.TypeOf(got[0].Data).Elem().Name(); name != tc.name {
				t.Errorf("%s is read into %s", tc.name, name)
			}
			if diff := cmp.Diff(&common, got[0].Data.Common()); diff != "" {
				t.Errorf("the common part (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEventTypesAreComplete compares the cases with the package's own list.
func TestEventTypesAreComplete(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, tc := range eventCases() {
		tested[eventPrefix+tc.name] = true
	}
	// TestMoveEventsInThePlural reads these, which are not the API's.
	plurals := []string{EventTypeMoveParticipantsSucceeded, EventTypeMoveParticipantsFailed}
	for eventType := range eventTypes {
		if !tested[eventType] && !slices.Contains(plurals, eventType) {
			t.Errorf("no case reads %s", eventType)
		}
	}
	if len(tested) != 38 || len(eventTypes) != 38+len(plurals) {
		t.Errorf("%d types are tested and %d known, the API has 38", len(tested), len(eventTypes))
	}
}

func TestParseEvents(t *testing.T) {
	t.Parallel()
	connected := cloudEventJSON("e-1", EventTypeCallConnected, `{"callConnectionId":"cc-1"}`)
	other := cloudEventJSON("e-2", EventTypeCallDisconnected, `{"callConnectionId":"cc-2"}`)
	type seen struct{ ID, Data, Connection string }
	cases := []struct {
		name, reason, body string
		want               []seen
	}{
		{name: "array", reason: "the usual form", body: "[" + connected + "]", want: []seen{{"e-1", "CallConnected", "cc-1"}}},
		{name: "bare", reason: "an event by itself", body: connected, want: []seen{{"e-1", "CallConnected", "cc-1"}}},
		{name: "batch", reason: "all of a batch counts, in its order", body: " \n[" + other + "," + connected + "]\n", want: []seen{{"e-2", "CallDisconnected", "cc-2"}, {"e-1", "CallConnected", "cc-1"}}},
		{name: "none", reason: "an empty batch is no error", body: "[]", want: []seen{}},
		{name: "minimal", reason: "an ID, a type and data are enough", body: `{"id":"a","type":"Microsoft.Communication.CallConnected","data":{}}`, want: []seen{{"a", "CallConnected", ""}}},
		{name: "odd", reason: "a time that cannot be read makes the event no less true", body: `{"id":"a","type":"Microsoft.Communication.CallConnected","data":{},"time":17,"specversion":"9.9"}`, want: []seen{{"a", "CallConnected", ""}}},
		{name: "unknown", reason: "a type of the future is kept", body: cloudEventJSON("a", "Microsoft.Communication.Future", `{"callConnectionId":"cc-1","x":1}`), want: []seen{{"a", "UnknownEvent", "cc-1"}}},
		{name: "plural", reason: "samples of 2025 expect this spelling", body: cloudEventJSON("a", "Microsoft.Communication.MoveParticipantsFailed", `{}`), want: []seen{{"a", "MoveParticipantFailed", ""}}},
		{name: "unknownOdd", reason: "whatever its data are", body: cloudEventJSON("a", "Other", `"text"`), want: []seen{{"a", "UnknownEvent", ""}}},
		{name: "unknownNoData", reason: "even none", body: `{"id":"a","type":"Other"}`, want: []seen{{"a", "UnknownEvent", ""}}},
		{name: "nullParticipant", reason: "a null party is nobody", body: cloudEventJSON("a", EventTypeAddParticipantFailed, `{"participant":null,"callConnectionId":"cc-1"}`), want: []seen{{"a", "AddParticipantFailed", "cc-1"}}},
		{name: "empty", reason: "no event", body: ""},
		{name: "text", reason: "no JSON", body: "hello"},
		{name: "null", reason: "nothing", body: "null"},
		{name: "nullElement", reason: "nothing in an array", body: "[null]"},
		{name: "number", reason: "no object", body: "[1]"},
		{name: "cut", reason: "half a body", body: "[" + connected[:40]},
		{name: "trailing", reason: "more than a body", body: connected + connected},
		{name: "noID", reason: "it could not be distinguished from a duplicate", body: cloudEventJSON("", EventTypeCallConnected, `{}`)},
		{name: "noType", reason: "it says nothing", body: cloudEventJSON("a", "", `{}`)},
		{name: "noData", reason: "it does not name the call", body: `{"id":"a","type":"Microsoft.Communication.CallConnected"}`},
		{name: "nullData", reason: "nor does null", body: cloudEventJSON("a", EventTypeCallConnected, `null`)},
		{name: "dataText", reason: "data is an object", body: cloudEventJSON("a", EventTypeCallConnected, `"x"`)},
		{name: "wrongType", reason: "an ID is text", body: cloudEventJSON("a", EventTypeCallConnected, `{"callConnectionId":1}`)},
		{name: "wrongList", reason: "a roster is a list", body: cloudEventJSON("a", EventTypeParticipantsUpdated, `{"participants":{}}`)},
		{name: "huge", reason: "a number beyond int64 orders nothing", body: cloudEventJSON("a", EventTypeParticipantsUpdated, `{"sequenceNumber":92233720368547758070}`)},
		{name: "hugeCode", reason: "nor is it a code", body: cloudEventJSON("a", EventTypeCallDisconnected, `{"resultInformation":{"code":1e400}}`)},
		{name: "twoParties", reason: "a participant is one", body: cloudEventJSON("a", EventTypeAddParticipantFailed, `{"participant":{"phoneNumber":{"value":"+1"},"communicationUser":{"id":"x"}}}`)},
		{name: "oneBad", reason: "the sender has to send all again", body: "[" + connected + `,{"id":"b"}]`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			events, err := ParseEvents([]byte(tc.body))
			if tc.want == nil {
				if err == nil || events != nil {
					t.Errorf("it is read as %+v: %s", events, tc.reason)
				}
				return
			}
			got := []seen{}
			for _, event := range events {
				got = append(got, seen{event.ID, reflect.TypeOf(event.Data).Elem().Name(), event.Data.Common().CallConnectionID})
			}
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("%v: %s (-want +got):\n%s", err, tc.reason, diff)
			}
		})
	}
}

// TestUnknownEventKeepsData keeps what was sent, byte for byte.
func TestUnknownEventKeepsData(t *testing.T) {
	t.Parallel()
	const data = `{"callConnectionId":"cc-1", "x":[1, 2.50]}`
	events, err := ParseEvents([]byte(cloudEventJSON("a", "Microsoft.Communication.Future", data)))
	if err != nil {
		t.Fatal(err)
	}
	want := &UnknownEvent{CallEvent: CallEvent{CallConnectionID: "cc-1"}, Raw: json.RawMessage(data)}
	if diff := cmp.Diff(want, events[0].Data, exactly); diff != "" {
		t.Errorf("the data (-want +got):\n%s", diff)
	}
}

func TestEventTimes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason, text string
		want               time.Time
	}{
		{name: "seven", reason: "seven digits are usual", text: `"2025-03-17T17:47:59.8386576+00:00"`, want: time.Date(2025, 3, 17, 17, 47, 59, 838657600, time.UTC)},
		{name: "zulu", reason: "Event Grid writes Z", text: `"2025-03-17T17:47:59Z"`, want: time.Date(2025, 3, 17, 17, 47, 59, 0, time.UTC)},
		{name: "offset", reason: "an offset counts", text: `"2025-03-17T17:47:59+02:00"`, want: time.Date(2025, 3, 17, 15, 47, 59, 0, time.UTC)},
		{name: "text", reason: "not a time", text: `"now"`},
		{name: "null", reason: "none", text: `null`},
		{name: "object", reason: "not a time either", text: `{}`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got eventTime
			if err := json.Unmarshal([]byte(tc.text), &got); err != nil || !got.Equal(tc.want) {
				t.Errorf("%s, %v, want %s: %s", got, err, tc.want, tc.reason)
			}
		})
	}
}

func FuzzParseEvents(f *testing.F) {
	for _, tc := range eventCases() {
		extra := tc.extra
		if extra != "" {
			extra = "," + extra
		}
		f.Add([]byte("[" + cloudEventJSON("e", eventPrefix+tc.name, `{"callConnectionId":"cc-1"`+extra+"}") + "]"))
	}
	f.Add([]byte(cloudEventJSON("e", "Future", "[]")))
	f.Add([]byte("[null]"))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := ParseEvents(body)
		if err != nil && events != nil {
			t.Fatal("an error came with events")
		}
		for _, event := range events {
			if event.ID == "" || event.Type == "" || event.Data == nil || event.Data.Common() == nil {
				t.Errorf("an event lacks what every event has: %+v", event)
			}
			_, known := eventTypes[event.Type]
			if _, unknown := event.Data.(*UnknownEvent); known == unknown {
				t.Errorf("%s is read into %T", event.Type, event.Data)
			}
			if known && !strings.HasSuffix(event.Type, "."+reflect.TypeOf(event.Data).Elem().Name()) {
				t.Errorf("%s is read into %T", event.Type, event.Data)
			}
		}
	})
}

// TestMoveEventsInThePlural: applications were seen to expect these names, with and without the source call.
func TestMoveEventsInThePlural(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]EventData{
		EventTypeMoveParticipantsSucceeded: &MoveParticipantSucceeded{}, EventTypeMoveParticipantsFailed: &MoveParticipantFailed{},
	} {
		for _, fromCall := range []string{"", `,"fromCall":"cc-2"`} {
			body := `[{"id":"1","type":"` + kind + `","data":{"callConnectionId":"cc-1","participant":{"rawId":"4:+14255550111"}` + fromCall + `}}]`
			events, err := ParseEvents([]byte(body))
			if err != nil || len(events) != 1 || reflect.TypeOf(events[0].Data) != reflect.TypeOf(want) {
				t.Fatalf("%s is read as %+v, %v", body, events, err)
			}
		}
	}
}
