// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callstate"
	"github.com/call-operator/call-operator/telephony"
)

// providerIndex is the cache's index of Calls and CallRoutes by provider.
const providerIndex = "spec.providerRef.name"

// providerKey names the provider of a Call.
func providerKey(call *v1alpha1.Call) types.NamespacedName {
	return types.NamespacedName{Namespace: call.Namespace, Name: call.Spec.ProviderRef.Name}
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

// deleting tells whether a Call is being deleted.
func deleting(call *v1alpha1.Call) bool { return !call.DeletionTimestamp.IsZero() }
