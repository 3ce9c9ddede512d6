// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

// template is the object as a template of the chart, or "" for what the chart leaves to its user.
func template(o object) (string, error) {
	convert, known := kinds[o.kind()]
	if !known {
		return "", fmt.Errorf("the chart does not know what to do with the kind %s: add it to kinds.go", o.kind())
	}
	if convert == nil {
		return "", nil
	}
	e := &editor{}
	common(o)
	condition := convert(e, o)
	if e.err != nil {
		return "", e.err
	}
	rendered, err := render(o)
	if err != nil || condition == "" {
		return rendered, err
	}
	if kind := o.kind(); kind == "ClusterRoleBinding" {
		perNamespace, err := inEachNamespace(o)
		return fmt.Sprintf("{{- if not %s }}\n%s{{- else }}\n%s{{- end }}\n", whenNamespaced, rendered, perNamespace), err
	}
	return fmt.Sprintf("{{- if %s }}\n%s{{- end }}\n", condition, rendered), nil
}

// kinds put values into an object of each kind and return the condition under which it is there. Nil leaves it out.
var kinds = map[string]func(*editor, object) string{
	"Namespace":                nil,
	"CustomResourceDefinition": definition,
	"ServiceAccount":           serviceAccount,
	"ClusterRole":              asItIs,
	"Role":                     asItIs,
	"RoleBinding":              binding,
	"ClusterRoleBinding":       binding,
	"Deployment":               deployment,
	"Service":                  service,
	"PodDisruptionBudget":      disruptionBudget,
	"NetworkPolicy":            networkPolicy,
	"HorizontalPodAutoscaler":  autoscaler,
	"Ingress":                  ingress,
	"HTTPRoute":                httpRoute,
	"BackendTLSPolicy":         backendTLSPolicy,
	"ServiceMonitor":           monitor("serviceMonitor"),
	"PodMonitor":               monitor("serviceMonitor"),
	"PrometheusRule":           monitor("alerts"),
}

const (
	whenNamespaced = ".Values.watchNamespaces"
	whenExtraCA    = "or .Values.extraCA.configMap .Values.extraCA.secret"
)

func asItIs(*editor, object) string { return "" }

// common puts the release's namespace and labels where config/ has its own.
func common(o object) {
	metadata := o.metadata()
	if _, namespaced := metadata["namespace"]; namespaced {
		metadata["namespace"] = text("{{ .Release.Namespace }}")
	}
	labels, ok := metadata["labels"].(map[string]any)
	if !ok {
		labels = map[string]any{"app.kubernetes.io/name": "call-operator"}
		metadata["labels"] = labels
	}
	delete(labels, "app.kubernetes.io/managed-by")
	delete(labels, "app.kubernetes.io/part-of")
	labels[block(`{{- include "call-operator.labels" . | nindent INDENT }}`)] = nil
}

// component is manager or webhookreceiver.
func component(o object) string { return strings.TrimPrefix(o.name(), "call-operator-") }

// valuesOf are the values of an object's component.
func valuesOf(o object) string { return ".Values." + component(o) }

func definition(_ *editor, o object) string {
	annotations, ok := o.metadata()["annotations"].(map[string]any)
	if !ok {
		annotations = map[string]any{}
		o.metadata()["annotations"] = annotations
	}
	annotations[block("{{- if .Values.crds.keep }}\nhelm.sh/resource-policy: keep\n{{- end }}")] = nil
	return ".Values.crds.enabled"
}

func serviceAccount(_ *editor, o object) string {
	o.metadata()[block(`{{- with include "call-operator.serviceAccountAnnotations" %s }}
annotations:
  {{- . | nindent DEEPER }}
{{- end }}`, valuesOf(o))] = nil
	return ""
}

func binding(e *editor, o object) string {
	for i := range e.list(o, "subjects") {
		e.at(o, "subjects", i)["namespace"] = text("{{ .Release.Namespace }}")
	}
	if o.kind() == "ClusterRoleBinding" {
		return "not " + whenNamespaced
	}
	return ""
}

