// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

// resource owns numbers and tells an endpoint of incoming calls.
func resource(schema simulator.GridSchema, phones ...simulator.Phone) simulator.Options {
	return simulator.Options{
		OwnedNumbers: []string{owned, inbound, outbound}, Phones: phones,
		EventGrid: []simulator.EventGridSubscription{{URL: "/grid", Schema: schema, Header: http.Header{"X-Secret": {"s3cret"}}}},
	}
}

func TestIncomingCallOnTheWire(t *testing.T) {
	t.Parallel()
	data := `{"to":{"kind":"phoneNumber","rawId":"4:` + inbound + `","phoneNumber":{"value":"` + inbound + `"}},
		"from":{"kind":"phoneNumber","rawId":"4:` + person + `","phoneNumber":{"value":"` + person + `"}},
		"serverCallId":"SERVER","correlationId":"CORRELATION","incomingCallContext":"CONTEXT"}`
	topic := "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/simulated/providers/microsoft.communication/communicationservices/" + simulator.DefaultResourceID
	for _, tc := range []struct {
		schema    simulator.GridSchema
		want      string
		headers   map[string]string
		handshake string
	}{
		{
			schema: simulator.GridSchemaEventGrid, handshake: http.MethodPost,
			want: `[{"id":"ID","topic":"` + topic + `","subject":"/caller/4:` + person + `/recipient/4:` + inbound + `",
				"eventType":"Microsoft.Communication.IncomingCall","eventTime":"TIME","dataVersion":"1.0","metadataVersion":"1","data":` + data + `}]`,
			headers: map[string]string{"Content-Type": "application/json", "Aeg-Event-Type": "Notification", "X-Secret": "s3cret", "Authorization": ""},
		},
		{
			schema: simulator.GridSchemaCloudEvents, handshake: http.MethodOptions,
			want: `{"id":"ID","source":"` + topic + `","subject":"/caller/4:` + person + `/recipient/4:` + inbound + `",
				"type":"Microsoft.Communication.IncomingCall","time":"TIME","specversion":"1.0","data":` + data + `}`,
			headers: map[string]string{
				"Content-Type": "application/cloudevents+json", "Webhook-Request-Origin": "eventgrid.azure.net", "X-Secret": "s3cret", "Authorization": "",
			},
		},
	} {
		t.Run(string(tc.schema), func(t *testing.T) {
			t.Parallel()
			f := serve(t, resource(tc.schema))
			f.agreed(1)
			f.admin(http.MethodPost, "/incoming-calls", map[string]string{"from": person, "to": inbound}, nil)
			call := f.incoming(1, "4:"+inbound)
			deliveries, _ := f.sink.all()
			if deliveries[0].method != tc.handshake || deliveries[0].header.Get("X-Secret") == "" {
				t.Errorf("the handshake comes first, with the delivery headers: %+v", deliveries[0])
			}
			last := deliveries[len(deliveries)-1]
			events, err := acs.ParseEventGrid(last.body)
			f.ok(err)
			names := map[string]string{
				events[0].ID: "ID", call.ServerCallID: "SERVER", call.CorrelationID: "CORRELATION", call.IncomingCallContext.Reveal(): "CONTEXT",
				events[0].Time.Format("2006-01-02T15:04:05.0000000Z"): "TIME",
			}
			if diff := cmp.Diff(parsed(f, tc.want), shape(f, last.body, names)); diff != "" {
				t.Errorf("the event:\n%s", diff)
			}
			for name, want := range tc.headers {
				if got := last.header.Get(name); got != want {
					t.Errorf("header %s is %q, want %q", name, got, want)
				}
			}
			if size := len(call.IncomingCallContext.Reveal()); size < 6<<10 || size > 8<<10 {
				t.Errorf("the context has %d bytes, the service's have 6 to 8 kB", size)
			}
		})
	}
}

