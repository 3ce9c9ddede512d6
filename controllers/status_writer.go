// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/internal/statemachine"
	"github.com/call-operator/call-operator/internal/tracing"
)

// statusWriter writes the statuses of one kind: objects O of the type T, with the status S, which facts F change.
type statusWriter[T any, O interface {
	*T
	client.Object
}, S, F any] struct {
	client   client.Client
	live     client.Reader
	recorder events.EventRecorder
	tracer   *tracing.Tracer
	// status is an object's, and ttl its spec's time to live.
	status func(O) *S
	ttl    func(O) *int32
	// apply returns what the facts make of an object's status, and announce the Events for that change.
	apply    func(O, ...F) S
	announce func(before, after S) []statemachine.Announcement
	// first tells whether a status was never written; changed is called after each write.
	first   func(*S) bool
	changed func(object O, before, after *S)
}

// write applies the facts and writes the status with the resource version that was read. It returns a conflict if the object was
// changed since, since the decision was then based on stale data. It updates the object.
func (w statusWriter[T, O, S, F]) write(ctx context.Context, object O, facts ...F) error {
	before, after := *w.status(object), w.apply(object, facts...)
	if apiequality.Semantic.DeepEqual(before, after) {
		return nil
	}
	updated, _ := object.DeepCopyObject().(O)
	*w.status(updated) = after
	// The cache does not keep them as the API server has them.
	updated.SetManagedFields(nil)
	ctx, span := w.tracer.Start(ctx, object, tracing.StatusWrite)
	err := w.client.Status().Update(ctx, updated)
	span.End()
	if err != nil {
		return err
	}
	*object = *updated
	w.emit(object, &before, &after)
	return nil
}

// writeRetrying is write, but retries on conflict: the facts hold whatever was written meanwhile.
func (w statusWriter[T, O, S, F]) writeRetrying(ctx context.Context, object O, facts ...F) error {
	return retryOnConflict(ctx, w.live, object, func(ctx context.Context) error { return w.write(ctx, object, facts...) })
}

// emit sends Events for a written change.
func (w statusWriter[T, O, S, F]) emit(object O, before, after *S) {
	if w.first(before) {
		warnOfTimeToLive(w.recorder, object, w.ttl(object))
	}
	for _, news := range w.announce(*before, *after) {
		kind := corev1.EventTypeNormal
		if news.Warning {
			kind = corev1.EventTypeWarning
		}
		w.recorder.Eventf(object, nil, kind, news.Reason, news.Action, "%s", news.Message)
	}
	w.changed(object, before, after)
}
