// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import "testing"

// TestACopyKeepsNoProvider: a copy of a live Call does not keep its provider from being deleted.
func TestACopyKeepsNoProvider(t *testing.T) {
	own := callWith(connectedAt(0), sentFor("u"))
	if !liveBy(providerWith())(*own) {
		t.Error("a live Call keeps its provider")
	}
	if liveBy(providerWith())(*callWith(connectedAt(0), sentFor("original"))) {
		t.Error("a copy keeps its provider")
	}
}
