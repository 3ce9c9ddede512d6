// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/harness"
)

// manifests are the objects of a sample's files, in a World's namespace. The provider is not among them: it is the
// World's.
func manifests(t *testing.T, w *harness.World, sample string, files ...string) []*unstructured.Unstructured {
	t.Helper()
	var objects []*unstructured.Unstructured
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(devcontrolplane.Root(), "config", "samples", sample, file))
		if err != nil {
			t.Fatal(err)
		}
		documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
		for {
			document, err := documents.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			object := &unstructured.Unstructured{}
			if err := utilyaml.Unmarshal(document, object); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			object.SetNamespace(w.Namespace)
			objects = append(objects, object)
		}
	}
	return objects
}

// setPhones gives the simulator the phones of a sample.
func setPhones(t *testing.T, w *harness.World, sample string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(devcontrolplane.Root(), "config", "samples", sample, "phones.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	phones, err := simulator.ParsePhones(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, phone := range phones {
		w.Sim.SetPhone(t, phone)
	}
}

// applier is who applies the manifests, to the API server.
const applier = "scenario"

// apply applies an object as kubectl and GitOps tools do, and returns what it is then.
func apply(t *testing.T, w *harness.World, object *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	applied := object.DeepCopy()
	configuration := client.ApplyConfigurationFromUnstructured(applied)
	if err := w.Client.Apply(t.Context(), configuration, client.FieldOwner(applier), client.ForceOwnership); err != nil {
		t.Fatalf("apply %s %s: %v", object.GetKind(), object.GetName(), err)
	}
	return applied
}
