// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/manifestfiles"
)

const everythingOn = `
image: {repository: registry.example.com/call-operator, tag: v1, pullPolicy: Always, pullSecrets: [{name: registry}]}
watchNamespaces: [team-a, team-b]
callbackKey: {existingSecret: my-keys}
tls: {secretName: my-tls}
ingress: {enabled: true, className: nginx, host: calls.example.com, annotations: {a: b}}
gateway:
  enabled: true
  host: calls.example.com
  parentRefs: [{name: public, namespace: gateways}]
  backendTLS: {caConfigMap: my-ca}
networkPolicy: {enabled: true}
proxy: {httpsProxy: "http://proxy.example.com:3128", httpProxy: "http://proxy.example.com:3129", noProxy: [10.0.0.0/8, .example.com]}
extraCA: {configMap: authorities, key: bundle.pem}
metrics:
  serviceMonitor: {enabled: true, labels: {release: prometheus}}
  alerts: {enabled: true}
  dashboards: {enabled: true}
manager:
  replicas: 3
  extraArgs: ["--poll-interval=1m"]
  resources: {limits: {memory: 1Gi}}
  nodeSelector: {disk: ssd}
  tolerations: [{key: calls, operator: Exists}]
  affinity: {podAntiAffinity: {}}
  priorityClassName: system-cluster-critical
  podLabels: {team: voice}
  podAnnotations: {note: here}
  serviceAccount: {annotations: {a: b}}
  workloadIdentity: {enabled: true, clientID: 00000000-0000-0000-0000-000000000001, allowed: [team-a/my-calls.communication.azure.com, team-b/*]}
  extraEnv: [{name: OTEL_TRACES_SAMPLER, value: traceidratio}, {name: OTEL_EXPORTER_OTLP_HEADERS, valueFrom: {secretKeyRef: {name: collector, key: headers}}}]
webhookreceiver:
  autoscaling: {enabled: true, maxReplicas: 9}
  service: {type: LoadBalancer, annotations: {a: b}}
`

// gitOps is for tools that render without a cluster and take care of the CRDs themselves.
const gitOps = `
crds: {enabled: false}
callbackKey: {existingSecret: my-keys}
`

func TestHelmFindsNothingToMend(t *testing.T) {
	for name, text := range map[string]string{"defaults": "", "everything": everythingOn, "gitops": gitOps} {
		t.Run(name, func(t *testing.T) {
			if _, err := helm(t, "lint", folder, "--strict", "--values", values(t, text)); err != nil {
				t.Error(err)
			}
		})
	}
}

// By default the chart installs what config/default does.
func TestTheDefaultsAreConfigDefault(t *testing.T) {
	want, err := manifestfiles.Kustomize(filepath.Join(devcontrolplane.Root(), "config", "default"))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, render(t, ""), want)
}

// With TLS the chart installs what the component adds.
func TestTLSIsTheComponent(t *testing.T) {
	want, err := manifestfiles.Kustomize(filepath.Join(devcontrolplane.Root(), "hack", "chart", "tls"))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, render(t, "tls: {secretName: call-operator-tls}"), want)
}

// compare compares objects except for intended differences of Helm: the labels of the installer, the namespace, which
// helm install --create-namespace creates, and the annotation that keeps CRDs.
func compare(t *testing.T, got, want []*unstructured.Unstructured) {
	t.Helper()
	gotByKey, wantByKey := byKey(got), byKey(want)
	delete(wantByKey, "Namespace//call-operator-system")
	if diff := cmp.Diff(slices.Sorted(maps.Keys(wantByKey)), slices.Sorted(maps.Keys(gotByKey))); diff != "" {
		t.Errorf("the objects differ (-kustomize +helm):\n%s", diff)
	}
	for key, object := range wantByKey {
		if gotByKey[key] == nil {
			continue
		}
		if diff := cmp.Diff(withoutHelms(object), withoutHelms(gotByKey[key])); diff != "" {
			t.Errorf("%s differs (-kustomize +helm):\n%s", key, diff)
		}
	}
}

func byKey(objects []*unstructured.Unstructured) map[string]*unstructured.Unstructured {
	found := map[string]*unstructured.Unstructured{}
	for _, object := range objects {
		found[object.GetKind()+"/"+object.GetNamespace()+"/"+object.GetName()] = object
	}
	return found
}