// TestAnsweringTheResourcesOwnCall has two legs of one call: the caller's and the answerer's.
func TestAnsweringTheResourcesOwnCall(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, reason string
		callee       acs.Identifier
		shared, same bool
	}{
		{name: "telephone", reason: "the legs of a telephone call have IDs of their own, as recorded", callee: number(inbound)},
		{name: "telephone, shared", reason: "the option has them share", callee: number(inbound), shared: true, same: true},
		{name: "app user", reason: "the legs of a call between app users share theirs, as recorded", callee: acs.CommunicationUserIdentifier(user), same: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			options := resource(simulator.GridSchemaEventGrid)
			options.SharedCallIDs = tc.shared
			f := serve(t, options)
			f.agreed(1)
			caller := f.create("caller", tc.callee)
			incoming := f.incoming(1, tc.callee.ID())
			if (incoming.CorrelationID == caller.CorrelationID) != tc.same {
				t.Errorf("%s: the correlation ID is %s when placed and %s when it arrives", tc.reason, caller.CorrelationID, incoming.CorrelationID)
			}
			answerer := f.answer(incoming, "answerer")
			left, right := f.event("CallConnected", caller.CallConnectionID).Data.Common(), f.event("CallConnected", answerer.CallConnectionID).Data.Common()
			if left.CorrelationID != caller.CorrelationID || right.CorrelationID != incoming.CorrelationID || right.ServerCallID != incoming.ServerCallID {
				t.Errorf("%s: each leg's events have its own IDs: %+v and %+v", tc.reason, left, right)
			}
			if (left.ServerCallID == right.ServerCallID) != tc.same {
				t.Errorf("%s: the server call IDs are %s and %s", tc.reason, left.ServerCallID, right.ServerCallID)
			}
		})
	}
}

// TestAnInvitationHasTheCallsID: an invitation into a call has the correlation ID of that call. It was recorded of app
// users; that it is so of own numbers is assumed.
func TestAnInvitationHasTheCallsID(t *testing.T) {
	t.Parallel()
	f := serve(t, resource(simulator.GridSchemaEventGrid))
	f.agreed(1)
	caller := f.create("caller", number(person))
	f.event("CallConnected", caller.CallConnectionID)
	_, err := f.client.AddParticipant(f.Context(), caller.CallConnectionID, acs.AddParticipantRequest{
		ParticipantToAdd: number(inbound), SourceCallerIDNumber: &acs.PhoneNumber{Value: owned},
	}, repeat())
	f.ok(err)
	if incoming := f.incoming(1, "4:"+inbound); incoming.CorrelationID != caller.CorrelationID {
		t.Errorf("the invitation has the correlation ID %s, want that of the call, %s", incoming.CorrelationID, caller.CorrelationID)
	}
}

// TestTheAnswererOfTheResourcesOwnCall checks the events that the answerer gets.
func TestTheAnswererOfTheResourcesOwnCall(t *testing.T) {
	t.Parallel()
	f := serve(t, resource(simulator.GridSchemaEventGrid))
	f.agreed(1)
	caller := f.create("caller", number(inbound))
	incoming := f.incoming(1, "4:"+inbound)
	if incoming.From.ID() != "4:"+owned {
		t.Errorf("the incoming call is from %s, want %s", incoming.From.ID(), owned)
	}
	answerer := f.answer(incoming, "answerer")
	if answerer.CallConnectionState != acs.CallConnectionStateUnknown || answerer.ServerCallID != incoming.ServerCallID ||
		answerer.AnsweredFor.Value != inbound || answerer.AnsweredBy == nil {
		t.Errorf("answerCall answers with state unknown, the serverCallId and who answered for whom: %+v", answerer)
	}
	if answerer.CorrelationID != incoming.CorrelationID || answerer.CallConnectionID == caller.CallConnectionID {
		t.Errorf("the answering leg has the incoming call's correlation ID and a connection ID of its own: %+v and %+v", caller, answerer)
	}
	for context, id := range map[string]string{"caller": caller.CallConnectionID, "answerer": answerer.CallConnectionID} {
		connected := f.event("CallConnected", id).Data.Common()
		if connected.OperationContext != context {
			t.Errorf("CallConnected of the %s is %+v", context, connected)
		}
	}
	left, right := f.roster(caller.CallConnectionID, 2), f.roster(answerer.CallConnectionID, 2)
	if diff := cmp.Diff(left.Participants, right.Participants); diff != "" || left.SequenceNumber != right.SequenceNumber {
		t.Errorf("both legs have the same roster with the same number, %d and %d:\n%s", left.SequenceNumber, right.SequenceNumber, diff)
	}
	_, err := f.client.AnswerCall(f.Context(), acs.AnswerCallRequest{IncomingCallContext: incoming.IncomingCallContext, CallbackURI: f.webhook + "/callbacks"}, repeat())
	if got := refusal(err); got != "404 8522" {
		t.Errorf("a call is answered once: got %q, want 404 8522", got)
	}
	f.ok(f.client.HangUp(f.Context(), answerer.CallConnectionID))
	f.event("CallDisconnected", caller.CallConnectionID)
	f.event("CallDisconnected", answerer.CallConnectionID)
}

