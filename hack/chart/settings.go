// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// setting is a value that a user may set. values.yaml, values.schema.json and the chart's README are made from these.
type setting struct {
	// path is the place in values.yaml, with dots.
	path string
	// value is the default.
	value any
	// schema is what values.schema.json says of it.
	schema schema
	// doc is one sentence or a few.
	doc string
}

// schema is a JSON schema.
type schema map[string]any

func boolean() schema { return schema{"type": "boolean"} }

func str() schema { return schema{"type": "string"} }

func pattern(expression string) schema { return schema{"type": "string", "pattern": expression} }

func oneOf(values ...any) schema { return schema{"type": "string", "enum": values} }

func positive() schema { return schema{"type": "integer", "minimum": 1} }

func listOf(items schema) schema { return schema{"type": "array", "items": items} }

// anyObject is an object whose fields are Kubernetes' own.
func anyObject() schema { return schema{"type": "object"} }

func stringMap() schema { return schema{"type": "object", "additionalProperties": str()} }

// variable is an environment variable as containers have them.
func variable() schema {
	of := closedObject()
	of["required"] = []string{"name"}
	properties(of)["name"] = pattern("^[-._a-zA-Z][-._a-zA-Z0-9]*$")
	properties(of)["value"] = str()
	properties(of)["valueFrom"] = anyObject()
	return of
}

const (
	dnsLabel = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
	// emptyOrName is the name of an object, or nothing.
	emptyOrName = `^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$`
	// emptyOrProxy is a URL of a proxy as Go understands it, or nothing.
	emptyOrProxy = `^((https?|socks5)://[^/?#\s]+/?)?$`
	emptyOrHost  = `^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$`
)

