// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	// seeds is how often the scenario is played; CALL_OPERATOR_SEED plays one seed only, which is how a failure is
	// replayed.
	seeds = 100

	// poll has lost callbacks noticed soon.
	poll = time.Second

	sampleResource = "8:acs:5a1ad0e5-0000-4000-8000-000000000001_"
	person2        = sampleResource + "00000000-0000-4000-8000-000000000002"
	person3        = sampleResource + "00000000-0000-4000-8000-000000000003"
)

// TestMultipleDialOut plays the multiple dial-out: its manifests are applied in any order and again, while callbacks are
// late, doubled, refused and lost.
func TestMultipleDialOut(t *testing.T) {
	for _, seed := range harness.Seeds(seeds) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			t.Logf("to play this again: CALL_OPERATOR_SEED=%d", seed)
			playMultipleDialOut(t, seed)
		})
	}
}

func playMultipleDialOut(t *testing.T, seed uint64) {
	c := newChaos(seed)
	schema := simulator.GridSchemaEventGrid
	if seed%2 == 1 {
		schema = simulator.GridSchemaCloudEvents
	}
	w := harness.New(t, plane, harness.Options{
		ResourceID: harness.ResourceID, Numbers: []string{"+14255550110", "+14255550111", "+14255550112"}, EventGrid: schema,
	})
	for _, person := range []string{person2, person3} {
		w.Sim.SetPhone(t, simulator.Phone{User: person, Answer: &simulator.After{After: simulator.Duration(time.Duration(c.roll(300)) * time.Millisecond)}})
	}
	m := w.StartManager(t, harness.ManagerOptions{Poll: poll})
	w.AwaitProvider(t)
	w.Sim.AwaitSubscription(t)
	w.Wire.SetRoute(c.route)
	w.Wire.SetDelay(c.delay)

	objects := manifests(t, w, "multiple-dial-out", "routes.yaml", "calls.yaml", "moves.yaml")
	c.shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
	for _, object := range objects {
		apply(t, w, object)
		<-time.After(time.Duration(c.roll(50)) * time.Millisecond) // so that orders of application differ in time too
	}
	for _, name := range []string{"move-2", "move-3"} {
		w.AwaitMove(t, name, "it is over", func(move *v1alpha1.ParticipantMove) bool { return move.Status.Result != nil })
	}
	checkMoves(t, w)
	checkTargets(t, w)
	conference := theConference(t, w)
	w.Await(t, conference, "its roster has four participants", func(call *v1alpha1.Call) bool {
		return call.Status.ParticipantCount != nil && *call.Status.ParticipantCount == 4
	})
	for _, name := range []string{"call-2", "call-3"} {
		call := w.Await(t, name, "it is over, since nobody is left in it", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
		if call.Status.Result.Outcome != v1alpha1.OutcomeCompleted {
			t.Errorf("%s ended as %s, want Completed: its participant was moved away", name, call.Status.Result.Outcome)
		}
	}
	w.AwaitWork(t)
	for _, object := range objects {
		checkAppliedAgain(t, w, object)
	}
	endAll(t, w)
	w.CheckQuiet(t, m)
}
