// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// TestMoveRecordsAreKeptToo: a move that is created again would be sent again.
func TestMoveRecordsAreKeptToo(t *testing.T) {
	t.Parallel()
	over := func() *v1alpha1.ParticipantMove {
		return &v1alpha1.ParticipantMove{
			Spec:   v1alpha1.ParticipantMoveSpec{TTLSecondsAfterFinished: ptr.To[int32](60)},
			Status: v1alpha1.ParticipantMoveStatus{Result: &v1alpha1.MoveResult{Outcome: v1alpha1.MoveOutcomeMoved, EndTime: controllertest.At(0)}},
		}
	}
	plain, flux := over(), over()
	flux.Labels = map[string]string{"kustomize.toolkit.fluxcd.io/name": "calls"}
	now := controllertest.Epoch.Add(time.Hour)
	if got := decide(observation{kind: Moves, op: Moves.of(plain), now: now}); got.action != actionExpire {
		t.Errorf("a move that was created once goes: %+v", got)
	}
	if got := decide(observation{kind: Moves, op: Moves.of(flux), now: now}); got != (decision{action: actionWait}) {
		t.Errorf("a move that Flux applies stays: %+v", got)
	}
}

// TestRestoredMove: a copy without a status is not sent.
func TestRestoredMove(t *testing.T) {
	t.Parallel()
	move := &v1alpha1.ParticipantMove{}
	move.CreationTimestamp, move.Labels = controllertest.At(0), map[string]string{"velero.io/restore-name": "r"}
	if got := decide(observation{kind: Moves, op: Moves.of(move), now: controllertest.Epoch, calls: make([]resolvedCall, 2)}); got.action != actionEndRestored {
		t.Errorf("got %+v", got)
	}
}
