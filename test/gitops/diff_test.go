// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"testing"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/diff"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const manifest = `
apiVersion: call-operator.dev/v1alpha1
kind: Call
metadata:
  name: call
  namespace: default
spec:
  providerRef: {name: acs}
  from: {phoneNumber: "+14255550100"}
  to: {phoneNumber: "+14255550123"}
`

// TestArgoCDSeesNoDrift: what the API server fills in and what the operator writes is no difference for Argo CD, which so needs no
// ignoreDifferences; what a person changes is one.
func TestArgoCDSeesNoDrift(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		change       func(spec map[string]any)
		want         bool
	}{
		{"as applied", "nobody changed what Git says", func(map[string]any) {}, false},
		{"another number", "somebody changed what Git says", func(spec map[string]any) { spec["to"] = map[string]any{"phoneNumber": "+14255550124"} }, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			wanted, there := fromManifest(t), live(t)
			c.change(there.Object["spec"].(map[string]any))
			result, err := diff.Diff(wanted, there)
			if err != nil {
				t.Fatal(err)
			}
			if result.Modified != c.want {
				t.Errorf("%s: Argo CD sees a difference: %t, want %t\nit would make\n%s\nof\n%s", c.reason, result.Modified, c.want, result.PredictedLive, result.NormalizedLive)
			}
		})
	}
}

func fromManifest(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(manifest), &object.Object); err != nil {
		t.Fatal(err)
	}
	return object
}

// live is the Call of the manifest, applied and connected: with the API server's defaults, the operator's finalizer and status, and
// Argo CD's note of what it applied.
func live(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	object := asSent(t, call(talking))
	object.SetFinalizers([]string{"call-operator.dev/hang-up"})
	applied, err := fromManifest(t).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	object.SetAnnotations(map[string]string{corev1.LastAppliedConfigAnnotation: string(applied)})
	spec := object.Object["spec"].(map[string]any)
	spec["state"], spec["ringTimeout"], spec["maxDuration"] = "Active", "60s", "4h"
	return object
}
