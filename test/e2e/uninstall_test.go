// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// crds are the kinds, as CRDs.
var crds = []string{"callactions.call-operator.dev", "callflows.call-operator.dev", "calls.call-operator.dev", "callproviders.call-operator.dev", "callroutes.call-operator.dev", "dialouts.call-operator.dev", "participantmoves.call-operator.dev"}

// uninstalledOperatorFirst takes the operator away while a call lives, and then the CRDs with everything in them. Nobody
// is there to hang up any more, so a person says that the objects may go.
func (e *environment) uninstalledOperatorFirst(t *testing.T) {
	tm := e.newTeam(t, "operator-first")
	live := tm.dial(t, number(80))
	tm.awaitPhase(t, live, v1alpha1.CallPhaseConnected)
	connection := tm.get(t, live).Status.ConnectionID

	e.kubectl(t, append([]string{"-n", systemNamespace, "delete", "--timeout=120s"}, deployments...)...)
	// A manager that is still stopping may hang up yet.
	e.kubectl(t, "-n", systemNamespace, "wait", "--for=delete", "pod", "-l", "app.kubernetes.io/component=manager", "--timeout=120s")
	e.kubectl(t, append([]string{"delete", "crd", "--wait=false"}, crds...)...)
	e.kubectl(t, "-n", tm.namespace, "wait", "--for=jsonpath={.metadata.deletionTimestamp}", "call/"+live, "cprov/acs", "--timeout=60s")
	eventually(t, func() error {
		// The managers' Lease has to run out, if they were not let give it back.
		_, err := run(t.Context(), e.command("call", "release", "-n", systemNamespace))
		return err
	})
	released := e.kubectl(t, "call", "release", "--all-namespaces")
	for _, part := range []string{live, connection, "may still be active"} {
		if !strings.Contains(released, part) {
			t.Errorf("kubectl call release does not say %q:\n%s", part, released)
		}
	}
	e.kubectl(t, append([]string{"wait", "--for=delete", "--timeout=60s", "crd"}, crds...)...)
	e.kubectl(t, "delete", "namespace", tm.namespace, "--timeout=120s")
	e.kubectl(t, "delete", "-k", config("simulator"), "--ignore-not-found", "--timeout=180s")
}

// uninstalledObjectsFirst takes the CRDs away while the operator is there: it hangs up, and nothing is left.
func (e *environment) uninstalledObjectsFirst(t *testing.T, tm *team) {
	t.Helper()
	e.kubectl(t, append([]string{"delete", "--timeout=120s", "crd"}, crds...)...)
	eventually(t, func() error {
		if calls := e.liveCalls(t); len(calls) > 0 {
			return fmt.Errorf("calls live on: %+v", calls)
		}
		return nil
	})
	e.kubectl(t, "delete", "namespace", tm.namespace, "--timeout=120s")
}
