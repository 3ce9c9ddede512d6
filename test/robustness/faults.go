// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"

	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// faults break a run, by a seed.
type faults struct {
	run    *run
	random *rand.Rand
	// longest is how long the API server may be down.
	longest time.Duration
	done    int
	// gates are those that were given a cut.
	gates []*harness.Gate
	undo  []func()
}

// inject causes faults from time to time until the time is over, and then repairs everything.
func (f *faults) inject(ctx context.Context, length time.Duration) error {
	over := time.After(length)
	defer f.clear()
	for {
		select {
		case <-time.After(time.Duration(200+f.random.IntN(800)) * time.Millisecond):
		case <-over:
			return errors.Join(f.run.home.clearFaults(ctx), f.run.other.clearFaults(ctx))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		f.done++
		if err := f.one(ctx); err != nil {
			return err
		}
	}
}

// clear ends all active faults.
func (f *faults) clear() {
	for _, undo := range f.undo {
		undo()
	}
}

// soon undoes something after a time, and at the end at the latest, but not twice: a late timer would undo what follows the faults.
func (f *faults) soon(d time.Duration, undo func()) {
	undo = sync.OnceFunc(undo)
	time.AfterFunc(d, undo)
	f.undo = append(f.undo, undo)
}

func (f *faults) upTo(d time.Duration) time.Duration {
	return time.Duration(f.random.Int64N(int64(d))) + 50*time.Millisecond
}

// one breaks one thing.
func (f *faults) one(ctx context.Context) error {
	victim := f.run.victims[f.random.IntN(len(f.run.victims))]
	switch n := f.random.IntN(32); {
	case n < 2:
		f.run.recorder.fault("%s is killed", victim.name)
		victim.signal(syscall.SIGKILL)
	case n < 7:
		f.cut(victim)
	case n < 9:
		f.pause(victim)
	case n < 13:
		f.weather(victim)
	case n < 14:
		f.outage()
	case n < 20:
		return f.service(ctx)
	case n < 22:
		return f.leadElsewhere(ctx)
	case n < 25:
		return f.restore(ctx)
	case n < 31:
		return f.operation(ctx)
	default:
		return f.rotate()
	}
	return nil
}

// cutNames are the requests at which processes are killed, by command.
var cutNames = map[string][]string{
	"manager": {
		"PUT calls/status", "PATCH calls", "PUT participantmoves/status", "PATCH participantmoves", "PUT callactions/status", "PUT callactions/status",
		"PATCH callactions", "DELETE secrets", "PUT callroutes/status",
	},
	"webhookreceiver": {
		"PUT calls/status", "POST calls", "POST secrets", "PUT participantmoves/status", "PUT callactions/status",
	},
	"acs": {
		"createCall", "answer", "redirect", "reject", "moveHere", "terminate", "getCall", "getParticipants",
		"play", "recognize", "addParticipant", "sendDtmfTones", "startRecording",
	},
}

// cut has a process killed before, in the middle of, or after one of its next requests.
func (f *faults) cut(victim *process) {
	gate, names, who := victim.gateway.current(), cutNames[victim.command], victim.name
	if victim.command == "manager" && f.random.IntN(2) == 0 {
		gate, names, who = f.someService().gateway.current(), cutNames["acs"], "every manager"
	}
	name := names[f.random.IntN(len(names))]
	cut := harness.Cut{At: harness.Request{Name: name, Nth: gate.Count(name) + 1 + f.random.IntN(2)}, Mode: harness.Modes[f.random.IntN(len(harness.Modes))]}
	f.run.recorder.fault("%s is killed %s", who, cut)
	gate.CutAt(cut)
	f.gates = append(f.gates, gate)
}

// met is how many cuts were met.
func (f *faults) met() int {
	n := 0
	for _, gate := range f.gates {
		if gate.WasCut() {
			n++
		}
	}
	return n
}

// pause stops a process for a time, in which others may take its place.
func (f *faults) pause(victim *process) {
	d := f.upTo(3 * time.Second)
	if f.run.elected && f.random.IntN(3) == 0 {
		d = leaseDuration + f.upTo(3*time.Second)
	}
	f.run.recorder.fault("%s is paused for %s", victim.name, d)
	victim.signal(syscall.SIGSTOP)
	f.soon(d, func() { victim.signal(syscall.SIGCONT) })
}

// weather changes the way of a process to the API server for a time.
func (f *faults) weather(victim *process) {
	var bad weather
	var what string
	switch f.random.IntN(5) {
	case 0:
		bad.down, what = true, "cannot reach the API server"
	case 1:
		bad.slow, what = 800*time.Millisecond, "reaches the API server slowly"
	case 2:
		bad.conflicts, what = 0.5, "meets conflicts"
	case 3:
		bad.lost, what = 0.5, "loses answers of the API server"
	default:
		bad.stale, what = true, "sees an old state in its watches"
	}
	d := f.upTo(3 * time.Second)
	f.run.recorder.fault("%s %s for %s", victim.name, what, d)
	victim.gateway.set(func(w *weather) { *w = bad })
	f.soon(d, func() { victim.gateway.set(func(w *weather) { *w = weather{} }) })
}

// outage makes the API server unreachable for a time.
func (f *faults) outage() {
	d := f.upTo(f.longest)
	f.run.recorder.fault("the API server is down for %s", d)
	for _, p := range f.run.victims {
		p.gateway.set(func(w *weather) { *w = weather{down: true} })
		f.soon(d, func() { p.gateway.set(func(w *weather) { *w = weather{} }) })
	}
}

// service has ACS fail.
func (f *faults) service(ctx context.Context) error {
	fault := simulator.Fault{Count: 1 + f.random.IntN(4)}
	requests := []string{"", "createCall", "answerCall", "moveParticipants", "getCall", "terminateCall", "redirectCall"}
	fault.Operation = requests[f.random.IntN(len(requests))]
	switch f.random.IntN(12) {
	case 0:
		fault.Kind, fault.Delay = simulator.FaultLatency, simulator.Duration(f.upTo(2*time.Second))
	case 1:
		fault.Kind, fault.RetryAfter = simulator.FaultThrottle, f.random.IntN(2)
	case 2:
		fault.Kind, fault.Status = simulator.FaultErrorBefore, 503
	case 3:
		fault.Kind, fault.Status = simulator.FaultErrorAfter, 500
	case 4:
		fault.Kind = simulator.FaultDropBefore
	case 5:
		fault.Kind = simulator.FaultDropAfter
	case 6:
		fault.Kind = simulator.FaultEarly
	case 7:
		fault.Kind, fault.Operation, fault.Delay = simulator.FaultLate, "", simulator.Duration(f.upTo(3*time.Second))
	case 8:
		fault.Kind, fault.Operation = simulator.FaultTwice, ""
	case 9:
		fault.Kind, fault.Operation = simulator.FaultReorder, ""
	default:
		fault.Kind, fault.Operation = simulator.FaultLose, ""
	}
	at := f.someService()
	f.run.recorder.fault("%s: %s", at.name, describe(fault))
	return at.addFault(ctx, fault)
}

// operations are requests of actions, and the events that tell what became of them. The first ones fail most.
var operations = []struct {
	request string
	reports []string
}{
	{"play", []string{"PlayStarted", "PlayCompleted"}},
	{"recognize", []string{"RecognizeCompleted", "RecognizeFailed"}},
	{"addParticipant", []string{"AddParticipantSucceeded", "AddParticipantFailed"}},
	{"removeParticipant", []string{"RemoveParticipantSucceeded"}},
	{"sendDtmfTones", []string{"SendDtmfTonesCompleted"}},
	{"startRecording", []string{"RecordingStateChanged"}},
	{"hold", nil},
}

// operation has ACS fail at the next requests of an action, and mostly loses, delays or repeats what it reports of them.
func (f *faults) operation(ctx context.Context) error {
	asked, count := operations[min(f.random.IntN(len(operations)), f.random.IntN(len(operations)))], 1+f.random.IntN(3)
	kinds := []simulator.FaultKind{
		simulator.FaultDropAfter, simulator.FaultDropAfter, simulator.FaultErrorAfter, simulator.FaultDropBefore, simulator.FaultErrorBefore,
		simulator.FaultThrottle, simulator.FaultEarly,
	}
	all := []simulator.Fault{{Kind: kinds[f.random.IntN(len(kinds))], Operation: asked.request, Count: count}}
	unreported := []simulator.FaultKind{simulator.FaultLose, simulator.FaultLate, simulator.FaultTwice, simulator.FaultReorder}
	if kind := f.random.IntN(len(unreported) + 1); kind < len(unreported) {
		for _, report := range asked.reports {
			fault := simulator.Fault{Kind: unreported[kind], EventType: report, Count: count}
			if fault.Kind == simulator.FaultLate {
				fault.Delay = simulator.Duration(f.upTo(4 * time.Second))
			}
			all = append(all, fault)
		}
	}
	at := f.someService()
	for _, fault := range all {
		f.run.recorder.fault("%s: %s", at.name, describe(fault))
		if err := at.addFault(ctx, fault); err != nil {
			return err
		}
	}
	return nil
}

// someService is mostly the one that the provider leads to.
func (f *faults) someService() *acs {
	if f.random.IntN(4) == 0 {
		return f.run.other
	}
	return f.run.home
}

// leadElsewhere has the provider lead to the other service for a time: its spec is edited, or its Secret.
func (f *faults) leadElsewhere(ctx context.Context) error {
	d := f.upTo(4 * time.Second)
	edit, what := f.run.lead, "provider"
	if f.random.IntN(2) == 0 {
		edit, what = f.run.fillSecret, "provider's Secret"
	}
	f.run.recorder.fault("the %s leads to the other service for %s", what, d)
	f.soon(d, func() {
		if err := f.run.leadHome(context.WithoutCancel(ctx)); err != nil {
			f.run.recorder.fail(err)
		}
	})
	return edit(ctx, f.run.other)
}

func describe(fault simulator.Fault) string {
	what := cmp.Or(fault.Operation, fault.EventType)
	if what == "" {
		what = "whatever comes"
	}
	return fmt.Sprintf("%s of %s, %d times", fault.Kind, what, fault.Count)
}