func TestRejectingAnIncomingCall(t *testing.T) {
	t.Parallel()
	for reason, want := range map[acs.CallRejectReason]string{"": "603/0", acs.CallRejectReasonNone: "603/0", acs.CallRejectReasonBusy: "486/0", acs.CallRejectReasonForbidden: "403/0"} {
		t.Run("reason "+string(reason), func(t *testing.T) {
			t.Parallel()
			f := serve(t, resource(simulator.GridSchemaEventGrid))
			f.agreed(1)
			caller := f.create("caller", number(inbound))
			incoming := f.incoming(1, "4:"+inbound)
			f.ok(f.client.RejectCall(f.Context(), acs.RejectCallRequest{IncomingCallContext: incoming.IncomingCallContext, CallRejectReason: reason}, repeat()))
			if got := outcome(f.event("CreateCallFailed", caller.CallConnectionID)); got != want {
				t.Errorf("the caller gets %s, want %s", got, want)
			}
			f.event("CallDisconnected", caller.CallConnectionID)
		})
	}
}

// TestDeclinedByAnApp is how a call ends that an app declines for a user: with a success code, and out of order.
func TestDeclinedByAnApp(t *testing.T) {
	bubble(t, resource(simulator.GridSchemaEventGrid), func(f *fixture) {
		f.agreed(1)
		caller := f.create("caller", acs.CommunicationUserIdentifier(user))
		incoming := f.incoming(1, user)
		f.ok(f.client.RejectCall(f.Context(), acs.RejectCallRequest{IncomingCallContext: incoming.IncomingCallContext}, repeat()))
		f.event("CreateCallFailed", caller.CallConnectionID)
		if diff := cmp.Diff([]string{"CallDisconnected", "CreateCallFailed"}, f.kinds(caller.CallConnectionID)); diff != "" {
			t.Errorf("in the recorded order:\n%s", diff)
		}
		for _, kind := range []string{"CallDisconnected", "CreateCallFailed"} {
			if got := outcome(f.event(kind, caller.CallConnectionID)); got != "200/5002" {
				t.Errorf("%s has %s, want 200/5002, as recorded", kind, got)
			}
		}
	})
}

func TestRedirectToAUser(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, reason string
		phones       []simulator.Phone
		rings        int
	}{
		{name: "app", reason: "an app gets a new IncomingCall and may answer it"},
		{name: "phone", reason: "a virtual phone of the user rings and answers", phones: []simulator.Phone{{User: user, Answer: after(0)}}, rings: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, resource(simulator.GridSchemaEventGrid, tc.phones...))
			f.agreed(1)
			caller := f.create("caller", number(inbound))
			first := f.incoming(1, "4:"+inbound)
			f.ok(f.client.RedirectCall(f.Context(), acs.RedirectCallRequest{
				IncomingCallContext: first.IncomingCallContext, Target: acs.CommunicationUserIdentifier(user),
			}, repeat()))
			second := f.incoming(1, user)
			if second.CorrelationID != first.CorrelationID || second.IncomingCallContext.Reveal() == first.IncomingCallContext.Reveal() {
				t.Errorf("%s: of the same call, with a context of its own", tc.reason)
			}
			err := f.client.RejectCall(f.Context(), acs.RejectCallRequest{IncomingCallContext: first.IncomingCallContext}, repeat())
			if got := refusal(err); got != "400 8523" && got != "404 8522" {
				t.Errorf("%s: the first context is of no use any more, got %q", tc.reason, got)
			}
			if tc.phones == nil {
				answered := f.answer(second, "agent")
				if answered.AnsweredBy.ID != user {
					t.Errorf("%s: the app answers as %s, want the user who was called", tc.reason, answered.AnsweredBy.ID)
				}
			}
			f.roster(caller.CallConnectionID, 2)
			if got := f.sim.Rings(user); got != tc.rings {
				t.Errorf("%s: the user's phone rang %d times, want %d", tc.reason, got, tc.rings)
			}
		})
	}
}

func TestWhoWasRedirectedAwayDoesNotAnswer(t *testing.T) {
	bubble(t, resource(simulator.GridSchemaEventGrid,
		simulator.Phone{Number: inbound, Answer: after(5 * time.Second)}, simulator.Phone{User: user, Answer: after(20 * time.Second)},
	), func(f *fixture) {
		f.agreed(1)
		caller := f.create("caller", number(inbound))
		first := f.incoming(1, "4:"+inbound)
		f.ok(f.client.RedirectCall(f.Context(), acs.RedirectCallRequest{IncomingCallContext: first.IncomingCallContext, Target: acs.CommunicationUserIdentifier(user)}, repeat()))
		began := time.Now()
		f.event("CallConnected", caller.CallConnectionID)
		if took := time.Since(began); took != 20*time.Second {
			t.Errorf("the call was answered after %s by who was redirected away, want 20s", took)
		}
	})
}

