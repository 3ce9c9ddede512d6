// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/access/accesstest"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/telephony"
)

// TestForeignAnswersToMoves: another server than the service says nothing about a move, nor about who is in a call.
func TestForeignAnswersToMoves(t *testing.T) {
	for _, f := range controllertest.ForeignAnswers {
		connectionTo := func(service *controllertest.ACSStub) *access.Connection {
			connections := accesstest.New(controllertest.NewAPI(t, nil, interceptor.Funcs{}, controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString)), time.Now)
			accesstest.SetTransport(connections, service)
			connection, err := connections.For(t.Context(), controllertest.ProviderWith())
			if err != nil {
				t.Fatal(err)
			}
			return connection
		}
		stub := func() *controllertest.ACSStub {
			return &controllertest.ACSStub{Status: f.Status, Kind: f.Kind, Answer: f.Answer}
		}
		t.Run(f.Name+"/roster", func(t *testing.T) {
			t.Parallel()
			service := stub()
			connection := connectionTo(service)
			participants, err := connection.Roster(t.Context(), "cc")
			if err == nil {
				t.Errorf("a page is no roster, not even an empty one: %v", participants)
			}
			service.Status, service.Kind, service.Answer = 404, "application/json", controllertest.GoneAnswer
			if participants, err = connection.Roster(t.Context(), "cc"); err != nil || len(participants) != 0 {
				t.Errorf("in a call that is over there is nobody: %v, %v", participants, err)
			}
		})
		t.Run(f.Name+"/move", func(t *testing.T) {
			t.Parallel()
			connection, move := connectionTo(stub()), controllertest.MoveWith(controllertest.SentMove)
			_, err := connection.Telephony.Move(t.Context(), telephony.MoveRequest{From: "cc", To: "dd", Participants: []string{"4:+14255550123"}}, telephony.Attempt{Record: move.Status.Attempt, CallbackURL: "https://calls.example.com/"})
			if failure := once.DescribeFailure(err); failure.Final || failure.Reason != f.Want || len(goneCalls(t.Context(), Moves.of(move), connection.Telephony)) != 0 {
				t.Errorf("a move waits: %+v", failure)
			}
		})
	}
}
