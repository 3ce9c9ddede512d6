// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// TestUnknownAction: an action without code is said to be a defect, changes nothing that is known of a request, and is tried again.
func TestUnknownAction(t *testing.T) {
	sent := &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonDialUnresolved, Message: "m", Since: controllertest.At(0)}
	tests := []struct {
		name, reason, waiting string
		status                v1alpha1.CallStatus
	}{
		{"new", "nothing else would ever show", v1alpha1.ReasonInternalError, v1alpha1.CallStatus{ObservedGeneration: 1}},
		{
			"sent", "what is known of the request decides whether it is repeated", v1alpha1.ReasonDialUnresolved,
			v1alpha1.CallStatus{ObservedGeneration: 1, Attempt: &v1alpha1.RequestAttempt{ID: "a", FirstSent: controllertest.At(0)}, Waiting: sent},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			call := &v1alpha1.Call{
				ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "n", UID: "u", Generation: 1},
				Spec:       v1alpha1.CallSpec{To: &v1alpha1.Identifier{PhoneNumber: "+442079460101"}}, Status: tc.status,
			}
			api := newAPI(t, interceptor.Funcs{}, call)
			r, recorder := newReconciler(t, api, controllertest.PlacesCalls())
			done, err := r.carryOut(t.Context(), controllertest.Read(t, api), callDecision{action: "teleport"})
			if err != nil || !done.Stop || done.After <= 0 {
				t.Errorf("%s: %+v, %v, want another look", tc.reason, done, err)
			}
			if waiting := controllertest.Read(t, api).Status.Waiting; waiting == nil || waiting.Reason != tc.waiting {
				t.Errorf("%s: it waits for %+v, want %s", tc.reason, waiting, tc.waiting)
			}
			controllertest.WantEvent(t, recorder, `defect: it does not know how to carry out the action "teleport"`)
		})
	}
}

// TestEveryActionIsCarriedOut: what decideCall may decide is known to what carries it out.
func TestEveryActionIsCarriedOut(t *testing.T) {
	for _, action := range []callAction{actionObserve, actionEndCopy, actionEndUnanswered, actionGiveUpDial, actionWithdraw} {
		if _, known := factsFor(action, controllertest.Epoch); !known {
			t.Errorf("the action %s has no facts", action)
		}
	}
}
