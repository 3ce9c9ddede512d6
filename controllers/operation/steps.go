// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/calloperation"
)

// InTurn begins a step of a Call's flow, unless a CallAction in the Call goes first. Then it returns what the step waits for. Progress is how
// far the call has come with the step, and needs is what its operation needs for itself.
func (r *Reconciler) InTurn(
	ctx context.Context, call *v1alpha1.Call, progress *v1alpha1.FlowProgress, needs []string, begin func() error,
) (waits string, err error) {
	if len(needs) == 0 {
		return "", begin()
	}
	claiming := r.claiming.of(client.ObjectKeyFromObject(call).String())
	claiming.Lock()
	defer claiming.Unlock()
	asks := turnOfStep(progress)
	others, err := r.conflictsWith(ctx, call.Namespace, asks)
	if err != nil {
		return "", err
	}
	if first := firstOf(others, asks, needs); first != nil {
		return first.goesFirst(r.Kind), nil
	}
	return "", begin()
}

// Recording is the name of the CallAction that records a Call now, "" if none does. It lasts as long as the call, so nothing waits for it.
func (r *Reconciler) Recording(ctx context.Context, call *v1alpha1.Call) (string, error) {
	open, err := r.listOpen(ctx, call.Namespace)
	if err != nil {
		return "", err
	}
	for _, op := range open {
		act, ok := op.(callAction)
		if ok && calloperation.StartsRecording(&act.Spec.CallOperation) && act.Status.Accepted && act.Status.Call != nil && act.Status.Call.UID == call.UID {
			return act.Name, nil
		}
	}
	return "", nil
}

// ChangesThatUnblock are the changes of operations that unblock others.
func (r *Reconciler) ChangesThatUnblock() predicate.Predicate { return r.changesThatUnblock() }

func turnOfStep(progress *v1alpha1.FlowProgress) turn {
	return turn{name: fmt.Sprintf("Step %s of the flow", progress.Step), since: progress.StepTime.Time}
}

// stepIn is the step that a Call is at, if CallActions may conflict with it.
func (r *Reconciler) stepIn(ctx context.Context, key types.NamespacedName) ([]conflict, error) {
	call := &v1alpha1.Call{}
	if err := r.Get(ctx, key, call); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	flow := call.Status.Flow
	if flow == nil || flow.Over() || flow.Step == "" || flow.StepTime == nil {
		return nil, nil
	}
	inFlight := flow.Attempt != nil && flow.Result == nil
	ready := flow.Attempt == nil && flow.Waiting != nil && flow.Waiting.Reason == v1alpha1.ReasonActionInFlight && flow.Waiting.RetryTime == nil
	return []conflict{{turn: turnOfStep(flow), holds: calloperation.HeldByStep(flow, call.Name), inFlight: inFlight, ready: ready}}, nil
}

// stepIsOver tells whether a change of a Call ended a step that CallActions may wait for.
func stepIsOver(before, after *v1alpha1.Call) bool {
	held := heldBy(before)
	return len(held) > 0 && !slices.Equal(held, heldBy(after))
}

func heldBy(call *v1alpha1.Call) []string {
	flow := call.Status.Flow
	if flow == nil || flow.Over() || flow.Attempt == nil || flow.Result != nil {
		return nil
	}
	return calloperation.HeldByStep(flow, call.Name)
}
