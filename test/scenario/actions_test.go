// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestActions plays the sample actions: a text is read out, and then a question is asked, whose answer is a choice.
func TestActions(t *testing.T) {
	t.Parallel()
	const number = "+14255550125"
	w := harness.New(t, plane, harness.Options{
		ResourceID: harness.ResourceID, Numbers: []string{number}, CognitiveServices: speechService,
	})
	setPhones(t, w, "actions")
	m := w.StartManager(t, harness.ManagerOptions{Poll: poll})
	w.AwaitProvider(t)
	for _, object := range manifests(t, w, "actions", "reminder.yaml") {
		apply(t, w, object)
	}
	said := w.AwaitActionEnd(t, "reminder-1-say", v1alpha1.ActionCompleted)
	asked := w.AwaitActionEnd(t, "reminder-2-ask", v1alpha1.ActionCompleted)
	if answer := asked.Status.Answer; answer == nil || answer.Label != "confirm" || answer.Summary != "confirm" {
		t.Errorf("the answer is %+v, want confirm", answer)
	}
	if asked.Status.Attempt.FirstSent.Before(&said.Status.Result.EndTime) {
		t.Errorf("the question was asked at %s, before the text was read out at %s", asked.Status.Attempt.FirstSent, said.Status.Result.EndTime)
	}
	for _, sent := range []string{"play", "recognize"} {
		if n := w.Sim.CarriedOut(sent); n != 1 {
			t.Errorf("the service carried out %d requests %s, want 1", n, sent)
		}
	}
	w.HangUp(t, "reminder")
	w.AwaitCondition(t, "reminder", v1alpha1.ConditionEnded)
	endAll(t, w)
	w.CheckQuiet(t, m)
}
