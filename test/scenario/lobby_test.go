// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// TestLobby plays the lobby: a caller waits in one call, and is moved to the agent's call when the agent answers.
func TestLobby(t *testing.T) {
	t.Parallel()
	const lobby, agent, caller = "+14255550120", "+442079460130", "+442079460131"
	w := harness.New(t, plane, harness.Options{
		ResourceID: harness.ResourceID, Numbers: []string{lobby, "+14255550121"}, EventGrid: simulator.GridSchemaCloudEvents,
		Phones: map[string]harness.Script{agent: {AnswerAfter: time.Second}, caller: {}},
	})
	m := w.StartManager(t, harness.ManagerOptions{Poll: poll})
	w.AwaitProvider(t)
	w.Sim.AwaitSubscription(t)
	for _, object := range manifests(t, w, "lobby", "lobby.yaml") {
		apply(t, w, object)
	}
	w.AwaitMove(t, "caller-to-agent", "it says that nobody is in the lobby", func(move *v1alpha1.ParticipantMove) bool {
		return move.Status.Waiting != nil && move.Status.Waiting.Reason == v1alpha1.ReasonCallNotFound
	})
	waiting := w.Incoming(t, w.Sim.Dial(t, caller, lobby))
	move := w.AwaitMoveEnd(t, "caller-to-agent")
	if move.Status.Result.Outcome != v1alpha1.MoveOutcomeMoved {
		t.Errorf("the move ended as %+v, want Moved", move.Status.Result)
	}
	w.Await(t, "agent", "the caller is in the agent's call", func(call *v1alpha1.Call) bool {
		for _, participant := range call.Status.Participants {
			if participant.RawID == "4:"+caller {
				return true
			}
		}
		return false
	})
	left := w.Await(t, waiting, "the lobby is left", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
	if left.Status.Result.Outcome != v1alpha1.OutcomeCompleted {
		t.Errorf("the call in the lobby ended as %s, want Completed", left.Status.Result.Outcome)
	}
	endAll(t, w)
	w.CheckQuiet(t, m)
}
