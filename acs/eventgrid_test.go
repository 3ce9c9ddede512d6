// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	testTopic = "/subscriptions/s/resourcegroups/g/providers/microsoft.communication/communicationservices/contoso"

	incomingJSON = `{"to":{"kind":"PhoneNumber","rawId":"4:+14255550100","phoneNumber":{"value":"+14255550100"}},"from":` + phoneJSON + `,
		"serverCallId":"sc","callerDisplayName":"A","incomingCallContext":"` + testContext + `","correlationId":"co",
		"customContext":{"sipHeaders":{"User-To-User":"u"},"voipHeaders":{}},"onBehalfOfCallee":` + userJSON + `,"futureField":1}`
)

// gridEventJSON is an event in the Event Grid schema.
func gridEventJSON(eventType, data string) string {
	return fmt.Sprintf(`{"id":"e-1","topic":%q,"subject":"/caller/a/recipient/b","eventType":%q,"eventTime":"2026-11-22T10:11:12.1234567Z",
		"dataVersion":"1.0","metadataVersion":"1","data":%s}`, testTopic, eventType, data)
}

// gridCloudEventJSON is the same as a CloudEvent.
func gridCloudEventJSON(eventType, data string) string {
	return fmt.Sprintf(`{"id":"e-1","source":%q,"subject":"/caller/a/recipient/b","type":%q,"time":"2026-11-22T10:11:12.1234567Z",
		"specversion":"1.0","data":%s}`, testTopic, eventType, data)
}

