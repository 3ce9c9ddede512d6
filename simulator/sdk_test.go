// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

// sdkEvents are the types of events that the official SDK has to read, without prefix: all that go to callback URIs.
var sdkEvents = strings.Fields(`
	AddParticipantFailed AddParticipantSucceeded CallConnected CallDisconnected CallTransferAccepted CallTransferFailed CancelAddParticipantFailed
	CancelAddParticipantSucceeded ContinuousDtmfRecognitionStopped ContinuousDtmfRecognitionToneReceived CreateCallFailed HoldFailed
	MediaStreamingStarted MediaStreamingStopped MoveParticipantFailed MoveParticipantSucceeded ParticipantsUpdated PlayCanceled PlayCompleted PlayFailed
	PlayStarted RecognizeCanceled RecognizeCompleted RecognizeFailed RecordingStateChanged RemoveParticipantFailed RemoveParticipantSucceeded
	SendDtmfTonesCompleted SendDtmfTonesFailed StartRecordingFailed TranscriptionStarted TranscriptionStopped TranscriptionUpdated`)

// TestTheOfficialSDKReadsEveryEvent leads a call through all operations, and has Microsoft's parser read the callbacks.
// CALL_OPERATOR_ACS_SDK is the folder that hack/ensure-acs-sdk.sh prints.
func TestTheOfficialSDKReadsEveryEvent(t *testing.T) {
	sdk := os.Getenv("CALL_OPERATOR_ACS_SDK")
	if sdk == "" {
		t.Skip("make test-sdk runs this test")
	}
	var bodies []string
	phones := []simulator.Phone{
		hears(person, simulator.Reaction{Heard: "PIN", Press: "12"}, simulator.Reaction{Heard: "who", Say: "Ada"}, simulator.Reaction{Heard: "come", Press: "1"}, simulator.Reaction{Heard: "come", Say: "no"}),
		answering(other), {Number: outbound, NoAnswer: &struct{}{}}, {Number: inbound, Busy: after(0)},
	}
	bubble(t, simulator.Options{Phones: phones}, func(f *fixture) {
		f.allOperations()
		deliveries, _ := f.sink.all()
		for _, d := range deliveries {
			bodies = append(bodies, string(d.body))
		}
	})
	seen := compareWithSDK(t, sdk, bodies)
	if diff := cmp.Diff(sdkEvents, seen); diff != "" {
		t.Errorf("the types of the events that the SDK read:\n%s", diff)
	}
}

// compareWithSDK compares what the SDK reads with what this project's client reads, and returns the types.
func compareWithSDK(t *testing.T, sdk string, bodies []string) []string {
	t.Helper()
	parser := exec.CommandContext(t.Context(), "node", "testdata/parse-events.cjs", sdk)
	parser.Stdin, parser.Stderr = strings.NewReader(jsonText(bodies)), os.Stderr
	output, err := parser.Output()
	if err != nil {
		t.Fatal(err)
	}
	var results []struct {
		Error string
		Event struct {
			acs.RecognizeCompleted
			Kind string
		}
	}
	if err := json.Unmarshal(output, &results); err != nil {
		t.Fatalf("%s: %v", output, err)
	}
	var seen []string
	for i, result := range results {
		events, err := acs.ParseEvents([]byte(bodies[i]))
		if err != nil || result.Error != "" {
			t.Fatalf("%s: %v, %s", bodies[i], err, result.Error)
		}
		want, got := events[0], result.Event
		if got.Kind != kind(want) {
			t.Errorf("the SDK reads a %s from %s", got.Kind, bodies[i])
		}
		if diff := cmp.Diff(want.Data.Common(), got.Common()); diff != "" {
			t.Errorf("%s:\n%s", got.Kind, diff)
		}
		if completed, ok := want.Data.(*acs.RecognizeCompleted); ok {
			if diff := cmp.Diff(*completed, got.RecognizeCompleted); diff != "" {
				t.Errorf("%s:\n%s", got.Kind, diff)
			}
		}
		seen = append(seen, got.Kind)
	}
	slices.Sort(seen)
	return slices.Compact(seen)
}

