// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// deployments are those of the operator.
var deployments = []string{"deployment/call-operator-manager", "deployment/call-operator-webhookreceiver"}

// newCallbackKey makes the Secret that manager and receiver share, as the documentation says.
func (e *environment) newCallbackKey(t *testing.T) {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	e.kubectl(t, "-n", systemNamespace, "create", "secret", "generic", "call-operator-callback-key",
		"--from-literal=keys="+base64.StdEncoding.EncodeToString(key))
}

// installPrevious installs the build before this one, from its own manifests, and the simulator.
func (e *environment) installPrevious(t *testing.T) {
	t.Helper()
	previous := os.Getenv("PREVIOUS_CONFIG")
	if previous == "" {
		t.Fatal("PREVIOUS_CONFIG does not name the manifests of the previous build: run make test-e2e")
	}
	e.kubectl(t, "apply", "-k", e.kustomize(t, fmt.Sprintf(`
namespace: %s
resources: ["%%%s%%"]
components: ["%%%s%%"]
images:
- name: call-operator
  newTag: previous
`, systemNamespace, filepath.Join(previous, "default"), config("components", "simulator"))))
}

// install installs this build, and the simulator, as the documentation says.
func (e *environment) install(t *testing.T) {
	t.Helper()
	e.kubectl(t, "apply", "-k", config("simulator"))
}

// awaitRollout waits until the installation runs.
func (e *environment) awaitRollout(t *testing.T, workloads ...string) {
	t.Helper()
	for _, workload := range workloads {
		e.kubectl(t, "-n", systemNamespace, "rollout", "status", workload, "--timeout=180s")
	}
}
