// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	numberNotAllowed = `{"error":{"code":"Forbidden","message":"The caller ID is not allowed.","innererror":{"code":"510403"}}}`
	numberUnknown    = `{"error":{"code":"NotFound","message":"There is no such resource."}}`
)

// TestWhatACSAnswersToADial has ACS, or the way to it, fail in each way when a call is placed. Whatever happens, the
// phone rings once or, when ACS will never do it, not at all.
func TestWhatACSAnswersToADial(t *testing.T) {
	before, after := &harness.Fault{}, &harness.Fault{AfterEffect: true}
	throttle := &harness.Fault{Status: 429}
	cases := []struct {
		name, reason string
		faults       []*harness.Fault
		// waits is the reason that has to show meanwhile; empty is none.
		waits   string
		rings   int
		outcome v1alpha1.CallOutcome
	}{
		{
			name: "forbidden", reason: "403 will be 403 again",
			faults: []*harness.Fault{{Status: 403, Body: numberNotAllowed}}, outcome: v1alpha1.OutcomeFailed,
		},
		{
			name: "notFound", reason: "so will 404",
			faults: []*harness.Fault{{Status: 404, Body: numberUnknown}}, outcome: v1alpha1.OutcomeFailed,
		},
		{
			name: "badRequest", reason: "and 400",
			faults: []*harness.Fault{{Status: 400}}, outcome: v1alpha1.OutcomeFailed,
		},
		{
			name: "throttled", reason: "429 without Retry-After is tried again, later and later",
			faults: harness.Repeat(2*triesOfOneCall, throttle), waits: v1alpha1.ReasonThrottled,
			rings: 1, outcome: v1alpha1.OutcomeCompleted,
		},
		{
			name: "serverErrorBefore", reason: "500 leaves open whether there was an effect",
			faults: []*harness.Fault{{Status: 500}}, waits: v1alpha1.ReasonDialUnresolved,
			rings: 1, outcome: v1alpha1.OutcomeCompleted,
		},
		{
			name: "serverErrorAfter", reason: "here there was one",
			faults: []*harness.Fault{{Status: 503, AfterEffect: true}},
			rings:  1, outcome: v1alpha1.OutcomeCompleted,
		},
		{
			name: "droppedBefore", reason: "a broken connection leaves it open too",
			faults: []*harness.Fault{before}, waits: v1alpha1.ReasonDialUnresolved,
			rings: 1, outcome: v1alpha1.OutcomeCompleted,
		},
		{
			name: "droppedAfter", reason: "and here there was an effect",
			faults: []*harness.Fault{after}, rings: 1, outcome: v1alpha1.OutcomeCompleted,
		},
		{
			name: "timeOutBefore", reason: "a time-out is a broken connection that takes longer",
			faults: []*harness.Fault{{Hang: true}}, rings: 1, outcome: v1alpha1.OutcomeCompleted,
		},
		{
			name: "timeOutAfter", reason: "with an effect as well",
			faults: []*harness.Fault{{Hang: true, AfterEffect: true}}, rings: 1, outcome: v1alpha1.OutcomeCompleted,
		},
		{
			name: "droppedAfterThenThrottled", reason: "429 to a repetition says nothing about what it repeats",
			faults: append([]*harness.Fault{after}, harness.Repeat(2*triesOfOneCall, throttle)...),
			rings:  1, outcome: v1alpha1.OutcomeCompleted,
		},
		{
			name: "droppedAfterThenForbidden", reason: "nor does 403",
			faults: []*harness.Fault{after, {Status: 403, Body: numberNotAllowed}}, rings: 1, outcome: v1alpha1.OutcomeCompleted,
		},
		{
			name: "unauthorizedOnce", reason: "401 may be a key that is being rotated",
			faults: []*harness.Fault{{Status: 401}}, waits: v1alpha1.ReasonUnauthorized, rings: 1, outcome: v1alpha1.OutcomeCompleted,
		},
		{
			name: "notJSON", reason: "something on the way answers for ACS",
			faults: []*harness.Fault{{Status: 502, Body: "<html>bad gateway</html>"}},
			waits:  v1alpha1.ReasonDialUnresolved, rings: 1, outcome: v1alpha1.OutcomeCompleted,
		},
		{
			name: "madeButNotJSON", reason: "201 says that the call was made, whatever else is in the answer",
			faults: []*harness.Fault{{Status: 201, Body: "{", AfterEffect: true}}, rings: 1, outcome: v1alpha1.OutcomeCompleted,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := life{reason: tc.reason, phone: briefly(), rings: tc.rings, outcomes: only(tc.outcome)}
			w := worldFor(t, l)
			faults := harness.NewFaults().On("createCall", tc.faults...)
			m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: faults})
			live(t, w, l)
			if left := faults.Left("createCall"); left > 0 && tc.waits != "" {
				t.Errorf("%s: %d faults were not met", tc.reason, left)
			}
			if tc.waits != "" && !slices.ContainsFunc(w.Revisions(callName), hasReason(tc.waits)) {
				t.Errorf("%s: the reason %s never showed in the conditions", tc.reason, tc.waits)
			}
			checkEnd(t, w, l, m)
		})
	}
}

