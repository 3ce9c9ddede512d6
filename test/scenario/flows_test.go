// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// speechService is that of the samples. The simulator needs only the field.
const speechService = "https://my-speech.cognitiveservices.azure.com/"

// withFlows is a World for a sample with flows, and with its phones.
func withFlows(t *testing.T, sample, number string) (*harness.World, *harness.Manager) {
	t.Helper()
	w := harness.New(t, plane, harness.Options{
		ResourceID: harness.ResourceID, Numbers: []string{number}, CognitiveServices: speechService, EventGrid: simulator.GridSchemaCloudEvents,
	})
	setPhones(t, w, sample)
	m := w.StartManager(t, harness.ManagerOptions{Poll: poll})
	w.AwaitProvider(t)
	w.Sim.AwaitSubscription(t)
	return w, m
}

// TestAppointmentReminder plays the reminder: each flow ends as its Call says.
func TestAppointmentReminder(t *testing.T) {
	t.Parallel()
	const reception = "+442079460149"
	w, m := withFlows(t, "appointment-reminder", "+14255550130")
	objects := manifests(t, w, "appointment-reminder", "flow.yaml", "calls.yaml")
	for _, object := range objects {
		apply(t, w, object)
	}
	for _, object := range objects {
		if object.GetKind() == "Call" {
			w.AwaitFlowEnd(t, object.GetName(), object.GetAnnotations()["demo.call-operator.dev/expected-flow-outcome"])
		}
	}
	question := func(who, when string) string {
		return "Hello " + who + ". You have an appointment " + when + ". Press 1 to confirm it, 2 to cancel it, or 0 to speak to somebody."
	}
	const again, thanks = "I did not get that.", "Thank you. Goodbye."
	dan := question("Dan", "on Tuesday at noon")
	heard := map[string][]string{
		"+442079460141": {question("Ada", "on Monday at ten"), thanks},
		"+442079460142": {question("Ben", "on Monday at eleven"), "Your appointment is cancelled. Goodbye."},
		"+442079460143": {question("Cleo", "on Tuesday at nine"), "One moment, please."},
		"+442079460144": {dan, again, dan, thanks},
	}
	checkHeard(t, w, heard)
	for phone, rings := range map[string]int{"+442079460141": 1, "+442079460142": 1, "+442079460143": 1, "+442079460144": 1, reception: 1} {
		if n := w.Sim.Rings(phone); n != rings {
			t.Errorf("%s rang %d times, want %d", phone, n, rings)
		}
	}
	w.CheckNoLiveConnection(t) // who was transferred is still talking, without the operator
	w.CheckQuiet(t, m)
}

// TestPhoneMenu plays the menu: callers hear that it is closed, until the job that opens has run, and after the job that closes.
func TestPhoneMenu(t *testing.T) {
	t.Parallel()
	const number, closed = "+14255550131", "We are closed. Please call us from Monday to Friday, from nine to five."
	w, m := withFlows(t, "phone-menu", number)
	objects := manifests(t, w, "phone-menu", "flows.yaml", "routes.yaml", "opening-hours.yaml")
	for _, object := range objects {
		apply(t, w, object)
	}
	w.AwaitRoute(t, "opening-hours", v1alpha1.ReasonShadowed)
	w.Sim.SetPhone(t, simulator.Phone{Number: "+442079460155", Answer: &simulator.After{}})
	w.AwaitFlowEnd(t, w.Incoming(t, w.Sim.Dial(t, "+442079460155", number)), "closed")

	runJob(t, w, objects, "open")
	w.AwaitRoute(t, "opening-hours", v1alpha1.ReasonAccepted)
	for _, object := range objects {
		if object.GetKind() == "CallRoute" {
			apply(t, w, object) // as a GitOps tool does, again and again
		}
	}
	support := w.Incoming(t, w.Sim.Dial(t, "+442079460153", number))
	sales := w.Incoming(t, w.Sim.Dial(t, "+442079460154", number))
	w.AwaitFlowEnd(t, support, "to-support")
	w.AwaitFlowEnd(t, sales, "to-sales")

	runJob(t, w, objects, "close")
	w.AwaitRoute(t, "opening-hours", v1alpha1.ReasonShadowed)
	w.AwaitFlowEnd(t, w.Incoming(t, w.Sim.Dial(t, "+442079460155", number)), "closed")

	const menu = "Welcome. Press 1 for sales, 2 for support, or 3 to hear our opening hours."
	checkHeard(t, w, map[string][]string{
		"+442079460153": {menu, "We are here from Monday to Friday, from nine to five.", menu},
		"+442079460154": {menu, "I did not get that.", menu},
		"+442079460155": {closed, closed},
	})
	for _, phone := range []string{"+442079460151", "+442079460152"} {
		if n := w.Sim.Rings(phone); n != 1 {
			t.Errorf("%s rang %d times, want 1", phone, n)
		}
	}
	w.CheckNoLiveConnection(t)
	w.CheckQuiet(t, m)
}

