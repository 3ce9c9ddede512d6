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

// factsFor are the facts that an action consists of which is nothing but a fact.
func factsFor(action callAction, now time.Time) []callstate.Fact {
	switch action {
	case actionRangOut:
		return []callstate.Fact{callstate.RangOut{At: now}}
	case actionGiveUpDial:
		return []callstate.Fact{callstate.Unresolvable{At: now}}
	case actionSettle:
		return []callstate.Fact{callstate.Settled{At: now}}
	case actionWithdraw:
		return []callstate.Fact{callstate.Withdrawn{At: now}}
	default:
		return nil
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
