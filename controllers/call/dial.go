// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/flows"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/controllers/shared/steps"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
)

// dial places a pending call, or records what it waits for.
func (r *Reconciler) dial(ctx context.Context, call *v1alpha1.Call) (steps.Step, error) {
	found, err := r.Connections.ForNew(ctx, objects.ProviderKey(call))
	if err != nil {
		return r.waitForProvider(ctx, call, err)
	}
	if err := flows.Usable(ctx, r.Client, call, call.Spec.Flow); err != nil {
		return r.waitForProvider(ctx, call, err)
	}
	if reading := r.Admission.Ready(call); reading != slotsReady {
		return r.waitForQueue(ctx, call, reading)
	}
	r.Admission.Serves(client.ObjectKeyFromObject(found.Provider), found.Endpoint)
	decision, err := r.Admission.Admit(call, found.Provider, r.Now())
	if err != nil {
		return r.waitForProvider(ctx, call, err)
	}
	if !decision.Admitted {
		return r.waitInLine(ctx, call, decision)
	}
	request := &callRequest{Reconciler: r, call: call, since: r.Now(), arrivesHere: arrivalExpected(call, found.Provider)}
	ctx, span := r.Tracer.Start(ctx, call, spanOfCall(actionDial))
	defer span.End()
	if err := r.engine().Begin(ctx, request, found); err != nil {
		return r.notBegun(ctx, call, err)
	}
	return steps.Step{}, r.engine().First(ctx, request, found)
}

// notBegun handles an error before the call was placed: a number that must not be called ends it.
func (r *Reconciler) notBegun(ctx context.Context, call *v1alpha1.Call, err error) (steps.Step, error) {
	var unusable *telephony.UnusableError
	if blocked, ok := access.IsBlocked(err); ok {
		r.Admission.Release(call)
		return steps.Step{}, r.writeStatus(ctx, call, callstatus.Blocked{Message: blocked.Message, At: r.Now()})
	}
	if errors.As(err, &unusable) {
		return r.waitForProvider(ctx, call, err)
	}
	if notWritten(err) {
		r.Admission.Release(call)
	}
	return steps.Step{}, err
}

// notWritten tells that a failed write changed nothing. After any other error the API server may have stored the write, and only
// the answer was lost.
func notWritten(err error) bool {
	return objects.ConflictOrGone(err) || apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsTooManyRequests(err)
}

// waitForProvider writes to status what has to be fixed, in the provider or in the flow. The provider's controller checks the Secret
// repeatedly, and a change of the provider or the flow requeues the Call; the delay here is only a safety net.
func (r *Reconciler) waitForProvider(ctx context.Context, call *v1alpha1.Call, err error) (steps.Step, error) {
	r.Admission.Release(call)
	var cause *telephony.UnusableError
	if !errors.As(err, &cause) {
		return steps.Step{}, err
	}
	fact := callstatus.Waits{Reason: cause.Reason, Message: cause.Message, Deadline: deadlineFor(call), At: r.Now()}
	return steps.Step{Stop: true, After: pauses.Jitter(pauses.LongestBackoff, call.UID)}, r.writeStatus(ctx, call, fact)
}
