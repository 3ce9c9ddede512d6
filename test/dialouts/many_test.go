// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialouts

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// targetsInTest is how many targets are called, unless DIAL_OUT_TARGETS says otherwise. 10,000 take some ten minutes on two cores.
const targetsInTest = 150

// behaviour is how the n-th phone behaves, and how often it is to ring.
func behaviour(n int) (harness.Script, int) {
	switch {
	case n%50 == 7:
		return silent(), 1
	case n%10 == 0:
		return busy(), 3
	case n%10 == 1:
		return declines(), 1
	default:
		return answers(), 1
	}
}

// TestMany calls many targets from a list, and kills the manager three times.
func TestMany(t *testing.T) {
	t.Parallel()
	many := targetsInTest
	if n, err := strconv.Atoi(os.Getenv("DIAL_OUT_TARGETS")); err == nil {
		many = n
	}
	phones := map[string]harness.Script{}
	var list strings.Builder
	list.WriteString("name,phoneNumber\n")
	number := func(n int) string { return fmt.Sprintf("+4420794600%04d", n) }
	for n := range many {
		phones[number(n)], _ = behaviour(n)
		fmt.Fprintf(&list, "target-%d,%s\n", n, number(n))
	}
	w := harness.New(t, plane, harness.Options{Phones: phones})
	must(t, w.Client.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "list"}, Data: map[string]string{"list.csv": list.String()}}))
	m := w.StartManager(t, harness.ManagerOptions{Concurrency: 16})
	began := time.Now()
	dialOut := quick(w.DialOut(campaign))
	dialOut.Spec.TargetsFrom = []v1alpha1.TargetsSource{{ConfigMapKeyRef: &v1alpha1.KeyReference{Name: "list", Key: "list.csv"}}}
	dialOut.Spec.Parallelism, dialOut.Spec.CallHistoryLimit = ptr.To[int32](40), ptr.To[int32](10)
	dialOut.Spec.Attempts = attempts(3, v1alpha1.OutcomeBusy)
	dialOut.Spec.Attempts.Rules = append(dialOut.Spec.Attempts.Rules, v1alpha1.AttemptRule{Outcomes: []v1alpha1.CallOutcome{v1alpha1.OutcomeNoAnswer}, Action: v1alpha1.AttemptStop})
	w.CreateDialOut(t, dialOut)
	for quarter := range 3 {
		awaitDone(t, w, (quarter+1)*many/4)
		m.Gate.Kill()
		m = w.StartManager(t, harness.ManagerOptions{Concurrency: 16})
	}
	ended := awaitDone(t, w, many)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%d targets in %s, heap of the whole test %d MiB", many, time.Since(began).Round(time.Second), memory.HeapAlloc>>20)
	results := lines(t, w, ended)
	for n := range many {
		_, want := behaviour(n)
		if rings := w.Sim.Rings(number(n)); rings != want || results[n].Counted != want || results[n].State != "Done" {
			t.Errorf("target %d rang %d times, want %d, and its line is %+v", n, rings, want, results[n])
		}
	}
	if most := w.Sim.MostAtOnce(); most > 40 {
		t.Errorf("%d calls at once", most)
	}
	if done := ended.Status.DoneTargets; done != fmt.Sprintf("0-%d", many-1) {
		t.Errorf("done are %s", done)
	}
}

// awaitDone waits until so many targets are done.
func awaitDone(t *testing.T, w *harness.World, n int) *v1alpha1.DialOut {
	t.Helper()
	dialOut := w.DialOut(campaign)
	for moved, seen := time.Now(), int32(0); time.Since(moved) < 2*time.Minute; time.Sleep(100 * time.Millisecond) {
		must(t, w.Client.Get(t.Context(), client.ObjectKeyFromObject(dialOut), dialOut))
		counts := dialOut.Status.Counts
		if int(counts.Done) >= n && (n < int(counts.Total) || dialOut.Status.Result != nil) && counts.Total > 0 {
			return dialOut
		}
		if progress := counts.Done*4 + counts.Calling + counts.Waiting; progress != seen {
			moved, seen = time.Now(), progress
		}
	}
	t.Fatalf("not %d targets are done: %+v", n, dialOut.Status)
	return nil
}
