// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// helm installs the chart, upgrades it while a call lives, and uninstalls everything, the objects first.
func (e *environment) helm(t *testing.T) {
	simulated := []string{
		"--set-string", "image.repository=call-operator", "--set-string", "image.tag=dev",
		"--set", "manager.extraArgs={--allow-http-endpoints}",
		"--set", "webhookreceiver.extraArgs={--acs-issuer=https://acs-simulator.example.test,--acs-jwks-url=" + simulatorURL + "/calling/keys,--allow-http-issuers}",
	}
	e.runHelm(t, append([]string{"install", "call-operator", chart(), "--create-namespace", "--wait", "--timeout=180s"}, simulated...)...)
	e.kubectl(t, "-n", systemNamespace, "apply", "-f", config("components", "simulator", "simulator.yaml"))
	e.awaitRollout(t, "deployment/acs-simulator")
	tm := e.newTeam(t, "helm")
	live := tm.dial(t, number(85))
	before := tm.awaitPhase(t, live, v1alpha1.CallPhaseConnected)

	e.runHelm(t, append([]string{"upgrade", "call-operator", chart(), "--wait", "--timeout=180s",
		"--set-string", "manager.podAnnotations.upgraded=yes", "--set-string", "webhookreceiver.podAnnotations.upgraded=yes"}, simulated...)...)
	if after := tm.awaitPhase(t, live, v1alpha1.CallPhaseConnected); after.Status.ConnectionID != before.Status.ConnectionID {
		t.Errorf("the call is another one after the upgrade: connection %s, before %s", after.Status.ConnectionID, before.Status.ConnectionID)
	}
	later := tm.dial(t, number(86))
	tm.awaitPhase(t, later, v1alpha1.CallPhaseConnected)
	e.rangOnce(t, number(85), number(86))

	e.uninstalledObjectsFirst(t, tm)
	e.runHelm(t, "uninstall", "call-operator", "--wait", "--timeout=180s")
	e.kubectl(t, "delete", "namespace", systemNamespace, "--timeout=180s")
}

func chart() string { return filepath.Join(devcontrolplane.Root(), "charts", "call-operator") }

func (e *environment) runHelm(t *testing.T, args ...string) {
	t.Helper()
	command := exec.Command(os.Getenv("HELM"), append(args, "--namespace", systemNamespace)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+e.kubeconfig, "HELM_CONFIG_HOME="+e.dir, "HELM_CACHE_HOME="+e.dir, "HELM_DATA_HOME="+e.dir)
	if _, err := run(t.Context(), command); err != nil {
		t.Fatal(err)
	}
}
