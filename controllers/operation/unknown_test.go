// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

func TestUnknownActionOfAMove(t *testing.T) {
	move := &v1alpha1.ParticipantMove{ObjectMeta: metav1.ObjectMeta{Name: "m", Namespace: "n", UID: "u", Generation: 1}}
	api := controllertest.NewAPI(t, moveIndexes, interceptor.Funcs{}, move)
	r, recorder := movesAt(t, api, controllertest.PlacesCalls())
	if err := api.Get(t.Context(), client.ObjectKeyFromObject(move), move); err != nil {
		t.Fatal(err)
	}
	done, err := r.carryOut(t.Context(), &observation{kind: Moves, op: Moves.of(move)}, decision{action: "teleport"})
	if err != nil || !done.Stop || done.After <= 0 {
		t.Errorf("%+v, %v, want another look", done, err)
	}
	if waiting := move.Status.Waiting; waiting == nil || waiting.Reason != v1alpha1.ReasonInternalError {
		t.Errorf("the move waits for %+v, want %s", waiting, v1alpha1.ReasonInternalError)
	}
	controllertest.WantEvent(t, recorder, "defect")
}