// allOperations sends every operation, and those that can fail also so that they fail.
func (f *fixture) allOperations() {
	f.Helper()
	ctx := f.Context()
	id := f.connected("call", number(person)).CallConnectionID
	target := acs.TargetRequest{TargetParticipant: number(person)}
	for _, request := range []acs.RecognizeRequest{
		collects(acs.DTMFOptions{MaxTonesToCollect: ptr[int32](2)}), speechRequest, choiceRequest, choiceRequest, choiceRequest,
	} {
		f.listen(id, request)
	}
	f.plays(id, "good", text("Hello."))
	f.plays(id, "bad", file("https://files.example.test/a.txt"))
	f.plays(id, "cancelled", text("Hello."))
	f.ok(f.client.Recognize(ctx, id, acs.RecognizeRequest{RecognizeInputType: "dtmf", RecognizeOptions: acs.RecognizeOptions{TargetParticipant: number(person)}}))
	time.Sleep(300 * time.Millisecond)
	f.ok(f.client.CancelAllMediaOperations(ctx, id))
	f.ok(f.client.StartContinuousDTMFRecognition(ctx, id, target))
	got(f.client.SendDTMFTones(ctx, id, acs.SendDTMFTonesRequest{Tones: []acs.Tone{acs.ToneOne}, TargetParticipant: number(person)}, repeat()))(f)
	time.Sleep(time.Second)
	got(f.client.SendDTMFTones(ctx, id, acs.SendDTMFTonesRequest{Tones: []acs.Tone{acs.ToneOne}, TargetParticipant: number(outbound)}, repeat()))(f)
	f.ok(f.sim.SetPhone(hears(other, simulator.Reaction{Press: "5"})))
	bad := file("https://files.example.test/a.txt")
	f.ok(f.client.Hold(ctx, id, acs.HoldRequest{TargetParticipant: number(person), PlaySourceInfo: &bad}))
	recording := got(f.client.StartRecording(ctx, acs.StartRecordingRequest{CallConnectionID: id, RecordingStateCallbackURI: f.webhook + "/callbacks"}, repeat()))(f)
	f.ok(f.client.StopRecording(ctx, recording.RecordingID))
	f.fault(map[string]any{"kind": "fail", "operation": "startRecording", "count": 1})
	got(f.client.StartRecording(ctx, acs.StartRecordingRequest{CallConnectionID: id, RecordingStateCallbackURI: f.webhook + "/callbacks"}, repeat()))(f)
	f.ok(f.client.StartMediaStreaming(ctx, id, acs.MediaStreamingRequest{}))
	f.ok(f.client.StopMediaStreaming(ctx, id, acs.MediaStreamingRequest{}))
	f.ok(f.client.StartTranscription(ctx, id, acs.TranscriptionRequest{Locale: "en-US"}))
	f.ok(f.client.UpdateTranscription(ctx, id, acs.TranscriptionRequest{Locale: "en-GB"}))
	f.ok(f.client.StopTranscription(ctx, id, acs.TranscriptionRequest{}))
	f.allParticipants(id, target)
}

// allParticipants sends the operations on participants. It leaves no call.
func (f *fixture) allParticipants(id string, target acs.TargetRequest) {
	f.Helper()
	ctx := f.Context()
	caller := &acs.PhoneNumber{Value: owned}
	add := func(callee string) *acs.AddParticipantResponse {
		return got(f.client.AddParticipant(ctx, id, acs.AddParticipantRequest{ParticipantToAdd: number(callee), SourceCallerIDNumber: caller}, repeat()))(f)
	}
	add(other)
	f.roster(id, 3)
	f.ok(f.client.StartContinuousDTMFRecognition(ctx, id, acs.TargetRequest{TargetParticipant: number(other)}))
	f.plays(id, "press", text("Press 5."))
	time.Sleep(time.Second)
	f.ok(f.client.StopContinuousDTMFRecognition(ctx, id, target))
	add(inbound)
	for _, invitation := range []string{add(outbound).InvitationID, "none"} {
		got(f.client.CancelAddParticipant(ctx, id, acs.CancelAddParticipantRequest{InvitationID: invitation}, repeat()))(f)
	}
	second := f.connected("second", number(user2)).CallConnectionID
	for _, moved := range []acs.Identifier{number(other), number(outbound)} {
		got(f.client.MoveParticipants(ctx, second, acs.MoveParticipantsRequest{TargetParticipants: []acs.Identifier{moved}, FromCall: id}, repeat()))(f)
		f.settle()
	}
	for _, removed := range []acs.Identifier{number(outbound), number(other)} {
		got(f.client.RemoveParticipant(ctx, second, acs.RemoveParticipantRequest{ParticipantToRemove: removed}, repeat()))(f)
	}
	for _, callee := range []string{inbound, other} {
		got(f.client.TransferToParticipant(ctx, id, acs.TransferToParticipantRequest{TargetParticipant: number(callee), SourceCallerIDNumber: caller}, repeat()))(f)
		time.Sleep(time.Second)
	}
	f.create("busy", number(inbound))
	time.Sleep(time.Hour)
	f.settle()
}

// user2 is a phone without a script.
const user2 = "+442079460003"