// settings are all values. Defaults that config/ has are taken from there.
func settings(objects []object) ([]setting, error) {
	e := &editor{}
	list := []setting{
		{"image.repository", "call-operator", schema{"type": "string", "minLength": 1}, "Where the image is, without a tag."},
		{"image.tag", "", pattern("^[-._A-Za-z0-9]{0,128}$"), "Its tag; empty is the chart's appVersion."},
		{"image.digest", "", pattern("^(sha256:[0-9a-f]{64})?$"), "Its digest, such as sha256:… in full. With one, the tag is not used."},
		{"image.pullPolicy", "", oneOf("", "Always", "IfNotPresent", "Never"), "When nodes pull it; empty is Kubernetes' default."},
		{"image.pullSecrets", []any{}, listOf(anyObject()), "Secrets to pull it with, such as [{name: registry}]."},
		{"crds.enabled", true, boolean(), "Whether the CRDs are part of the release, so that an upgrade updates them. Turn it off when they are managed elsewhere. An upgrade that would thereby delete them is refused."},
		{"crds.keep", true, boolean(), "Whether to keep the CRDs when the release is uninstalled. Deleting them deletes every Call."},
		{"watchNamespaces", []any{}, listOf(pattern(dnsLabel)), "The namespaces to watch, and to have permissions in; empty is all. They must exist."},
		{"callbackKey.existingSecret", "", pattern(emptyOrName), "A Secret with the callback keys under the key keys. If empty, Helm creates one at the first installation and never changes it. Name one where a tool renders the chart without asking the cluster, such as Argo CD: for it, none is made."},
		{"tls.secretName", "", pattern(emptyOrName), "A Secret of the type kubernetes.io/tls with which the receiver terminates TLS itself. It is reloaded when it changes. If empty, a proxy in front must terminate TLS."},
		{"ingress.enabled", false, boolean(), "Whether an Ingress routes callbacks and Event Grid to the receiver."},
		{"ingress.className", "", pattern(emptyOrName), "The class of the Ingress; empty is the cluster's default."},
		{"ingress.host", "", pattern(emptyOrHost), "The public host name, such as calls.example.com. The providers' callbackURL is https:// and this."},
		{"ingress.tlsSecretName", "call-operator-tls", pattern(emptyOrName), "The Secret with the certificate of the Ingress, in the release's namespace; empty is none."},
		{"ingress.annotations", map[string]any{}, stringMap(), "Annotations of the Ingress, such as cert-manager's."},
		{"gateway.enabled", false, boolean(), "Whether an HTTPRoute of the Gateway API routes callbacks and Event Grid to the receiver."},
		{"gateway.host", "", pattern(emptyOrHost), "The public host name, such as calls.example.com."},
		{"gateway.parentRefs", []any{}, listOf(anyObject()), "The Gateway, such as [{name: public, namespace: gateways, sectionName: https}]."},
		{"gateway.annotations", map[string]any{}, stringMap(), "Annotations of the HTTPRoute."},
		{"gateway.backendTLS.caConfigMap", "", pattern(emptyOrName), "A ConfigMap with the authority (ca.crt) of the certificate in tls.secretName: with it, the Gateway uses TLS to the receiver."},
		{"proxy.httpsProxy", "", pattern(emptyOrProxy), "The proxy for https, which is what ACS and Entra ID speak, such as http://proxy.example.com:3128. One whose URL holds a password is better taken from a Secret with extraEnv, as HTTPS_PROXY."},
		{"proxy.httpProxy", "", pattern(emptyOrProxy), "The proxy for http."},
		{"proxy.noProxy", []any{}, listOf(pattern(`^[^,\s]+$`)), "What is reached without a proxy: names, such as example.com, .example.com for what is below it alone, addresses and ranges such as 10.0.0.0/8. The API server, .svc and .cluster.local always are."},
		{"extraCA.configMap", "", pattern(emptyOrName), "A ConfigMap in the release's namespace with certificates in PEM. It is read at the start of the pods: restart them when it changes."},
		{"extraCA.secret", "", pattern(emptyOrName), "A Secret with the certificates, instead of a ConfigMap."},
		{"extraCA.key", "ca.crt", pattern("^[-._a-zA-Z0-9]+$"), "Its key."},
		{"networkPolicy.enabled", false, boolean(), "Whether NetworkPolicies restrict the connections from and to the pods."},
		{"metrics.serviceMonitor.enabled", false, boolean(), "Whether to create ServiceMonitors, so that the Prometheus operator scrapes the metrics."},
		{"metrics.serviceMonitor.labels", map[string]any{}, stringMap(), "Labels that your Prometheus selects by."},
		{"metrics.alerts.enabled", false, boolean(), "Whether there is a PrometheusRule with the alerts."},
		{"metrics.alerts.labels", map[string]any{}, stringMap(), "Labels that your Prometheus selects by."},
		{"metrics.dashboards.enabled", false, boolean(), "Whether there are ConfigMaps with the dashboards for Grafana."},
		{"metrics.dashboards.labels", map[string]any{"grafana_dashboard": "1"}, stringMap(), "Labels that Grafana's sidecar selects by."},
	}
	for _, o := range objects {
		if o.kind() == "Deployment" {
			list = append(list, deploymentSettings(e, o)...)
		}
		if o.kind() == "HorizontalPodAutoscaler" {
			list = append(list, autoscalingSettings(e, o)...)
		}
	}
	list = append(list,
		setting{"manager.workloadIdentity.enabled", false, boolean(), "Whether the manager's pods get an Azure workload identity, for providers with spec.acs.workloadIdentity."},
		setting{"manager.workloadIdentity.clientID", "", str(), "The client ID of the identity; a provider may name another."},
		setting{"manager.workloadIdentity.tenantID", "", str(), "Its tenant; empty is that of the cluster."},
		setting{"manager.workloadIdentity.allowed", []any{}, listOf(pattern(`^[-a-z0-9*]+/[-.a-z0-9*]+$`)), "The namespaces whose CallProviders may use the identity, and the host of the resource at which each may, such as [team-a/my-calls.communication.azure.com]; * is any of either. Empty allows none."},
		setting{"webhookreceiver.service.type", "ClusterIP", oneOf("ClusterIP", "NodePort", "LoadBalancer"), "The type of the receiver's Service."},
		setting{"webhookreceiver.service.annotations", map[string]any{}, stringMap(), "Annotations of the Service, such as a load balancer's."},
	)
	return list, e.err
}

