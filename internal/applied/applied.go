// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package applied distinguishes objects that a tool applies, and recreates when they are missing, from those that were created
// once.
package applied

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Tool is a tool that applies manifests.
type Tool struct {
	// Name is the tool's name; "" means none.
	Name string
	// Continuous says that the tool reconciles the cluster with its manifests on its own.
	Continuous bool
}

// By returns the tool that applies an object. A continuous tool takes precedence.
func By(object metav1.Object) Tool {
	var found Tool
	for _, tool := range tools(object) {
		if tool.Continuous {
			return tool
		}
		if found.Name == "" {
			found = tool
		}
	}
	return found
}

// mark is what a tool leaves on an object.
type mark struct {
	// key is a label's or an annotation's.
	key  string
	tool Tool
}

// marks are labels and annotations. Helm by Flux leaves those of both Flux and Helm.
var marks = []mark{
	{"kustomize.toolkit.fluxcd.io/name", Tool{"Flux", true}},
	{"helm.toolkit.fluxcd.io/name", Tool{"Flux", true}},
	{"argocd.argoproj.io/instance", Tool{"Argo CD", true}},
	{"argocd.argoproj.io/tracking-id", Tool{"Argo CD", true}},
	{"configsync.gke.io/resource-id", Tool{"Config Sync", true}},
	{"objectset.rio.cattle.io/id", Tool{"Fleet", true}},
	{"meta.helm.sh/release-name", Tool{"Helm", false}},
	{"kapp.k14s.io/app", Tool{"kapp", false}},
	{"config.k8s.io/owning-inventory", Tool{"kpt", false}},
	{corev1.LastAppliedConfigAnnotation, Tool{"kubectl apply", false}},
}

// managers are prefixes of field managers' names.
var managers = []mark{
	{"argocd-", Tool{"Argo CD", true}},
	{"kustomize-controller", Tool{"Flux", true}},
	{"helm-controller", Tool{"Flux", true}},
	{"configsync", Tool{"Config Sync", true}},
	{"crossplane", Tool{"Crossplane", true}},
	{"provider-kubernetes", Tool{"Crossplane", true}},
	{"kubectl-client-side-apply", Tool{"kubectl apply", false}},
	{"Terraform", Tool{"Terraform", false}},
	{"HashiCorp", Tool{"Terraform", false}},
	{"terraform", Tool{"Terraform", false}},
	{"OpenTofu", Tool{"OpenTofu", false}},
	{"pulumi", Tool{"Pulumi", false}},
	{"helm", Tool{"Helm", false}},
}

func tools(object metav1.Object) []Tool {
	var found []Tool
	for _, mark := range marks {
		_, labelled := object.GetLabels()[mark.key]
		if _, annotated := object.GetAnnotations()[mark.key]; labelled || annotated {
			found = append(found, mark.tool)
		}
	}
	for _, entry := range object.GetManagedFields() {
		if tool := managing(entry); tool.Name != "" {
			found = append(found, tool)
		}
	}
	return found
}

// managing returns the tool of a field manager. Any user of server-side apply counts as a tool, whatever its name.
func managing(entry metav1.ManagedFieldsEntry) Tool {
	for _, manager := range managers {
		if entry.Subresource == "" && strings.HasPrefix(entry.Manager, manager.key) {
			return manager.tool
		}
	}
	if entry.Subresource == "" && entry.Operation == metav1.ManagedFieldsOperationApply {
		return Tool{Name: entry.Manager + " (server-side apply)"}
	}
	return Tool{}
}

// Compact reduces the managed fields and the last-applied annotation to what By needs: nothing, or one entry without its fields.
func Compact(object metav1.Object) {
	wanted := By(object)
	var kept []metav1.ManagedFieldsEntry
	for _, entry := range object.GetManagedFields() {
		if managing(entry) == wanted && wanted.Name != "" {
			kept = []metav1.ManagedFieldsEntry{{Manager: entry.Manager, Operation: entry.Operation}}
			break
		}
	}
	if _, found := object.GetAnnotations()[corev1.LastAppliedConfigAnnotation]; found && wanted.Name == "kubectl apply" && kept == nil {
		kept = []metav1.ManagedFieldsEntry{{Manager: "kubectl-client-side-apply", Operation: metav1.ManagedFieldsOperationUpdate}}
	}
	object.SetManagedFields(kept)
	if annotations := object.GetAnnotations(); annotations[corev1.LastAppliedConfigAnnotation] != "" {
		delete(annotations, corev1.LastAppliedConfigAnnotation)
		object.SetAnnotations(annotations)
	}
}
