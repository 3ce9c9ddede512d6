// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/devstack"
)

const (
	firstNamespace      = "first-calls"
	conferenceNamespace = "multiple-dial-out"
	reminderNamespace   = "appointment-reminder"
)

// samples are the samples that the demo applies, by namespace.
var samples = map[string]string{
	firstNamespace: "first-calls", conferenceNamespace: "multiple-dial-out", reminderNamespace: "appointment-reminder",
}

func sampleFolder(sample string) string {
	return filepath.Join(devcontrolplane.Root(), "config", "samples", sample)
}

// writePhones puts the phones of all samples into one file.
func writePhones(stack *devstack.Stack) (string, error) {
	all := []byte("phones:\n")
	for _, sample := range samples {
		text, err := os.ReadFile(filepath.Join(sampleFolder(sample), "phones.yaml"))
		if err != nil {
			return "", fmt.Errorf("read the phones: %w", err)
		}
		_, list, _ := bytes.Cut(text, []byte("phones:\n"))
		all = slices.Concat(all, list)
	}
	file := filepath.Join(stack.Dir(), "phones.yaml")
	return file, os.WriteFile(file, all, 0o600)
}

// prepare makes a sample's namespace, its Secret, its provider, and an overlay with this demo's addresses.
func prepare(ctx context.Context, stack *devstack.Stack, namespace, sample, patch string) error {
	if err := stack.Kubectl(ctx, io.Discard, "create", "namespace", namespace); err != nil {
		return err
	}
	if err := writeOverlay(stack, namespace, sample, patch); err != nil {
		return err
	}
	return stack.Kubectl(ctx, os.Stdout, "apply", "-k", overlay(stack, namespace), "-l", "demo.call-operator.dev/first=true")
}

func overlay(stack *devstack.Stack, namespace string) string {
	return filepath.Join(stack.Dir(), namespace)
}

// simulatorPatch is the part of a kustomization that leads a sample's provider to the simulator and the receiver.
func simulatorPatch(stack *devstack.Stack) string {
	return fmt.Sprintf(`secretGenerator:
- name: acs-connection
  literals: ["connectionString=%s"]
  options:
    labels: {demo.call-operator.dev/first: "true"}
generatorOptions:
  disableNameSuffixHash: true
patches:
- target: {kind: CallProvider}
  patch: |-
    - {op: replace, path: /spec/callbackURL, value: "%s"}
    - {op: add, path: /metadata/labels, value: {demo.call-operator.dev/first: "true"}}
`, stack.ConnectionString, stack.ReceiverURL)
}

// writeOverlay writes a kustomization of a sample, with a patch for this demo's addresses.
func writeOverlay(stack *devstack.Stack, namespace, sample, patch string) error {
	folder := overlay(stack, namespace)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return fmt.Errorf("write the samples: %w", err)
	}
	base, err := filepath.Rel(folder, sampleFolder(sample))
	if err != nil {
		return fmt.Errorf("write the samples: %w", err)
	}
	kustomization := fmt.Sprintf(`apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: %s
resources: [%s]
%s`, namespace, base, patch)
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(kustomization), 0o600); err != nil {
		return fmt.Errorf("write the samples: %w", err)
	}
	return nil
}

// watch shows the Calls of a namespace and their changes until it is stopped.
func watch(ctx context.Context, stack *devstack.Stack, namespace string) (stop func(), err error) {
	watching, cancel := context.WithCancel(ctx)
	process := stack.Command(watching, "-n", namespace, "get", "calls", "-w")
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

// show says a kubectl command and runs it.
func show(ctx context.Context, stack *devstack.Stack, namespace string, args ...string) error {
	words := slices.Concat([]string{"-n", namespace}, args)
	text := "kubectl"
	for _, word := range words {
		text += " " + word
	}
	say("%s", text)
	return stack.Kubectl(ctx, os.Stdout, words...)
}
