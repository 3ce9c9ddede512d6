// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package applied

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func managedBy(entries ...metav1.ManagedFieldsEntry) metav1.ObjectMeta {
	for i := range entries {
		entries[i].FieldsType, entries[i].FieldsV1 = "FieldsV1", metav1.NewFieldsV1(`{"f:spec":{}}`)
	}
	return metav1.ObjectMeta{ManagedFields: entries}
}

func manager(name string, operation metav1.ManagedFieldsOperationType) metav1.ManagedFieldsEntry {
	return metav1.ManagedFieldsEntry{Manager: name, Operation: operation, APIVersion: "call-operator.dev/v1alpha1"}
}

const (
	apply  = metav1.ManagedFieldsOperationApply
	update = metav1.ManagedFieldsOperationUpdate
)

func TestBy(t *testing.T) {
	t.Parallel()
	labelled := func(key string) metav1.ObjectMeta { return metav1.ObjectMeta{Labels: map[string]string{key: "x"}} }
	annotated := func(key string) metav1.ObjectMeta { return metav1.ObjectMeta{Annotations: map[string]string{key: "x"}} }
	status := manager("kubectl", apply)
	status.Subresource = "status"
	cases := []struct {
		name, reason string
		meta         metav1.ObjectMeta
		want         Tool
	}{
		{"kubectl create", "nobody creates it again", managedBy(manager("kubectl-create", update)), Tool{}},
		{"a program", "it creates what it means, once", managedBy(manager("reminders", update)), Tool{}},
		{"the operator itself", "it writes status and a finalizer", managedBy(manager("manager", update)), Tool{}},
		{"kubectl edit", "what exists is changed", managedBy(manager("kubectl-edit", update)), Tool{}},
		{"status applied", "that creates no Call", managedBy(status), Tool{}},
		{"kubectl apply", "it leaves what it applied", annotated(corev1.LastAppliedConfigAnnotation), Tool{"kubectl apply", false}},
		{"kubectl apply, its manager", "the name says so", managedBy(manager("kubectl-client-side-apply", update)), Tool{"kubectl apply", false}},
		{"kubectl apply --server-side", "the operation says so", managedBy(manager("kubectl", apply)), Tool{"kubectl (server-side apply)", false}},
		{"another that applies", "the operation says so", managedBy(manager("deployer", apply)), Tool{"deployer (server-side apply)", false}},
		{"Terraform", "by its manager", managedBy(manager("Terraform", apply)), Tool{"Terraform", false}},
		{"Terraform, older", "by its manager", managedBy(manager("HashiCorp", update)), Tool{"Terraform", false}},
		{"Helm", "by its annotation", annotated("meta.helm.sh/release-name"), Tool{"Helm", false}},
		{"Flux", "by its label", labelled("kustomize.toolkit.fluxcd.io/name"), Tool{"Flux", true}},
		{"Flux, its manager", "the label may be left out", managedBy(manager("kustomize-controller", apply)), Tool{"Flux", true}},
		{"Helm by Flux", "who works by itself goes first", metav1.ObjectMeta{
			Labels: map[string]string{"helm.toolkit.fluxcd.io/name": "x"}, Annotations: map[string]string{"meta.helm.sh/release-name": "x"},
		}, Tool{"Flux", true}},
		{"Argo CD, annotation", "its usual mark", annotated("argocd.argoproj.io/tracking-id"), Tool{"Argo CD", true}},
		{"Argo CD, label", "an older mark", labelled("argocd.argoproj.io/instance"), Tool{"Argo CD", true}},
		{"Argo CD, its manager", "with the common label app.kubernetes.io/instance nothing else tells", managedBy(
			manager("kubectl-client-side-apply", update), manager("argocd-controller", apply)), Tool{"Argo CD", true}},
		{"the common label", "charts that nobody applies again have it", labelled("app.kubernetes.io/instance"), Tool{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := By(&c.meta); got != c.want {
				t.Errorf("%s: got %+v, want %+v", c.reason, got, c.want)
			}
			Compact(&c.meta)
			if got := By(&c.meta); got != c.want {
				t.Errorf("in the cache: got %+v, want %+v", got, c.want)
			}
			if len(c.meta.ManagedFields) > 1 || len(c.meta.ManagedFields) == 1 && c.meta.ManagedFields[0].FieldsV1 != nil {
				t.Errorf("in the cache there is no room for %+v", c.meta.ManagedFields)
			}
		})
	}
}

func TestCompactKeepsOtherAnnotations(t *testing.T) {
	t.Parallel()
	meta := metav1.ObjectMeta{Annotations: map[string]string{corev1.LastAppliedConfigAnnotation: "{}", "a": "b"}}
	Compact(&meta)
	if diff := cmp.Diff(map[string]string{"a": "b"}, meta.Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
}
