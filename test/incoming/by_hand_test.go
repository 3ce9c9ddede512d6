// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// setAction is what a person does who decides about one call.
func setAction(t *testing.T, w *harness.World, name, action string) error {
	t.Helper()
	call := &v1alpha1.Call{}
	if err := w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: name}, call); err != nil {
		t.Fatal(err)
	}
	return w.Client.Patch(t.Context(), call, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"action":`+action+`}}`)))
}

// TestTakenByHand has a call ring that no route takes, until its own spec.action says what to do.
func TestTakenByHand(t *testing.T) {
	cases := []struct {
		name, reason, action string
		outcome              v1alpha1.CallOutcome
		message              string
	}{
		{name: "answer", reason: "the call is connected, and ends when it is hung up", action: `{"answer":{"callLabels":{"room":"lobby"}}}`, outcome: v1alpha1.OutcomeCompleted},
		{
			name: "redirect", reason: "the call is passed on", action: `{"redirect":{"to":{"phoneNumber":"+442079460999"}}}`, outcome: v1alpha1.OutcomeRedirected,
			message: "The Call's spec.action passed the call on to +442079460999.",
		},
		{name: "reject", reason: "the caller hears that nobody takes the call", action: `{"reject":{"reason":"Busy"}}`, outcome: v1alpha1.OutcomeRejected},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, harness.Options{})
			m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
			name := w.Incoming(t, w.Sim.Dial(t, harness.Callee(1), harness.Caller))
			w.AwaitReason(t, name, v1alpha1.ReasonNoRoute)
			if err := setAction(t, w, name, tc.action); err != nil {
				t.Fatalf("%s: %v", tc.reason, err)
			}
			if tc.name == "answer" {
				w.AwaitCondition(t, name, v1alpha1.ConditionConnected)
				w.Await(t, name, "it has the labels", func(call *v1alpha1.Call) bool { return call.Labels["room"] == "lobby" })
				w.HangUp(t, name)
			}
			call := w.Await(t, name, "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
			if call.Status.Result.Outcome != tc.outcome || !strings.Contains(call.Status.Result.Message, tc.message) {
				t.Errorf("%s: the result is %+v, want %s with %q", tc.reason, call.Status.Result, tc.outcome, tc.message)
			}
			if err := setAction(t, w, name, `{"reject":{"reason":"Forbidden"}}`); err == nil || !strings.Contains(err.Error(), "this call already has an action") {
				t.Errorf("a second action was answered with %v, want a refusal", err)
			}
			w.AwaitNoContext(t)
			w.CheckNoLiveConnection(t)
			w.CheckQuiet(t, m)
		})
	}
}

// TestByHandComesTooLate has a route take a call before a person does.
func TestByHandComesTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{})
	createRoute(t, w, "all", 0, nil, answer(nil))
	w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	name := w.Incoming(t, w.Sim.Dial(t, harness.Callee(1), harness.Caller))
	w.AwaitCondition(t, name, v1alpha1.ConditionConnected)
	if err := setAction(t, w, name, `{"reject":{}}`); err == nil || !strings.Contains(err.Error(), "has already been answered, redirected or rejected") {
		t.Errorf("an action for a call that was taken was answered with %v, want a refusal", err)
	}
	w.HangUp(t, name)
}
