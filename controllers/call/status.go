// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
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

func (r *Reconciler) statuses() objects.CallStatusWriter {
	return objects.CallStatuses(objects.CallStatusWriter{
		Client: r.Client, Live: r.Live, Recorder: r.Recorder, Tracer: r.Tracer, Expired: &r.Expired,
	}, r.Metrics, r.Now)
}

// writeStatus is StatusWriter.write, and writeStatusRetrying StatusWriter.WriteRetrying, for Calls.
func (r *Reconciler) writeStatus(ctx context.Context, call *v1alpha1.Call, facts ...callstatus.Fact) error {
	return r.statuses().Write(ctx, call, facts...)
}

func (r *Reconciler) writeStatusRetrying(ctx context.Context, call *v1alpha1.Call, facts ...callstatus.Fact) error {
	return r.statuses().WriteRetrying(ctx, call, facts...)
}
