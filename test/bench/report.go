// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/call-operator/call-operator/test/devstack"
)

// Targets, as ratios within one run.
const (
	leastThroughput       = 0.7
	mostApplyToDial       = 3.0
	mostCallbackToStatus  = 2.0
	mostManagerMemory     = 150.0
	mostCostAtManyOverFew = 1.2
	mostDialOutMemory     = 400.0
	// mostToAnswer is a time and no ratio: it is what a caller waits before the call is answered.
	mostToAnswer = 100 * time.Millisecond
)

// latencies are samples of how long something took.
type latencies struct {
	bareWrite, applyToDial, callbackToStatus []time.Duration
	// incomingToAnswer is from the incoming call to answerCall arriving at ACS.
	incomingToAnswer []time.Duration
}

// live is what was measured with a number of live calls.
type live struct {
	// memory is resident, by command, in MiB.
	memory map[string]float64
	// idle is the processor time of manager and receiver each second while nothing happens.
	idle float64
	// cost is their processor time, in seconds, for each further call, without what they use anyway.
	cost float64
}

// report is everything that was measured.
type report struct {
	size                   sizes
	operatorRate, bareRate float64
	bareWrites, bareEvents int
	full                   spent
	idle, half             latencies
	live                   [2]live
	dialOuts               [2]dialOutCost
}

// throughput is the operator's rate as a part of the bare loop's, for the same number of writes.
func (r *report) throughput() float64 {
	operator := (r.full.writes + r.full.events) / float64(r.size.calls)
	bare := float64(r.bareWrites + r.bareEvents)
	// Creating the Call is one more write in both.
	return r.operatorRate * (operator + 1) / (r.bareRate * (bare + 1))
}

func (r *report) print(out io.Writer) {
	calls := float64(r.size.calls)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(cells ...any) {
		for _, cell := range cells {
			_, _ = fmt.Fprintf(t, "%v\t", cell)
		}
		_, _ = fmt.Fprintln(t)
	}
	row("", "bare loop", "operator")
	row("calls per second, whole life", number(r.bareRate), number(r.operatorRate))
	row("API writes per call", r.bareWrites, number(r.full.writes/calls))
	row("Kubernetes Events per call", r.bareEvents, number(r.full.events/calls))
	row("CPU s per 1,000 calls: manager", "", number(1000*r.full.cpu[devstack.Manager]/calls))
	row("CPU s per 1,000 calls: webhookreceiver", "", number(1000*r.full.cpu[devstack.Receiver]/calls))
	row("CPU s per 1,000 calls: acs-simulator", "", number(1000*r.full.cpu[devstack.Simulator]/calls))
	row()
	row("latency, median / p99", "idle", "half load")
	row("one bare write", quantiles(r.idle.bareWrite), quantiles(r.half.bareWrite))
	row("apply to createCall at ACS", quantiles(r.idle.applyToDial), quantiles(r.half.applyToDial))
	row("callback to watcher", quantiles(r.idle.callbackToStatus), quantiles(r.half.callbackToStatus))
	row("incoming call to answerCall at ACS", quantiles(r.idle.incomingToAnswer), "")
	row()
	row("live calls", r.size.live[0], r.size.live[1])
	for _, command := range []string{devstack.Manager, devstack.Receiver, devstack.Simulator} {
		row("resident MiB: "+command, number(r.live[0].memory[command]), number(r.live[1].memory[command]))
	}
	row("CPU ms per second, nothing happening", number(1000*r.live[0].idle), number(1000*r.live[1].idle))
	row("CPU ms per further call", number(1000*r.live[0].cost), number(1000*r.live[1].cost))
	row()
	few, many := &r.dialOuts[0], &r.dialOuts[1]
	row("targets of a DialOut", r.size.dialOuts[0], r.size.dialOuts[1])
	row("manager's peak MiB: lists read", number(few.read), number(many.read))
	row("manager's peak MiB: calling", number(few.calling), number(many.calling))
	row("manager's peak MiB: restarted", number(few.reloaded), number(many.reloaded))
	row("seconds until the lists are read", number(few.reading.Seconds()), number(many.reading.Seconds()))
	row("seconds from restart to next result", number(few.reloading.Seconds()), number(many.reloading.Seconds()))
	row("CPU ms per call", number(1000*few.cpu), number(1000*many.cpu))
	row("API writes and Events per call", number(few.writes), number(many.writes))
	_ = t.Flush()
}

// check prints each target next to the measurement, and fails if one was missed.
func (r *report) check(out io.Writer) error {
	bare := float64(median(r.idle.bareWrite))
	few, many := &r.dialOuts[0], &r.dialOuts[1]
	with := fmt.Sprintf("with %d targets by that with %d", r.size.dialOuts[1], r.size.dialOuts[0])
	targets := []struct {
		what       string
		got, bound float64
		atLeast    bool
	}{
		{"throughput, as a part of the bare loop's", r.throughput(), leastThroughput, true},
		{"apply to createCall, in bare writes", float64(median(r.idle.applyToDial)) / bare, mostApplyToDial, false},
		{"callback to watcher, in bare writes", float64(median(r.idle.callbackToStatus)) / bare, mostCallbackToStatus, false},
		{"incoming call to answer, in ms", float64(median(r.idle.incomingToAnswer)) / float64(time.Millisecond), float64(mostToAnswer / time.Millisecond), false},
		{fmt.Sprintf("manager's MiB with %d live calls", r.size.live[1]), r.live[1].memory[devstack.Manager], mostManagerMemory, false},
		{fmt.Sprintf("cost of a call at %d by that at %d", r.size.live[1], r.size.live[0]), r.live[1].cost / r.live[0].cost, mostCostAtManyOverFew, false},
		{fmt.Sprintf("manager's MiB with %d targets", r.size.dialOuts[1]), max(many.read, many.calling, many.reloaded), mostDialOutMemory, false},
		{"CPU of a DialOut's call " + with, many.cpu / few.cpu, mostCostAtManyOverFew, false},
		{"API writes of a DialOut's call " + with, many.writes / few.writes, mostCostAtManyOverFew, false},
	}
	_, _ = fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	var missed []error
	for _, target := range targets {
		relation, met := "at most", target.got <= target.bound
		if target.atLeast {
			relation, met = "at least", target.got >= target.bound
		}
		verdict := "met"
		if !met {
			verdict = "MISSED"
			missed = append(missed, fmt.Errorf("%s: %s, to be %s %s", target.what, number(target.got), relation, number(target.bound)))
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t(%s %s)\t%s\n", target.what, number(target.got), relation, number(target.bound), verdict)
	}
	_ = t.Flush()
	return errors.Join(missed...)
}

func number(f float64) string {
	if f >= 100 {
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

func quantiles(samples []time.Duration) string {
	return fmt.Sprintf("%s / %s", milliseconds(median(samples)), milliseconds(quantile(samples, 0.99)))
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func median(samples []time.Duration) time.Duration { return quantile(samples, 0.5) }

func quantile(samples []time.Duration, q float64) time.Duration {
	if len(samples) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
