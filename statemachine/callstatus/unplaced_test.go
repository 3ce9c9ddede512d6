// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"strings"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

var unplacedEpoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// observedAfter is a status that somebody has looked at, after some facts.
func observedAfter(facts ...Fact) v1alpha1.CallStatus {
	return Apply(v1alpha1.CallStatus{ObservedGeneration: -1}, append([]Fact{Observed{Generation: 1, At: unplacedEpoch}}, facts...)...)
}

// TestPlacedAtItsTime: a Call that waited for its time says that it is dialled when it is, and not that it waits.
func TestPlacedAtItsTime(t *testing.T) {
	t.Parallel()
	waits := Waits{Reason: v1alpha1.ReasonWaitingForTime, Message: "m", Retry: unplacedEpoch.Add(time.Hour), At: unplacedEpoch}
	status := observedAfter(waits, Intended{ID: "a", At: unplacedEpoch.Add(time.Hour)})
	if status.Waiting != nil || status.Phase != v1alpha1.CallPhaseDialing {
		t.Errorf("got %+v", status)
	}
	throttled := observedAfter(Waits{Reason: v1alpha1.ReasonThrottled, Message: "m", Retry: unplacedEpoch, At: unplacedEpoch}, Intended{ID: "a", At: unplacedEpoch})
	if throttled.Waiting == nil {
		t.Error("the back-off grows by what failed")
	}
}

// TestEndsUnplaced: what ends before it is placed is final, says what to do, and touches no attempt.
func TestEndsUnplaced(t *testing.T) {
	t.Parallel()
	deadline := unplacedEpoch.Add(time.Minute)
	waits := Waits{Reason: v1alpha1.ReasonSecretNotFound, Message: "Secret s does not exist.", Deadline: deadline, At: unplacedEpoch}
	if status := observedAfter(waits); status.Waiting.Deadline == nil || !status.Waiting.Deadline.Time.Equal(deadline) {
		t.Errorf("who waits says until when: %+v", status.Waiting)
	}
	cases := []struct {
		name, reason string
		fact         Fact
		outcome      v1alpha1.CallOutcome
		message      string
	}{
		{
			"expired", "what it waited for is the reason", Expired{Deadline: deadline, At: deadline}, v1alpha1.OutcomeExpired,
			"The call was not placed before its deadline, 2026-11-23T12:01:00Z (spec.startingDeadlineSeconds). Nobody was rung. What it waited for: Secret s does not exist.",
		},
		{
			"restored", "whether it was placed is not known", Restored{By: "Velero", Mark: "label l", At: deadline}, v1alpha1.OutcomeUnknown,
			"Velero restored this Call from a backup (label l), so that its call may have taken place before: it is not placed again. " +
				"To place it, create a Call with another name and without that mark, as kubectl call retry does.",
		},
		{"refused", "the sentence says why", NumberRefused{Problem: "+112 is too short.", At: deadline}, v1alpha1.OutcomeFailed, "+112 is too short. Nobody was rung."},
		{
			"blocked", "the sentence names the list", Blocked{Message: "+14255550123 is on a do-not-call list.", At: deadline}, v1alpha1.OutcomeBlocked,
			"+14255550123 is on a do-not-call list. Nobody was rung.",
		},
	}
	for _, c := range cases {
		status := observedAfter(waits, c.fact)
		if status.Result == nil || status.Result.Outcome != c.outcome || status.Result.Message != c.message || AsWanted(c.outcome) || status.Waiting != nil {
			t.Errorf("%s, %s: %+v", c.name, c.reason, status.Result)
		}
		if attempted := observedAfter(Intended{ID: "a", At: unplacedEpoch}, c.fact); attempted.Result != nil {
			t.Errorf("%s: an attempt may have been sent, and %+v denies it", c.name, attempted.Result)
		}
		if strings.Contains(status.Result.Message, "  ") {
			t.Errorf("%s: %q", c.name, status.Result.Message)
		}
	}
}
