// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
)

// Action is a CallAction in a Call, not created yet.
func (w *World) Action(name, call string, operation v1alpha1.CallOperation) *v1alpha1.CallAction {
	return &v1alpha1.CallAction{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name},
		Spec:       v1alpha1.CallActionSpec{Call: v1alpha1.CallReference{Name: call}, CallOperation: operation},
	}
}

// CreateAction creates a CallAction.
func (w *World) CreateAction(t testing.TB, action *v1alpha1.CallAction) {
	t.Helper()
	must(t, w.Client.Create(t.Context(), action))
}

// DeleteAction deletes a CallAction.
func (w *World) DeleteAction(t testing.TB, name string) {
	t.Helper()
	must(t, w.Client.Delete(t.Context(), w.Action(name, "", v1alpha1.CallOperation{})))
}

// AwaitAction waits until cond holds for an action and returns the revision for which it did.
func (w *World) AwaitAction(t testing.TB, name, what string, cond func(*v1alpha1.CallAction) bool) *v1alpha1.CallAction {
	t.Helper()
	var found *v1alpha1.CallAction
	awaitIn(t, w, w.actions, name, what, func(action *v1alpha1.CallAction, gone bool) bool {
		if action == nil || gone || !cond(action) {
			return false
		}
		found = action
		return true
	}, describeAction)
	return found
}

// AwaitActionEnd waits until an action has a result, and checks its outcome.
func (w *World) AwaitActionEnd(t testing.TB, name string, want v1alpha1.ActionOutcome) *v1alpha1.CallAction {
	t.Helper()
	action := w.AwaitAction(t, name, "it has a result", func(action *v1alpha1.CallAction) bool { return action.Status.Result != nil })
	if result := action.Status.Result; result.Outcome != want {
		t.Errorf("action %s ended as %s (%s), want %s", name, result.Outcome, result.Message, want)
	}
	return action
}

// AwaitActionWaits waits until an action waits for a reason.
func (w *World) AwaitActionWaits(t testing.TB, name, reason string) *v1alpha1.CallAction {
	t.Helper()
	return w.AwaitAction(t, name, "it waits as "+reason, func(action *v1alpha1.CallAction) bool {
		return action.Status.Waiting != nil && action.Status.Waiting.Reason == reason
	})
}

// AwaitActionGone waits until an action is gone.
func (w *World) AwaitActionGone(t testing.TB, name string) {
	t.Helper()
	awaitIn(t, w, w.actions, name, "it is gone", func(_ *v1alpha1.CallAction, gone bool) bool { return gone }, describeAction)
}

// ActionRevisions are all that was ever seen of an action.
func (w *World) ActionRevisions(name string) []*v1alpha1.CallAction { return w.actions.of(name) }

func describeAction(action *v1alpha1.CallAction, gone bool) string {
	switch {
	case action == nil:
		return "not there"
	case gone:
		return "gone"
	}
	status, err := yaml.Marshal(action.Status)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("deletion %v, finalizers %v\n%s", action.DeletionTimestamp, action.Finalizers, status)
}

// CarriedOut is how many requests of an operation the service carried out.
func (s *Simulator) CarriedOut(operation string) int {
	n := 0
	for _, e := range s.simulator.Journal() {
		if e.Kind == simulator.EntryRequest && e.Operation == operation && e.Status/100 == 2 && !e.Repeated {
			n++
		}
	}
	return n
}

// Heard is what a phone heard, in order.
func (s *Simulator) Heard(phone string) []string { return s.simulator.Heard(phone) }
