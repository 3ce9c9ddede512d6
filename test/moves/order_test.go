// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package moves

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// orderSeeds is how many orders are tried; CALL_OPERATOR_SEED tries one only, which is how a failure is replayed.
const orderSeeds = 12

// TestEventOrder holds back every callback from the move on and the answer to it, until all is over at the service. Then
// they arrive in an order that a seed decides: early, late, twice, or never.
func TestEventOrder(t *testing.T) {
	for _, seed := range harness.Seeds(orderSeeds) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			inOrder(t, rand.New(rand.NewPCG(seed, 1)))
		})
	}
}

func inOrder(t *testing.T, random *rand.Rand) {
	w := newWorld(t)
	answer := make(chan struct{})
	release := sync.OnceFunc(func() { close(answer) })
	defer release()
	faults := harness.NewFaults()
	m := w.StartManager(t, harness.ManagerOptions{Faults: faults})
	talk(t, w)
	w.Wire.SetRoute(func(harness.Callback) harness.Route { return harness.Hold })
	faults.On("moveHere", &harness.Fault{Until: answer})
	order(t, w)
	held := w.Wire.AwaitHeld(t, "the move is over at the service", func(held []harness.Callback) bool {
		kinds := map[string]bool{}
		for _, callback := range held {
			kinds[callback.Type] = true
		}
		return kinds["MoveParticipantSucceeded"] && kinds["ParticipantsUpdated"] && kinds["CallDisconnected"]
	})
	w.Wire.SetRoute(func(harness.Callback) harness.Route { return harness.Pass })
	steps := stepsOf(random, held)
	for _, step := range steps {
		t.Log(step.name)
		if step.callback == nil {
			release()
			continue
		}
		if status, body := w.Wire.Deliver(*step.callback); status/100 != 2 {
			t.Errorf("%s was answered with %d %s, want 2xx", step.name, status, body)
		}
	}
	release()
	checkMoved(t, w, m)
	end := w.AwaitMoveEnd(t, theMove)
	for i := range held {
		w.Wire.Deliver(held[i])
	}
	var now v1alpha1.ParticipantMove
	if err := w.Client.Get(t.Context(), clientKey(end), &now); err != nil {
		t.Fatal(err)
	}
	if now.ResourceVersion != end.ResourceVersion {
		t.Errorf("late callbacks changed a move that was over from %+v to %+v", end.Status, now.Status)
	}
}

// delivery is a callback, or the answer when callback is nil.
type delivery struct {
	name     string
	callback *harness.Callback
}

// stepsOf makes an order: all callbacks and the answer in any order, one of them perhaps left out, one of them twice.
func stepsOf(random *rand.Rand, held []harness.Callback) []delivery {
	steps := []delivery{{name: "the answer"}}
	for i := range held {
		steps = append(steps, delivery{name: held[i].Type, callback: &held[i]})
	}
	if random.IntN(2) == 0 {
		i := random.IntN(len(steps))
		steps = append(steps[:i], steps[i+1:]...)
	}
	steps = append(steps, steps[random.IntN(len(steps))])
	random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	return steps
}
