// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/callstate"
	"github.com/call-operator/call-operator/internal/party"
)

// factsFor are the facts of an action that only records facts; ok is false for any other action.
func factsFor(action callAction, now time.Time) (facts []callstate.Fact, ok bool) {
	switch action {
	case actionObserve:
		// Every fact also writes the observed generation.
		return nil, true
	case actionEndCopy:
		return []callstate.Fact{callstate.Copied{At: now}}, true
	case actionRangOut:
		return []callstate.Fact{callstate.RangOut{At: now}}, true
	case actionGiveUpDial:
		return []callstate.Fact{callstate.Unresolvable{At: now}}, true
	case actionSettle:
		return []callstate.Fact{callstate.Settled{At: now}}, true
	case actionWithdraw:
		return []callstate.Fact{callstate.Withdrawn{At: now}}, true
	default:
		return nil, false
	}
}

func (r *Reconciler) statuses() objects.StatusWriter[v1alpha1.Call, *v1alpha1.Call, v1alpha1.CallStatus, callstate.Fact] {
	return objects.StatusWriter[v1alpha1.Call, *v1alpha1.Call, v1alpha1.CallStatus, callstate.Fact]{
		Client: r.Client, Live: r.Live, Recorder: r.Recorder, Tracer: r.Tracer,
		Status: func(call *v1alpha1.Call) *v1alpha1.CallStatus { return &call.Status },
		TTL:    func(call *v1alpha1.Call) *int32 { return call.Spec.TTLSecondsAfterFinished },
		Apply: func(call *v1alpha1.Call, facts ...callstate.Fact) v1alpha1.CallStatus {
			from, to := party.Both(&call.Spec)
			observed := callstate.Observed{Generation: call.Generation, From: from, To: to, At: r.Now()}
			return callstate.Apply(call.Status, append([]callstate.Fact{observed}, facts...)...)
		},
		Announce: callstate.Announce,
		First:    func(status *v1alpha1.CallStatus) bool { return status.ObservedGeneration < 0 },
		Changed: func(call *v1alpha1.Call, before, after *v1alpha1.CallStatus) {
			r.Metrics.Life().CallChanged(&call.Spec, before, after)
			r.Tracer.CallChanged(call, before, after)
		},
	}
}

// writeStatus is StatusWriter.write, and writeStatusRetrying StatusWriter.WriteRetrying, for Calls.
func (r *Reconciler) writeStatus(ctx context.Context, call *v1alpha1.Call, facts ...callstate.Fact) error {
	return r.statuses().Write(ctx, call, facts...)
}

func (r *Reconciler) writeStatusRetrying(ctx context.Context, call *v1alpha1.Call, facts ...callstate.Fact) error {
	return r.statuses().WriteRetrying(ctx, call, facts...)
}
