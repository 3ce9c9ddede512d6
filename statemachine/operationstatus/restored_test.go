// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// TestRestored: a copy without a status ends, and says how to move the participants after all. One that was sent is followed.
func TestRestored(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	restored := Restored{By: "Velero", Mark: "label velero.io/restore-name", At: now}
	unseen := v1alpha1.ParticipantMoveStatus{OperationStatus: v1alpha1.OperationStatus{ObservedGeneration: -1}}
	copied := ApplyToMove(unseen, Observed{Generation: 1, At: now}, restored)
	const want = "Velero restored this move from a backup (label velero.io/restore-name), so that it may have taken place before: it is not sent again. " +
		"To move the participants, create a ParticipantMove with another name and without that mark."
	if copied.Result == nil || copied.Result.Outcome != v1alpha1.MoveOutcomeUnknown || copied.Result.Message != want {
		t.Errorf("got %+v", copied.Result)
	}
	sent := ApplyToMove(unseen, Observed{Generation: 1, At: now}, Intended{ID: "a", Calls: make([]v1alpha1.OperatedCall, 2), Participants: []string{"4:+14255550123"}, At: now}, restored)
	if sent.Result != nil {
		t.Errorf("what was sent is not denied: %+v", sent.Result)
	}
}
