// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package scenario runs the sample manifests on a real API server against the simulator, with faults selected by a
// seed.
package scenario

import (
	"testing"

	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }
