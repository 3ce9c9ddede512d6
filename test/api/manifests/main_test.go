// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package manifests asks a real API server what it makes of everything under config/, and checks that what has to fit
// together does: selectors, ports, probes, and flags with the commands that they are for.
package manifests

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/call-operator/call-operator/internal/localplane"
	"github.com/call-operator/call-operator/internal/manifests"
	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

// rendered is a kustomization under config/ with its objects.
type rendered struct {
	folder  string
	objects []*unstructured.Unstructured
}

// prerequisites are the components that have to stand before others.
var prerequisites = map[string][]string{
	"components/gateway-backend-tls": {"components/gateway", "components/tls"},
}

// renderAll renders every kustomization under config/, components on top of config/default.
func renderAll(t *testing.T) []rendered {
	t.Helper()
	config := filepath.Join(localplane.Root(), "config")
	var all []rendered
	err := filepath.WalkDir(config, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "kustomization.yaml" {
			return err
		}
		folder, err := filepath.Rel(config, filepath.Dir(path))
		if err != nil {
			return err
		}
		all = append(all, rendered{folder: folder, objects: render(t, filepath.Dir(path), folder)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func render(t *testing.T, path, folder string) []*unstructured.Unstructured {
	t.Helper()
	contents, err := os.ReadFile(filepath.Join(path, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(contents), "\nkind: Component\n") {
		path = overlay(t, append(slices.Clone(prerequisites[folder]), folder))
	}
	objects, err := manifests.Kustomize(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(objects) == 0 {
		t.Errorf("config/%s holds nothing", folder)
	}
	return objects
}

// overlay is a folder that puts components on top of config/default, as a user does.
func overlay(t *testing.T, components []string) string {
	t.Helper()
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	config, err := filepath.Rel(folder, filepath.Join(localplane.Root(), "config"))
	if err != nil {
		t.Fatal(err)
	}
	text := "resources:\n- " + filepath.Join(config, "default") + "\ncomponents:\n"
	for _, component := range components {
		text += "- " + filepath.Join(config, component) + "\n"
	}
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// typed reads an object of a built-in kind, in which no field may be unknown.
func typed[T any](t *testing.T, object *unstructured.Unstructured) *T {
	t.Helper()
	into := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, into, true); err != nil {
		t.Fatalf("%s %s: %v", object.GetKind(), object.GetName(), err)
	}
	return into
}

// ofKind are the objects of a kind.
func ofKind[T any](t *testing.T, objects []*unstructured.Unstructured, kind string) []*T {
	t.Helper()
	var found []*T
	for _, object := range objects {
		if object.GetKind() == kind {
			found = append(found, typed[T](t, object))
		}
	}
	return found
}
