// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"time"

	"github.com/call-operator/call-operator/test/devstack"
)

// spent is what the processes have used.
type spent struct {
	took time.Duration
	// cpu is processor time by command, in seconds.
	cpu map[string]float64
	// writes and events are requests to the API server: those that change Calls, and Kubernetes Events.
	writes, events float64
	// changes are all requests that change anything in the API server.
	changes float64
}

// spent reads what the processes have used so far.
func (b *bench) spent(ctx context.Context) (spent, error) {
	s := spent{took: time.Duration(time.Now().UnixNano()), cpu: map[string]float64{}}
	for _, command := range []string{devstack.Manager, devstack.Receiver, devstack.Simulator} {
		used, err := cpu(b.stack.PID(command))
		if err != nil {
			return spent{}, err
		}
		s.cpu[command] = used.Seconds()
		url, ok := b.stack.MetricsURLs[command]
		if !ok {
			continue
		}
		counts, err := requests(ctx, url)
		if err != nil {
			return spent{}, err
		}
		s.writes += counts[http.MethodPut] + counts[http.MethodPatch]
		// Without a DialOut, neither process creates anything but Kubernetes Events.
		s.events += counts[http.MethodPost]
		s.changes += counts[http.MethodPut] + counts[http.MethodPatch] + counts[http.MethodPost] + counts[http.MethodDelete]
	}
	return s, nil
}

// spentWhile is what the processes use while do runs.
func (b *bench) spentWhile(ctx context.Context, do func() error) (spent, error) {
	before, err := b.spent(ctx)
	if err != nil {
		return spent{}, err
	}
	if err := do(); err != nil {
		return spent{}, err
	}
	after, err := b.spent(ctx)
	return after.minus(before), err
}

func (s spent) minus(before spent) spent {
	difference := spent{
		took: s.took - before.took, cpu: map[string]float64{}, writes: s.writes - before.writes, events: s.events - before.events,
		changes: s.changes - before.changes,
	}
	for command, seconds := range s.cpu {
		difference.cpu[command] = seconds - before.cpu[command]
	}
	return difference
}

// operatorCPU is the processor time of manager and receiver together, in seconds.
func (s spent) operatorCPU() float64 { return s.cpu[devstack.Manager] + s.cpu[devstack.Receiver] }

// perSecond is the processor time that the two use each second.
func (s spent) perSecond() float64 { return s.operatorCPU() / s.took.Seconds() }