func withoutHelms(object *unstructured.Unstructured) map[string]any {
	stripped := object.DeepCopy()
	labels := stripped.GetLabels()
	for _, label := range []string{
		"app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "app.kubernetes.io/part-of", "app.kubernetes.io/version", "helm.sh/chart",
	} {
		delete(labels, label)
	}
	stripped.SetLabels(labels)
	annotations := stripped.GetAnnotations()
	delete(annotations, "helm.sh/resource-policy")
	stripped.SetAnnotations(annotations)
	return stripped.Object
}

func TestValuesArriveWhereTheyBelong(t *testing.T) {
	objects := render(t, everythingOn)
	tests := []struct {
		reason, kind, name string
		path               []string
		want               any
	}{
		{"the number of managers", "Deployment", "call-operator-manager", []string{"spec", "replicas"}, int64(3)},
		{"the autoscaler sets the number of receivers", "Deployment", "call-operator-webhookreceiver", []string{"spec", "replicas"}, nil},
		{"the autoscaler's bound", "HorizontalPodAutoscaler", "call-operator-webhookreceiver", []string{"spec", "maxReplicas"}, int64(9)},
		{"the image is pulled with the Secret", "Deployment", "call-operator-manager", []string{"spec", "template", "spec", "imagePullSecrets"}, []any{map[string]any{"name": "registry"}}},
		{"nodes", "Deployment", "call-operator-manager", []string{"spec", "template", "spec", "nodeSelector", "disk"}, "ssd"},
		{"taints", "Deployment", "call-operator-manager", []string{"spec", "template", "spec", "tolerations"}, []any{map[string]any{"key": "calls", "operator": "Exists"}}},
		{"affinity", "Deployment", "call-operator-manager", []string{"spec", "template", "spec", "affinity"}, map[string]any{"podAntiAffinity": map[string]any{}}},
		{"priority", "Deployment", "call-operator-manager", []string{"spec", "template", "spec", "priorityClassName"}, "system-cluster-critical"},
		{"labels of pods", "Deployment", "call-operator-manager", []string{"spec", "template", "metadata", "labels", "team"}, "voice"},
		{"annotations of pods", "Deployment", "call-operator-manager", []string{"spec", "template", "metadata", "annotations", "note"}, "here"},
		{"AKS looks for this label", "Deployment", "call-operator-manager", []string{"spec", "template", "metadata", "labels", "azure.workload.identity/use"}, "true"},
		{"the receiver has no identity", "Deployment", "call-operator-webhookreceiver", []string{"spec", "template", "metadata", "labels", "azure.workload.identity/use"}, nil},
		{"the identity's ID", "ServiceAccount", "call-operator-manager", []string{"metadata", "annotations", "azure.workload.identity/client-id"}, "00000000-0000-0000-0000-000000000001"},
		{"annotations of the account stay", "ServiceAccount", "call-operator-manager", []string{"metadata", "annotations", "a"}, "b"},
		{"the Service's type", "Service", "call-operator-webhookreceiver", []string{"spec", "type"}, "LoadBalancer"},
		{"the Ingress's class", "Ingress", "call-operator-webhookreceiver", []string{"spec", "ingressClassName"}, "nginx"},
		{"the route's host", "HTTPRoute", "call-operator-webhookreceiver", []string{"spec", "hostnames"}, []any{"calls.example.com"}},
		{"the route's Gateway", "HTTPRoute", "call-operator-webhookreceiver", []string{"spec", "parentRefs"}, []any{map[string]any{"name": "public", "namespace": "gateways"}}},
		{"the Gateway checks this name", "BackendTLSPolicy", "call-operator-webhookreceiver", []string{"spec", "validation", "hostname"}, "calls.example.com"},
	}
	for _, tc := range tests {
		object := find(objects, tc.kind, tc.name)
		if object == nil {
			t.Errorf("%s: there is no %s %s", tc.reason, tc.kind, tc.name)
			continue
		}
		got, _, err := unstructured.NestedFieldCopy(object.Object, tc.path...)
		if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
			t.Errorf("%s: %s of %s %s (-want +got, %v):\n%s", tc.reason, strings.Join(tc.path, "."), tc.kind, tc.name, err, diff)
		}
	}
}

