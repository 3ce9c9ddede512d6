// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package actions

import (
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// tries is how often the client of ACS tries one request.
const tries = 3

// life is what may happen to an action from its creation to its end.
type life struct {
	name, reason string
	operation    v1alpha1.CallOperation
	// sent is the service's name of the request.
	sent string
	// faults stand between the manager and ACS, route between ACS and the receiver.
	faults func(*harness.Faults)
	route  func(harness.Callback) harness.Route
	// ends are the outcomes that it may have; cut are those that it may have too if the manager dies.
	ends, cut []v1alpha1.ActionOutcome
	// never says that the service may not have carried it out at all when the manager dies.
	never bool
	// twice says that to carry it out twice is to carry it out once.
	twice bool
}

func completed() []v1alpha1.ActionOutcome {
	return []v1alpha1.ActionOutcome{v1alpha1.ActionCompleted}
}

func unknown() []v1alpha1.ActionOutcome { return []v1alpha1.ActionOutcome{v1alpha1.ActionUnknown} }

func loseItsReports(c harness.Callback) harness.Route {
	if c.About(theAction) {
		return harness.Lose
	}
	return harness.Pass
}

func lives() []life {
	joins := add(other)
	removes := v1alpha1.CallOperation{RemoveParticipant: &v1alpha1.RemoveParticipantOperation{Participant: phone(callee)}}
	holds := v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{}}
	return []life{
		{
			name: "played", reason: "an announcement is heard once or, if the manager dies, perhaps never: it is not sent again",
			operation: say("Hello"), sent: "play", ends: completed(), cut: unknown(), never: true,
		},
		{
			name: "played, answer lost", reason: "the service's report tells", operation: say("Hello"), sent: "play",
			faults: func(f *harness.Faults) { f.On("play", &harness.Fault{AfterEffect: true}) }, ends: completed(), cut: unknown(), never: true,
		},
		{
			name: "throttled", reason: "a request that was not carried out is made again", operation: say("Hello"), sent: "play",
			faults: func(f *harness.Faults) { f.On("play", harness.Repeat(tries, &harness.Fault{Status: 429})...) }, ends: completed(), cut: unknown(), never: true,
		},
		{name: "added", reason: "a participant is called once", operation: joins, sent: "addParticipant", ends: completed()},
		{
			name: "added, answer lost", reason: "the same request is repeated, and the service recognises it", operation: joins, sent: "addParticipant",
			faults: func(f *harness.Faults) {
				f.On("addParticipant", harness.Repeat(tries, &harness.Fault{AfterEffect: true})...)
			},
			route: loseItsReports, ends: completed(),
		},
		{name: "added, unreported", reason: "the roster tells", operation: joins, sent: "addParticipant", route: loseItsReports, ends: completed()},
		{name: "removed", reason: "the callee leaves, and the call ends", operation: removes, sent: "removeParticipant", ends: completed()},
		{name: "held", reason: "the roster tells", operation: holds, sent: "hold", ends: completed(), twice: true},
	}
}

// TestManagerDiesAtEveryRequest cuts the manager off before, after and in the middle of each request about an action, and starts another
// one. The requests are those of a clean run.
func TestManagerDiesAtEveryRequest(t *testing.T) {
	for _, l := range lives() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			w, faults := prepare(t, l)
			m := w.StartManager(t, harness.ManagerOptions{Poll: poll, Faults: faults})
			begin(t, w, l)
			checkEnd(t, w, l, l.ends)
			points := slices.DeleteFunc(m.Gate.CutPoints(0), func(r harness.Request) bool {
				return !strings.Contains(r.Name, "callactions") && r.Name != l.sent
			})
			t.Logf("%s: cut points: %v", l.reason, points)
			harness.CutEverywhere(t, points, func(t *testing.T, cut *harness.Cut) bool { return liveWithCut(t, l, cut) })
		})
	}
}

// poll is the poll interval of Calls here.
const poll = time.Second

func liveWithCut(t *testing.T, l life, cut *harness.Cut) bool {
	t.Helper()
	w, faults := prepare(t, l)
	pair := w.StartMortal(t, harness.ManagerOptions{Cut: cut, Poll: poll, Faults: faults})
	begin(t, w, l)
	checkEnd(t, w, l, append(slices.Clone(l.ends), l.cut...))
	return pair.Survivor(t) != pair.First
}

// prepare connects the call, with a manager that then stops.
func prepare(t *testing.T, l life) (*harness.World, *harness.Faults) {
	t.Helper()
	w := newWorld(t)
	first := w.StartManager(t, harness.ManagerOptions{})
	connect(t, w)
	first.Stop(t)
	faults := harness.NewFaults()
	if l.faults != nil {
		l.faults(faults)
	}
	if l.route != nil {
		w.Wire.SetRoute(l.route)
	}
	return w, faults
}

func begin(t *testing.T, w *harness.World, l life) {
	t.Helper()
	action := w.Action(theAction, theCall, l.operation)
	action.Spec.TTLSecondsAfterFinished = ptr.To[int32](3600)
	w.CreateAction(t, action)
}

// checkEnd checks how the action ended, and that the service carried it out once.
func checkEnd(t *testing.T, w *harness.World, l life, ends []v1alpha1.ActionOutcome) {
	t.Helper()
	action := w.AwaitAction(t, theAction, "it has a result", func(action *v1alpha1.CallAction) bool { return action.Status.Result != nil })
	outcome := action.Status.Result.Outcome
	if !slices.Contains(ends, outcome) {
		t.Errorf("%s: it ended as %s (%s), want one of %v", l.reason, outcome, action.Status.Result.Message, ends)
	}
	done := w.Sim.CarriedOut(l.sent)
	if done > 1 && !l.twice || done == 0 && (outcome == v1alpha1.ActionCompleted || !l.never) {
		t.Errorf("%s: it ended as %s, and the service carried it out %d times", l.reason, outcome, done)
	}
}