func TestParseEventGrid(t *testing.T) {
	t.Parallel()
	envelope := GridEvent{
		ID: "e-1", Subject: "/caller/a/recipient/b", Topic: testTopic, Time: time.Date(2026, time.November, 22, 10, 11, 12, 123456700, time.UTC),
	}
	with := func(eventType string, change func(*GridEvent)) []GridEvent {
		event := envelope
		event.Type = eventType
		change(&event)
		return []GridEvent{event}
	}
	incoming := with(EventGridTypeIncomingCall, func(e *GridEvent) {
		e.IncomingCall = &IncomingCall{
			To: PhoneNumberIdentifier("+14255550100"), From: phone, ServerCallID: "sc", CallerDisplayName: "A", IncomingCallContext: NewSecret(testContext),
			CorrelationID: "co", CustomContext: &CustomCallingContext{SIPHeaders: map[string]string{"User-To-User": "u"}, VoIPHeaders: map[string]string{}},
			OnBehalfOfCallee: &user,
		}
	})
	const validationJSON = `{"validationCode":"512d38b6","validationUrl":"https://rp.example.test/validate?id=1"}`
	validation := with(EventGridTypeSubscriptionValidation, func(e *GridEvent) {
		e.Validation = &SubscriptionValidation{ValidationCode: "512d38b6", ValidationURL: "https://rp.example.test/validate?id=1"}
	})
	const recordingJSON = `{"recordingStorageInfo":{"recordingChunks":[{"documentId":"d","index":0,"endReason":"SessionEnded","contentLocation":"https://eu.asm.skype.com/v1/objects/d/content/video",
		"metadataLocation":"https://eu.asm.skype.com/v1/objects/d/content/acsmetadata","deleteLocation":"https://eu.asm.skype.com/v1/objects/d"}]},
		"recordingStartTime":"2026-11-22T10:11:12.5Z","recordingDurationMs":6620,"recordingContentType":"AudioVideo","recordingChannelType":"Mixed",
		"recordingFormatType":"Mp4","sessionEndReason":"CallEnded"}`
	recorded := with(EventGridTypeRecordingFileStatus, func(e *GridEvent) {
		const at = "https://eu.asm.skype.com/v1/objects/d"
		e.RecordingFile = &RecordingFileStatusUpdated{
			RecordingStorageInfo: RecordingStorageInfo{RecordingChunks: []RecordingChunk{{
				DocumentID: "d", ContentLocation: at + "/content/video", MetadataLocation: at + "/content/acsmetadata", DeleteLocation: at, EndReason: "SessionEnded",
			}}},
			RecordingStartTime: time.Date(2026, time.November, 22, 10, 11, 12, 500000000, time.UTC), RecordingDurationMS: 6620,
			RecordingContentType: "AudioVideo", RecordingChannelType: "Mixed", RecordingFormatType: "Mp4", SessionEndReason: "CallEnded",
		}
	})
	other := with("Microsoft.Communication.CallStarted", func(*GridEvent) {})
	both := append(append([]GridEvent{}, incoming...), other...)
	cases := []struct {
		name, reason, body string
		want               []GridEvent
	}{
		{name: "gridSchema", reason: "Event Grid's own schema", body: "[" + gridEventJSON(EventGridTypeIncomingCall, incomingJSON) + "]", want: incoming},
		{name: "cloudEvent", reason: "a CloudEvent by itself", body: gridCloudEventJSON(EventGridTypeIncomingCall, incomingJSON), want: incoming},
		{name: "cloudEvents", reason: "CloudEvents in a batch", body: "[" + gridCloudEventJSON(EventGridTypeIncomingCall, incomingJSON) + "]", want: incoming},
		{name: "validation", reason: "the handshake of Event Grid's schema", body: "[" + gridEventJSON(EventGridTypeSubscriptionValidation, validationJSON) + "]", want: validation},
		{name: "recording", reason: "a recording can be fetched", body: "[" + gridEventJSON(EventGridTypeRecordingFileStatus, recordingJSON) + "]", want: recorded},
		{name: "otherType", reason: "other types are kept without data", body: "[" + gridEventJSON("Microsoft.Communication.CallStarted", `[1]`) + "]", want: other},
		{
			name: "batch", reason: "all of a batch counts", want: both,
			body: "[" + gridEventJSON(EventGridTypeIncomingCall, incomingJSON) + "," + gridEventJSON("Microsoft.Communication.CallStarted", `null`) + "]",
		},
		{name: "none", reason: "an empty batch is no error", body: "[]", want: []GridEvent{}},
		{name: "empty", reason: "no event", body: ""},
		{name: "null", reason: "nothing", body: "[null]"},
		{name: "text", reason: "no JSON", body: "hello"},
		{name: "noType", reason: "neither schema's type", body: `{"id":"a","data":{}}`},
		{name: "noID", reason: "it could not be distinguished from a duplicate", body: `{"type":"a","data":{}}`},
		{name: "noData", reason: "a call without parties", body: `{"id":"a","type":"Microsoft.Communication.IncomingCall"}`},
		{name: "nullData", reason: "null is none", body: gridEventJSON(EventGridTypeSubscriptionValidation, "null")},
		{name: "wrongType", reason: "a context is text", body: gridEventJSON(EventGridTypeIncomingCall, `{"incomingCallContext":17}`)},
		{name: "wrongParty", reason: "a caller is one party", body: gridEventJSON(EventGridTypeIncomingCall, `{"from":{"phoneNumber":{"value":"+1"},"communicationUser":{"id":"x"}}}`)},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseEventGrid([]byte(tc.body))
			if (err == nil) != (tc.want != nil) {
				t.Fatalf("the error is %v: %s", err, tc.reason)
			}
			if diff := cmp.Diff(tc.want, got, exactly); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if err != nil && leaks(err.Error()) != "" {
				t.Errorf("the error %q holds a context", err)
			}
		})
	}
}

func FuzzParseEventGrid(f *testing.F) {
	for _, seed := range []string{
		"[" + gridEventJSON(EventGridTypeIncomingCall, incomingJSON) + "]", gridCloudEventJSON(EventGridTypeIncomingCall, incomingJSON),
		"[" + gridEventJSON(EventGridTypeSubscriptionValidation, `{"validationCode":"c"}`) + "]", "[null]", "{}", `{"id":"a","type":"b","eventType":"c"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := ParseEventGrid(body)
		if err != nil && events != nil {
			t.Fatal("an error came with events")
		}
		for _, event := range events {
			if event.ID == "" || event.Type == "" {
				t.Errorf("an event lacks what every event has: %+v", event)
			}
			if (event.IncomingCall != nil) != (event.Type == EventGridTypeIncomingCall) || (event.Validation != nil) != (event.Type == EventGridTypeSubscriptionValidation) {
				t.Errorf("the data do not fit the type: %+v", event)
			}
		}
	})
}
