// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

func TestEndingACall(t *testing.T) {
	t.Parallel()
	hangUp := func(f *fixture, id string) error { return f.client.HangUp(f.Context(), id) }
	terminate := func(f *fixture, id string) error { return f.client.Terminate(f.Context(), id, repeat()) }
	for _, tc := range []struct {
		name, reason string
		end          func(f *fixture, id string) error
		callees      []acs.Identifier
		// left are who still talk to the second app after the first has left.
		left []string
	}{
		{name: "hang up a call between two", reason: "it ends for both", end: hangUp, callees: []acs.Identifier{number(person)}},
		{name: "terminate a call between two", reason: "it ends for both", end: terminate, callees: []acs.Identifier{number(person)}},
		{name: "terminate a group call", reason: "it ends for everybody", end: terminate, callees: []acs.Identifier{number(person), number(other)}},
		{
			name: "hang up a group call", reason: "only the app leaves", end: hangUp,
			callees: []acs.Identifier{number(person), number(other)}, left: []string{"4:" + person, "4:" + other},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, simulator.Options{DefaultPhone: &simulator.Phone{Answer: after(0)}})
			id := f.connected("call", tc.callees...).CallConnectionID
			serverCallID := got(f.client.GetCall(f.Context(), id))(f).ServerCallID
			f.ok(tc.end(f, id))
			if got := outcome(f.event("CallDisconnected", id)); got != "200/7000" {
				t.Errorf("%s: CallDisconnected has %s, want 200/7000", tc.reason, got)
			}
			again, err := f.client.Connect(f.Context(), acs.ConnectRequest{
				CallLocator: acs.CallLocator{Kind: acs.CallLocatorKindServer, ServerCallID: serverCallID}, CallbackURI: f.webhook + "/callbacks",
			}, repeat())
			if tc.left == nil {
				if refusal(err) != "404 8522" {
					t.Errorf("%s: connect gives %v, want 404 8522", tc.reason, err)
				}
				return
			}
			f.ok(err)
			f.roster(again.CallConnectionID, 3)
			if diff := cmp.Diff(tc.left, f.participants(again.CallConnectionID)); diff != "" {
				t.Errorf("%s:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestACallThatEndsRefusesOperations(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Teardown: time.Hour})
	id := f.connected("call", number(person)).CallConnectionID
	f.ok(f.client.HangUp(f.Context(), id))
	if state := got(f.client.GetCall(f.Context(), id))(f).CallConnectionState; state != acs.CallConnectionStateDisconnecting {
		t.Errorf("the call is %s, want disconnecting", state)
	}
	for what, err := range map[string]error{
		"hangupCall":    f.client.HangUp(f.Context(), id),
		"terminateCall": f.client.Terminate(f.Context(), id, repeat()),
		"play":          f.client.Play(f.Context(), id, acs.PlayRequest{PlaySources: []acs.PlaySource{{Kind: "text"}}}),
	} {
		if got := refusal(err); got != "400 8528" {
			t.Errorf("%s of a call that is ending: got %q, want 400 8528", what, got)
		}
	}
}

func TestHangingUpWhileItRings(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{{Number: person, NoAnswer: &struct{}{}}}})
	id := f.create("call", number(person)).CallConnectionID
	f.ok(f.client.HangUp(f.Context(), id))
	if diff := cmp.Diff([]string{"CreateCallFailed", "CallDisconnected"}, f.kinds(id)); diff != "" {
		t.Errorf("a call that nobody answered fails:\n%s", diff)
	}
	if got := outcome(f.event("CreateCallFailed", id)); got != "487/0" {
		t.Errorf("it fails with %s, want 487/0", got)
	}
}

func TestConnectToARoomAndAddSomebody(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{answering(person)}})
	room := acs.ConnectRequest{
		CallLocator: acs.CallLocator{Kind: acs.CallLocatorKindRoom, RoomID: "room-1"}, CallbackURI: f.webhook + "/callbacks", OperationContext: "room",
	}
	first := got(f.client.Connect(f.Context(), room, repeat()))(f)
	if got := f.event("CallConnected", first.CallConnectionID).Data.Common().OperationContext; got != "room" {
		t.Errorf("CallConnected has operationContext %q, want room", got)
	}
	add := acs.AddParticipantRequest{ParticipantToAdd: number(person), SourceCallerIDNumber: &acs.PhoneNumber{Value: owned}}
	got(f.client.AddParticipant(f.Context(), first.CallConnectionID, add, repeat()))(f)
	f.roster(first.CallConnectionID, 2)
	second := got(f.client.Connect(f.Context(), room, repeat()))(f)
	f.roster(second.CallConnectionID, 3)
	if second.CallConnectionID == first.CallConnectionID || second.CorrelationID != first.CorrelationID {
		t.Errorf("who comes to one room has a connection of their own in one call: %+v and %+v", first, second)
	}
}

