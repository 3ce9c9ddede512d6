// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package incoming tests incoming calls and routes on a real API server against the simulator.
package incoming

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

func list(t *testing.T, w *harness.World, into client.ObjectList) {
	t.Helper()
	if err := w.Client.List(t.Context(), into, client.InNamespace(w.Namespace)); err != nil {
		t.Fatal(err)
	}
}
