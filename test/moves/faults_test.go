// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package moves

import (
	"strings"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// triesOfOneMove is how often the client tries one request before its caller hears of the failure.
const triesOfOneMove = 3

const (
	notEstablished = `{"error":{"code":"8501","message":"Call is not established."}}`
	conflicting    = `{"error":{"code":"8519","message":"Conflicting operations ran at the same time."}}`
	tooOld         = `{"error":{"code":"8523","message":"Repeatability-First-Sent is longer ago than requests are remembered."}}`
)

// TestWhatACSAnswersToAMove has ACS, or the way to it, fail in each way that may pass. Whatever happens, the phone is
// moved once.
func TestWhatACSAnswersToAMove(t *testing.T) {
	before, after := &harness.Fault{}, &harness.Fault{AfterEffect: true}
	throttle := &harness.Fault{Status: 429}
	cases := []struct {
		name, reason string
		faults       []*harness.Fault
		// waits is the reason that has to show meanwhile; empty is none.
		waits string
	}{
		{"throttled", "429 without Retry-After is tried again, later and later", harness.Repeat(2*triesOfOneMove, throttle), v1alpha1.ReasonThrottled},
		{"unauthorizedOnce", "401 may be a key that is being rotated", []*harness.Fault{{Status: 401}}, v1alpha1.ReasonUnauthorized},
		{"notEstablished", "ACS may learn later than we do that a call is connected", []*harness.Fault{{Status: 400, Body: notEstablished}}, v1alpha1.ReasonCallNotConnected},
		{"conflict", "409 may be the answer to a repetition by the client itself, so the same request is repeated", []*harness.Fault{{Status: 409, Body: conflicting}}, v1alpha1.ReasonMoveUnresolved},
		{"tooOld", "412 says nothing of the request that it repeats", []*harness.Fault{after, {Status: 412, Body: tooOld}}, ""},
		{"serverErrorBefore", "500 leaves open whether there was an effect", harness.Repeat(triesOfOneMove, &harness.Fault{Status: 500}), v1alpha1.ReasonMoveUnresolved},
		{"serverErrorAfter", "here there was one", harness.Repeat(triesOfOneMove, &harness.Fault{Status: 503, AfterEffect: true}), ""},
		{"droppedBefore", "a broken connection leaves it open too", harness.Repeat(triesOfOneMove, before), v1alpha1.ReasonMoveUnresolved},
		{"droppedAfter", "and here there was an effect", harness.Repeat(triesOfOneMove, after), ""},
		{"timeOutBefore", "a time-out is a broken connection that takes longer", []*harness.Fault{{Hang: true}}, ""},
		{"timeOutAfter", "with an effect as well", []*harness.Fault{{Hang: true, AfterEffect: true}}, ""},
		{"droppedAfterThenThrottled", "429 to a repetition says nothing about what it repeats", append([]*harness.Fault{after}, harness.Repeat(2*triesOfOneMove, throttle)...), ""},
		{"droppedAfterThenGone", "nor does 404", []*harness.Fault{after, {Status: 404, Body: `{"error":{"code":"8522","message":"Call not found."}}`}}, ""},
		{"notJSON", "something on the way answers for ACS", harness.Repeat(triesOfOneMove, &harness.Fault{Status: 502, Body: "<html>bad gateway</html>"}), v1alpha1.ReasonMoveUnresolved},
		{"takenButNotJSON", "202 says that the move was taken, whatever else is in the answer", []*harness.Fault{{Status: 202, Body: "{", AfterEffect: true}}, ""},
	}
	for _, tc := range cases {
		for _, silent := range []bool{false, true} {
			name := tc.name
			if silent {
				name += "InSilence"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				faults := harness.NewFaults()
				m := w.StartManager(t, harness.ManagerOptions{Poll: poll, Faults: faults})
				talk(t, w)
				if silent {
					w.Wire.SetRoute(func(harness.Callback) harness.Route { return harness.Lose })
				}
				faults.On("moveHere", tc.faults...)
				order(t, w)
				checkMoved(t, w, m)
				if tc.waits != "" && !waited(w, theMove, tc.waits) {
					t.Errorf("%s: it never waited as %s", tc.reason, tc.waits)
				}
			})
		}
	}
}

// TestWhatACSRefusesForGood ends a move with a sentence, and moves nobody.
func TestWhatACSRefusesForGood(t *testing.T) {
	cases := []struct {
		name, reason string
		fault        *harness.Fault
		gone         string
		says         string
	}{
		{"badRequest", "400 will be 400 again", &harness.Fault{Status: 400, Body: `{"error":{"code":"8523","message":"The field FromCall is invalid."}}`}, "", "An argument of the request is invalid. The service said: The field FromCall is invalid."},
		{"notFound", "404 while both calls are active shows the service's own message", &harness.Fault{Status: 404, Body: `{"error":{"code":"8522","message":"Participant not found."}}`}, "", "Participant not found."},
		{"forbidden", "so will 403", &harness.Fault{Status: 403}, "", "HTTP 403"},
		{"sourceGone", "a call may end while the request is on its way", nil, source, "no longer knows the call of Call source."},
		{"targetGone", "either call may", nil, target, "no longer knows the call of Call target."},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			faults := harness.NewFaults()
			m := w.StartManager(t, harness.ManagerOptions{Faults: faults})
			talk(t, w)
			if tc.fault != nil {
				faults.On("moveHere", tc.fault)
			}
			if tc.gone != "" {
				// Nobody here hears of the end.
				w.Wire.SetRoute(func(harness.Callback) harness.Route { return harness.Lose })
				w.EndAtService(t, tc.gone)
			}
			order(t, w)
			result := w.AwaitMoveEnd(t, theMove).Status.Result
			if result.Outcome != v1alpha1.MoveOutcomeFailed || !strings.Contains(result.Message, tc.says) {
				t.Errorf("%s: ended as %s: %s\nwant %q", tc.reason, result.Outcome, result.Message, tc.says)
			}
			if n := w.Sim.Moves(); n != 0 {
				t.Errorf("%s: the service carried out %d moves", tc.reason, n)
			}
			if tc.gone != "" {
				w.Await(t, tc.gone, "it has ended, as a poll after the move found", ended)
			}
			w.CheckQuiet(t, m)
		})
	}
}
