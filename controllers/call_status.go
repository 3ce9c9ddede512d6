// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

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

// writeStatus applies the facts and writes the status with the resource version that was read. It returns a
// conflict, since the decision was then based on stale data. It updates call.
func (r *CallReconciler) writeStatus(ctx context.Context, call *v1alpha1.Call, facts ...callstate.Fact) error {
	before := call.Status
	after := callstate.Apply(before, append([]callstate.Fact{r.observed(call)}, facts...)...)
	if apiequality.Semantic.DeepEqual(before, after) {
		return nil
	}
	updated := call.DeepCopy()
	updated.Status = after
	// The cache does not keep them as the API server has them.
	updated.ManagedFields = nil
	ctx, span := r.Tracer.Start(ctx, call, spanStatusWrite)
	err := r.Status().Update(ctx, updated)
	span.End()
	if err != nil {
		return err
	}
	*call = *updated
	r.emit(call, &before, &after)
	return nil
}

// emit sends Events and metrics for a written change.
func (r *CallReconciler) emit(call *v1alpha1.Call, before, after *v1alpha1.CallStatus) {
	if before.ObservedGeneration < 0 {
		warnOfTimeToLive(r.Recorder, call, call.Spec.TTLSecondsAfterFinished)
	}
	for _, news := range callstate.Announce(*before, *after) {
		r.announce(call, news)
	}
	r.Metrics.life().CallChanged(&call.Spec, before, after)
	r.Tracer.CallChanged(call, before, after)
}

// writeStatusRetrying applies the facts and writes the status, and retries on conflict: the facts hold whatever was written
// meanwhile.
func (r *CallReconciler) writeStatusRetrying(ctx context.Context, call *v1alpha1.Call, facts ...callstate.Fact) error {
	return retryOnConflict(ctx, r.Live, call, func(ctx context.Context) error { return r.writeStatus(ctx, call, facts...) })
}

func (r *CallReconciler) observed(call *v1alpha1.Call) callstate.Observed {
	from, to := party.Both(&call.Spec)
	return callstate.Observed{Generation: call.Generation, From: from, To: to, At: r.Now()}
}

func (r *CallReconciler) announce(call *v1alpha1.Call, news callstate.Announcement) {
	kind := corev1.EventTypeNormal
	if news.Warning {
		kind = corev1.EventTypeWarning
	}
	r.Recorder.Eventf(call, nil, kind, news.Reason, news.Action, "%s", news.Message)
}
