// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package manifestfiles reads manifests, and renders those of config/ as kubectl does, for tools and tests.
package manifestfiles

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// Kustomize renders a folder with the kubectl in the folder that KUBEBUILDER_ASSETS names.
func Kustomize(folder string) ([]*unstructured.Unstructured, error) {
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	if assets == "" {
		return nil, errors.New("KUBEBUILDER_ASSETS is not set: run this through make, which downloads kubectl and sets it")
	}
	var problems bytes.Buffer
	command := exec.Command(filepath.Join(assets, "kubectl"), "kustomize", folder)
	command.Stderr = &problems
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("kubectl kustomize %s: %w: %s", folder, err, bytes.TrimSpace(problems.Bytes()))
	}
	return Parse(output)
}

// Parse parses YAML documents, and skips empty ones.
func Parse(contents []byte) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(contents)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		object := &unstructured.Unstructured{}
		// Keep integers, as objects from an API server have them.
		if err := utilyaml.Unmarshal(document, &object.Object); err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}
