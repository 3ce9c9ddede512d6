// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

// move asks to move people into the call target.
func (f *fixture) move(target, source string, people ...acs.Identifier) (*acs.MoveParticipantsResponse, error) {
	return f.client.MoveParticipants(f.Context(), target, acs.MoveParticipantsRequest{
		TargetParticipants: people, FromCall: source, OperationContext: "move", OperationCallbackURI: f.webhook + "/callbacks/move",
	}, repeat())
}

func TestMovingTheOnlyOtherEndsTheSource(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{})
	target, source := f.connected("target", number(person)), f.connected("source", number(other))
	moved := got(f.move(target.CallConnectionID, source.CallConnectionID, number(other)))(f)
	if moved.FromCall != source.CallConnectionID || moved.OperationContext != "move" || len(moved.Participants) == 0 {
		t.Errorf("the answer names the source, the context and the participants: %+v", moved)
	}
	event := f.event("MoveParticipantSucceeded", target.CallConnectionID)
	succeeded, _ := event.Data.(*acs.MoveParticipantSucceeded)
	if succeeded.FromCall != source.CallConnectionID || succeeded.Participant.ID() != "4:"+other || succeeded.OperationContext != "move" || outcome(event) != "200/0" {
		t.Errorf("the event is %+v", succeeded)
	}
	f.roster(target.CallConnectionID, 3)
	if diff := cmp.Diff([]string{"4:" + person, "4:" + other}, f.participants(target.CallConnectionID)); diff != "" {
		t.Errorf("the target's participants:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"CallConnected", "ParticipantsUpdated", "CallDisconnected"}, f.kinds(source.CallConnectionID)); diff != "" {
		t.Errorf("only the app was left in the source:\n%s", diff)
	}
	deliveries, _ := f.sink.all()
	for _, d := range deliveries {
		if own := len(eventsOf([]delivery{d}, target.CallConnectionID)) > 0 && kind(eventsOf([]delivery{d}, target.CallConnectionID)[0]) == "MoveParticipantSucceeded"; own != (d.path == "/callbacks/move") {
			t.Errorf("the move's own callback URI gets the move's own event and no other: %s %s", d.path, d.body)
		}
	}
}

func TestMovingSomeTellsOfEach(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{})
	target := f.connected("target", number(person))
	source := f.connected("source", number(other), number(outbound))
	got(f.move(target.CallConnectionID, source.CallConnectionID, number(other), number("+442079460009")))(f)
	succeeded, _ := f.event("MoveParticipantSucceeded", target.CallConnectionID).Data.(*acs.MoveParticipantSucceeded)
	event := f.event("MoveParticipantFailed", target.CallConnectionID)
	failed, _ := event.Data.(*acs.MoveParticipantFailed)
	if succeeded.Participant.ID() != "4:"+other || failed.Participant.ID() != "4:+442079460009" || failed.FromCall != source.CallConnectionID || outcome(event) != "404/8522" {
		t.Errorf("each has an event: %+v and %+v", succeeded, failed)
	}
	f.nth(3, "ParticipantsUpdated", source.CallConnectionID)
	if diff := cmp.Diff([]string{"4:" + outbound}, f.participants(source.CallConnectionID)); diff != "" {
		t.Errorf("the source keeps the participants that were not moved:\n%s", diff)
	}
}

func TestMovesThatAreRefused(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{{Number: outbound, NoAnswer: &struct{}{}}}})
	one, two := f.connected("one", number(person)).CallConnectionID, f.connected("two", number(other)).CallConnectionID
	ringing, gone := f.create("ringing", number(outbound)).CallConnectionID, "11111111-2222-4333-8444-555555555555"
	for _, tc := range []struct {
		reason, target, source, want string
		people                       []acs.Identifier
	}{
		{"the target is not connected", ringing, one, "400 8501", []acs.Identifier{number(person)}},
		{"the source is not connected", one, ringing, "400 8501", []acs.Identifier{number(outbound)}},
		{"there is no target", gone, one, "404 8522", []acs.Identifier{number(person)}},
		{"there is no source", one, gone, "404 8522", []acs.Identifier{number(person)}},
		{"nobody is named", one, two, "400 8523", nil},
		{"it is one call", one, one, "400 8523", []acs.Identifier{number(person)}},
	} {
		_, err := f.move(tc.target, tc.source, tc.people...)
		if got := refusal(err); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
		}
	}
	old := f.rest(http.MethodPost, "/calling/callConnections/"+one+"/participants:moveHere?api-version=2025-06-15", `{}`)
	if old.status != http.StatusBadRequest {
		t.Errorf("the api-version before has no moveHere: got %d", old.status)
	}
}

