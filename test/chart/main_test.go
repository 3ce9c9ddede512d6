// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package chart tests the chart with Helm itself, and compares its output with kustomize's output for config/. Run it
// with make test-chart, which builds Helm.
package chart

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/harness"
	"github.com/call-operator/call-operator/test/manifestfiles"
)

// helmVariable names the Helm binary.
const helmVariable = "HELM"

var folder = filepath.Join(devcontrolplane.Root(), "charts", "call-operator")

// dependOnce is called by tests, not by a TestMain: go test does not track files that a TestMain opens.
var dependOnce = sync.OnceValue(func() error { return harness.DependOn("charts", "config", "hack/chart") })

// helm runs Helm with folders of its own, and returns what it prints.
func helm(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return helmIn(t, t.TempDir(), args...)
}

// helmIn runs Helm with its own files in the folder home.
func helmIn(t *testing.T, home string, args ...string) (string, error) {
	t.Helper()
	var output, problems bytes.Buffer
	command := exec.CommandContext(t.Context(), binary(t), args...)
	command.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	command.Stdout, command.Stderr = &output, &problems
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("helm %s: %w: %s%s", args[0], err, output.String(), problems.String())
	}
	return output.String(), nil
}

// binary is Helm, without which the test is left out.
func binary(t *testing.T) string {
	t.Helper()
	helm := os.Getenv(helmVariable)
	if helm == "" {
		t.Skip("HELM is not set: make test-chart builds Helm and runs this")
	}
	if err := dependOnce(); err != nil {
		t.Fatal(err)
	}
	return helm
}

// values writes a values file.
func values(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// render is what the chart makes of values, without a cluster.
func render(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	output, err := helm(t, "template", "call-operator", folder, "--namespace", "call-operator-system", "--values", values(t, text))
	if err != nil {
		t.Fatal(err)
	}
	objects, err := manifestfiles.Parse([]byte(output))
	if err != nil {
		t.Fatalf("what Helm renders is no YAML: %v\n%s", err, output)
	}
	return objects
}

// find is the object of a kind and name, or nil.
func find(objects []*unstructured.Unstructured, kind, name string) *unstructured.Unstructured {
	for _, object := range objects {
		if object.GetKind() == kind && object.GetName() == name {
			return object
		}
	}
	return nil
}
