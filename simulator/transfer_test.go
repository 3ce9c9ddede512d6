// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

func TestTransfer(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{answering(person), answering(other)}})
	id := f.connected("call", number(person)).CallConnectionID
	got(f.client.TransferToParticipant(f.Context(), id, acs.TransferToParticipantRequest{TargetParticipant: number(other), OperationContext: "x"}, repeat()))(f)
	accepted, _ := f.event("CallTransferAccepted", id).Data.(*acs.CallTransferAccepted)
	if accepted.TransferTarget.ID() != "4:"+other || accepted.Transferee.ID() != "4:"+person || accepted.OperationContext != "x" {
		t.Errorf("the event names who was transferred to whom: %+v", accepted)
	}
	f.event("CallDisconnected", id)
	if got := f.sim.Rings("4:" + other); got != 1 {
		t.Errorf("the target rang %d times, want once", got)
	}
}

func TestTransferOutOfAGroupCall(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{DefaultPhone: &simulator.Phone{Answer: after(0)}})
	id := f.connected("call", number(person), number(outbound)).CallConnectionID
	transfer := acs.TransferToParticipantRequest{TargetParticipant: number(other)}
	_, err := f.client.TransferToParticipant(f.Context(), id, transfer, repeat())
	if got := refusal(err); got != "400 8523" {
		t.Errorf("a group call needs a transferee: got %q", got)
	}
	transferee := number(person)
	transfer.Transferee = &transferee
	got(f.client.TransferToParticipant(f.Context(), id, transfer, repeat()))(f)
	f.event("CallTransferAccepted", id)
	f.nth(3, "ParticipantsUpdated", id)
	if got := f.participants(id); !cmp.Equal(got, []string{"4:" + outbound}) {
		t.Errorf("only the transferee leaves: %v are in the call", got)
	}
}

func TestTransferThatFailsLeavesTheCall(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{answering(person), {Number: other, Busy: after(0)}}})
	id := f.connected("call", number(person)).CallConnectionID
	got(f.client.TransferToParticipant(f.Context(), id, acs.TransferToParticipantRequest{TargetParticipant: number(other)}, repeat()))(f)
	if got := outcome(f.event("CallTransferFailed", id)); got != "486/560486" {
		t.Errorf("the transfer fails with %s, want the network's codes", got)
	}
	if got := f.participants(id); !cmp.Equal(got, []string{"4:" + person}) {
		t.Errorf("the call is still active with %v", got)
	}
}

func TestRecording(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{})
	id := f.connected("call", number(person)).CallConnectionID
	started := f.rest(http.MethodPost, "/calling/recordings", `{"callConnectionId":"`+id+`","recordingStateCallbackUri":"`+f.webhook+`/callbacks/rec"}`)
	recording := guid.FindString(string(started.body))
	want := `{"recordingId":"GUID","recordingState":"active","recordingKind":"azureCommunicationServices"}`
	if diff := cmp.Diff(parsed(f, want), shape(f, started.body, map[string]string{recording: "GUID"})); diff != "" || started.status != http.StatusOK {
		t.Errorf("startRecording answers %d:\n%s", started.status, diff)
	}
	path := "/calling/recordings/" + recording
	for _, step := range []struct {
		method, path string
		status       int
		state        acs.RecordingState
	}{
		{http.MethodPost, path + ":pause", http.StatusAccepted, acs.RecordingStateInactive},
		{http.MethodPost, path + ":resume", http.StatusAccepted, acs.RecordingStateActive},
		{http.MethodDelete, path, http.StatusNoContent, acs.RecordingStateInactive},
	} {
		if got := f.rest(step.method, step.path, ""); got.status != step.status {
			t.Errorf("%s %s answers %d, want %d", step.method, step.path, got.status, step.status)
		}
	}
	for i, want := range []acs.RecordingState{acs.RecordingStateActive, acs.RecordingStateInactive, acs.RecordingStateActive, acs.RecordingStateInactive} {
		told := f.nth(i+1, "RecordingStateChanged", id)
		state, _ := told.Data.(*acs.RecordingStateChanged)
		if state.RecordingID != recording || state.State != want || state.StartDateTime == nil || state.OperationContext != "" {
			t.Errorf("RecordingStateChanged %d is %+v, want %s without a context", i+1, state, want)
		}
	}
	if got := f.rest(http.MethodGet, path, ""); got.status != http.StatusNotFound {
		t.Errorf("a recording that was stopped is not found: got %d", got.status)
	}
}

func TestARecordingEndsBeforeItsCallDoes(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{})
	id := f.connected("call", number(person)).CallConnectionID
	started := f.rest(http.MethodPost, "/calling/recordings", `{"callConnectionId":"`+id+`","recordingStateCallbackUri":"`+f.webhook+`/callbacks/rec"}`)
	f.nth(1, "RecordingStateChanged", id)
	f.ok(f.client.HangUp(f.Context(), id))
	want := []string{"CallConnected", "ParticipantsUpdated", "RecordingStateChanged", "RecordingStateChanged", "CallDisconnected"}
	if diff := cmp.Diff(want, f.kinds(id)); diff != "" {
		t.Errorf("CallDisconnected is the last event (recording: %s):\n%s", started.body, diff)
	}
}