// inEachNamespace is a ClusterRoleBinding as RoleBindings of the namespaces that are watched.
func inEachNamespace(o object) (string, error) {
	o["kind"] = "RoleBinding"
	o.metadata()["namespace"] = text("{{ . }}")
	rendered, err := render(o)
	if err != nil {
		return "", err
	}
	// In a range, the dot is the namespace.
	rendered = strings.NewReplacer(".Release.", "$.Release.", `"call-operator.labels" .`, `"call-operator.labels" $`).Replace(rendered)
	return fmt.Sprintf("{{- range %s }}\n---\n%s{{- end }}\n", whenNamespaced, rendered), nil
}

func deployment(e *editor, o object) string {
	values := valuesOf(o)
	spec := e.at(o, "spec")
	spec["replicas"] = text("{{ %s.replicas }}", values)
	if component(o) == "webhookreceiver" {
		delete(spec, "replicas")
		spec[block("{{- if not %[1]s.autoscaling.enabled }}\nreplicas: {{ %[1]s.replicas }}\n{{- end }}", values)] = nil
	}
	pod(e, o, values)
	container(e, o, values)
	for i := range e.list(o, "spec", "template", "spec", "volumes") {
		volume, isVolume := e.list(o, "spec", "template", "spec", "volumes")[i].(map[string]any)
		if !isVolume {
			continue
		}
		switch secret := e.at(volume, "secret"); volume["name"] {
		case "callback-key":
			secret["secretName"] = text(`{{ include "call-operator.callbackKeySecret" . }}`)
		case "tls":
			secret["secretName"] = text("{{ .Values.tls.secretName }}")
		}
	}
	template := e.at(o, "spec", "template", "spec")
	template["volumes"] = append(e.list(template, "volumes"),
		block("{{- with include \"call-operator.extraCAVolume\" . }}\n{{- . | nindent INDENT }}\n{{- end }}"))
	return ""
}

func pod(e *editor, o object, values string) {
	metadata := e.at(o, "spec", "template", "metadata")
	e.at(metadata, "annotations")[withYAML(values+".podAnnotations")] = nil
	labels := e.at(metadata, "labels")
	labels[withYAML(values+".podLabels")] = nil
	if component(o) == "manager" {
		labels[block("{{- if %s.workloadIdentity.enabled }}\nazure.workload.identity/use: \"true\"\n{{- end }}", values)] = nil
	}
	spec := e.at(o, "spec", "template", "spec")
	delete(spec, "topologySpreadConstraints")
	spec[optional(".Values.image.pullSecrets", "imagePullSecrets")] = nil
	for _, field := range []string{"nodeSelector", "tolerations", "affinity", "topologySpreadConstraints"} {
		spec[optional(values+"."+field, field)] = nil
	}
	spec[block("{{- with %s.priorityClassName }}\npriorityClassName: {{ . }}\n{{- end }}", values)] = nil
}

func container(e *editor, o object, values string) {
	container := e.at(o, "spec", "template", "spec", "containers", 0)
	container["image"] = text(`{{ include "call-operator.image" . }}`)
	container[block("{{- with .Values.image.pullPolicy }}\nimagePullPolicy: {{ . }}\n{{- end }}")] = nil
	delete(container, "resources")
	container[optional(values+".resources", "resources")] = nil
	args := append(e.list(container, "args"),
		block("{{- with %s }}\n- --watch-namespaces={{ join \",\" . }}\n{{- end }}", whenNamespaced))
	if component(o) == "manager" {
		args = append(args, block("{{- with %s.workloadIdentity.allowed }}\n- --allow-workload-identity={{ join \",\" . }}\n{{- end }}", values))
	}
	container["args"] = append(args,
		block("{{- if %s }}\n- --extra-ca-file=/etc/call-operator-ca/ca.crt\n{{- end }}", whenExtraCA),
		block("{{- range %s.extraArgs }}\n- {{ . | quote }}\n{{- end }}", values))
	container["env"] = append(e.list(container, "env"),
		block(`{{- with include "call-operator.env" (dict "component" %q "Values" .Values) }}
{{- . | nindent INDENT }}
{{- end }}`, component(o)))
	container["volumeMounts"] = append(e.list(container, "volumeMounts"),
		block("{{- if %s }}\n- mountPath: /etc/call-operator-ca\n  name: extra-ca\n  readOnly: true\n{{- end }}", whenExtraCA))
}