func TestContainersGetWhatIsSet(t *testing.T) {
	objects := render(t, everythingOn)
	for name, want := range map[string]struct{ secret, args []string }{
		"manager":         {[]string{"my-keys"}, []string{"--watch-namespaces=team-a,team-b", "--allow-workload-identity=team-a/my-calls.communication.azure.com,team-b/*", "--poll-interval=1m", "--extra-ca-file=/etc/call-operator-ca/ca.crt"}},
		"webhookreceiver": {[]string{"my-keys", "my-tls"}, []string{"--tls-cert=/etc/call-operator-tls/tls.crt", "--tls-key=/etc/call-operator-tls/tls.key", "--watch-namespaces=team-a,team-b", "--extra-ca-file=/etc/call-operator-ca/ca.crt"}},
	} {
		deployment := find(objects, "Deployment", "call-operator-"+name)
		containers, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
		container := containers[0].(map[string]any)
		if got := container["image"]; got != "registry.example.com/call-operator:v1" {
			t.Errorf("the image of %s is %v", name, got)
		}
		args, _, _ := unstructured.NestedStringSlice(container, "args")
		for _, arg := range want.args {
			if !slices.Contains(args, arg) {
				t.Errorf("%s is not told %s: %v", name, arg, args)
			}
		}
		volumes, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "volumes")
		var secrets []string
		for _, volume := range volumes {
			if secret, found, _ := unstructured.NestedString(volume.(map[string]any), "secret", "secretName"); found {
				secrets = append(secrets, secret)
			}
		}
		if diff := cmp.Diff(want.secret, secrets); diff != "" {
			t.Errorf("the Secrets of %s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTheProxy(t *testing.T) {
	const exempt = "$(KUBERNETES_SERVICE_HOST),.svc,.cluster.local"
	secret := []any{map[string]any{"name": "HTTPS_PROXY", "valueFrom": map[string]any{"secretKeyRef": map[string]any{"name": "proxy", "key": "url"}}}}
	tests := []struct {
		name, reason, values string
		manager, receiver    []any
		ports                []int64
	}{
		{name: "None", reason: "without a proxy nothing is said of one", values: "proxy: {noProxy: [example.com]}"},
		{name: "Both", reason: "both components use it, and never for the API server",
			values:   `proxy: {httpsProxy: "http://proxy.example.com:3128", noProxy: [10.0.0.0/8]}`,
			manager:  variables("HTTPS_PROXY", "http://proxy.example.com:3128", "NO_PROXY", exempt+",10.0.0.0/8"),
			receiver: variables("HTTPS_PROXY", "http://proxy.example.com:3128", "NO_PROXY", exempt+",10.0.0.0/8"), ports: []int64{3128}},
		{name: "DefaultPorts", reason: "the port of a scheme",
			values:   `proxy: {httpsProxy: "https://proxy.example.com/", httpProxy: "http://proxy.example.com"}`,
			manager:  variables("HTTPS_PROXY", "https://proxy.example.com/", "HTTP_PROXY", "http://proxy.example.com", "NO_PROXY", exempt),
			receiver: variables("HTTPS_PROXY", "https://proxy.example.com/", "HTTP_PROXY", "http://proxy.example.com", "NO_PROXY", exempt), ports: []int64{80}},
		{name: "FromASecret", reason: "a proxy that only the component's own variables name is not for the API server either",
			values:  "manager: {extraEnv: [{name: HTTPS_PROXY, valueFrom: {secretKeyRef: {name: proxy, key: url}}}]}",
			manager: append(variables("NO_PROXY", exempt), secret...)},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			objects := render(t, "networkPolicy: {enabled: true}\n"+tc.values)
			got := [][]any{containerOf(t, objects, "manager")["env"].([]any)[1:], containerOf(t, objects, "webhookreceiver")["env"].([]any)[1:]}
			if diff := cmp.Diff([][]any{tc.manager, tc.receiver}, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: the variables of manager and receiver (-want +got):\n%s", tc.reason, diff)
			}
			// The manager also reaches Asterisk.
			for component, ports := range map[string][]int64{"manager": {53, 53, 443, 6443, 8088, 8089}, "webhookreceiver": {53, 53, 443, 6443}} {
				if diff := cmp.Diff(append(ports, tc.ports...), egress(t, objects, component)); diff != "" {
					t.Errorf("%s: the ports that the NetworkPolicy lets %s out to (-want +got):\n%s", tc.reason, component, diff)
				}
			}
		})
	}
}

// variables are environment variables, of names and values in turn.
func variables(pairs ...string) []any {
	var list []any
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, map[string]any{"name": pair[0], "value": pair[1]})
	}
	return list
}

func containerOf(t *testing.T, objects []*unstructured.Unstructured, component string) map[string]any {
	t.Helper()
	containers, _, err := unstructured.NestedSlice(find(objects, "Deployment", "call-operator-"+component).Object, "spec", "template", "spec", "containers")
	if err != nil || len(containers) != 1 {
		t.Fatalf("%s has %d containers: %v", component, len(containers), err)
	}
	return containers[0].(map[string]any)
}

// egress are the ports that a component's NetworkPolicy lets its pods out to.
func egress(t *testing.T, objects []*unstructured.Unstructured, component string) []int64 {
	t.Helper()
	rules, _, err := unstructured.NestedSlice(find(objects, "NetworkPolicy", "call-operator-"+component).Object, "spec", "egress")
	if err != nil {
		t.Fatal(err)
	}
	var ports []int64
	for _, rule := range rules {
		for _, port := range rule.(map[string]any)["ports"].([]any) {
			ports = append(ports, port.(map[string]any)["port"].(int64))
		}
	}
	return ports
}

func TestFurtherVariables(t *testing.T) {
	want := append(variables("OTEL_TRACES_SAMPLER", "traceidratio"), map[string]any{"name": "OTEL_EXPORTER_OTLP_HEADERS",
		"valueFrom": map[string]any{"secretKeyRef": map[string]any{"name": "collector", "key": "headers"}}})
	env := containerOf(t, render(t, everythingOn), "manager")["env"].([]any)
	if diff := cmp.Diff(want, env[len(env)-len(want):]); diff != "" {
		t.Errorf("the last variables of the manager (-want +got):\n%s", diff)
	}
}

// Manager and receiver read the same file, whatever the key is called.
func TestFurtherAuthorities(t *testing.T) {
	items := []any{map[string]any{"key": "bundle.pem", "path": "ca.crt"}}
	for text, want := range map[string]map[string]any{
		"extraCA: {configMap: authorities, key: bundle.pem}": {"name": "extra-ca", "configMap": map[string]any{"name": "authorities", "items": items}},
		"extraCA: {secret: authorities, key: bundle.pem}":    {"name": "extra-ca", "secret": map[string]any{"secretName": "authorities", "items": items}},
	} {
		objects := render(t, text)
		for _, component := range []string{"manager", "webhookreceiver"} {
			volumes, _, _ := unstructured.NestedSlice(find(objects, "Deployment", "call-operator-"+component).Object, "spec", "template", "spec", "volumes")
			if diff := cmp.Diff(any(want), volumes[len(volumes)-1]); diff != "" {
				t.Errorf("%s: the last volume of %s (-want +got):\n%s", text, component, diff)
			}
			container := containerOf(t, objects, component)
			mounts := container["volumeMounts"].([]any)
			mount := any(map[string]any{"name": "extra-ca", "mountPath": "/etc/call-operator-ca", "readOnly": true})
			if diff := cmp.Diff(mount, mounts[len(mounts)-1]); diff != "" {
				t.Errorf("%s: the last mount of %s (-want +got):\n%s", text, component, diff)
			}
			if args := container["args"].([]any); !slices.Contains(args, any("--extra-ca-file=/etc/call-operator-ca/ca.crt")) {
				t.Errorf("%s: %s is not told of the file: %v", text, component, args)
			}
		}
	}
}

// With watchNamespaces, nothing gives rights elsewhere.
func TestWatchedNamespacesBoundTheRights(t *testing.T) {
	objects := render(t, "watchNamespaces: [team-a, team-b]")
	var bound []string
	for _, object := range objects {
		switch object.GetKind() {
		case "ClusterRoleBinding":
			t.Errorf("the ClusterRoleBinding %s gives rights in all namespaces", object.GetName())
		case "RoleBinding":
			kind, _, _ := unstructured.NestedString(object.Object, "roleRef", "kind")
			bound = append(bound, object.GetNamespace()+"/"+object.GetName()+" "+kind)
		}
	}
	slices.Sort(bound)
	want := []string{
		"call-operator-system/call-operator-leader-election Role",
		"team-a/call-operator-manager ClusterRole", "team-a/call-operator-webhookreceiver ClusterRole",
		"team-b/call-operator-manager ClusterRole", "team-b/call-operator-webhookreceiver ClusterRole",
	}
	if diff := cmp.Diff(want, bound); diff != "" {
		t.Errorf("the RoleBindings (-want +got):\n%s", diff)
	}
}

func TestADigestTakesThePlaceOfTheTag(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0", 64)
	deployment := find(render(t, "image: {tag: v1, digest: '"+digest+"'}"), "Deployment", "call-operator-manager")
	containers, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	if got, want := containers[0].(map[string]any)["image"], "call-operator@"+digest; got != want {
		t.Errorf("the image is %v, not %s", got, want)
	}
}

