// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package asterisk runs the operator on a real API server against a real Asterisk with real SIP phones. Whether a phone rang, and how
// often, the phones' side says.
package asterisk

import (
	"testing"

	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }
