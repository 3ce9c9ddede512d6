// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"errors"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
)

// noteUnreachable records that a call can be neither polled nor hung up, if that is what the error says.
func (r *Reconciler) noteUnreachable(ctx context.Context, call *v1alpha1.Call, err error) (noted bool, _ error) {
	cause, ok := access.IsProviderChanged(err)
	if !ok {
		return false, nil
	}
	return true, r.writeStatus(ctx, call, callstatus.ProviderChanged{Message: cause.Message, At: r.Now()})
}

// noteReached records that the service that has the call can be reached again.
func (r *Reconciler) noteReached(ctx context.Context, call *v1alpha1.Call) error {
	if call.Status.Unreachable == nil {
		return nil
	}
	return r.writeStatus(ctx, call, callstatus.Reached{At: r.Now()})
}

// whereabouts names the service that has the call.
func whereabouts(call *v1alpha1.Call) string {
	if sent := call.Status.Attempt; sent != nil && sent.Service != nil {
		return sent.Service.Endpoint
	}
	return "the service"
}

// Found are the pins of an attempt whose call the service knows.
func found(call *v1alpha1.Call, connection *access.Connection) attempt.Pins {
	return attempt.Pins{ObjectUID: call.UID, Service: &connection.Service}
}

// unobserved is the fact for a poll whose answer says nothing about the call; nil for any other, temporary error.
func (r *Reconciler) unobserved(err error) callstatus.Fact {
	var failed *telephony.Error
	if !errors.As(err, &failed) || failed.Code == 0 || !failed.Class.Final() && failed.Class != telephony.ClassMisdirected {
		return nil
	}
	return callstatus.Unobserved{Reason: failed.Reason, Message: failed.Sentence, At: r.Now()}
}