func TestAnIncomingCallRingsHalfAMinute(t *testing.T) {
	bubble(t, resource(simulator.GridSchemaEventGrid, simulator.Phone{User: user, NoAnswer: &struct{}{}}), func(f *fixture) {
		f.agreed(1)
		began := time.Now()
		caller := f.create("caller", number(inbound))
		incoming := f.incoming(1, "4:"+inbound)
		if got := outcome(f.event("CreateCallFailed", caller.CallConnectionID)); got != "480/10037" || time.Since(began) != 30*time.Second {
			t.Errorf("a call that no app takes fails after 30s with 480/10037: got %s after %s", got, time.Since(began))
		}
		_, err := f.client.AnswerCall(f.Context(), acs.AnswerCallRequest{IncomingCallContext: incoming.IncomingCallContext, CallbackURI: f.webhook + "/callbacks"}, repeat())
		if got := refusal(err); got != "404 8522" {
			t.Errorf("answering it later has no effect: got %q", got)
		}
		f.create("caller", acs.CommunicationUserIdentifier(user))
		expires := f.incoming(1, user)
		time.Sleep(31 * time.Second)
		_, err = f.client.AnswerCall(f.Context(), acs.AnswerCallRequest{IncomingCallContext: expires.IncomingCallContext, CallbackURI: f.webhook + "/callbacks"}, repeat())
		var expired *acs.Error
		if !errors.As(err, &expired) || !expired.ContextExpired() || expired.Form != acs.FormText {
			t.Errorf("a context expires after 30s though a phone rings on, which the service says in plain text: got %v", err)
		}
	})
}

func TestCallerWhoHasHungUpCannotBeAnswered(t *testing.T) {
	t.Parallel()
	f := serve(t, resource(simulator.GridSchemaEventGrid))
	f.agreed(1)
	caller := f.create("caller", number(inbound))
	incoming := f.incoming(1, "4:"+inbound)
	f.ok(f.client.HangUp(f.Context(), caller.CallConnectionID))
	for what, err := range map[string]error{
		"redirect": f.client.RedirectCall(f.Context(), acs.RedirectCallRequest{IncomingCallContext: incoming.IncomingCallContext, Target: acs.CommunicationUserIdentifier(user)}, repeat()),
		"reject":   f.client.RejectCall(f.Context(), acs.RejectCallRequest{IncomingCallContext: incoming.IncomingCallContext}, repeat()),
	} {
		if got := refusal(err); got != "404 8522" {
			t.Errorf("%s after the caller has hung up: got %q, want 404 8522", what, got)
		}
	}
	if diff := cmp.Diff([]string{"CreateCallFailed", "CallDisconnected"}, f.kinds(caller.CallConnectionID)); diff != "" {
		t.Errorf("the caller's events:\n%s", diff)
	}
}

func TestAPersonCallsIn(t *testing.T) {
	t.Parallel()
	f := serve(t, resource(simulator.GridSchemaEventGrid, simulator.Phone{Number: person, Answer: after(0), HangUp: after(50 * time.Millisecond)}))
	f.agreed(1)
	var placed struct{ CorrelationID string }
	f.admin(http.MethodPost, "/incoming-calls", map[string]string{"from": "4:" + person, "to": inbound}, &placed)
	incoming := f.incoming(1, "4:"+inbound)
	if incoming.CorrelationID != placed.CorrelationID {
		t.Errorf("the admin API says %s, the event %s", placed.CorrelationID, incoming.CorrelationID)
	}
	call := f.answer(incoming, "desk")
	if call.Source.ID() != "4:"+person || call.Targets[0].ID() != "4:"+inbound {
		t.Errorf("the call is from %s to %v", call.Source.ID(), call.Targets)
	}
	want := []string{"CallConnected", "ParticipantsUpdated", "CallDisconnected"}
	if diff := cmp.Diff(want, f.kinds(call.CallConnectionID)); diff != "" {
		t.Errorf("the caller hangs up in the end:\n%s", diff)
	}
	if strings.Contains(jsonText(f.sim.Journal()), incoming.IncomingCallContext.Reveal()) {
		t.Error("the journal holds the context, which is a secret")
	}
}