// deploymentSettings are what can be set for manager and receiver alike.
func deploymentSettings(e *editor, o object) []setting {
	in := component(o) + "."
	pod := e.at(o, "spec", "template", "spec")
	return []setting{
		{in + "replicas", e.at(o, "spec")["replicas"], positive(), "How many pods there are."},
		{in + "resources", e.at(pod, "containers", 0)["resources"], anyObject(), "What a pod requests and may use. docs/operations.md says what is needed for how many calls."},
		{in + "extraArgs", []any{}, listOf(pattern("^--")), "Further flags, such as [--zap-log-level=debug]. docs/operations.md lists them."},
		{in + "extraEnv", []any{}, listOf(variable()), "Further environment variables, such as [{name: HTTPS_PROXY, valueFrom: {secretKeyRef: {name: proxy, key: url}}}]."},
		{in + "podLabels", map[string]any{}, stringMap(), "Further labels of the pods."},
		{in + "podAnnotations", map[string]any{}, stringMap(), "Further annotations of the pods."},
		{in + "nodeSelector", map[string]any{}, stringMap(), "Labels of the nodes to run on."},
		{in + "tolerations", []any{}, listOf(anyObject()), "Taints of nodes that the pods tolerate."},
		{in + "affinity", map[string]any{}, anyObject(), "Where pods are scheduled."},
		{in + "topologySpreadConstraints", pod["topologySpreadConstraints"], listOf(anyObject()), "How pods are spread."},
		{in + "priorityClassName", "", pattern(emptyOrName), "The PriorityClass of the pods, which must exist."},
		{in + "podDisruptionBudget.enabled", true, boolean(), "Whether draining nodes evicts one pod at a time."},
		{in + "serviceAccount.annotations", map[string]any{}, stringMap(), "Annotations of the ServiceAccount."},
	}
}

func autoscalingSettings(e *editor, o object) []setting {
	spec := e.at(o, "spec")
	const in = "webhookreceiver.autoscaling."
	return []setting{
		{in + "enabled", false, boolean(), "Whether a HorizontalPodAutoscaler sets the number of pods."},
		{in + "minReplicas", spec["minReplicas"], positive(), "The minimum number of pods."},
		{in + "maxReplicas", spec["maxReplicas"], positive(), "The maximum number of pods."},
		{in + "targetCPUUtilizationPercentage", e.at(spec, "metrics", 0, "resource", "target")["averageUtilization"], positive(), "How much of the requested CPU pods use on average."},
	}
}

// sections are the groups of values, with what they are about.
var sections = map[string]string{
	"image":           "The image of manager and receiver.",
	"callbackKey":     "The keys that sign callback URLs. docs/operations.md says how they are rotated.",
	"extraCA":         "Authorities that manager and receiver trust along with the public ones, or those of the image: for a proxy that inspects TLS, or an endpoint with a private authority. The API server's is known without.",
	"gateway":         "Needs the Gateway API.",
	"metrics":         "Needs the Prometheus operator, and Grafana's sidecar for dashboards.",
	"proxy":           "A proxy that manager and receiver reach ACS and Entra ID through. Set through the environment variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
	"manager":         "The manager. One pod is active, the others are on standby.",
	"webhookreceiver": "The webhook receiver. All pods are active.",
}

// check finds settings that are there twice or without a word.
func check(list []setting) error {
	seen := map[string]bool{}
	for _, s := range list {
		if seen[s.path] || s.doc == "" || s.value == nil {
			return fmt.Errorf("the setting %s is there twice, or has no description or default", s.path)
		}
		seen[s.path] = true
	}
	return nil
}
