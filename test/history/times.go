// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// clockTolerance is by how much the clocks of the service and of the managers may differ in a run.
const clockTolerance = 30 * time.Second

// outOfTime finds calls that were placed before their time, or after their deadline (invariant 10).
func outOfTime(x *index) []Violation {
	var found []Violation
	for i := range x.Journal {
		e := &x.Journal[i]
		intent := x.intents[e.RepeatabilityID]
		if !hadEffect(e) || e.Operation != "createCall" || intent == nil || intent.Call == nil {
			continue
		}
		steps := []Step{stepOfRevision(intent, "attempt "+e.RepeatabilityID), stepOfEntry(e)}
		if notBefore := intent.Call.Spec.NotBefore; notBefore != nil && e.Time.Add(clockTolerance).Before(notBefore.Time) {
			found = append(found, violation(NoCallOutsideItsTime, steps, "Call %s was placed before %s", intent.Call.Name, timeOf(notBefore.Time)))
		}
		if deadline, limited := intent.Call.StartingDeadline(); limited && !e.Time.Add(-clockTolerance).Before(deadline) {
			found = append(found, violation(NoCallOutsideItsTime, steps, "Call %s was placed after its deadline, %s", intent.Call.Name, timeOf(deadline)))
		}
	}
	return append(found, lateEnds(x)...)
}

// lateEnds finds Calls that report a missed deadline, or a number that must not be called, and no ring, although the service carried out their attempt.
func lateEnds(x *index) []Violation {
	placed := map[string]int{}
	for i := range x.Journal {
		if e := &x.Journal[i]; hadEffect(e) && e.Operation == "createCall" && x.intents[e.RepeatabilityID] != nil {
			_, object := x.intents[e.RepeatabilityID].object()
			placed[string(object.GetUID())] = i
		}
	}
	var found []Violation
	told := map[string]bool{}
	for i := range x.Revisions {
		call := x.Revisions[i].Call
		if call == nil || call.Status.Result == nil || told[string(call.UID)] {
			continue
		}
		outcome := call.Status.Result.Outcome
		if outcome != v1alpha1.OutcomeExpired && outcome != v1alpha1.OutcomeBlocked {
			continue
		}
		if at, ok := placed[string(call.UID)]; ok {
			told[string(call.UID)] = true
			found = append(found, violation(NoCallOutsideItsTime, []Step{stepOfEntry(&x.Journal[at]), stepOfRevision(&x.Revisions[i], "outcome "+string(outcome))},
				"Call %s says that nobody was rung, and was placed", call.Name))
		}
	}
	return found
}

func timeOf(t time.Time) string { return t.UTC().Format("15:04:05") }
