// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/harness"
)

// dialOutWorld has the phones of a sample, and whatever the sample's provider has.
func dialOutWorld(t *testing.T, sample string, numbers ...string) *harness.World {
	t.Helper()
	w := harness.New(t, plane, harness.Options{
		ResourceID: harness.ResourceID, Numbers: numbers, EventGrid: simulator.GridSchemaEventGrid, CognitiveServices: "https://my-speech.cognitiveservices.azure.com/",
	})
	file, err := os.ReadFile(filepath.Join(devcontrolplane.Root(), "config", "samples", sample, "phones.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	phones, err := simulator.ParsePhones(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, phone := range phones {
		w.Sim.SetPhone(t, phone)
	}
	return w
}

// TestReminders plays the campaign: each patient is called as the rules say. It runs at any hour, and does not wait for a second attempt.
func TestReminders(t *testing.T) {
	t.Parallel()
	w := dialOutWorld(t, "reminders", "+14255550100")
	m := w.StartManager(t, harness.ManagerOptions{Poll: poll})
	w.AwaitProvider(t)
	for _, object := range manifests(t, w, "reminders", "flow.yaml", "patients.yaml", "reminders.yaml") {
		unstructured.RemoveNestedField(object.Object, "spec", "callingHours")
		apply(t, w, object)
	}
	dialOut := w.AwaitDialOutEnd(t, "reminders", v1alpha1.DialOutAllCalled)
	if diff := cmp.Diff(v1alpha1.DialOutCounts{Total: 4, Done: 4, Accepted: 2}, dialOut.Status.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int32{"confirmed": 2, "cancelled": 1}, countsOf(dialOut.Status.FlowOutcomes)); diff != "" {
		t.Errorf("outcomes of the flow (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int32{"Completed": 3, "Declined": 1}, countsOf(dialOut.Status.Outcomes)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	for _, number := range []string{"+442079460150", "+442079460151", "+442079460152", "+14255550150"} {
		if rings := w.Sim.Rings(number); rings != 1 {
			t.Errorf("%s rang %d times, want once", number, rings)
		}
	}
	endAll(t, w)
	w.CheckQuiet(t, m)
}

func countsOf(counts []v1alpha1.OutcomeCount) map[string]int32 {
	found := map[string]int32{}
	for _, count := range counts {
		found[count.Outcome] = count.Count
	}
	return found
}

// TestEscalation plays the escalation: the first person declines, the second accepts, and the third is never rung.
func TestEscalation(t *testing.T) {
	t.Parallel()
	w := dialOutWorld(t, "escalation", "+14255550100")
	m := w.StartManager(t, harness.ManagerOptions{Poll: poll})
	w.AwaitProvider(t)
	for _, object := range manifests(t, w, "escalation", "flow.yaml", "escalation.yaml") {
		apply(t, w, object)
	}
	dialOut := w.AwaitDialOutEnd(t, "escalation", v1alpha1.DialOutAccepted)
	if accepted := dialOut.Status.Accepted; accepted == nil || accepted.Name != "second" {
		t.Errorf("it was accepted by %+v, want second", accepted)
	}
	for number, want := range map[string]int{"+442079460160": 1, "+442079460161": 1, "+442079460162": 0} {
		if rings := w.Sim.Rings(number); rings != want {
			t.Errorf("%s rang %d times, want %d", number, rings, want)
		}
	}
	endAll(t, w)
	w.CheckQuiet(t, m)
}

// TestConferenceDialOut plays the multiple dial-out as one DialOut: both people are moved into the user's call.
func TestConferenceDialOut(t *testing.T) {
	t.Parallel()
	const people = 2
	w := dialOutWorld(t, "conference-dial-out", "+14255550110", "+14255550111")
	m := w.StartManager(t, harness.ManagerOptions{Poll: poll})
	w.AwaitProvider(t)
	w.Sim.AwaitSubscription(t)
	for _, object := range manifests(t, w, "conference-dial-out", "conference.yaml", "invitations.yaml") {
		apply(t, w, object)
	}
	dialOut := w.AwaitDialOutEnd(t, "invitations", v1alpha1.DialOutAllCalled)
	if diff := cmp.Diff(v1alpha1.DialOutCounts{Total: people, Done: people}, dialOut.Status.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	checkMoves(t, w)
	conference := theConference(t, w)
	w.Await(t, conference, "both people are in the conference", func(call *v1alpha1.Call) bool {
		in := 0
		for _, participant := range call.Status.Participants {
			if participant.RawID == "4:+442079460101" || participant.RawID == "4:+442079460102" {
				in++
			}
		}
		return in == people
	})
	for _, number := range []string{"+442079460101", "+442079460102"} {
		if rings := w.Sim.Rings(number); rings != 1 {
			t.Errorf("%s rang %d times, want once", number, rings)
		}
	}
	endAll(t, w)
	w.CheckQuiet(t, m)
}
