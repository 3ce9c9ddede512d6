// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// mostFlowBytes limits a file with flows. The API server takes less for one object.
const mostFlowBytes = 4 << 20

// readFlows reads the CallFlows in a file; - is the standard input. There is at least one.
func readFlows(stdin io.Reader, file string) ([]*v1alpha1.CallFlow, error) {
	text, err := readFlowFile(stdin, file)
	if err != nil {
		return nil, fmt.Errorf("reading the flows: %w", err)
	}
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	var flows []*v1alpha1.CallFlow
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for number := 1; ; number++ {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var flow *v1alpha1.CallFlow
		if err == nil {
			flow, err = decodeFlow(decoder, document)
		}
		if err != nil {
			return nil, fmt.Errorf("%s, document %d: %w", file, number, err)
		}
		if flow != nil {
			flows = append(flows, flow)
		}
	}
	if len(flows) == 0 {
		return nil, fmt.Errorf("%s has no CallFlow", file)
	}
	return flows, nil
}

func readFlowFile(stdin io.Reader, file string) ([]byte, error) {
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = opened.Close() }()
		stdin = opened
	}
	text, err := io.ReadAll(io.LimitReader(stdin, mostFlowBytes+1))
	if err == nil && len(text) > mostFlowBytes {
		err = fmt.Errorf("%s is larger than %d MiB", file, mostFlowBytes>>20)
	}
	return text, err
}

// decodeFlow reads a document; nil if it is empty, or an object of another kind. A field that a CallFlow does not have is an error.
func decodeFlow(decoder runtime.Decoder, document []byte) (*v1alpha1.CallFlow, error) {
	text, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return nil, err
	}
	if string(text) == "null" {
		return nil, nil
	}
	object, kind, err := decoder.Decode(text, nil, nil)
	switch isFlow := kind != nil && kind.Group == v1alpha1.GroupVersion.Group && kind.Kind == "CallFlow"; {
	case kind == nil && err != nil:
		return nil, err
	case !isFlow:
		return nil, nil
	case runtime.IsNotRegisteredError(err):
		return nil, fmt.Errorf("apiVersion is %s: write %s", kind.GroupVersion(), v1alpha1.GroupVersion)
	case err != nil:
		return nil, errors.New(strings.TrimPrefix(err.Error(), "strict decoding error: "))
	}
	flow := object.(*v1alpha1.CallFlow)
	if flow.Name == "" {
		return nil, errors.New("the CallFlow has no metadata.name")
	}
	return flow, nil
}

// selectFlow is the flow of that name, or the only one.
func selectFlow(flows []*v1alpha1.CallFlow, name, file string) (*v1alpha1.CallFlow, error) {
	names := make([]string, len(flows))
	for i, flow := range flows {
		if names[i] = flow.Name; flow.Name == name {
			return flow, nil
		}
	}
	switch listed := strings.Join(names, ", "); {
	case name != "":
		return nil, fmt.Errorf("%s has no CallFlow %s: it has %s", file, name, listed)
	case len(flows) > 1:
		return nil, fmt.Errorf("%s has several CallFlows: name one of %s", file, listed)
	default:
		return flows[0], nil
	}
}
