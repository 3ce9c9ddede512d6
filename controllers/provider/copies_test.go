// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"testing"

	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// TestACopyKeepsNoProvider: a copy of a live Call does not keep its provider from being deleted.
func TestACopyKeepsNoProvider(t *testing.T) {
	own := controllertest.CallWith(controllertest.ConnectedAt(0), controllertest.SentFor("u"))
	if !liveBy(controllertest.ProviderWith())(*own) {
		t.Error("a live Call keeps its provider")
	}
	if liveBy(controllertest.ProviderWith())(*controllertest.CallWith(controllertest.ConnectedAt(0), controllertest.SentFor("original"))) {
		t.Error("a copy keeps its provider")
	}
}