// A rendering without a cluster makes no key, which would be another one each time.
func TestNoKeyIsMadeWithoutACluster(t *testing.T) {
	for _, object := range render(t, "") {
		if object.GetKind() == "Secret" {
			t.Errorf("the Secret %s is rendered", object.GetName())
		}
	}
}

func TestWrongValuesAreRefused(t *testing.T) {
	tests := []struct{ name, reason, values, want string }{
		{"Misspelt", "a value that nothing reads is a mistake", "manager: {replica: 3}", "additional properties 'replica' not allowed"},
		{"Text", "a number is wanted", "manager: {replicas: two}", "/manager/replicas': got string, want integer"},
		{"NoReplicas", "something has to run", "webhookreceiver: {replicas: 0}", "/webhookreceiver/replicas': minimum: got 0, want 1"},
		{"NotAFlag", "flags begin with dashes", "manager: {extraArgs: [poll-interval=1m]}", "/manager/extraArgs/0'"},
		{"ServiceType", "a Service has no such type", "webhookreceiver: {service: {type: External}}", "value must be one of 'ClusterIP', 'NodePort', 'LoadBalancer'"},
		{"Namespace", "no namespace has this name", "watchNamespaces: [Team_A]", "/watchNamespaces/0'"},
		{"IngressWithoutHost", "an Ingress for every host takes what is not for us", "ingress: {enabled: true}", "ingress.host is missing: set it to the public host name"},
		{"GatewayWithoutHost", "a route for every host takes what is not for us", "gateway: {enabled: true, parentRefs: [{name: public}]}", "gateway.host is missing"},
		{"ProxyWithoutScheme", "a host and port alone may be anything", "proxy: {httpsProxy: 'proxy.example.com:3128'}", "/proxy/httpsProxy': 'proxy.example.com:3128' does not match pattern"},
		{"NoProxyAsText", "a list is a list", "proxy: {noProxy: 'a,b'}", "/proxy/noProxy': got string, want array"},
		{"NoProxyWithComma", "two in one are one that nothing matches", "proxy: {noProxy: ['a,b']}", "/proxy/noProxy/0'"},
		{"ProxyTwice", "of two one would be ignored", "proxy: {httpsProxy: 'http://a'}\nmanager: {extraEnv: [{name: https_proxy, value: 'http://b'}]}", "manager.extraEnv sets HTTPS_PROXY, and so does proxy.httpsProxy: remove one"},
		{"OwnNoProxy", "the API server would be proxied", "webhookreceiver: {extraEnv: [{name: NO_PROXY, value: a}]}", "webhookreceiver.extraEnv sets NO_PROXY, which would take the API server through the proxy: set proxy.noProxy"},
		{"OwnMemoryLimit", "it is there already", "manager: {extraEnv: [{name: GOMEMLIMIT, value: 1GiB}]}", "manager.extraEnv sets GOMEMLIMIT, which is the container's limit of memory: set manager.resources.limits.memory"},
		{"VariableTwice", "of two one would be ignored", "manager: {extraEnv: [{name: A, value: b}, {name: A, value: c}]}", "manager.extraEnv sets A twice: remove one"},
		{"VariableWithTwoValues", "the API server would refuse it", "manager: {extraEnv: [{name: A, value: b, valueFrom: {}}]}", "manager.extraEnv sets both value and valueFrom of A: remove one"},
		{"VariableAsMap", "a list is a list", "manager: {extraEnv: {A: b}}", "/manager/extraEnv': got object, want array"},
		{"VariableAsNumber", "the API server would refuse it", "manager: {extraEnv: [{name: A, value: 1}]}", "/manager/extraEnv/0/value': got number, want string"},
		{"VariableWithoutName", "nothing to set", "manager: {extraEnv: [{value: a}]}", "/manager/extraEnv/0': missing property 'name'"},
		{"AuthoritiesTwice", "which are meant?", "extraCA: {configMap: a, secret: b}", "extraCA.configMap and extraCA.secret are both set: set the one that holds the certificates"},
		{"AuthoritiesInline", "a name is wanted", "extraCA: {configMap: '-----BEGIN CERTIFICATE-----'}", "/extraCA/configMap'"},
		{"GatewayWithoutGateway", "a route without a Gateway is none", "gateway: {enabled: true, host: calls.example.com}", "gateway.parentRefs is missing: name the Gateway"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := helm(t, "template", "call-operator", folder, "--values", values(t, tc.values))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: %v, which lacks %q", tc.reason, err, tc.want)
			}
		})
	}
}
