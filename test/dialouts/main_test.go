// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dialouts tests DialOuts on a real API server and a simulated service whose phones answer, are busy, silent or decline.
package dialouts

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/dialout"
	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

const campaign = "campaign"

// phones of the tests: how each behaves.
func answers() harness.Script {
	return harness.Script{AnswerAfter: 20 * time.Millisecond, HangUpAfter: 50 * time.Millisecond}
}

func talks() harness.Script    { return harness.Script{AnswerAfter: 20 * time.Millisecond} }
func busy() harness.Script     { return harness.Script{Busy: true} }
func silent() harness.Script   { return harness.Script{NoAnswer: true} }
func declines() harness.Script { return harness.Script{Decline: true} }

// newWorld is a World with these phones, and their numbers.
func newWorld(t *testing.T, options harness.Options, scripts ...harness.Script) (*harness.World, []string) {
	t.Helper()
	options.Phones = map[string]harness.Script{}
	var numbers []string
	for n, script := range scripts {
		numbers = append(numbers, harness.Callee(n))
		options.Phones[harness.Callee(n)] = script
	}
	return harness.New(t, plane, options), numbers
}

// attempts are that many, a moment after each other.
func attempts(limit int32, outcomes ...v1alpha1.CallOutcome) *v1alpha1.DialOutAttempts {
	return &v1alpha1.DialOutAttempts{Limit: &limit, Rules: []v1alpha1.AttemptRule{{Outcomes: outcomes, Pause: &metav1.Duration{Duration: 100 * time.Millisecond}}}}
}

// quick has phones ring for a short time. A slow machine hears of an answer in it.
func quick(dialOut *v1alpha1.DialOut) *v1alpha1.DialOut {
	dialOut.Spec.CallTemplate.Spec.RingTimeout = &metav1.Duration{Duration: 15 * time.Second}
	return dialOut
}

// checkRings compares how often each phone rang.
func checkRings(t *testing.T, w *harness.World, want ...int) {
	t.Helper()
	var got []int
	for n := range want {
		got = append(got, w.Sim.Rings(harness.Callee(n)))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("how often each phone rang (-want +got):\n%s", diff)
	}
}

// lines are the results of a DialOut.
func lines(t *testing.T, w *harness.World, dialOut *v1alpha1.DialOut) []dialout.Line {
	t.Helper()
	var all []dialout.Line
	for n := range int(dialOut.Status.Targets.Chunks) {
		key := client.ObjectKey{Namespace: w.Namespace, Name: dialout.ResultsName(dialOut.Name, dialOut.Status.Targets.Hash, n)}
		var text []byte
		if dialOut.Status.Targets.InSecrets {
			found := &corev1.Secret{}
			must(t, w.Client.Get(t.Context(), key, found))
			text = found.Data[dialout.ResultsKey]
		} else {
			found := &corev1.ConfigMap{}
			must(t, w.Client.Get(t.Context(), key, found))
			text = []byte(found.Data[dialout.ResultsKey])
		}
		some, err := dialout.DecodeLines(text)
		must(t, err)
		all = append(all, some...)
	}
	return all
}

// results are what became of each target, as words.
func results(t *testing.T, w *harness.World, dialOut *v1alpha1.DialOut) []string {
	t.Helper()
	var words []string
	for _, line := range lines(t, w, dialOut) {
		word := string(line.State)
		if line.State == dialout.Pending {
			word = "Pending"
		}
		for _, attempt := range line.Attempts {
			word += " " + attempt.Outcome
			if attempt.FlowOutcome != "" {
				word += "/" + attempt.FlowOutcome
			}
		}
		words = append(words, word)
	}
	return words
}

func checkResults(t *testing.T, w *harness.World, dialOut *v1alpha1.DialOut, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, results(t, w, dialOut)); diff != "" {
		t.Errorf("the results (-want +got):\n%s", diff)
	}
}

// callsOf are the Calls that exist.
func callsOf(t *testing.T, w *harness.World) []v1alpha1.Call {
	t.Helper()
	var calls v1alpha1.CallList
	must(t, w.Client.List(t.Context(), &calls, client.InNamespace(w.Namespace)))
	return calls.Items
}

func outcomes(dialOut *v1alpha1.DialOut) map[string]int32 {
	counts := map[string]int32{}
	for _, outcome := range dialOut.Status.Outcomes {
		counts[outcome.Outcome] = outcome.Count
	}
	return counts
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCampaign: everybody is called as often as the rules say.
func TestCampaign(t *testing.T) {
	t.Parallel()
	w, numbers := newWorld(t, harness.Options{}, answers(), busy(), silent(), declines(), answers(), busy(), answers(), answers())
	w.StartManager(t, harness.ManagerOptions{})
	dialOut := quick(w.DialOut(campaign, numbers...))
	dialOut.Spec.Parallelism = ptr.To[int32](3)
	dialOut.Spec.Attempts = attempts(3, v1alpha1.OutcomeBusy)
	dialOut.Annotations = map[string]string{v1alpha1.RequestedByAnnotation: "ada"}
	dialOut.Spec.Attempts.Rules = append(dialOut.Spec.Attempts.Rules, v1alpha1.AttemptRule{
		Outcomes: []v1alpha1.CallOutcome{v1alpha1.OutcomeNoAnswer}, Action: v1alpha1.AttemptStop,
	})
	dialOut.Spec.CallTemplate.Metadata = &v1alpha1.CallTemplateMetadata{Labels: map[string]string{"team": "sales"}}
	w.CreateDialOut(t, dialOut)
	ended := w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAllCalled)
	checkRings(t, w, 1, 3, 1, 1, 1, 3, 1, 1)
	checkResults(t, w, ended, "Done Completed", "Done Busy Busy Busy", "Done NoAnswer", "Done Declined", "Done Completed", "Done Busy Busy Busy", "Done Completed", "Done Completed")
	if most := w.Sim.MostAtOnce(); most > 3 {
		t.Errorf("%d calls at once", most)
	}
	if diff := cmp.Diff(v1alpha1.DialOutCounts{Total: 8, Done: 8}, ended.Status.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if want := map[string]int32{"Completed": 4, "Busy": 2, "NoAnswer": 1, "Declined": 1}; !maps.Equal(want, outcomes(ended)) {
		t.Errorf("outcomes are %v, want %v", outcomes(ended), want)
	}
	if ended.Status.DoneTargets != "0-7" {
		t.Errorf("done are %s", ended.Status.DoneTargets)
	}
	for _, call := range callsOf(t, w) {
		if call.Labels["team"] != "sales" || call.Annotations[v1alpha1.RequestedByAnnotation] != "ada" {
			t.Errorf("Call %s has the labels %v and the annotations %v", call.Name, call.Labels, call.Annotations)
		}
	}
}
