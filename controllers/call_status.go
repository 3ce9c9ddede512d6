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

// factsFor are the facts that an action consists of which is nothing but a fact; ok is false for any other action.
func factsFor(action callAction, now time.Time) (facts []callstate.Fact, ok bool) {
	switch action {
	case actionObserve:
		// Which spec the status speaks of is written with every fact.
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

// recordOnce writes what is true after the facts, with the resource version that was read: a conflict is returned,
// since it says that the decision was made on an old view. call is brought up to date.
func (r *CallReconciler) recordOnce(ctx context.Context, call *v1alpha1.Call, facts ...callstate.Fact) error {
	before := call.Status
	after := callstate.Apply(before, append([]callstate.Fact{r.observed(call)}, facts...)...)
	if apiequality.Semantic.DeepEqual(before, after) {
		return nil
	}
	updated := call.DeepCopy()
	updated.Status = after
	// What the cache keeps of them is not what the API server has.
	updated.ManagedFields = nil
	ctx, span := r.Tracer.Start(ctx, call, spanStatusWrite)
	err := r.Status().Update(ctx, updated)
	span.End()
	if err != nil {
		return err
	}
	*call = *updated
	r.tell(call, &before, &after)
	return nil
}

// tell tells of a change that was written.
func (r *CallReconciler) tell(call *v1alpha1.Call, before, after *v1alpha1.CallStatus) {
	if before.ObservedGeneration < 0 {
		warnOfTimeToLive(r.Recorder, call, call.Spec.TTLSecondsAfterFinished)
	}
	for _, news := range callstate.Announce(*before, *after) {
		r.announce(call, news)
	}
	r.Metrics.life().CallChanged(&call.Spec, before, after)
	r.Tracer.CallChanged(call, before, after)
}

// record writes what is true after the facts, whatever was written meanwhile: they hold all the same.
func (r *CallReconciler) record(ctx context.Context, call *v1alpha1.Call, facts ...callstate.Fact) error {
	return untilWritten(ctx, r.Live, call, func(ctx context.Context) error { return r.recordOnce(ctx, call, facts...) })
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