// withYAML puts the fields of a value next to others.
func withYAML(value string) string {
	return block("{{- with %s }}\n{{- toYaml . | nindent INDENT }}\n{{- end }}", value)
}

// optional is a map or list that is there when its value is.
func optional(value, field string) string {
	return block("{{- with %s }}\n%s:\n  {{- toYaml . | nindent DEEPER }}\n{{- end }}", value, field)
}

func service(e *editor, o object) string {
	if component(o) != "webhookreceiver" {
		return ""
	}
	e.at(o, "spec")["type"] = text("{{ .Values.webhookreceiver.service.type }}")
	o.metadata()[optional(".Values.webhookreceiver.service.annotations", "annotations")] = nil
	return ""
}

func disruptionBudget(_ *editor, o object) string {
	return valuesOf(o) + ".podDisruptionBudget.enabled"
}

// networkPolicy lets the pods out to the proxy as well, by the last of the rules.
func networkPolicy(e *editor, o object) string {
	rules := e.list(o, "spec", "egress")
	last := e.at(o, "spec", "egress", len(rules)-1)
	last["ports"] = append(e.list(last, "ports"),
		block("{{- with include \"call-operator.proxyPorts\" . }}\n{{- . | nindent INDENT }}\n{{- end }}"))
	return ".Values.networkPolicy.enabled"
}

func autoscaler(e *editor, o object) string {
	const values = ".Values.webhookreceiver.autoscaling"
	spec := e.at(o, "spec")
	spec["minReplicas"] = text("{{ %s.minReplicas }}", values)
	spec["maxReplicas"] = text("{{ %s.maxReplicas }}", values)
	e.at(spec, "metrics", 0, "resource", "target")["averageUtilization"] = text("{{ %s.targetCPUUtilizationPercentage }}", values)
	return values + ".enabled"
}

func ingress(e *editor, o object) string {
	host := text(`{{ required "ingress.host is missing: set it to the public host name, such as calls.example.com" .Values.ingress.host }}`)
	o.metadata()[optional(".Values.ingress.annotations", "annotations")] = nil
	spec := e.at(o, "spec")
	e.at(spec, "rules", 0)["host"] = host
	spec[block("{{- with .Values.ingress.className }}\ningressClassName: {{ . }}\n{{- end }}")] = nil
	delete(spec, "tls")
	spec[block("{{- with .Values.ingress.tlsSecretName }}\ntls:\n- hosts: [{{ $.Values.ingress.host | quote }}]\n  secretName: {{ . }}\n{{- end }}")] = nil
	return ".Values.ingress.enabled"
}

func httpRoute(e *editor, o object) string {
	o.metadata()[optional(".Values.gateway.annotations", "annotations")] = nil
	spec := e.at(o, "spec")
	spec["hostnames"] = []any{text(`{{ required "gateway.host is missing: set it to the public host name, such as calls.example.com" .Values.gateway.host }}`)}
	delete(spec, "parentRefs")
	spec[block(`{{- if not .Values.gateway.parentRefs }}
{{- fail "gateway.parentRefs is missing: name the Gateway, such as [{name: public, namespace: gateways}]" }}
{{- end }}`)] = nil
	spec[optional(".Values.gateway.parentRefs", "parentRefs")] = nil
	port, err := either(whenTLS, e.at(spec, "rules", 0, "backendRefs", 0)["port"], 443)
	e.fail(err)
	e.at(spec, "rules", 0, "backendRefs", 0)["port"] = port
	return ".Values.gateway.enabled"
}

func backendTLSPolicy(e *editor, o object) string {
	validation := e.at(o, "spec", "validation")
	validation["hostname"] = text("{{ .Values.gateway.host }}")
	e.at(validation, "caCertificateRefs", 0)["name"] = text("{{ .Values.gateway.backendTLS.caConfigMap }}")
	return "and .Values.gateway.enabled .Values.gateway.backendTLS.caConfigMap"
}

// monitor is a kind of the Prometheus operator, which selects its objects by labels.
func monitor(part string) func(*editor, object) string {
	return func(e *editor, o object) string {
		e.at(o.metadata(), "labels")[withYAML(".Values.metrics."+part+".labels")] = nil
		return ".Values.metrics." + part + ".enabled"
	}
}
