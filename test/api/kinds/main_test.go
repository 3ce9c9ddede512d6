// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package kinds tests every kind on a real API server: which objects it rejects and with which message, its defaults, and
// what kubectl shows. No controller runs.
package kinds

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

// namespace makes a namespace of the test's own.
func namespace(t *testing.T) string {
	t.Helper()
	made := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "api-"}}
	if err := plane.Client.Create(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	return made.Name
}

// object is an object as a person writes it, with everything that a Go type would leave out.
func object(t *testing.T, kind, name, spec string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "call-operator.dev/v1alpha1", "kind": kind, "spec": parse(t, spec),
	}}
	object.SetNamespace("default")
	object.SetName(name)
	return object
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	parsed := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &parsed); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return parsed
}

// judged is a spec and what the API server says to it: "" is nothing.
type judged struct {
	name, reason, spec, want string
}

// judge asks the API server about the creation of each, without creating it.
func judge(t *testing.T, kind string, cases []judged) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := plane.Client.Create(t.Context(), object(t, kind, "judged", c.spec), client.DryRunAll)
			checkVerdict(t, c.reason, err, c.want)
		})
	}
}

func checkVerdict(t *testing.T, reason string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s, but it is refused: %v", reason, err)
	case want == "":
	case !apierrors.IsInvalid(err):
		t.Errorf("%s, but it is not refused as invalid: %v", reason, err)
	case !strings.Contains(err.Error(), want):
		t.Errorf("%s: refused with\n%v\nwhich lacks\n%s", reason, err, want)
	}
}
