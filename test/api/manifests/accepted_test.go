// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// foreign are the groups that no plain cluster has.
var foreign = []string{
	"argoproj.io", "cert-manager.io", "gateway.networking.k8s.io", "grafana.integreatly.org", "kyverno.io",
	"monitoring.coreos.com", "source.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io",
}

func TestEverythingIsAcceptedByTheAPIServer(t *testing.T) {
	all := renderAll(t)
	for _, r := range all {
		placeNamespaces(t, r)
	}
	for _, r := range all {
		t.Run(strings.ReplaceAll(r.folder, "/", "-"), func(t *testing.T) {
			for _, object := range r.objects {
				dryRun(t, object)
			}
		})
	}
}

// placeNamespaces creates the namespaces that objects are to go into, for a dry run does not.
func placeNamespaces(t *testing.T, r rendered) {
	t.Helper()
	for _, object := range r.objects {
		switch {
		case object.GetKind() == "Namespace" || object.GetKind() == "PriorityClass":
			apply(t, object.DeepCopy())
		case object.GetNamespace() != "":
			namespace := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace"}}
			namespace.SetName(object.GetNamespace())
			apply(t, namespace)
		}
	}
}

func apply(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	if err := plane.Client.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("manifests")); err != nil {
		t.Fatalf("apply %s %s: %v", object.GetKind(), object.GetName(), err)
	}
}

func dryRun(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	group := object.GroupVersionKind().Group
	if _, err := plane.Client.RESTMapper().RESTMapping(object.GroupVersionKind().GroupKind(), object.GroupVersionKind().Version); meta.IsNoMatchError(err) {
		if !slices.Contains(foreign, group) {
			t.Errorf("%s %s: there is no such kind in a cluster, and its group %q is none that an add-on brings", object.GetKind(), object.GetName(), group)
		}
		return
	}
	applied := object.DeepCopy()
	if namespaced, err := plane.Client.IsObjectNamespaced(applied); err != nil {
		t.Fatal(err)
	} else if namespaced && applied.GetNamespace() == "" {
		applied.SetNamespace("default")
	}
	err := plane.Client.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(applied), client.FieldOwner("manifests"), client.DryRunAll, client.ForceOwnership)
	if err != nil {
		t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
	}
}

// A Deployment with pods that Pod Security refuses is accepted with a warning, and a CronJob too. So the pods are tried as well.
func TestPodsMeetTheRestrictedLevel(t *testing.T) {
	for _, r := range renderAll(t) {
		placeNamespaces(t, r)
		templates := map[string]*corev1.PodTemplateSpec{}
		for _, deployment := range ofKind[appsv1.Deployment](t, r.objects, "Deployment") {
			templates[deployment.Name] = &deployment.Spec.Template
		}
		for _, job := range ofKind[batchv1.CronJob](t, r.objects, "CronJob") {
			templates[job.Name] = &job.Spec.JobTemplate.Spec.Template
		}
		for name, template := range templates {
			t.Run(strings.ReplaceAll(r.folder, "/", "-")+"-"+name, func(t *testing.T) {
				if err := plane.Client.Create(t.Context(), podOf(t, template), client.DryRunAll); err != nil {
					t.Errorf("a pod of it is refused: %v", err)
				}
				for _, container := range template.Spec.Containers {
					checkContainer(t, &container)
				}
			})
		}
	}
}

// podOf is a pod of a template in a namespace that enforces the level.
func podOf(t *testing.T, template *corev1.PodTemplateSpec) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{ObjectMeta: *template.ObjectMeta.DeepCopy(), Spec: template.Spec}
	pod.GenerateName, pod.Namespace = "pod-", restrictedNamespace(t)
	return pod
}

func restrictedNamespace(t *testing.T) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: "restricted", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	if err := plane.Client.Create(t.Context(), namespace); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	return namespace.Name
}

// checkContainer checks what Pod Security does not ask for.
func checkContainer(t *testing.T, container *corev1.Container) {
	t.Helper()
	if security := container.SecurityContext; security == nil || !ptr.Deref(security.ReadOnlyRootFilesystem, false) {
		t.Errorf("the container %s can write to its root file system", container.Name)
	}
	if container.Resources.Requests.Cpu().IsZero() || container.Resources.Requests.Memory().IsZero() || container.Resources.Limits.Memory().IsZero() {
		t.Errorf("the container %s lacks a request of CPU or memory, or a limit of memory", container.Name)
	}
}

// The namespace of the tests above refuses what it should.
func TestTheRestrictedNamespaceRefusesPods(t *testing.T) {
	root := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "root-", Namespace: restrictedNamespace(t)},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "root", Image: "root"}}},
	}
	if err := plane.Client.Create(t.Context(), root, client.DryRunAll); !apierrors.IsForbidden(err) {
		t.Errorf("a pod that may run as root is not refused: %v", err)
	}
}

func TestTheNamespaceOfTheOperatorEnforcesTheRestrictedLevel(t *testing.T) {
	for _, namespace := range ofKind[corev1.Namespace](t, renderFolder(t, "default"), "Namespace") {
		if level := namespace.Labels["pod-security.kubernetes.io/enforce"]; level != "restricted" {
			t.Errorf("the namespace %s enforces %q", namespace.Name, level)
		}
	}
}
