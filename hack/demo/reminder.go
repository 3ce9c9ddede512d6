// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/devstack"
)

// expectedFlowOutcome is the annotation with the outcome that the flow of a sample Call is to have.
const expectedFlowOutcome = "demo.call-operator.dev/expected-flow-outcome"

// reminders are calls that run a flow. They run beside another scene, and are shown after it.
type reminders struct {
	placed  chan error
	printed bytes.Buffer
}

// beside is a scene during which the reminders are placed.
func (r *reminders) beside(play func(context.Context, *devstack.Stack) error) func(context.Context, *devstack.Stack) error {
	return func(ctx context.Context, stack *devstack.Stack) error {
		r.placed = make(chan error, 1)
		go func() { r.placed <- stack.Kubectl(ctx, &r.printed, "apply", "-k", overlay(stack, reminderNamespace)) }()
		return play(ctx, stack)
	}
}

// show shows how the flows ended, and what the phones heard and did.
func (r *reminders) show(ctx context.Context, stack *devstack.Stack) error {
	say("At the same time, the appointment reminder ran:")
	say("kubectl -n %s apply -k config/samples/appointment-reminder", reminderNamespace)
	err := <-r.placed
	fmt.Print(r.printed.String())
	if err != nil {
		return err
	}
	if err := awaitReminders(ctx, stack); err != nil {
		return err
	}
	calls, err := callsIn(ctx, stack, reminderNamespace)
	if err != nil {
		return err
	}
	say("What the phones heard and pressed, as the simulator logged it:")
	for i := range calls {
		if err := showPhone(ctx, stack, &calls[i]); err != nil {
			return err
		}
	}
	return showFlows(ctx, stack, calls)
}

// showPhone shows what the phone of a Call heard and did.
func showPhone(ctx context.Context, stack *devstack.Stack, call *v1alpha1.Call) error {
	number := string(call.Spec.To.PhoneNumber)
	var log struct {
		Events []simulator.PhoneEvent `json:"events"`
	}
	if err := askSimulator(ctx, stack, "phones/"+number+"/log", &log); err != nil {
		return err
	}
	fmt.Printf("%s, %s\n", call.Name, number)
	for _, event := range log.Events {
		fmt.Printf("  %s\n", event)
	}
	return nil
}

// awaitReminders waits until the reminders are over.
func awaitReminders(ctx context.Context, stack *devstack.Stack) error {
	for _, condition := range []string{v1alpha1.ConditionFlowEnded, v1alpha1.ConditionEnded} {
		if err := stack.Kubectl(ctx, io.Discard, "-n", reminderNamespace, "wait", "--for=condition="+condition, "calls", "--all", "--timeout=60s"); err != nil {
			return err
		}
	}
	return nil
}

// showFlows shows the answers and the outcomes of the reminders, and compares them with what they were to be.
func showFlows(ctx context.Context, stack *devstack.Stack, calls []v1alpha1.Call) error {
	if err := show(ctx, stack, reminderNamespace, "get", "calls"); err != nil {
		return err
	}
	if err := compare(calls, expectedFlowOutcome, func(call *v1alpha1.Call) string { return call.Status.Flow.Outcome }); err != nil {
		return err
	}
	say("Each reminder ended as its callee answered.")
	return nil
}