func TestMovingTheAppItselfFails(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{})
	target, source := f.connected("target", number(person)), f.connected("source", number(other))
	got(f.move(target.CallConnectionID, source.CallConnectionID, *source.Source))(f)
	if got := outcome(f.event("MoveParticipantFailed", target.CallConnectionID)); got != "400/8523" {
		t.Errorf("it fails with %s, want 400/8523", got)
	}
}

// TestMovingWhoAnsweredARedirectedCall is the sample's flow: a call to a number that is redirected to a user.
func TestMovingWhoAnsweredARedirectedCall(t *testing.T) {
	t.Parallel()
	agent := acs.CommunicationUserIdentifier(user)
	for _, tc := range []struct {
		name, reason string
		phones       []simulator.Phone
		moved        string
	}{
		{name: "by phone", reason: "the call knows the user by the number that was dialled", phones: []simulator.Phone{{User: user, Answer: after(0)}}, moved: "4:" + outbound},
		{name: "by app", reason: "an app that answered can be named by the number that was dialled", moved: user},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, resource(simulator.GridSchemaEventGrid, append(tc.phones, answering(person))...))
			f.agreed(1)
			target := f.connected("target", number(person))
			source := f.create("source", number(outbound))
			redirect := acs.RedirectCallRequest{IncomingCallContext: f.incoming(1, "4:"+outbound).IncomingCallContext, Target: agent}
			f.ok(f.client.RedirectCall(f.Context(), redirect, repeat()))
			leg := ""
			if tc.phones == nil {
				leg = f.answer(f.incoming(1, user), "agent").CallConnectionID
			}
			f.roster(source.CallConnectionID, 2)
			got(f.move(target.CallConnectionID, source.CallConnectionID, number(outbound)))(f)
			f.event("MoveParticipantSucceeded", target.CallConnectionID)
			f.event("CallDisconnected", source.CallConnectionID)
			roster := f.roster(target.CallConnectionID, 3)
			if got := roster.Participants[2].Identifier.ID(); got != tc.moved {
				t.Errorf("%s: %s was moved, want %s", tc.reason, got, tc.moved)
			}
			if leg == "" {
				return
			}
			f.roster(leg, 3)
			f.ok(f.client.Terminate(f.Context(), target.CallConnectionID, repeat()))
			if got := outcome(f.event("CallDisconnected", leg)); got != "200/5001" {
				t.Errorf("%s: its leg ends with the call that it was moved to, with %s", tc.reason, got)
			}
		})
	}
}

func TestMovingIntoARoom(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{})
	room := got(f.client.Connect(f.Context(), acs.ConnectRequest{
		CallLocator: acs.CallLocator{Kind: acs.CallLocatorKindRoom, RoomID: "room-1"}, CallbackURI: f.webhook + "/callbacks",
	}, repeat()))(f)
	f.event("CallConnected", room.CallConnectionID)
	source := f.connected("source", number(person))
	got(f.move(room.CallConnectionID, source.CallConnectionID, number(person)))(f)
	f.event("MoveParticipantSucceeded", room.CallConnectionID)
	f.event("CallDisconnected", source.CallConnectionID)
	if got := f.participants(room.CallConnectionID); !cmp.Equal(got, []string{"4:" + person}) {
		t.Errorf("the room has %v", got)
	}
}

// TestWhoIsMovedKeepsTheirScript shows that a phone hangs up wherever it was moved to.
func TestWhoIsMovedKeepsTheirScript(t *testing.T) {
	phone := simulator.Phone{Number: other, Answer: after(0), HangUp: after(time.Minute)}
	bubble(t, simulator.Options{Phones: []simulator.Phone{phone}}, func(f *fixture) {
		target, source := f.connected("target", number(person)), f.connected("source", number(other))
		got(f.move(target.CallConnectionID, source.CallConnectionID, number(other)))(f)
		f.roster(target.CallConnectionID, 3)
		f.nth(3, "ParticipantsUpdated", target.CallConnectionID)
		if got := f.participants(target.CallConnectionID); !cmp.Equal(got, []string{"4:" + person}) {
			t.Errorf("the moved participant has hung up, but the call is still active: %v", got)
		}
	})
}
