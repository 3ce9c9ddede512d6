// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package manifests applies everything under config/ to a real API server, and checks that the parts match: selectors,
// ports, probes, and flags with their commands.
package manifests

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/harness"
	"github.com/call-operator/call-operator/test/manifestfiles"
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

// renderOnce renders every kustomization under config/, components on top of config/default. Nobody changes the objects.
var renderOnce = sync.OnceValues(func() ([]rendered, error) {
	if err := harness.DependOn("config", "cmd"); err != nil {
		return nil, err
	}
	config := filepath.Join(devcontrolplane.Root(), "config")
	var all []rendered
	err := filepath.WalkDir(config, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "kustomization.yaml" {
			return err
		}
		folder, err := filepath.Rel(config, filepath.Dir(path))
		if err != nil {
			return err
		}
		objects, err := render(path, folder)
		all = append(all, rendered{folder: folder, objects: objects})
		return err
	})
	return all, err
})

func render(path, folder string) ([]*unstructured.Unstructured, error) {
	contents, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(string(contents), "\nkind: Component\n") {
		return manifestfiles.Kustomize(filepath.Dir(path))
	}
	overlay, err := overlay(append(slices.Clone(prerequisites[folder]), folder))
	if err != nil {
		return nil, err
	}
	objects, err := manifestfiles.Kustomize(overlay)
	return objects, errors.Join(err, os.RemoveAll(overlay))
}

// overlay makes a folder that puts components on top of config/default, as a user does.
func overlay(components []string) (string, error) {
	folder, err := os.MkdirTemp("", "overlay-")
	if err != nil {
		return "", err
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return "", err
	}
	config, err := filepath.Rel(folder, filepath.Join(devcontrolplane.Root(), "config"))
	if err != nil {
		return "", err
	}
	text := "resources:\n- " + filepath.Join(config, "default") + "\ncomponents:\n"
	for _, component := range components {
		text += "- " + filepath.Join(config, component) + "\n"
	}
	return folder, os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(text), 0o600)
}

func renderAll(t *testing.T) []rendered {
	t.Helper()
	all, err := renderOnce()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// renderFolder are the objects of one kustomization.
func renderFolder(t *testing.T, folder string) []*unstructured.Unstructured {
	t.Helper()
	for _, r := range renderAll(t) {
		if r.folder == folder && len(r.objects) > 0 {
			return r.objects
		}
	}
	t.Fatalf("config/%s holds nothing", folder)
	return nil
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
