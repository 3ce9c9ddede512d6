// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package rbac asks a real API server what the service accounts and roles of config/rbac may do, and compares the answers with
// the table in docs/security.md.
package rbac

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	system = "call-operator-system"
	// tenant is where people are bound to roles.
	tenant = "tenant"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

var once sync.Once

// install applies config/rbac, once.
func install(t *testing.T) {
	t.Helper()
	once.Do(func() {
		kubectl := plane.KubectlAs(t, "installer", "system:masters")
		for _, namespace := range []string{system, tenant} {
			kubectl.Run(t, "", "create", "namespace", namespace)
		}
		kubectl.Run(t, "", "apply", "-k", filepath.Join(devcontrolplane.Root(), "config", "rbac"))
	})
}
