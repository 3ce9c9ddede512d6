// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/health"
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// keyPrefix is in front of group and kind in Argo CD's settings.
const keyPrefix = "resource.customizations.health."

// healthOf is Argo CD's word for what kstatus says.
var healthOf = map[status.Status]health.HealthStatusCode{
	status.InProgressStatus:  health.HealthStatusProgressing,
	status.CurrentStatus:     health.HealthStatusHealthy,
	status.FailedStatus:      health.HealthStatusDegraded,
	status.TerminatingStatus: health.HealthStatusProgressing,
}

// scripts are the health scripts of config/argocd, by group and kind.
func scripts(t *testing.T) map[string]script {
	t.Helper()
	contents, err := os.ReadFile(filepath.Join(devcontrolplane.Root(), "config", "argocd", "argocd-cm.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	settings := &corev1.ConfigMap{}
	if err := yaml.UnmarshalStrict(contents, settings); err != nil {
		t.Fatal(err)
	}
	found := map[string]script{}
	for key, text := range settings.Data {
		kind, isHealth := strings.CutPrefix(key, keyPrefix)
		if !isHealth {
			t.Errorf("Argo CD does not know the setting %s", key)
		}
		found[kind] = script(text)
	}
	return found
}

func scriptFor(t *testing.T, object *unstructured.Unstructured) script {
	t.Helper()
	kind := object.GroupVersionKind()
	text, found := scripts(t)[kind.Group+"_"+kind.Kind]
	if !found {
		t.Fatalf("there is no script for %s", kind)
	}
	return text
}

// TestArgoCD: what Argo CD makes of each state with the scripts is what kstatus makes of it.
func TestArgoCD(t *testing.T) {
	t.Parallel()
	for _, s := range states(t) {
		t.Run(s.name, func(t *testing.T) {
			object := asSent(t, s.object)
			got, err := health.GetResourceHealth(object, scriptFor(t, object))
			if err != nil {
				t.Fatal(err)
			}
			if want := healthOf[s.want]; got.Status != want {
				t.Errorf("%s: Argo CD says %s (%s), want %s", s.reason, got.Status, got.Message, want)
			}
			if got.Message == "" {
				t.Error("Argo CD shows no message")
			}
		})
	}
}

// TestArgoCDNeedsTheScripts: without them Argo CD says nothing of our kinds, whatever state they are in.
func TestArgoCDNeedsTheScripts(t *testing.T) {
	t.Parallel()
	for _, s := range states(t) {
		if s.want == status.TerminatingStatus {
			continue
		}
		if got, err := health.GetResourceHealth(asSent(t, s.object), nil); err != nil || got != nil {
			t.Errorf("%s: Argo CD says %v, %v: the scripts may be needed no more", s.name, got, err)
		}
	}
}

// TestScriptAgreesWithKstatus tries every combination of conditions that has a Ready and not both of the others, whether or not
// the product writes it.
func TestScriptAgreesWithKstatus(t *testing.T) {
	t.Parallel()
	values := []string{"", "True", "False", "Unknown"}
	for _, observed := range []int64{-1, 1, 2} {
		for _, ready := range values[1:] {
			for _, reconciling := range values {
				for _, stalled := range values {
					if reconciling == "True" && stalled == "True" {
						continue
					}
					object := withConditions(observed, map[string]string{"Ready": ready, "Reconciling": reconciling, "Stalled": stalled})
					want, err := status.Compute(object)
					if err != nil {
						t.Fatal(err)
					}
					got, err := scriptFor(t, object).GetResourceHealth(object)
					if err != nil {
						t.Fatal(err)
					}
					if got.Status != healthOf[want.Status] {
						t.Errorf("observed %d, Ready %s, Reconciling %s, Stalled %s: the script says %s, kstatus %s", observed, ready, reconciling, stalled, got.Status, want.Status)
					}
				}
			}
		}
	}
}

func withConditions(observed int64, values map[string]string) *unstructured.Unstructured {
	var conditions []any
	for _, kind := range []string{"Ready", "Reconciling", "Stalled"} {
		if values[kind] != "" {
			conditions = append(conditions, map[string]any{"type": kind, "status": values[kind], "reason": "Test", "message": "A test."})
		}
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": "Call",
		"metadata": map[string]any{"name": "call", "generation": int64(1)},
		"status":   map[string]any{"observedGeneration": observed, "conditions": conditions},
	}}
}

// TestScripts: there is a script for each kind and for no other, and all are the same.
func TestScripts(t *testing.T) {
	t.Parallel()
	var kinds []string
	for kind, text := range scripts(t) {
		kinds = append(kinds, kind)
		if text != scripts(t)["call-operator.dev_Call"] {
			t.Errorf("the script of %s is another one", kind)
		}
	}
	slices.Sort(kinds)
	want := []string{"call-operator.dev_Call", "call-operator.dev_CallProvider", "call-operator.dev_CallRoute", "call-operator.dev_DialOut", "call-operator.dev_ParticipantMove"}
	if !slices.Equal(kinds, want) {
		t.Errorf("there are scripts for %v, want %v", kinds, want)
	}
}
