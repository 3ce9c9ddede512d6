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
	"os/exec"
	"path/filepath"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/localplane"
)

// expectedOutcome is the annotation with the outcome that a sample Call is to have.
const expectedOutcome = "demo.call-operator.dev/expected-outcome"

func samples() string { return filepath.Join(localplane.Root(), "config", "samples", "first-calls") }

// perform applies the samples, shows what becomes of them, and compares the ends with what they were to be.
func (s *stage) perform(ctx context.Context) error {
	overlay, err := s.writeOverlay()
	if err != nil {
		return err
	}
	say("kubectl apply -k config/samples/first-calls")
	if err := s.kubectl(ctx, "apply", "-k", overlay); err != nil {
		return err
	}
	say("kubectl get calls -w")
	stopWatching, err := s.watch(ctx)
	if err != nil {
		return err
	}
	err = s.kubectlQuietly(ctx, "wait", "--for=condition=Ended", "calls", "--all", "--timeout=120s")
	stopWatching()
	if err != nil {
		return err
	}
	say("kubectl get telephony")
	if err := s.kubectl(ctx, "get", "telephony"); err != nil {
		return err
	}
	say("kubectl get events --field-selector involvedObject.name=reminder-eve")
	if err := s.kubectl(ctx, "get", "events", "--field-selector", "involvedObject.name=reminder-eve",
		"-o", "custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message"); err != nil {
		return err
	}
	return s.compare(ctx)
}

// writeOverlay writes a kustomization of the samples with this demo's simulator and receiver.
func (s *stage) writeOverlay() (string, error) {
	dir, err := filepath.EvalSymlinks(s.dir)
	if err != nil {
		return "", fmt.Errorf("write the samples: %w", err)
	}
	base, err := filepath.Rel(dir, samples())
	if err != nil {
		return "", fmt.Errorf("write the samples: %w", err)
	}
	kustomization := fmt.Sprintf(`apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: default
resources: [%s]
secretGenerator:
- name: acs-connection
  literals: ["connectionString=endpoint=%s/;accesskey=%s"]
generatorOptions:
  disableNameSuffixHash: true
patches:
- target: {kind: CallProvider}
  patch: |-
    - {op: replace, path: /spec/callbackURL, value: "%s"}
`, base, s.simulator, s.accessKey, s.receiver)
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(kustomization), 0o600); err != nil {
		return "", fmt.Errorf("write the samples: %w", err)
	}
	return dir, nil
}

// compare finds Calls that did not end as they were to.
func (s *stage) compare(ctx context.Context) error {
	var out bytes.Buffer
	if err := s.run(ctx, &out, "get", "calls", "-o", "json"); err != nil {
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
func (s *stage) watch(ctx context.Context) (stop func(), err error) {
	watching, cancel := context.WithCancel(ctx)
	process := s.command(watching, "get", "calls", "-w")
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

func (s *stage) command(ctx context.Context, args ...string) *exec.Cmd {
	kubectl := filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl")
	process := exec.CommandContext(ctx, kubectl, args...)
	process.Env = append(os.Environ(), "KUBECONFIG="+s.kubeconfig, "KUBECACHEDIR="+filepath.Join(s.dir, "kubectl-cache"))
	return process
}

func (s *stage) kubectl(ctx context.Context, args ...string) error {
	return s.run(ctx, os.Stdout, args...)
}

func (s *stage) kubectlQuietly(ctx context.Context, args ...string) error {
	return s.run(ctx, io.Discard, args...)
}

func (s *stage) run(ctx context.Context, out io.Writer, args ...string) error {
	process := s.command(ctx, args...)
	var problems bytes.Buffer
	process.Stdout, process.Stderr = out, &problems
	if err := process.Run(); err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", args[0], err, bytes.TrimSpace(problems.Bytes()))
	}
	return nil
}
