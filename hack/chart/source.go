// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/call-operator/call-operator/test/manifestfiles"
)

// source is the repository that the chart is made from.
type source struct{ root string }

// object is a manifest. Some of its values are template texts; see text.
type object map[string]any

func (o object) kind() string { return fmt.Sprint(o["kind"]) }

func (o object) name() string { return fmt.Sprint(o.metadata()["name"]) }

func (o object) metadata() map[string]any {
	metadata, _ := o["metadata"].(map[string]any)
	return metadata
}

func (o object) key() string { return o.kind() + "/" + o.name() }

// parts are added to config/default, each under a condition of its own.
var parts = []string{
	"config/network-policy/network_policy.yaml",
	"config/components/autoscaling/hpa.yaml",
	"config/components/ingress/ingress.yaml",
	"config/components/gateway/http_route.yaml",
	"config/components/gateway-backend-tls/backend_tls_policy.yaml",
}

// objects are those of config/default, with what TLS changes in them, and those of the optional parts.
func (s source) objects() ([]object, error) {
	plain, err := s.kustomize("config/default")
	if err != nil {
		return nil, err
	}
	secured, err := s.kustomize("hack/chart/tls")
	if err != nil {
		return nil, err
	}
	objects, err := withTLS(plain, secured)
	if err != nil {
		return nil, err
	}
	for _, part := range parts {
		contents, err := os.ReadFile(filepath.Join(s.root, part))
		if err != nil {
			return nil, err
		}
		further, err := manifestfiles.Parse(contents)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part, err)
		}
		objects = append(objects, plainObjects(further)...)
	}
	monitoring, err := s.kustomize("config/prometheus")
	if err != nil {
		return nil, err
	}
	return append(objects, monitoring...), nil
}

// dashboards are the files for Grafana.
func (s source) dashboards() (map[string][]byte, error) {
	found, err := filepath.Glob(filepath.Join(s.root, "config", "grafana", "*.json"))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, path := range found {
		contents, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		files[filepath.Base(path)] = contents
	}
	return files, nil
}

// kustomize renders a folder.
func (s source) kustomize(folder string) ([]object, error) {
	rendered, err := manifestfiles.Kustomize(filepath.Join(s.root, folder))
	return plainObjects(rendered), err
}

func plainObjects(parsed []*unstructured.Unstructured) []object {
	objects := make([]object, 0, len(parsed))
	for _, o := range parsed {
		objects = append(objects, o.Object)
	}
	return objects
}

// whenTLS is the condition of what config/components/tls changes.
const whenTLS = ".Values.tls.secretName"

// withTLS puts what differs between the two lists of objects under the condition.
func withTLS(plain, secured []object) ([]object, error) {
	counterpart := map[string]object{}
	for _, o := range secured {
		counterpart[o.key()] = o
	}
	if len(plain) != len(secured) {
		return nil, fmt.Errorf("with TLS there are %d objects instead of %d: the chart knows only changes of objects", len(secured), len(plain))
	}
	merged := make([]object, 0, len(plain))
	for _, o := range plain {
		both, err := either(whenTLS, map[string]any(o), map[string]any(counterpart[o.key()]))
		if err != nil {
			return nil, fmt.Errorf("%s with TLS: %w", o.key(), err)
		}
		merged = append(merged, both.(map[string]any))
	}
	return merged, nil
}

// either is the first value, and the second where the condition holds. Lists may grow and scalars may differ.
func either(condition string, without, with any) (any, error) {
	if reflect.DeepEqual(without, with) {
		return without, nil
	}
	switch without := without.(type) {
	case map[string]any:
		with, ok := with.(map[string]any)
		if !ok || len(with) != len(without) {
			return nil, errors.New("fields come or go, which the chart has no way to say")
		}
		for key := range without {
			both, err := either(condition, without[key], with[key])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			without[key] = both
		}
		return without, nil
	case []any:
		with, ok := with.([]any)
		if !ok || len(with) < len(without) {
			return nil, errors.New("items go, which the chart has no way to say")
		}
		return eitherList(condition, without, with)
	default:
		return text("{{ if %s }}%v{{ else }}%v{{ end }}", condition, with, without), nil
	}
}

func eitherList(condition string, without, with []any) (any, error) {
	for i := range without {
		both, err := either(condition, without[i], with[i])
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
		without[i] = both
	}
	if len(with) == len(without) {
		return without, nil
	}
	further := with[len(without):]
	without = append(without, block("{{- if %s }}", condition))
	without = append(without, further...)
	return append(without, block("{{- end }}")), nil
}
