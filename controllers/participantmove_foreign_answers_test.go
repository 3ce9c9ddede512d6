// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// TestForeignAnswersToMoves: another server than the service says nothing about a move, nor about who is in a call.
func TestForeignAnswersToMoves(t *testing.T) {
	for _, f := range foreignAnswers {
		connectionTo := func(service *acsStub) *Connection {
			connections := newConnections(apiWith(t, nil, interceptor.Funcs{}, providerWith(), secretWith(connectionString)), time.Now)
			setTransport(connections, service)
			connection, err := connections.For(t.Context(), providerWith())
			if err != nil {
				t.Fatal(err)
			}
			return connection
		}
		stub := func() *acsStub { return &acsStub{status: f.status, kind: f.kind, answer: f.answer} }
		t.Run(f.name+"/roster", func(t *testing.T) {
			t.Parallel()
			service := stub()
			connection := connectionTo(service)
			participants, err := roster(t.Context(), connection, &v1alpha1.MovedCall{Name: "c", ConnectionID: "cc"})
			if err == nil {
				t.Errorf("a page is no roster, not even an empty one: %v", participants)
			}
			service.status, service.kind, service.answer = 404, "application/json", goneAnswer
			if participants, err = roster(t.Context(), connection, &v1alpha1.MovedCall{Name: "c", ConnectionID: "cc"}); err != nil || len(participants) != 0 {
				t.Errorf("in a call that is over there is nobody: %v, %v", participants, err)
			}
		})
		t.Run(f.name+"/move", func(t *testing.T) {
			t.Parallel()
			connection, move := connectionTo(stub()), moveWith(sentMove)
			_, err := connection.Telephony.Move(t.Context(), telephony.MoveRequest{From: "cc", To: "dd", Participants: []string{"4:+14255550123"}}, telephony.Attempt{Record: move.Status.Attempt, CallbackURL: "https://calls.example.com/"})
			if failure := describeFailure(err); failure.final || failure.reason != f.want || len(goneCalls(t.Context(), move, connection.Telephony)) != 0 {
				t.Errorf("a move waits: %+v", failure)
			}
		})
	}
}
