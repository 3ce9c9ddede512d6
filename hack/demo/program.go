// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/test/devstack"
)

// program is what the demo shows with one telephony service.
type program interface {
	// start starts the service, the receiver and the manager, and applies the samples' providers. close ends the service.
	start(ctx context.Context, stack *devstack.Stack) error
	close() error
	scenes() []scene
}

// scene is a part of a program.
type scene struct {
	name string
	play func(ctx context.Context, stack *devstack.Stack) error
}

func programFor(service string) (program, error) {
	switch service {
	case "acs":
		return onSimulator{}, nil
	case "asterisk":
		return &onAsterisk{}, nil
	default:
		return nil, fmt.Errorf("there is no demo for PROVIDER=%s: set it to acs or asterisk", service)
	}
}

// onSimulator shows the samples on the simulator of ACS.
type onSimulator struct{}

func (onSimulator) start(ctx context.Context, stack *devstack.Stack) error {
	say("Starting acs-simulator, webhookreceiver and manager")
	phones, err := writePhones(stack)
	if err != nil {
		return err
	}
	stack.IncomingFor = []types.NamespacedName{{Namespace: conferenceNamespace, Name: "acs"}}
	err = stack.StartProcesses(ctx, "--owned-numbers=+14255550100,+14255550110,+14255550111,+14255550112,+14255550130", "--phones="+phones,
		"--max-concurrent-calls-per-number=4")
	if err != nil {
		return err
	}
	for namespace, sample := range samples {
		if err := prepare(ctx, stack, namespace, sample, simulatorPatch(stack)); err != nil {
			return err
		}
	}
	return nil
}

func (onSimulator) close() error { return nil }

func (onSimulator) scenes() []scene {
	reminders := &reminders{}
	return []scene{
		{"first calls", reminders.beside(firstCalls)}, {"appointment reminder", reminders.show}, {"multiple dial-out", multipleDialOut},
	}
}
