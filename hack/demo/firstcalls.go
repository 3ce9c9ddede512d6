// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	return compare(ctx, stack)
}

// compare finds Calls that did not end as they were to.
func compare(ctx context.Context, stack *devstack.Stack) error {
	var out bytes.Buffer
	if err := stack.Kubectl(ctx, &out, "-n", firstNamespace, "get", "calls", "-o", "json"); err != nil {
		return err
	}
	var calls v1alpha1.CallList
	if err := json.Unmarshal(out.Bytes(), &calls); err != nil {
		return fmt.Errorf("read the Calls: %w", err)
	}
	if len(calls.Items) == 0 {
		return errors.New("there are no Calls")
	}
	var errs []error
	for i := range calls.Items {
		call := &calls.Items[i]
		expected, outcome := call.Annotations[expectedOutcome], "none"
		if call.Status.Result != nil {
			outcome = string(call.Status.Result.Outcome)
		}
		if outcome != expected {
			errs = append(errs, fmt.Errorf("call %s: the outcome is %s instead of %s", call.Name, outcome, expected))
		}
	}
	if len(errs) == 0 {
		say("All %d Calls ended as they were to.", len(calls.Items))
	}
	return errors.Join(errs...)
}
