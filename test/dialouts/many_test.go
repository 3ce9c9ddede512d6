// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialouts

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// targetsInTest is how many targets are called, unless DIAL_OUT_TARGETS says otherwise. 10,000 take some ten minutes on two cores.
const targetsInTest = 150

// howMany is how many targets a test of many calls.
func howMany() int {
	if n, err := strconv.Atoi(os.Getenv("DIAL_OUT_TARGETS")); err == nil {
		return n
	}
	return targetsInTest
}

// manyCallees are callees of each kind: 2% are silent, 10% are busy, 10% decline, and all others answer.
func manyCallees(many int) []callee {
	callees := make([]callee, many)
	for n := range callees {
		c := &callees[n]
		c.number = fmt.Sprintf("+4420794600%04d", n)
		switch {
		case n%50 == 7:
			c.phone, c.outcome = silent(), v1alpha1.OutcomeNoAnswer
		case n%10 == 0:
			c.phone, c.outcome = busy(), v1alpha1.OutcomeBusy
		case n%10 == 1:
			c.phone, c.outcome = declines(), v1alpha1.OutcomeDeclined
		default:
			c.phone, c.outcome = answers(), v1alpha1.OutcomeCompleted
		}
	}
	return callees
}

// TestMany calls many targets from a list, and kills the manager three times. The rules say how often each phone is to ring.
func TestMany(t *testing.T) {
	t.Parallel()
	many := howMany()
	callees := manyCallees(many)
	phones := map[string]harness.Script{}
	var list strings.Builder
	list.WriteString("name,phoneNumber\n")
	for n, c := range callees {
		phones[c.number] = c.phone
		fmt.Fprintf(&list, "target-%d,%s\n", n, c.number)
	}
	w := harness.New(t, plane, harness.Options{Phones: phones})
	must(t, w.Client.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "list"}, Data: map[string]string{"list.csv": list.String()}}))
	m := w.StartManager(t, harness.ManagerOptions{Concurrency: 16})
	began, cpu := time.Now(), processorTime(t)
	dialOut := quick(w.DialOut(campaign))
	dialOut.Spec.TargetsFrom = []v1alpha1.TargetsSource{{ConfigMapKeyRef: &v1alpha1.KeyReference{Name: "list", Key: "list.csv"}}}
	dialOut.Spec.Parallelism, dialOut.Spec.CallHistoryLimit = ptr.To[int32](40), ptr.To[int32](10)
	dialOut.Spec.CallsPerSecond = ptr.To(resource.MustParse("50"))
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
	t.Logf("%d targets, %d rings, in %s, with %s of processor time; the heap of the whole test has %d MiB", many, len(w.Sim.RingTimes()),
		time.Since(began).Round(time.Second), (processorTime(t) - cpu).Round(time.Second), memory.HeapAlloc>>20)
	checkByTheRules(t, w, ended, callees)
	checkPace(t, w, ended)
}

// processorTime is what this process has used: managers, receiver, simulated service and test together.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	must(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestPace: calls are started no faster than the spec says, although a manager dies after each of them and the next one is there in time.
func TestPace(t *testing.T) {
	t.Parallel()
	callees := []callee{
		{phone: answers(), outcome: v1alpha1.OutcomeCompleted}, {phone: busy(), outcome: v1alpha1.OutcomeBusy},
		{phone: declines(), outcome: v1alpha1.OutcomeDeclined}, {phone: answers(), outcome: v1alpha1.OutcomeCompleted},
	}
	var scripts []harness.Script
	for n := range callees {
		callees[n].number = harness.Callee(n)
		scripts = append(scripts, callees[n].phone)
	}
	w, numbers := newWorld(t, harness.Options{}, scripts...)
	m := w.StartManager(t, harness.ManagerOptions{})
	dialOut := w.DialOut(campaign, numbers...)
	dialOut.Spec.CallsPerSecond = ptr.To(resource.MustParse("200m"))
	dialOut.Spec.Attempts = attempts(2, v1alpha1.OutcomeBusy)
	w.CreateDialOut(t, dialOut)
	for rings := 1; rings < 5; rings++ {
		w.Sim.AwaitEntry(t, "another phone rings", func(simulator.Entry) bool { return len(w.Sim.RingTimes()) >= rings })
		m.Kill(t)
		m = w.StartManager(t, harness.ManagerOptions{})
	}
	ended := w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAllCalled)
	checkByTheRules(t, w, ended, callees)
	checkPace(t, w, ended)
}

// TestWritesOfATarget: a target of a long list costs the API server no more writes than one of a short list.
func TestWritesOfATarget(t *testing.T) {
	t.Parallel()
	var each [2]float64
	sizes := [2]int{howMany() / 4, howMany()}
	t.Run("lists", func(t *testing.T) {
		for i, n := range sizes {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				phones := map[string]harness.Script{}
				var targets []string
				for c := range n {
					number := fmt.Sprintf("+4420794600%04d", c)
					phones[number], targets = answers(), append(targets, number)
				}
				w := harness.New(t, plane, harness.Options{Phones: phones})
				m := w.StartManager(t, harness.ManagerOptions{})
				dialOut := w.DialOut(campaign, targets...)
				dialOut.Spec.CallsPerSecond = ptr.To(resource.MustParse("8"))
				w.CreateDialOut(t, dialOut)
				awaitDone(t, w, n)
				counts := map[string]int{}
				for _, write := range m.Gate.Writes() {
					counts[write.Name]++
				}
				each[i] = float64(len(m.Gate.Writes())) / float64(n)
				t.Logf("%d targets: the manager made %.2f writes for each: %v", n, each[i], counts)
			})
		}
	})
	if each[1] > 1.2*each[0] {
		t.Errorf("each of %d targets costs %.2f writes, and each of %d costs %.2f", sizes[1], each[1], sizes[0], each[0])
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
