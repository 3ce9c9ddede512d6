// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callstate"
	"github.com/call-operator/call-operator/telephony"
)

// dial places a pending call, or records what it waits for.
func (r *CallReconciler) dial(ctx context.Context, call *v1alpha1.Call) (step, error) {
	found, err := r.Connections.forNew(ctx, providerKey(call))
	if err != nil {
		return r.waitForProvider(ctx, call, err)
	}
	if reading := r.Slots.Ready(call); reading != slotsReady {
		return r.waitForQueue(ctx, call, reading)
	}
	r.Slots.Serves(client.ObjectKeyFromObject(found.provider), found.Endpoint)
	verdict, err := r.Slots.Admit(call, found.provider, r.Now())
	if err != nil {
		return r.waitForProvider(ctx, call, err)
	}
	if !verdict.Admitted {
		return r.waitInLine(ctx, call, verdict)
	}
	request := &callRequest{CallReconciler: r, call: call, since: r.Now(), arrivesHere: arrivalExpected(call, found.provider)}
	ctx, span := r.Tracer.Start(ctx, call, spanOfCall(actionDial))
	defer span.End()
	if err := r.engine().begin(ctx, request, found); err != nil {
		if notWritten(err) {
			r.Slots.Release(call)
		}
		return step{}, err
	}
	return step{}, r.engine().first(ctx, request, found)
}

// notWritten tells that a failed write changed nothing. After any other error the API server may have stored the write, and only
// the answer was lost.
func notWritten(err error) bool {
	return conflictOrGone(err) || apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsTooManyRequests(err)
}

// waitForProvider writes to status what has to be fixed. The provider's controller checks the Secret repeatedly, and its change
// of the provider requeues the Call; the delay here is only a safety net.
func (r *CallReconciler) waitForProvider(ctx context.Context, call *v1alpha1.Call, err error) (step, error) {
	r.Slots.Release(call)
	var cause *telephony.UnusableError
	if !errors.As(err, &cause) {
		return step{}, err
	}
	fact := callstate.Waits{Reason: cause.Reason, Message: cause.Message, Deadline: deadlineFor(call), At: r.Now()}
	return step{stop: true, after: jitter(longestBackoff, call.UID)}, r.writeStatus(ctx, call, fact)
}
