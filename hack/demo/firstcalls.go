// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"os"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/devstack"
)

// expectedOutcome is the annotation with the outcome that a sample Call is to have.
const expectedOutcome = "demo.call-operator.dev/expected-outcome"

// firstCalls places calls to phones that answer, are busy, decline and do not answer, and compares the ends with what
// they were to be.
func firstCalls(ctx context.Context, stack *devstack.Stack) error {
	say("kubectl -n %s apply -k config/samples/first-calls", firstNamespace)
	if err := stack.Kubectl(ctx, os.Stdout, "apply", "-k", overlay(stack, firstNamespace)); err != nil {
		return err
	}
	say("kubectl -n %s get calls -w", firstNamespace)
	stopWatching, err := watch(ctx, stack, firstNamespace)
	if err != nil {
		return err
	}
	err = stack.Kubectl(ctx, io.Discard, "-n", firstNamespace, "wait", "--for=condition=Ended", "calls", "--all", "--timeout=120s")
	stopWatching()
	if err != nil {
		return err
	}
	if err := show(ctx, stack, firstNamespace, "get", "telephony"); err != nil {
		return err
	}
	if err := show(ctx, stack, firstNamespace, "get", "events", "--field-selector=involvedObject.name=reminder-eve",
		"-o=custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message"); err != nil {
		return err
	}
	calls, err := callsIn(ctx, stack, firstNamespace)
	if err != nil {
		return err
	}
	if err := compare(calls, expectedOutcome, outcome); err != nil {
		return err
	}
	say("All %d Calls ended as they were to.", len(calls))
	return nil
}

func outcome(call *v1alpha1.Call) string {
	if call.Status.Result == nil {
		return "none"
	}
	return string(call.Status.Result.Outcome)
}
