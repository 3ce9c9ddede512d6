// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// orderSeeds is how many orders are tried; CALL_OPERATOR_SEED tries one only, which is how a failure is replayed.
const orderSeeds = 32

// answerArrives is a step of an order: the answer to createCall.
const answerArrives = "the answer"

// TestEventOrder holds back every callback of a call and the answer to createCall, until the whole call is over at the
// service. Then they arrive in an order that a seed decides: early, late, twice, or never.
func TestEventOrder(t *testing.T) {
	seeds := harness.Seeds(orderSeeds)
	bench := newOrderBench(t, seeds)
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			bench.run(t, seed)
		})
	}
}

// orderBench is one World for all seeds. Each seed has its own Call.
type orderBench struct {
	w       *harness.World
	m       *harness.Manager
	answers map[string]chan struct{}
	numbers map[string]string
}

func newOrderBench(t *testing.T, seeds []uint64) *orderBench {
	t.Helper()
	b := &orderBench{answers: map[string]chan struct{}{}, numbers: map[string]string{}}
	phones := map[string]harness.Script{}
	for i, seed := range seeds {
		name := nameOf(seed)
		b.answers[name], b.numbers[name] = make(chan struct{}), harness.Callee(i)
		phones[harness.Callee(i)] = harness.Script{AnswerAfter: 10 * time.Millisecond, HangUpAfter: 30 * time.Millisecond}
	}
	b.w = harness.New(t, plane, harness.Options{Phones: phones})
	b.w.Wire.SetRoute(func(harness.Callback) harness.Route { return harness.Hold })
	faults := harness.NewFaults()
	faults.Choose = func(operation string, body []byte) *harness.Fault {
		for name, answer := range b.answers {
			if operation == "createCall" && bytes.Contains(body, []byte("/"+name+"/")) {
				return &harness.Fault{Until: answer}
			}
		}
		return nil
	}
	b.m = b.w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: faults, Concurrency: len(seeds) + 2})
	b.w.AwaitProvider(t)
	return b
}

func nameOf(seed uint64) string { return fmt.Sprintf("seed-%d", seed) }

// run lives one call in the order of a seed.
func (b *orderBench) run(t *testing.T, seed uint64) {
	name := nameOf(seed)
	release := sync.OnceFunc(func() { close(b.answers[name]) })
	defer release()
	b.w.Create(t, b.w.Call(name, b.numbers[name]))
	events := b.heldOf(t, name)
	steps := orderOf(seed, events)
	t.Logf("CALL_OPERATOR_SEED=%d: %v", seed, steps)
	for _, step := range steps {
		if step == answerArrives {
			release()
			b.w.Await(t, name, "the answer is recorded", placed)
			continue
		}
		b.deliver(t, events, step)
	}
	release()
	call := b.w.Await(t, name, "it has a result", ended)
	if want := outcomeAfter(steps); !slices.Contains(want, call.Status.Result.Outcome) {
		t.Errorf("seed %d, %v: the outcome is %s, want one of %s", seed, steps, call.Status.Result.Outcome, want)
	}
	b.checkAbsorbed(t, name, events, call)
	if rings := b.w.Sim.Rings(b.numbers[name]); rings != 1 {
		t.Errorf("seed %d, %v: the phone rang %d times, want 1", seed, steps, rings)
	}
}

// heldOf waits until the call is over at the service and returns its callbacks by type; the types of one call differ
// but for rosters, which are counted.
func (b *orderBench) heldOf(t *testing.T, name string) map[string]harness.Callback {
	t.Helper()
	held := b.w.Wire.AwaitHeld(t, name+" is over at the service", func(held []harness.Callback) bool {
		return slices.ContainsFunc(held, func(c harness.Callback) bool { return c.About(name) && c.Type == "CallDisconnected" })
	})
	events := map[string]harness.Callback{}
	for _, callback := range held {
		if !callback.About(name) {
			continue
		}
		key := callback.Type
		for n := 2; events[key].ID != "" && events[key].ID != callback.ID; n++ {
			key = fmt.Sprintf("%s-%d", callback.Type, n)
		}
		events[key] = callback
	}
	return events
}

// orderOf makes an order: all events and the answer in any order, some of them left out, some of them twice.
func orderOf(seed uint64, events map[string]harness.Callback) []string {
	random := rand.New(rand.NewPCG(seed, 1))
	var steps []string
	for key := range events {
		steps = append(steps, key)
	}
	slices.Sort(steps) // a map's order is not the seed's
	steps = append(steps, answerArrives)
	if random.IntN(2) == 0 {
		i := random.IntN(len(steps))
		steps = slices.Delete(steps, i, i+1)
	}
	if len(steps) > 0 {
		steps = append(steps, steps[random.IntN(len(steps))])
	}
	random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	return steps
}

func (b *orderBench) deliver(t *testing.T, events map[string]harness.Callback, step string) {
	t.Helper()
	if status, answer := b.w.Wire.Deliver(events[step]); status/100 != 2 {
		t.Errorf("%s was answered with %d %s, want 2xx", step, status, answer)
	}
}

// outcomeAfter is how a call may end that was answered and hung up, by what was heard of it.
func outcomeAfter(steps []string) []v1alpha1.CallOutcome {
	heard := func(kind string) bool {
		return slices.ContainsFunc(steps, func(step string) bool { return strings.HasPrefix(step, kind) })
	}
	switch {
	case heard("CallConnected"):
		return only(v1alpha1.OutcomeCompleted)
	case heard("CallDisconnected"):
		// Whether anybody had answered is shown by a roster of two, if there was one.
		return []v1alpha1.CallOutcome{v1alpha1.OutcomeCompleted, v1alpha1.OutcomeNoAnswer}
	}
	return only(v1alpha1.OutcomeUnknown)
}

// checkAbsorbed delivers everything once more, after the end: the status stays as it is, to the byte.
func (b *orderBench) checkAbsorbed(t *testing.T, name string, events map[string]harness.Callback, end *v1alpha1.Call) {
	t.Helper()
	for step := range events {
		b.deliver(t, events, step)
	}
	var now v1alpha1.Call
	if err := b.w.Client.Get(t.Context(), clientKey(end), &now); err != nil {
		t.Fatal(err)
	}
	if now.Status.Result == nil || *now.Status.Result != *end.Status.Result {
		t.Errorf("%s: late events changed the result from %+v to %+v", name, end.Status.Result, now.Status.Result)
	}
}
