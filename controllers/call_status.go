// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
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

func (r *CallReconciler) statuses() statusWriter[v1alpha1.Call, *v1alpha1.Call, v1alpha1.CallStatus, callstate.Fact] {
	return statusWriter[v1alpha1.Call, *v1alpha1.Call, v1alpha1.CallStatus, callstate.Fact]{
		client: r.Client, live: r.Live, recorder: r.Recorder, tracer: r.Tracer,
		status: func(call *v1alpha1.Call) *v1alpha1.CallStatus { return &call.Status },
		ttl:    func(call *v1alpha1.Call) *int32 { return call.Spec.TTLSecondsAfterFinished },
		apply: func(call *v1alpha1.Call, facts ...callstate.Fact) v1alpha1.CallStatus {
			from, to := party.Both(&call.Spec)
			observed := callstate.Observed{Generation: call.Generation, From: from, To: to, At: r.Now()}
			return callstate.Apply(call.Status, append([]callstate.Fact{observed}, facts...)...)
		},
		announce: callstate.Announce,
		first:    func(status *v1alpha1.CallStatus) bool { return status.ObservedGeneration < 0 },
		changed: func(call *v1alpha1.Call, before, after *v1alpha1.CallStatus) {
			r.Metrics.life().CallChanged(&call.Spec, before, after)
			r.Tracer.CallChanged(call, before, after)
		},
	}
}

// writeStatus is statusWriter.write, and writeStatusRetrying statusWriter.writeRetrying, for Calls.
func (r *CallReconciler) writeStatus(ctx context.Context, call *v1alpha1.Call, facts ...callstate.Fact) error {
	return r.statuses().write(ctx, call, facts...)
}

func (r *CallReconciler) writeStatusRetrying(ctx context.Context, call *v1alpha1.Call, facts ...callstate.Fact) error {
	return r.statuses().writeRetrying(ctx, call, facts...)
}
