// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package moves

import (
	"testing"

	"github.com/call-operator/call-operator/test/harness"
)

// TestMove is the ordinary life of a move.
func TestMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.StartManager(t, harness.ManagerOptions{})
	talk(t, w)
	order(t, w)
	checkMoved(t, w, m)
}

// TestMoveWithoutCallbacks loses every callback: polls alone have to bring the move and both Calls to the same end.
func TestMoveWithoutCallbacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Wire.SetRoute(func(harness.Callback) harness.Route { return harness.Lose })
	m := w.StartManager(t, harness.ManagerOptions{Poll: poll})
	talk(t, w)
	order(t, w)
	checkMoved(t, w, m)
}

// TestCallsAreRightWithoutTheirCallbacks loses the Calls' callbacks from the move on. Regular polls are so rare that only
// the poll at the end of the move can find the changes.
func TestCallsAreRightWithoutTheirCallbacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.StartManager(t, harness.ManagerOptions{})
	talk(t, w)
	w.Wire.SetRoute(func(c harness.Callback) harness.Route {
		if c.About(theMove) {
			return harness.Pass
		}
		return harness.Lose
	})
	order(t, w)
	checkMoved(t, w, m)
}