func hasReason(reason string) func(*v1alpha1.Call) bool {
	return func(call *v1alpha1.Call) bool {
		return harness.Condition(call, v1alpha1.ConditionReady).Reason == reason
	}
}

// TestRetryAfterIsKept has ACS say when to come again.
func TestRetryAfterIsKept(t *testing.T) {
	t.Parallel()
	const pause = 3 * time.Second
	l := life{reason: "the operator waits as the service asks", phone: briefly(), rings: 1, outcomes: only(v1alpha1.OutcomeCompleted)}
	w := worldFor(t, l)
	faults := harness.NewFaults().On("createCall", &harness.Fault{Status: 429, Header: http.Header{"Retry-After": {"3"}}})
	m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: faults})
	live(t, w, l)
	times := faults.Times("createCall")
	if len(times) != 2 || times[1].Sub(times[0]) < pause {
		t.Errorf("createCall was tried at %v: want two tries, %s apart", times, pause)
	}
	checkEnd(t, w, l, m)
}

// TestWhatACSAnswersToAHangUp has the hang-up and the polls fail.
func TestWhatACSAnswersToAHangUp(t *testing.T) {
	cases := []struct {
		name, reason string
		operation    string
		faults       []*harness.Fault
	}{
		{
			name: "serverError", reason: "a hang-up that fails is sent again", operation: "terminate",
			faults: harness.Repeat(triesOfOneCall, &harness.Fault{Status: 503}),
		},
		{
			name: "droppedAfter", reason: "one that had its effect needs no answer", operation: "terminate",
			faults: harness.Repeat(triesOfOneCall, &harness.Fault{AfterEffect: true}),
		},
		{
			name: "notEstablished", reason: "a call that ACS is still setting up can be ended a little later", operation: "terminate",
			faults: []*harness.Fault{{Status: 400, Body: `{"error":{"code":"8501","message":"Call not established."}}`}},
		},
		{
			name: "pollsFail", reason: "no failure of a poll ends a call", operation: "getCall",
			faults: harness.Repeat(4*triesOfOneCall, &harness.Fault{Status: 500}),
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := life{reason: tc.reason, phone: forLong(), rings: 1, outcomes: only(v1alpha1.OutcomeCompleted)}
			l.drive = func(t *testing.T, w *harness.World) {
				w.AwaitCondition(t, callName, v1alpha1.ConditionConnected)
				w.HangUp(t, callName)
			}
			w := worldFor(t, l)
			m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: harness.NewFaults().On(tc.operation, tc.faults...)})
			live(t, w, l)
			checkEnd(t, w, l, m)
		})
	}
}
