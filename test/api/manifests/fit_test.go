// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// operator are the Deployments of config/default, which the components refer to.
func operator(t *testing.T) []*appsv1.Deployment {
	t.Helper()
	return ofKind[appsv1.Deployment](t, renderFolder(t, "default"), "Deployment")
}

// pods are the Deployments in objects, and where there are none, those of config/default.
func pods(t *testing.T, objects []*unstructured.Unstructured) []*appsv1.Deployment {
	t.Helper()
	if found := ofKind[appsv1.Deployment](t, objects, "Deployment"); len(found) > 0 {
		return found
	}
	return operator(t)
}

// selected is the one Deployment whose pods a selector selects.
func selected(t *testing.T, from []*appsv1.Deployment, selector labels.Selector) *corev1.PodTemplateSpec {
	t.Helper()
	var found []*appsv1.Deployment
	for _, deployment := range from {
		if selector.Matches(labels.Set(deployment.Spec.Template.Labels)) {
			found = append(found, deployment)
		}
	}
	if len(found) != 1 {
		t.Fatalf("the selector %q selects pods of %d Deployments, not of one", selector, len(found))
	}
	return &found[0].Spec.Template
}

func asSelector(t *testing.T, selector *metav1.LabelSelector) labels.Selector {
	t.Helper()
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func hasPort(pod *corev1.PodTemplateSpec, port intstr.IntOrString) bool {
	for _, container := range pod.Spec.Containers {
		for _, own := range container.Ports {
			if own.Name == port.StrVal && port.Type == intstr.String || own.ContainerPort == port.IntVal && port.Type == intstr.Int {
				return true
			}
		}
	}
	return false
}

func TestServicesLeadToPorts(t *testing.T) {
	for _, r := range renderAll(t) {
		for _, service := range ofKind[corev1.Service](t, r.objects, "Service") {
			pod := selected(t, pods(t, r.objects), labels.SelectorFromSet(service.Spec.Selector))
			for _, port := range service.Spec.Ports {
				if !hasPort(pod, port.TargetPort) {
					t.Errorf("config/%s: port %s of the Service %s leads to %s, which its pods do not have", r.folder, port.Name, service.Name, port.TargetPort.String())
				}
			}
		}
	}
}

func TestDisruptionBudgetsAndSpreadingSpeakOfTheirPods(t *testing.T) {
	objects := renderFolder(t, "default")
	budgets := ofKind[policyv1.PodDisruptionBudget](t, objects, "PodDisruptionBudget")
	if len(budgets) != 2 {
		t.Errorf("there are %d PodDisruptionBudgets, not one for the manager and one for the receiver", len(budgets))
	}
	for _, budget := range budgets {
		selected(t, operator(t), asSelector(t, budget.Spec.Selector))
	}
	for _, deployment := range operator(t) {
		template := &deployment.Spec.Template
		if own := selected(t, operator(t), asSelector(t, deployment.Spec.Selector)); own.Labels["app.kubernetes.io/component"] != template.Labels["app.kubernetes.io/component"] {
			t.Errorf("the Deployment %s selects the pods of another", deployment.Name)
		}
		if len(template.Spec.TopologySpreadConstraints) == 0 {
			t.Errorf("nothing spreads the pods of %s", deployment.Name)
		}
		for _, constraint := range template.Spec.TopologySpreadConstraints {
			if !asSelector(t, constraint.LabelSelector).Matches(labels.Set(template.Labels)) {
				t.Errorf("a constraint that spreads the pods of %s is about others", deployment.Name)
			}
		}
	}
}

func TestNetworkPoliciesNamePorts(t *testing.T) {
	for _, policy := range ofKind[networkingv1.NetworkPolicy](t, renderFolder(t, "network-policy"), "NetworkPolicy") {
		pod := selected(t, operator(t), asSelector(t, &policy.Spec.PodSelector))
		open := map[string]bool{}
		for _, rule := range policy.Spec.Ingress {
			for _, port := range rule.Ports {
				if !hasPort(pod, *port.Port) {
					t.Errorf("%s opens the port %s, which its pods do not have", policy.Name, port.Port.String())
				}
				open[port.Port.String()] = true
			}
		}
		for _, container := range pod.Spec.Containers {
			for _, port := range container.Ports {
				if !open[port.Name] {
					t.Errorf("%s closes the port %s", policy.Name, port.Name)
				}
			}
		}
		if len(policy.Spec.PolicyTypes) != 2 {
			t.Errorf("%s is not about both directions", policy.Name)
		}
	}
}

func TestAutoscalingHasATargetOfItsOwn(t *testing.T) {
	objects := renderFolder(t, "components/autoscaling")
	for _, autoscaler := range ofKind[autoscalingv2.HorizontalPodAutoscaler](t, objects, "HorizontalPodAutoscaler") {
		for _, deployment := range pods(t, objects) {
			if scaled := deployment.Name == autoscaler.Spec.ScaleTargetRef.Name; scaled != (deployment.Spec.Replicas == nil) {
				t.Errorf("%s: either the autoscaler sets the number of replicas or the manifest does", deployment.Name)
			}
		}
	}
}

func TestRoutesLeadToTheService(t *testing.T) {
	for folder, kind := range map[string]string{"components/ingress": "Ingress", "components/gateway": "HTTPRoute", "components/gateway-backend-tls": "HTTPRoute"} {
		objects := renderFolder(t, folder)
		for _, service := range ofKind[corev1.Service](t, objects, "Service") {
			for _, object := range objects {
				if object.GetKind() == kind {
					checkBackends(t, folder, object.Object, service)
				}
			}
		}
	}
}

// checkBackends looks for what names the Service, in whichever shape.
func checkBackends(t *testing.T, folder string, value any, service *corev1.Service) {
	t.Helper()
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			checkBackends(t, folder, item, service)
		}
	case map[string]any:
		if number, ok := value["port"].(int64); ok && value["name"] == service.Name && int32(number) != service.Spec.Ports[0].Port {
			t.Errorf("config/%s leads to port %d, the Service has %d", folder, number, service.Spec.Ports[0].Port)
		}
		if named, ok := value["port"].(map[string]any); ok && value["name"] == service.Name && named["name"] != service.Spec.Ports[0].Name {
			t.Errorf("config/%s leads to port %v, the Service has %s", folder, named["name"], service.Spec.Ports[0].Name)
		}
		for _, field := range value {
			checkBackends(t, folder, field, service)
		}
	}
}

