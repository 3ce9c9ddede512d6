// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package chart has Helm itself judge the chart, and compares what it renders with what kustomize makes of config/. It
// runs by way of make test-chart, which builds Helm.
package chart

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/call-operator/call-operator/internal/localplane"
	"github.com/call-operator/call-operator/internal/manifests"
	"github.com/call-operator/call-operator/test/harness"
)

// helmVariable names the Helm binary.
const helmVariable = "HELM"

func TestMain(m *testing.M) {
	if os.Getenv(helmVariable) == "" {
		fmt.Println("test/chart is left out: make test-chart builds Helm and runs it")
		return
	}
	if err := harness.DependOn("charts", "config", "hack/chart"); err != nil {
		fmt.Fprintln(os.Stderr, "test/chart:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

var folder = filepath.Join(localplane.Root(), "charts", "call-operator")

// helm runs Helm with folders of its own, and returns what it prints.
func helm(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return helmIn(t.Context(), t.TempDir(), args...)
}

func helmIn(ctx context.Context, home string, args ...string) (string, error) {
	var output, problems bytes.Buffer
	command := exec.CommandContext(ctx, os.Getenv(helmVariable), args...)
	command.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	command.Stdout, command.Stderr = &output, &problems
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("helm %s: %w: %s%s", args[0], err, output.String(), problems.String())
	}
	return output.String(), nil
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
	objects, err := manifests.Parse([]byte(output))
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
