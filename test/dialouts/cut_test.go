// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialouts

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestManagerDiesAtEveryRequest cuts the manager off before, after and in the middle of each write about a DialOut, and starts another one.
func TestManagerDiesAtEveryRequest(t *testing.T) {
	t.Parallel()
	var gate *harness.Gate
	live(t, func(w *harness.World) { gate = w.StartManager(t, harness.ManagerOptions{}).Gate })
	points := slices.DeleteFunc(gate.CutPoints(0), func(r harness.Request) bool {
		return !strings.Contains(r.Name, "dialouts") && !strings.Contains(r.Name, "configmaps") && r.Name != "POST calls" && r.Name != "createCall"
	})
	t.Logf("cut points: %v", points)
	if len(points) < 10 {
		t.Errorf("there are only %d cut points", len(points))
	}
	harness.CutEverywhere(t, points, func(t *testing.T, cut *harness.Cut) bool {
		var pair *harness.Mortal
		w := live(t, func(w *harness.World) { pair = w.StartMortal(t, harness.ManagerOptions{Cut: cut}) })
		_ = w
		return pair.Survivor(t) != pair.First
	})
}

// live is a small campaign.
func live(t *testing.T, start func(*harness.World)) *harness.World {
	t.Helper()
	w, numbers := newWorld(t, harness.Options{}, answers(), busy(), silent())
	start(w)
	dialOut := quick(w.DialOut(campaign, numbers...))
	dialOut.Spec.Parallelism = ptr.To[int32](2)
	dialOut.Spec.Attempts = attempts(2, v1alpha1.OutcomeBusy)
	dialOut.Spec.Attempts.Rules = append(dialOut.Spec.Attempts.Rules, v1alpha1.AttemptRule{
		Outcomes: []v1alpha1.CallOutcome{v1alpha1.OutcomeNoAnswer}, Action: v1alpha1.AttemptStop,
	})
	w.CreateDialOut(t, dialOut)
	ended := w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAllCalled)
	checkRings(t, w, 1, 2, 1)
	checkResults(t, w, ended, "Done Completed", "Done Busy Busy", "Done NoAnswer")
	if diff := cmp.Diff(v1alpha1.DialOutCounts{Total: 3, Done: 3}, ended.Status.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	return w
}