// Probes and ports are at the addresses that the flags open.
func TestPortsAreThoseOfTheFlags(t *testing.T) {
	flags := map[string]string{
		"callbacks": "--listen=", "metrics": "--metrics-bind-address=", "health": "--health-probe-bind-address=",
	}
	for _, deployment := range operator(t) {
		container := deployment.Spec.Template.Spec.Containers[0]
		for _, port := range container.Ports {
			opened := "nothing"
			for _, arg := range container.Args {
				if address, found := strings.CutPrefix(arg, flags[port.Name]); found {
					opened = address
				}
			}
			if want := ":" + strconv.Itoa(int(port.ContainerPort)); opened != want {
				t.Errorf("%s: the port %s is %s, the flag opens %s", deployment.Name, port.Name, want, opened)
			}
		}
		for what, probe := range map[string]*corev1.Probe{"liveness": container.LivenessProbe, "readiness": container.ReadinessProbe} {
			if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Port.StrVal != "health" || !hasPort(&deployment.Spec.Template, probe.HTTPGet.Port) {
				t.Errorf("%s: there is no %s probe of the port health", deployment.Name, what)
			}
		}
	}
}

func TestObjectsHaveTheRecommendedLabels(t *testing.T) {
	for _, object := range renderFolder(t, "default") {
		for _, label := range []string{"app.kubernetes.io/name", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"} {
			if object.GetLabels()[label] == "" {
				t.Errorf("%s %s lacks the label %s", object.GetKind(), object.GetName(), label)
			}
		}
	}
	for _, deployment := range operator(t) {
		if deployment.Spec.Template.Labels["app.kubernetes.io/component"] == "" {
			t.Errorf("the pods of %s lack the label app.kubernetes.io/component", deployment.Name)
		}
		if _, found := deployment.Spec.Selector.MatchLabels["app.kubernetes.io/managed-by"]; found {
			t.Errorf("%s selects its pods by who installed them", deployment.Name)
		}
	}
}

// The pods' token is mounted on purpose, and by nobody else who names the account.
func TestOnlyPodsMountTokens(t *testing.T) {
	objects := renderFolder(t, "default")
	for _, account := range ofKind[corev1.ServiceAccount](t, objects, "ServiceAccount") {
		if account.AutomountServiceAccountToken == nil || *account.AutomountServiceAccountToken {
			t.Errorf("every pod that names the ServiceAccount %s mounts its token", account.Name)
		}
	}
	for _, deployment := range operator(t) {
		if mount := deployment.Spec.Template.Spec.AutomountServiceAccountToken; mount == nil || !*mount {
			t.Errorf("%s does not say that its pods mount a token", deployment.Name)
		}
	}
}

// A pod that is asked to stop is not killed before it has shut down.
func TestPodsHaveTheTimeToStop(t *testing.T) {
	// The manager's controllers have 30 seconds; see manager.Options.GracefulShutdownTimeout of controller-runtime. The
	// receiver has --drain-delay, --grace-period and its recordTimeout.
	least := map[string]int64{"call-operator-manager": 30 + 5, "call-operator-webhookreceiver": 5 + 20 + 10}
	for _, deployment := range operator(t) {
		patience := ptr.Deref(deployment.Spec.Template.Spec.TerminationGracePeriodSeconds, 30)
		if patience < least[deployment.Name] {
			t.Errorf("%s is killed after %d s, and needs %d", deployment.Name, patience, least[deployment.Name])
		}
	}
}
