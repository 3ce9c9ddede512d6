// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/statemachine/callstatus"
)

// factsFor are the facts of an action that only records facts; ok is false for any other action.
func factsFor(action callAction, now time.Time) (facts []callstatus.Fact, ok bool) {
	switch action {
	case actionObserve:
		// Every fact also writes the observed generation.
		return nil, true
	case actionEndCopy:
		return []callstatus.Fact{callstatus.Copied{At: now}}, true
	case actionEndUnanswered:
		return []callstatus.Fact{callstatus.Unanswered{At: now}}, true
	case actionGiveUpDial:
		return []callstatus.Fact{callstatus.GaveUp{At: now}}, true
	case actionSettle:
		return []callstatus.Fact{callstatus.Settled{At: now}}, true
	case actionWithdraw:
		return []callstatus.Fact{callstatus.CancelledUnplaced{At: now}}, true
	default:
		return nil, false
	}
}

func (r *Reconciler) statuses() objects.StatusWriter[v1alpha1.Call, *v1alpha1.Call, v1alpha1.CallStatus, callstatus.Fact] {
	return objects.StatusWriter[v1alpha1.Call, *v1alpha1.Call, v1alpha1.CallStatus, callstatus.Fact]{
		Client: r.Client, Live: r.Live, Recorder: r.Recorder, Tracer: r.Tracer, Expired: &r.expired,
		Status: func(call *v1alpha1.Call) *v1alpha1.CallStatus { return &call.Status },
		Spec:   func(call *v1alpha1.Call) any { return call.Spec },
		TTL:    func(call *v1alpha1.Call) *int32 { return call.Spec.TTLSecondsAfterFinished },
		Apply: func(call *v1alpha1.Call, facts ...callstatus.Fact) v1alpha1.CallStatus {
			from, to := party.Both(&call.Spec)
			observed := callstatus.Observed{Generation: call.Generation, From: from, To: to, At: r.Now()}
			return callstatus.Apply(call.Status, append([]callstatus.Fact{observed}, facts...)...)
		},
		Announce: callstatus.Announce,
		First:    func(status *v1alpha1.CallStatus) bool { return status.ObservedGeneration < 0 },
		Changed: func(call *v1alpha1.Call, before, after *v1alpha1.CallStatus) {
			r.Metrics.Life().CallChanged(&call.Spec, before, after)
			r.Tracer.CallChanged(call, before, after)
		},
	}
}

// writeStatus is StatusWriter.write, and writeStatusRetrying StatusWriter.WriteRetrying, for Calls.
func (r *Reconciler) writeStatus(ctx context.Context, call *v1alpha1.Call, facts ...callstatus.Fact) error {
	return r.statuses().Write(ctx, call, facts...)
}

func (r *Reconciler) writeStatusRetrying(ctx context.Context, call *v1alpha1.Call, facts ...callstatus.Fact) error {
	return r.statuses().WriteRetrying(ctx, call, facts...)
}
