// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package moves tests moving participants between calls, on a real API server and a simulated service, with faults at
// every step.
package moves

import (
	"testing"

	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }
