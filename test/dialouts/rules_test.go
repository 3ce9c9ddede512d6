// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialouts

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/dialout"
	"github.com/call-operator/call-operator/test/harness"
)

// callee is a target of a test: its number, how its phone behaves, and so how each call to it ends.
type callee struct {
	number  string
	phone   harness.Script
	outcome v1alpha1.CallOutcome
}

// pauseAfter says, from the documentation, whether a callee is called again after an outcome, and after which pause.
func pauseAfter(spec *v1alpha1.DialOutSpec, outcome v1alpha1.CallOutcome) (pause time.Duration, again bool) {
	for _, rule := range spec.Attempts.Rules {
		switch {
		case !slices.Contains(rule.Outcomes, outcome):
		case rule.Action == v1alpha1.AttemptStop:
			return 0, false
		default:
			return rule.Pause.Duration, true
		}
	}
	again = outcome == v1alpha1.OutcomeNoAnswer || outcome == v1alpha1.OutcomeBusy || outcome == v1alpha1.OutcomeFailed
	return 10 * time.Minute, again
}

// attemptsByTheRules is how often a callee is to be called whose calls all end alike.
func attemptsByTheRules(spec *v1alpha1.DialOutSpec, outcome v1alpha1.CallOutcome) int {
	if _, again := pauseAfter(spec, outcome); again {
		return int(*spec.Attempts.Limit)
	}
	return 1
}

// checkByTheRules checks the rings and the results of every callee of a DialOut that is over against its spec.
func checkByTheRules(t *testing.T, w *harness.World, ended *v1alpha1.DialOut, callees []callee) {
	t.Helper()
	results := lines(t, w, ended)
	if len(results) != len(callees) {
		t.Fatalf("there are results of %d targets, want %d", len(results), len(callees))
	}
	calls := map[string]bool{}
	outcomesWanted := map[string]int32{}
	for n, c := range callees {
		want := attemptsByTheRules(&ended.Spec, c.outcome)
		outcomesWanted[string(c.outcome)]++
		if rings := w.Sim.Rings(c.number); rings != want {
			t.Errorf("target %d rang %d times, want %d", n, rings, want)
		}
		if problem := lineProblem(&ended.Spec, &results[n], c.outcome, want); problem != "" {
			t.Errorf("target %d: %s; its line is %+v", n, problem, results[n])
		}
		for _, attempt := range results[n].Attempts {
			if calls[attempt.Call] {
				t.Errorf("Call %s is in two results", attempt.Call)
			}
			calls[attempt.Call] = true
		}
	}
	total := int32(len(callees))
	if diff := cmp.Diff(v1alpha1.DialOutCounts{Total: total, Done: total}, ended.Status.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if got := outcomes(ended); !maps.Equal(outcomesWanted, got) {
		t.Errorf("outcomes are %v, want %v", got, outcomesWanted)
	}
	if done := ended.Status.DoneTargets; done != fmt.Sprintf("0-%d", total-1) {
		t.Errorf("done are %s", done)
	}
	if most := w.Sim.MostAtOnce(); most > ended.Spec.MaxParallel() {
		t.Errorf("%d calls at once, and parallelism is %d", most, ended.Spec.MaxParallel())
	}
}

// lineProblem is what is wrong with the result of a target that was to be called so often, each time with the same outcome.
func lineProblem(spec *v1alpha1.DialOutSpec, line *dialout.Line, outcome v1alpha1.CallOutcome, want int) string {
	if line.State != dialout.Done || line.Counted != want || len(line.Attempts) != want {
		return fmt.Sprintf("it is %q after %d attempts, %d of which are there, want %d", line.State, line.Counted, len(line.Attempts), want)
	}
	for i, attempt := range line.Attempts {
		if attempt.Outcome != string(outcome) {
			return fmt.Sprintf("attempt %d ended as %s, want %s", i+1, attempt.Outcome, outcome)
		}
		if i == 0 {
			continue
		}
		pause, _ := pauseAfter(spec, outcome)
		if since := attempt.Start.Sub(line.Attempts[i-1].End); since < pause {
			return fmt.Sprintf("attempt %d began %s after the one before it, and the pause is %s", i+1, since, pause)
		}
	}
	return ""
}

// starts are when the calls of a DialOut that is over were started, in order.
func starts(results []dialout.Line) []time.Time {
	var times []time.Time
	for i := range results {
		for _, attempt := range results[i].Attempts {
			times = append(times, attempt.Start)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// checkPace checks that no more calls were started than the spec's pace permits: by their starts in the results, by the times from which
// the Calls could be dialled, and by the service's own clock.
func checkPace(t *testing.T, w *harness.World, ended *v1alpha1.DialOut) {
	t.Helper()
	results := lines(t, w, ended)
	perSecond := ended.Spec.CallsPerSecond.AsApproximateFloat64()
	started := starts(results)
	// Above ten a second, those of a tenth of a second may start together.
	together := 1.0
	if perSecond > 10 {
		together += perSecond / 10
	}
	checkRate(t, "started", started, perSecond, together, time.Millisecond)
	var notBefore []time.Time
	for i := range results {
		for _, attempt := range results[i].Attempts {
			notBefore = append(notBefore, w.Revisions(attempt.Call)[0].Spec.NotBefore.Time)
		}
	}
	slices.SortFunc(notBefore, time.Time.Compare)
	checkRate(t, "that could be dialled", notBefore, perSecond, together, time.Second)
	// A phone rings some time after its call was started. So two may ring together, but never more altogether than were started.
	for n, rang := range w.Sim.RingTimes() {
		if most := together + perSecond*rang.Sub(started[0]).Seconds(); float64(n+1) > most+0.01 {
			t.Fatalf("%d calls rang within %s, at %v a second", n+1, rang.Sub(started[0]), perSecond)
		}
	}
}

// checkRate checks times that are exact to a unit: in no period are there more of them than so many each second, and some together.
func checkRate(t *testing.T, what string, times []time.Time, perSecond, together float64, unit time.Duration) {
	t.Helper()
	for last := range times {
		// More than some hundreds back, a burst would have shown before.
		for first := max(0, last-500); first <= last; first++ {
			within := times[last].Sub(times[first])
			most := together + perSecond*(within+unit).Seconds()
			if count := last - first + 1; float64(count) > most+0.01 {
				t.Fatalf("%d calls %s within %s, at %v a second", count, what, within, perSecond)
			}
		}
	}
}
