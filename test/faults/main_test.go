// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package faults breaks the manager, the receiver, the API server's answers and ACS in every way that a test can, and
// asks the simulator how many times each phone rang.
package faults

import (
	"testing"

	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }
