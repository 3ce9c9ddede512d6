// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialouts

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/dialout"
	"github.com/call-operator/call-operator/internal/restored"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// TestDeletionHangsUp: nobody keeps talking, and nobody else is called.
func TestDeletionHangsUp(t *testing.T) {
	t.Parallel()
	w, numbers := newWorld(t, harness.Options{}, talks(), talks(), talks(), talks())
	w.StartManager(t, harness.ManagerOptions{})
	dialOut := w.DialOut(campaign, numbers...)
	dialOut.Spec.Parallelism = ptr.To[int32](2)
	w.CreateDialOut(t, dialOut)
	for _, call := range awaitCalls(t, w, 2) {
		w.AwaitCondition(t, call.Name, v1alpha1.ConditionConnected)
	}
	w.DeleteDialOut(t, campaign)
	for _, call := range callsOf(t, w) {
		w.AwaitCondition(t, call.Name, v1alpha1.ConditionEnded)
	}
	if live := w.Sim.Live(); live != 0 {
		t.Errorf("%d calls are live", live)
	}
	w.AwaitDialOutGone(t, campaign)
	if calls := callsOf(t, w); len(calls) != 0 {
		t.Errorf("%d Calls are left", len(calls))
	}
	checkRings(t, w, 1, 1, 0, 0)
}

// awaitCalls waits until there are n Calls.
func awaitCalls(t *testing.T, w *harness.World, n int) []v1alpha1.Call {
	t.Helper()
	w.AwaitDialOut(t, campaign, "calls are under way", func(dialOut *v1alpha1.DialOut) bool { return int(dialOut.Status.Counts.Calling) == n })
	return callsOf(t, w)
}

// TestSuspend: calls that wait are ended and do not count, calls that are connected stay, and the others begin when it is resumed.
func TestSuspend(t *testing.T) {
	t.Parallel()
	// The number has one call at a time: one of three is dialled.
	w, numbers := newWorld(t, harness.Options{MaxConcurrent: 1}, talks(), talks(), talks())
	w.StartManager(t, harness.ManagerOptions{})
	dialOut := w.DialOut(campaign, numbers...)
	dialOut.Spec.Suspend = true
	w.CreateDialOut(t, dialOut)
	w.AwaitDialOutReason(t, campaign, v1alpha1.ReasonSuspended)
	if calls := callsOf(t, w); len(calls) != 0 {
		t.Fatalf("it is suspended, and there are %d Calls", len(calls))
	}
	w.PatchDialOut(t, campaign, `{"spec": {"suspend": false}}`)
	awaitCalls(t, w, 3)
	connected := awaitConnected(t, w)
	w.PatchDialOut(t, campaign, `{"spec": {"suspend": true}}`)
	suspended := w.AwaitDialOut(t, campaign, "what was not dialled is pending again", func(dialOut *v1alpha1.DialOut) bool {
		return dialOut.Status.Phase == v1alpha1.DialOutPhaseSuspended && dialOut.Status.Counts.Pending == 2
	})
	if suspended.Status.Counts.Calling != 1 || suspended.Status.StartTime != nil {
		t.Errorf("the status is %+v", suspended.Status)
	}
	if live := w.Sim.Live(); live != 1 {
		t.Errorf("%d calls are live", live)
	}
	w.HangUp(t, connected)
	w.AwaitDialOut(t, campaign, "the connected call is done", func(dialOut *v1alpha1.DialOut) bool { return dialOut.Status.Counts.Done == 1 })
	w.PatchDialOut(t, campaign, `{"spec": {"suspend": false}}`)
	for range 2 {
		w.HangUp(t, awaitConnected(t, w))
	}
	ended := w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAllCalled)
	checkRings(t, w, 1, 1, 1)
	checkResults(t, w, ended, "Done Completed", "Done Completed", "Done Completed")
}

// awaitConnected waits until a Call is connected that nobody has hung up.
func awaitConnected(t *testing.T, w *harness.World) string {
	t.Helper()
	for t.Context().Err() == nil {
		for _, call := range callsOf(t, w) {
			if call.Status.ConnectedTime != nil && call.Status.Result == nil && call.Spec.State != v1alpha1.CallStateEnded {
				return call.Name
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return ""
}

// TestLists: lists are read once, bad lines are said, and results are where the lists are.
func TestLists(t *testing.T) {
	t.Parallel()
	w, numbers := newWorld(t, harness.Options{}, answers(), answers(), answers())
	w.StartManager(t, harness.ManagerOptions{})
	list := "name,phoneNumber,city\nada," + numbers[0] + ",London\nbob,12,Paris\neve," + numbers[1] + ",Rome\nagain," + numbers[0] + ",Oslo\n"
	must(t, w.Client.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "list"}, Data: map[string]string{"list.csv": list}}))
	source := v1alpha1.TargetsSource{ConfigMapKeyRef: &v1alpha1.KeyReference{Name: "list", Key: "list.csv"}}

	all := w.DialOut("all-or-nothing")
	all.Spec.TargetsFrom, all.Spec.AllOrNothing = []v1alpha1.TargetsSource{source}, true
	w.CreateDialOut(t, all)
	if bad := w.AwaitDialOutReason(t, "all-or-nothing", v1alpha1.ReasonBadLines).Status.BadLines; len(bad) != 1 || bad[0].Line != 3 || bad[0].Source != "ConfigMap list, key list.csv" {
		t.Errorf("the bad lines are %+v", bad)
	}

	dialOut := w.DialOut(campaign)
	dialOut.Spec.TargetsFrom = []v1alpha1.TargetsSource{source, {SecretKeyRef: &v1alpha1.KeyReference{Name: "more", Key: "x"}, Format: v1alpha1.TargetsJSONLines}}
	w.CreateDialOut(t, dialOut)
	w.AwaitDialOutReason(t, campaign, v1alpha1.ReasonListNotFound)
	must(t, w.Client.Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "more"},
		StringData: map[string]string{"x": `{"name": "zoe", "to": {"phoneNumber": "` + numbers[2] + `"}}`},
	}))
	ended := w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAllCalled)
	checkRings(t, w, 1, 1, 1)
	checkResults(t, w, ended, "Done Completed", "Done Completed", "Done Completed")
	if read := ended.Status.Targets; read.Count != 3 || read.Duplicates != 1 || read.BadLines != 1 || !read.InSecrets {
		t.Errorf("what was read is %+v", read)
	}
}

// TestTargetInTwoLists: who is in two lists, however the number is written, is called once, as the first list says.
func TestTargetInTwoLists(t *testing.T) {
	t.Parallel()
	w, numbers := newWorld(t, harness.Options{}, answers(), answers(), answers())
	w.StartManager(t, harness.ManagerOptions{})
	spaced := numbers[0][:3] + " " + numbers[0][3:7] + "-" + numbers[0][7:]
	for name, list := range map[string]string{
		"first": "name,phoneNumber\nada," + numbers[0] + "\nbob," + numbers[1] + "\n", "second": "name,phoneNumber\nADA again," + spaced + "\neve," + numbers[2] + "\n",
	} {
		must(t, w.Client.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name}, Data: map[string]string{"list.csv": list}}))
	}
	dialOut := w.DialOut(campaign, numbers[1])
	dialOut.Spec.TargetsFrom = []v1alpha1.TargetsSource{
		{ConfigMapKeyRef: &v1alpha1.KeyReference{Name: "first", Key: "list.csv"}}, {ConfigMapKeyRef: &v1alpha1.KeyReference{Name: "second", Key: "list.csv"}},
	}
	w.CreateDialOut(t, dialOut)
	ended := w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAllCalled)
	checkRings(t, w, 1, 1, 1)
	checkResults(t, w, ended, "Done Completed", "Done Completed", "Done Completed")
	if read := ended.Status.Targets; read.Count != 3 || read.Duplicates != 2 || read.BadLines != 0 {
		t.Errorf("what was read is %+v", read)
	}
}

// TestChanges: what may change has its effect at once, while calls are under way.
func TestChanges(t *testing.T) {
	t.Parallel()
	w, numbers := newWorld(t, harness.Options{}, talks(), busy(), talks(), talks(), talks())
	w.StartManager(t, harness.ManagerOptions{})
	dialOut := w.DialOut(campaign, numbers...)
	dialOut.Spec.Parallelism = ptr.To[int32](1)
	w.CreateDialOut(t, dialOut)
	awaitConnected(t, w)
	w.PatchDialOut(t, campaign, `{"spec": {"parallelism": 3}}`)
	w.AwaitDialOut(t, campaign, "three calls are under way, and who was busy is done", func(dialOut *v1alpha1.DialOut) bool {
		counts := dialOut.Status.Counts
		return counts.Calling == 3 && counts.Done == 1
	})
	far := time.Now().UTC().Add(12 * time.Hour).Format("15")
	hours := `{"timeZone": "UTC", "windows": [{"start": "` + far + `:00", "end": "` + far + `:59"}]}`
	w.PatchDialOut(t, campaign, `{"spec": {"callingHours": `+hours+`, "parallelism": 10}}`)
	if counts := w.AwaitDialOutReason(t, campaign, v1alpha1.ReasonOutsideCallingHours).Status.Counts; counts.Calling != 3 || counts.Pending != 1 {
		t.Errorf("outside the hours the counts are %+v", counts)
	}
	w.PatchDialOut(t, campaign, `{"spec": {"callingHours": null, "attempts": {"limit": 2, "rules": [{"outcomes": ["Completed"], "pause": "0s"}]}}}`)
	w.AwaitDialOut(t, campaign, "all are in calls", func(dialOut *v1alpha1.DialOut) bool { return dialOut.Status.Counts.Calling == 4 })
	// Each is called once more, except who is done already.
	for range 8 {
		w.HangUp(t, awaitConnected(t, w))
	}
	ended := w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAllCalled)
	checkRings(t, w, 2, 1, 2, 2, 2)
	twice := "Done Completed Completed"
	checkResults(t, w, ended, twice, "Done Busy", twice, twice, twice)
}

// TestFirstAccepted: when somebody accepts, the others are hung up and nobody else is called.
func TestFirstAccepted(t *testing.T) {
	t.Parallel()
	w, numbers := newWorld(t, harness.Options{}, busy(), answers(), talks(), talks())
	w.StartManager(t, harness.ManagerOptions{})
	w.CreateFlow(t, "alert", v1alpha1.CallFlowSpec{Steps: []v1alpha1.FlowStep{{Name: "end", End: &v1alpha1.EndStep{Outcome: "accepted", KeepCall: true}}}})
	dialOut := w.DialOut(campaign, numbers...)
	dialOut.Spec.CallTemplate.Spec.Flow = &v1alpha1.FlowUse{Name: "alert"}
	dialOut.Spec.Order, dialOut.Spec.Until, dialOut.Spec.AcceptedFlowOutcomes = v1alpha1.OrderSequential, v1alpha1.UntilFirstAccepted, []v1alpha1.FlowOutcome{"accepted"}
	dialOut.Spec.Attempts = attempts(2, v1alpha1.OutcomeBusy)
	w.CreateDialOut(t, dialOut)
	ended := w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAccepted)
	checkRings(t, w, 2, 1, 0, 0)
	checkResults(t, w, ended, "Done Busy Busy", "Done Completed/accepted", "Pending", "Pending")
	if who := ended.Status.Accepted; who == nil || who.Index != 1 || who.Call == "" {
		t.Errorf("accepted is %+v", who)
	}
}

// TestFirstAcceptedHangsUpTheOthers: all ring at once, and one accepts.
func TestFirstAcceptedHangsUpTheOthers(t *testing.T) {
	t.Parallel()
	w, numbers := newWorld(t, harness.Options{}, silent(), silent(), talks())
	w.StartManager(t, harness.ManagerOptions{})
	w.CreateFlow(t, "alert", v1alpha1.CallFlowSpec{Steps: []v1alpha1.FlowStep{{Name: "end", End: &v1alpha1.EndStep{Outcome: "accepted", KeepCall: true}}}})
	dialOut := w.DialOut(campaign, numbers...)
	dialOut.Spec.CallTemplate.Spec.Flow = &v1alpha1.FlowUse{Name: "alert"}
	dialOut.Spec.Until, dialOut.Spec.AcceptedFlowOutcomes = v1alpha1.UntilFirstAccepted, []v1alpha1.FlowOutcome{"accepted"}
	w.CreateDialOut(t, dialOut)
	ending := w.AwaitDialOut(t, campaign, "only who accepted is in a call", func(dialOut *v1alpha1.DialOut) bool {
		return dialOut.Status.Accepted != nil && dialOut.Status.Counts.Calling == 1 && dialOut.Status.Counts.Done == 2
	})
	if live := w.Sim.Live(); live != 1 {
		t.Errorf("%d calls are live, want that of who accepted", live)
	}
	w.HangUp(t, ending.Status.Accepted.Call)
	w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAccepted)
	checkRings(t, w, 1, 1, 1)
}

// TestDeadline: calls that are under way are hung up, and nobody else is called.
func TestDeadline(t *testing.T) {
	t.Parallel()
	w, numbers := newWorld(t, harness.Options{}, talks(), talks())
	w.StartManager(t, harness.ManagerOptions{})
	dialOut := w.DialOut(campaign, numbers...)
	dialOut.Spec.Parallelism = ptr.To[int32](1)
	w.CreateDialOut(t, dialOut)
	w.Sim.AwaitEntry(t, "somebody has answered", func(e simulator.Entry) bool { return e.Kind == simulator.EntryAnswer })
	w.PatchDialOut(t, campaign, `{"spec":{"activeDeadlineSeconds":1}}`)
	ended := w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutDeadlineExceeded)
	checkRings(t, w, 1, 0)
	checkResults(t, w, ended, "Done Completed", "Pending")
}

// TestConnectedAreMoved: everybody who answers is moved into one Call.
func TestConnectedAreMoved(t *testing.T) {
	t.Parallel()
	w, numbers := newWorld(t, harness.Options{}, talks(), talks(), talks())
	w.StartManager(t, harness.ManagerOptions{})
	w.Create(t, w.Call("room", numbers[0]))
	w.AwaitCondition(t, "room", v1alpha1.ConditionConnected)
	dialOut := w.DialOut(campaign, numbers[1:]...)
	dialOut.Spec.OnConnected = &v1alpha1.OnConnected{MoveTo: v1alpha1.CallReference{Name: "room"}}
	w.CreateDialOut(t, dialOut)
	w.AwaitRoster(t, "room", 3)
	w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAllCalled)
	checkRings(t, w, 1, 1, 1)
}

// TestCopies: a restored copy calls nobody.
func TestCopies(t *testing.T) {
	t.Parallel()
	w, numbers := newWorld(t, harness.Options{}, answers())
	first := w.StartManager(t, harness.ManagerOptions{})
	marked := w.DialOut("marked", numbers...)
	marked.Annotations = map[string]string{restored.Annotation: "Backups"}
	w.CreateDialOut(t, marked)
	if ended := w.AwaitDialOutEnd(t, "marked", v1alpha1.DialOutOutcomeUnknown); !strings.Contains(ended.Status.Result.Message, "Backups restored this DialOut") {
		t.Errorf("it says %s", ended.Status.Result.Message)
	}
	w.CreateDialOut(t, w.DialOut(campaign, numbers...))
	ended := w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAllCalled)
	first.Stop(t)
	// A tool restores the DialOut, with another UID, and its lists; nothing says so.
	ended.Finalizers = nil
	must(t, w.Client.Patch(t.Context(), w.DialOut(campaign), client.RawPatch("application/merge-patch+json", []byte(`{"metadata": {"finalizers": null}}`))))
	must(t, client.IgnoreNotFound(w.Client.Delete(t.Context(), w.DialOut(campaign))))
	w.AwaitDialOutGone(t, campaign)
	w.CreateDialOut(t, w.DialOut(campaign, numbers...))
	w.StartManager(t, harness.ManagerOptions{})
	w.AwaitDialOut(t, campaign, "it is taken for a copy", func(dialOut *v1alpha1.DialOut) bool {
		return dialOut.UID != ended.UID && dialOut.Status.Result != nil && dialOut.Status.Result.Outcome == v1alpha1.DialOutOutcomeUnknown
	})
	checkRings(t, w, 1)
}

// TestResultsAreGone: without its results nobody is called.
func TestResultsAreGone(t *testing.T) {
	t.Parallel()
	w, numbers := newWorld(t, harness.Options{}, talks(), answers())
	first := w.StartManager(t, harness.ManagerOptions{})
	dialOut := w.DialOut(campaign, numbers...)
	dialOut.Spec.Parallelism = ptr.To[int32](1)
	w.CreateDialOut(t, dialOut)
	calls := awaitCalls(t, w, 1)
	w.AwaitCondition(t, calls[0].Name, v1alpha1.ConditionConnected)
	first.Stop(t)
	read := w.AwaitDialOut(t, campaign, "it was read", func(dialOut *v1alpha1.DialOut) bool { return dialOut.Status.Targets != nil }).Status.Targets
	must(t, w.Client.Delete(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: dialout.ResultsName(campaign, read.Hash, 0)}}))
	w.StartManager(t, harness.ManagerOptions{})
	w.AwaitDialOutReason(t, campaign, v1alpha1.ReasonResultsMissing)
	w.HangUp(t, calls[0].Name)
	w.AwaitCondition(t, calls[0].Name, v1alpha1.ConditionEnded)
	checkRings(t, w, 1, 0)
}

// TestTwoManagers: a manager that lost its lease and does not know it rings nobody a second time.
func TestTwoManagers(t *testing.T) {
	t.Parallel()
	scripts := []harness.Script{busy(), answers(), declines(), answers(), busy(), answers(), answers(), answers()}
	w, numbers := newWorld(t, harness.Options{}, scripts...)
	w.StartManager(t, harness.ManagerOptions{})
	w.StartManager(t, harness.ManagerOptions{})
	dialOut := quick(w.DialOut(campaign, numbers...))
	dialOut.Spec.Parallelism = ptr.To[int32](3)
	dialOut.Spec.Attempts = attempts(2, v1alpha1.OutcomeBusy)
	w.CreateDialOut(t, dialOut)
	w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAllCalled)
	checkRings(t, w, 2, 1, 1, 1, 2, 1, 1, 1)
}

// TestHistory: Calls beyond the limit are deleted when nobody can create them again, and the results stay.
func TestHistory(t *testing.T) {
	t.Parallel()
	w, numbers := newWorld(t, harness.Options{}, answers(), answers(), answers())
	w.StartManager(t, harness.ManagerOptions{})
	dialOut := quick(w.DialOut(campaign, numbers...))
	dialOut.Spec.CallHistoryLimit = ptr.To[int32](0)
	w.CreateDialOut(t, dialOut)
	ended := w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAllCalled)
	calls := callsOf(t, w)
	if len(calls) != 3 {
		t.Errorf("there are %d Calls while they could be created again, want 3", len(calls))
	}
	for _, call := range calls {
		w.AwaitGone(t, call.Name)
	}
	checkResults(t, w, ended, "Done Completed", "Done Completed", "Done Completed")
}

// TestManagerDiesWhileItIsDeleted: the calls are hung up all the same.
func TestManagerDiesWhileItIsDeleted(t *testing.T) {
	t.Parallel()
	for _, cut := range []harness.Cut{
		{At: harness.Request{Name: "DELETE calls", Nth: 1}, Mode: harness.After}, {At: harness.Request{Name: "DELETE calls", Nth: 2}, Mode: harness.Lost},
	} {
		t.Run(cut.String(), func(t *testing.T) {
			t.Parallel()
			w, numbers := newWorld(t, harness.Options{}, talks(), talks())
			pair := w.StartMortal(t, harness.ManagerOptions{Cut: &cut, Poll: time.Second})
			w.CreateDialOut(t, w.DialOut(campaign, numbers...))
			for _, call := range awaitCalls(t, w, 2) {
				w.AwaitCondition(t, call.Name, v1alpha1.ConditionConnected)
			}
			w.DeleteDialOut(t, campaign)
			w.AwaitDialOutGone(t, campaign)
			if live, calls := w.Sim.Live(), callsOf(t, w); live != 0 || len(calls) != 0 {
				t.Errorf("%d calls are live, and %d Calls are left", live, len(calls))
			}
			if pair.Survivor(t) == pair.First {
				t.Error("the manager did not die")
			}
		})
	}
}
