// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// restricted looks at the pods as they run: the namespace enforces the restricted level, and is not let off.
func (e *environment) restricted(t *testing.T) {
	level := e.kubectl(t, "get", "namespace", systemNamespace, "-o", `jsonpath={.metadata.labels.pod-security\.kubernetes\.io/enforce}`)
	if level != "restricted" {
		t.Errorf("the namespace enforces %q, want restricted", level)
	}
	e.refused(t, "violates PodSecurity", "-n", systemNamespace, "run", "privileged", "--image="+operatorImage, "--restart=Never")
	for _, component := range []string{"manager", "webhookreceiver"} {
		for _, pod := range e.podsOf(t, component) {
			checkConfined(t, &pod)
		}
	}
}

func checkConfined(t *testing.T, pod *corev1.Pod) {
	t.Helper()
	for _, container := range pod.Spec.Containers {
		security := container.SecurityContext
		switch {
		case security == nil || !ptr.Deref(security.ReadOnlyRootFilesystem, false):
			t.Errorf("%s may write to its root file system", pod.Name)
		case ptr.Deref(security.AllowPrivilegeEscalation, true):
			t.Errorf("%s may escalate privileges", pod.Name)
		case container.Resources.Limits.Memory().IsZero() || container.Resources.Requests.Cpu().IsZero():
			t.Errorf("%s has no limit of memory, or asks for no processor", pod.Name)
		}
	}
}

// permissions tries with each service account's own token what it must not be able to do.
func (e *environment) permissions(t *testing.T) {
	tm := e.newTeam(t, "permissions")
	forbidden := map[string][][]string{
		"call-operator-webhookreceiver": {
			{"get", "secret", "acs-connection", "-n", tm.namespace},
			{"get", "secrets", "-A"},
			{"get", "secret", "call-operator-callback-key", "-n", systemNamespace},
			{"delete", "cprov", "acs", "-n", tm.namespace},
			{"delete", "call", "somebody-s", "-n", tm.namespace},
			{"annotate", "cprov", "acs", "a=b", "-n", tm.namespace},
			{"create", "token", "call-operator-manager", "-n", systemNamespace},
			{"get", "lease", leaseName, "-n", systemNamespace},
			{"get", "pods", "-A"},
		},
		"call-operator-manager": {
			{"get", "secrets", "-A"},
			{"get", "secrets", "-n", tm.namespace},
			{"get", "configmaps", "-n", tm.namespace},
			{"delete", "configmap", "kube-root-ca.crt", "-n", tm.namespace},
			{"create", "serviceaccount", "mine", "-n", tm.namespace},
			{"create", "token", "call-operator-webhookreceiver", "-n", systemNamespace},
			{"delete", "cprov", "acs", "-n", tm.namespace},
			{"get", "pods", "-A"},
			{"get", "leases", "-n", tm.namespace},
		},
	}
	for account, attempts := range forbidden {
		kubeconfig := e.kubeconfigOf(t, account)
		for _, attempt := range attempts {
			e.refused(t, "forbidden", append([]string{"--kubeconfig=" + kubeconfig}, attempt...)...)
		}
	}
	tm.leave(t)
}

// kubeconfigOf writes a kubeconfig that holds a token of a service account and nothing else.
func (e *environment) kubeconfigOf(t *testing.T, account string) string {
	t.Helper()
	token := strings.TrimSpace(e.kubectl(t, "-n", systemNamespace, "create", "token", account))
	file := filepath.Join(e.dir, account+".kubeconfig")
	text := e.kubectl(t, "config", "view", "--raw", "--minify")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	user := strings.TrimSpace(e.kubectl(t, "--kubeconfig="+file, "config", "view", "-o", "jsonpath={.users[0].name}"))
	e.kubectl(t, "--kubeconfig="+file, "config", "delete-user", user)
	e.kubectl(t, "--kubeconfig="+file, "config", "set-credentials", user, "--token="+token)
	return file
}

// connectionStringRotated regenerates the service's keys during a call. Until the Secret has the new one, the provider
// reports the problem; pending work is done afterwards.
func (e *environment) connectionStringRotated(t *testing.T) {
	const regenerated = "YW5vdGhlciBrZXkgb2YgdGhlIHNpbXVsYXRvciE="
	tm := e.newTeam(t, "rotated")
	live := tm.dial(t, number(30))
	tm.awaitPhase(t, live, v1alpha1.CallPhaseConnected)

	e.admin(t, http.MethodPut, "/access-keys", map[string][]string{"keys": {regenerated}}, nil)
	t.Cleanup(func() { e.admin(t, http.MethodPut, "/access-keys", map[string][]string{"keys": {wellKnownKey}}, nil) })
	waiting := tm.dial(t, number(31))
	tm.kubectl(t, "-n", tm.namespace, "wait", `--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=`+string(v1alpha1.ReasonUnauthorized), "call/"+waiting, "--timeout=60s")
	tm.connectWith(t, regenerated)
	tm.awaitPhase(t, waiting, v1alpha1.CallPhaseConnected)
	tm.kubectl(t, "-n", tm.namespace, "patch", "call", live, "--type=merge", "-p", `{"spec":{"state":"Ended"}}`)
	tm.endedAs(t, live, v1alpha1.OutcomeCompleted)
	e.rangOnce(t, number(30), number(31))
	tm.leave(t)
	if calls := e.liveCalls(t); len(calls) > 0 {
		t.Errorf("calls live on: %+v", calls)
	}
}