// TestRecordedConference plays the conference: the guest who agrees joins it, the other one does not, and it is recorded to its end.
func TestRecordedConference(t *testing.T) {
	t.Parallel()
	const number, host, guest, objector = "+14255550132", "+442079460161", "+442079460162", "+442079460163"
	w, m := withFlows(t, "recorded-conference", number)
	var forHost []*unstructured.Unstructured
	for _, object := range manifests(t, w, "recorded-conference", "conference.yaml") {
		if kind := object.GetKind(); kind == "Call" || kind == "CallAction" {
			forHost = append(forHost, object)
			continue
		}
		apply(t, w, object)
	}
	w.AwaitFlowEnd(t, w.Incoming(t, w.Sim.Dial(t, guest, number)), "too-early")
	for _, object := range forHost {
		apply(t, w, object)
	}
	w.Await(t, "conference", "it is open", func(call *v1alpha1.Call) bool { return call.Status.Flow != nil && call.Status.Flow.Outcome == "open" })
	joins := w.Incoming(t, w.Sim.Dial(t, guest, number))
	refuses := w.Incoming(t, w.Sim.Dial(t, objector, number))
	w.AwaitFlowEnd(t, joins, "joined")
	w.AwaitFlowEnd(t, refuses, v1alpha1.FlowHungUp)
	// The host, the guest, and the operator's own part.
	w.AwaitRoster(t, "conference", 3)
	w.HangUp(t, "conference")
	recording := w.AwaitActionEnd(t, "recording", v1alpha1.ActionCompleted)
	if files := recording.Status.RecordingFiles; len(files) != 1 || files[0].ContentLocation == "" {
		t.Errorf("the files of the recording are %+v, want one with its location", files)
	}
	const recorded = "This conference is recorded. If you do not agree, please hang up now."
	checkHeard(t, w, map[string][]string{
		host:     {"Welcome. This conference is recorded."},
		guest:    {recorded, "The conference has not begun. Please call again later.", recorded},
		objector: {recorded},
	})
	endAll(t, w)
	w.CheckQuiet(t, m)
}

// checkHeard checks what phones heard.
func checkHeard(t *testing.T, w *harness.World, want map[string][]string) {
	t.Helper()
	for phone, heard := range want {
		if diff := cmp.Diff(heard, w.Sim.Heard(phone)); diff != "" {
			t.Errorf("what %s heard (-want +got):\n%s", phone, diff)
		}
	}
}

// runJob does what a CronJob of the sample does, with its command and as its ServiceAccount.
func runJob(t *testing.T, w *harness.World, objects []*unstructured.Unstructured, name string) {
	t.Helper()
	for _, object := range objects {
		if object.GetKind() != "CronJob" || object.GetName() != name {
			continue
		}
		pod, _, _ := unstructured.NestedMap(object.Object, "spec", "jobTemplate", "spec", "template", "spec")
		account, _, _ := unstructured.NestedString(pod, "serviceAccountName")
		containers, _, _ := unstructured.NestedSlice(pod, "containers")
		arguments, _, err := unstructured.NestedStringSlice(containers[0].(map[string]any), "args")
		if err != nil {
			t.Fatal(err)
		}
		user := strings.Join([]string{"system", "serviceaccount", w.Namespace, account}, ":")
		kubectl := w.Plane.KubectlAs(t, user, "system:serviceaccounts", "system:serviceaccounts:"+w.Namespace, "system:authenticated")
		kubectl.Run(t, "", append([]string{"-n", w.Namespace}, arguments...)...)
		return
	}
	t.Fatalf("the sample has no CronJob %s", name)
}
