// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package actions

import (
	"io"
	"testing"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

func record(command v1alpha1.RecordCommand) v1alpha1.CallOperation {
	return v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: command}}
}

// recordingWorld is told of the contents of recordings.
func recordingWorld(t *testing.T) *harness.World {
	t.Helper()
	w := newWorld(t, func(options *harness.Options) { options.EventGrid = simulator.GridSchemaEventGrid })
	w.Sim.AwaitSubscription(t)
	return w
}

// TestRecording starts, pauses, resumes and stops a recording, and fetches what was recorded.
func TestRecording(t *testing.T) {
	t.Parallel()
	w := recordingWorld(t)
	m := w.StartManager(t, harness.ManagerOptions{})
	connect(t, w)
	w.CreateAction(t, w.Action("pause", theCall, record(v1alpha1.RecordPause)))
	w.AwaitActionWaits(t, "pause", v1alpha1.ReasonRecordingNotFound)
	w.CreateAction(t, w.Action("start", theCall, record(v1alpha1.RecordStart)))
	w.AwaitActionEnd(t, "pause", v1alpha1.ActionCompleted)
	w.CreateAction(t, w.Action("resume", theCall, record(v1alpha1.RecordResume)))
	w.AwaitActionEnd(t, "resume", v1alpha1.ActionCompleted)
	w.CreateAction(t, w.Action("stop", theCall, record(v1alpha1.RecordStop)))
	w.AwaitActionEnd(t, "stop", v1alpha1.ActionCompleted)
	checkContent(t, w, "start")
	for request, want := range map[string]int{"startRecording": 1, "pauseRecording": 1, "resumeRecording": 1, "stopRecording": 1} {
		if got := w.Sim.CarriedOut(request); got != want {
			t.Errorf("the service carried out %d requests %s, want %d", got, request, want)
		}
	}
	w.CheckQuiet(t, m)
}

// TestRecordingOfAWholeCall: a recording that nobody stops ends with its call.
func TestRecordingOfAWholeCall(t *testing.T) {
	t.Parallel()
	w := recordingWorld(t)
	w.StartManager(t, harness.ManagerOptions{})
	connect(t, w)
	w.CreateAction(t, w.Action("start", theCall, record(v1alpha1.RecordStart)))
	w.AwaitAction(t, "start", "it records", func(action *v1alpha1.CallAction) bool {
		return action.Status.StartTime != nil && action.Status.Handle != ""
	})
	w.HangUp(t, theCall)
	checkContent(t, w, "start")
}

// TestDeletedRecording: a recording whose action is deleted is stopped.
func TestDeletedRecording(t *testing.T) {
	t.Parallel()
	w := recordingWorld(t)
	w.StartManager(t, harness.ManagerOptions{})
	connect(t, w)
	w.CreateAction(t, w.Action("start", theCall, record(v1alpha1.RecordStart)))
	w.AwaitAction(t, "start", "it records", func(action *v1alpha1.CallAction) bool { return action.Status.Handle != "" })
	w.DeleteAction(t, "start")
	w.AwaitActionGone(t, "start")
	checkLast(t, w, "start", v1alpha1.ActionCancelled)
	if got := w.Sim.CarriedOut("stopRecording"); got != 1 {
		t.Errorf("the service stopped %d recordings, want 1", got)
	}
}

// checkContent checks that what was recorded can be fetched.
func checkContent(t *testing.T, w *harness.World, name string) {
	t.Helper()
	action := w.AwaitActionEnd(t, name, v1alpha1.ActionCompleted)
	if len(action.Status.RecordingFiles) != 1 {
		t.Fatalf("the files are %v, want one", action.Status.RecordingFiles)
	}
	endpoint, key, err := acs.ParseConnectionString(w.Sim.ConnectionString())
	if err != nil {
		t.Fatal(err)
	}
	service, err := acs.NewClient(endpoint, key, &acs.ClientOptions{AllowHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	content, err := service.DownloadRecording(t.Context(), action.Status.RecordingFiles[0].ContentLocation, acs.ContentRange{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Close() }()
	sound, err := io.ReadAll(content)
	if err != nil || len(sound) == 0 {
		t.Errorf("%d bytes of sound, %v", len(sound), err)
	}
}