func TestAddingSomebodyWhoDoesNotCome(t *testing.T) {
	zero, five := int32(0), int32(5)
	for _, tc := range []struct {
		name, reason string
		phone        simulator.Phone
		timeout      *int32
		result       string
		after        time.Duration
	}{
		{name: "busy", reason: "the events have the network's codes", phone: simulator.Phone{Number: other, Busy: after(0)}, result: "486/560486"},
		{name: "default time-out", reason: "an invitation lasts a minute", phone: simulator.Phone{Number: other, NoAnswer: &struct{}{}}, result: "487/10004", after: time.Minute},
		{name: "own time-out", reason: "the request's time-out counts", phone: simulator.Phone{Number: other, NoAnswer: &struct{}{}}, timeout: &five, result: "487/10004", after: 5 * time.Second},
		{name: "no time", reason: "0 is a time-out too", phone: simulator.Phone{Number: other, NoAnswer: &struct{}{}}, timeout: &zero, result: "487/10004"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, simulator.Options{Phones: []simulator.Phone{tc.phone}}, func(f *fixture) {
				id := f.connected("call", number(person)).CallConnectionID
				began := time.Now()
				got(f.client.AddParticipant(f.Context(), id, acs.AddParticipantRequest{
					ParticipantToAdd: number(other), SourceCallerIDNumber: &acs.PhoneNumber{Value: owned}, InvitationTimeoutInSeconds: tc.timeout,
				}, repeat()))(f)
				if got := outcome(f.event("AddParticipantFailed", id)); got != tc.result || time.Since(began) != tc.after {
					t.Errorf("%s: %s after %s, want %s after %s", tc.reason, got, time.Since(began), tc.result, tc.after)
				}
			})
		})
	}
}

func TestCancellingAnInvitation(t *testing.T) {
	bubble(t, simulator.Options{Phones: []simulator.Phone{{Number: other, Answer: after(10 * time.Second)}}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		added := got(f.client.AddParticipant(f.Context(), id, acs.AddParticipantRequest{
			ParticipantToAdd: number(other), SourceCallerIDNumber: &acs.PhoneNumber{Value: owned},
		}, repeat()))(f)
		cancel := acs.CancelAddParticipantRequest{InvitationID: added.InvitationID, OperationContext: "cancel"}
		elsewhere := f.connected("another call", number(outbound)).CallConnectionID
		got(f.client.CancelAddParticipant(f.Context(), elsewhere, cancel, repeat()))(f)
		f.event("CancelAddParticipantFailed", elsewhere)
		got(f.client.CancelAddParticipant(f.Context(), id, cancel, repeat()))(f)
		cancelled, _ := f.event("CancelAddParticipantSucceeded", id).Data.(*acs.CancelAddParticipantSucceeded)
		if cancelled.InvitationID != added.InvitationID || cancelled.OperationContext != "cancel" {
			t.Errorf("the event is %+v, want invitation %s", cancelled, added.InvitationID)
		}
		time.Sleep(time.Minute)
		if got := f.participants(id); !cmp.Equal(got, []string{"4:" + person}) {
			t.Errorf("who was cancelled joined: %v", got)
		}
	})
}

func TestRemovingTheOnlyOtherEndsTheCall(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{})
	id := f.connected("call", number(person)).CallConnectionID
	got(f.client.RemoveParticipant(f.Context(), id, acs.RemoveParticipantRequest{ParticipantToRemove: number(person)}, repeat()))(f)
	f.event("RemoveParticipantSucceeded", id)
	if got := outcome(f.event("CallDisconnected", id)); got != "200/5002" {
		t.Errorf("CallDisconnected of who is left alone has %s, want 200/5002", got)
	}
}

func TestANumberThatIsInACallTwice(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{answering(person)}})
	id := f.connected("call", number(person)).CallConnectionID
	got(f.client.AddParticipant(f.Context(), id, acs.AddParticipantRequest{
		ParticipantToAdd: number(person), SourceCallerIDNumber: &acs.PhoneNumber{Value: owned},
	}, repeat()))(f)
	roster := f.roster(id, 3)
	second := roster.Participants[2].Identifier
	if second.ID() == "4:"+person || second.PhoneNumber == nil || second.PhoneNumber.AssertedID == "" {
		t.Errorf("the second one has an asserted ID: %+v", second)
	}
}

func TestMuteIsAllOrNothing(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{})
	id := f.connected("call", acs.CommunicationUserIdentifier(user), number(person)).CallConnectionID
	_, err := f.client.MuteParticipants(f.Context(), id, acs.MuteParticipantsRequest{
		TargetParticipants: []acs.Identifier{acs.CommunicationUserIdentifier(user), number(person)},
	}, repeat())
	if got := refusal(err); got != "400 8523" {
		t.Errorf("muting a telephone: got %q, want 400 8523", got)
	}
	for _, p := range got(f.client.ListParticipants(f.Context(), id))(f) {
		if p.IsMuted {
			t.Errorf("%s is muted by a request that was refused", p.Identifier.ID())
		}
	}
}
