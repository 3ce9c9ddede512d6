// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/test/devcontrolplane"
)

const liveCall = `
apiVersion: call-operator.dev/v1alpha1
kind: Call
metadata: {name: live, namespace: default}
spec: {providerRef: {name: acs}, from: {phoneNumber: "+14255550100"}, to: {phoneNumber: "+442079460101"}}
`

// survives places a Call, and returns a check that it is still the same.
func (i installed) survives(t *testing.T, c client.Client) (check func(after string)) {
	t.Helper()
	i.kubectl(t, liveCall, "apply", "-f", "-")
	uid := call(t, c).GetUID()
	return func(after string) {
		t.Helper()
		if found := call(t, c); found.GetUID() != uid || found.GetDeletionTimestamp() != nil {
			t.Fatalf("after %s the live Call is gone or goes", after)
		}
		if kept, all := keptDefinitions(t, c), definitions(t); kept != all {
			t.Fatalf("after %s there are %d CRDs, not %d", after, kept, all)
		}
	}
}

func call(t *testing.T, c client.Client) *unstructured.Unstructured {
	t.Helper()
	found := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "call-operator.dev/v1alpha1", "kind": "Call"}}
	if err := c.Get(t.Context(), types.NamespacedName{Namespace: "default", Name: "live"}, found); err != nil {
		t.Fatal(err)
	}
	return found
}

// kubectl runs kubectl, and returns what it prints.
func (i installed) kubectl(t *testing.T, input string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+i.config, "KUBECACHEDIR="+i.home)
	command.Stdin = strings.NewReader(input)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %s: %v: %s", strings.Join(args, " "), err, output)
	}
	return string(output)
}

// refused is a command of Helm that has to fail with words.
func (i installed) refused(t *testing.T, want string, args ...string) {
	t.Helper()
	_, err := helmIn(t, i.home, append(args, "--kubeconfig", i.config, "--namespace", "call-operator-system")...)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("helm %s: %v, which lacks %q", strings.Join(args, " "), err, want)
	}
}

// What kustomize installed becomes a release of Helm, which then gets another name.
func TestAReleaseTakesOverWhatIsThere(t *testing.T) {
	release, c := newCluster(t)
	release.kubectl(t, "", "apply", "--server-side", "-k", filepath.Join(devcontrolplane.Root(), "config", "default"))
	release.kubectl(t, "", "-n", "call-operator-system", "create", "secret", "generic", "call-operator-callback-key", "--from-literal=keys=a2V5")
	check := release.survives(t, c)

	release.refused(t, "cannot be imported into the current release", "install", "call-operator", folder)
	release.helm(t, "install", "call-operator", folder, "--take-ownership", "--server-side=false")
	check("helm install --take-ownership")
	if keys := string(callbackKeys(t, c)); keys != "a2V5" {
		t.Errorf("the callback keys are now %q, which ends all callbacks", keys)
	}

	release.helm(t, "upgrade", "call-operator", folder, "--values", values(t, upgraded))
	check("helm upgrade")
	// Nothing is left of what kubectl applied, such as the port without TLS.
	service := &corev1.Service{}
	if err := c.Get(t.Context(), types.NamespacedName{Namespace: "call-operator-system", Name: "call-operator-webhookreceiver"}, service); err != nil {
		t.Fatal(err)
	}
	if ports := service.Spec.Ports; len(ports) != 1 || ports[0].Port != 443 {
		t.Errorf("the upgraded Service has the ports %v, not 443 alone", ports)
	}

	release.helm(t, "uninstall", "call-operator")
	check("helm uninstall")
	release.refused(t, "cannot be imported into the current release", "install", "telephony", folder)
	// As docs/troubleshooting.md has it.
	owner := release.kubectl(t, "", "get", "crd", "calls.call-operator.dev", "-o", `jsonpath={.metadata.annotations.meta\.helm\.sh/release-name}`)
	if owner != "call-operator" {
		t.Errorf("the CRD names the release %q that had it", owner)
	}
	release.helm(t, "install", "telephony", folder, "--take-ownership")
	check("helm install with another name")
	release.helm(t, "upgrade", "telephony", folder)
	check("helm upgrade")
}

// The CRDs leave a release and come back, and never take Calls along.
func TestAnUpgradeDeletesNoDefinitions(t *testing.T) {
	release, c := newCluster(t)
	release.helm(t, "install", "call-operator", folder, "--create-namespace")
	check := release.survives(t, c)
	release.helm(t, "upgrade", "call-operator", folder, "--set", "crds.enabled=false")
	check("an upgrade without the CRDs")
	release.helm(t, "upgrade", "call-operator", folder, "--set", "crds.enabled=true,crds.keep=false")
	check("an upgrade that has them again, and does not keep them")
	for _, keep := range []string{"true", "false"} {
		release.refused(t, "crds.enabled=false would delete the CRDs of this release, and all Calls with them: first upgrade with",
			"upgrade", "call-operator", folder, "--set", "crds.enabled=false,crds.keep="+keep)
		check("an upgrade that is refused")
	}
	release.helm(t, "upgrade", "call-operator", folder, "--set", "crds.keep=true")
	release.helm(t, "upgrade", "call-operator", folder, "--set", "crds.enabled=false")
	check("the two upgrades that the refusal asks for")
}
