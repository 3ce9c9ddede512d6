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
	"path/filepath"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/localplane"
	"github.com/call-operator/call-operator/internal/localstack"
)

// expectedOutcome is the annotation with the outcome that a sample Call is to have.
const expectedOutcome = "demo.call-operator.dev/expected-outcome"

func samples() string { return filepath.Join(localplane.Root(), "config", "samples", "first-calls") }

// perform applies the samples, shows what becomes of them, and compares the ends with what they were to be.
func perform(ctx context.Context, stack *localstack.Stack) error {
	overlay, err := writeOverlay(stack)
	if err != nil {
		return err
	}
	say("kubectl apply -k config/samples/first-calls")
	if err := stack.Kubectl(ctx, os.Stdout, "apply", "-k", overlay); err != nil {
		return err
	}
	say("kubectl get calls -w")
	stopWatching, err := watch(ctx, stack)
	if err != nil {
		return err
	}
	err = stack.Kubectl(ctx, io.Discard, "wait", "--for=condition=Ended", "calls", "--all", "--timeout=120s")
	stopWatching()
	if err != nil {
		return err
	}
	say("kubectl get telephony")
	if err := stack.Kubectl(ctx, os.Stdout, "get", "telephony"); err != nil {
		return err
	}
	say("kubectl get events --field-selector involvedObject.name=reminder-eve")
	if err := stack.Kubectl(ctx, os.Stdout, "get", "events", "--field-selector", "involvedObject.name=reminder-eve",
		"-o", "custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message"); err != nil {
		return err
	}
	return compare(ctx, stack)
}

// writeOverlay writes a kustomization of the samples with this demo's simulator and receiver.
func writeOverlay(stack *localstack.Stack) (string, error) {
	base, err := filepath.Rel(stack.Dir(), samples())
	if err != nil {
		return "", fmt.Errorf("write the samples: %w", err)
	}
	kustomization := fmt.Sprintf(`apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: default
resources: [%s]
secretGenerator:
- name: acs-connection
  literals: ["connectionString=%s"]
generatorOptions:
  disableNameSuffixHash: true
patches:
- target: {kind: CallProvider}
  patch: |-
    - {op: replace, path: /spec/callbackURL, value: "%s"}
`, base, stack.ConnectionString, stack.ReceiverURL)
	if err := os.WriteFile(filepath.Join(stack.Dir(), "kustomization.yaml"), []byte(kustomization), 0o600); err != nil {
		return "", fmt.Errorf("write the samples: %w", err)
	}
	return stack.Dir(), nil
}

// compare finds Calls that did not end as they were to.
func compare(ctx context.Context, stack *localstack.Stack) error {
	var out bytes.Buffer
	if err := stack.Kubectl(ctx, &out, "get", "calls", "-o", "json"); err != nil {
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

// watch shows the Calls and their changes until it is stopped.
func watch(ctx context.Context, stack *localstack.Stack) (stop func(), err error) {
	watching, cancel := context.WithCancel(ctx)
	process := stack.Command(watching, "get", "calls", "-w")
	process.Stdout, process.Stderr = os.Stdout, os.Stderr
	if err := process.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("watch the Calls: %w", err)
	}
	return func() {
		cancel()
		_ = process.Wait()
	}, nil
}
