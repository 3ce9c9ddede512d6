// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"context"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/statemachine"
)

// StatusWriter writes the statuses of one kind: objects O of the type T, with the status S, which facts F change.
type StatusWriter[T any, O interface {
	*T
	client.Object
}, S, F any] struct {
	Client   client.Client
	Live     client.Reader
	Recorder events.EventRecorder
	Tracer   *tracing.Tracer
	// Expired are the objects whose record was deleted.
	Expired *Expired
	// Status and Spec are an object's, and TTL its spec's time to live.
	Status func(O) *S
	Spec   func(O) any
	TTL    func(O) *int32
	// Apply returns what the facts make of an object's status, and announce the Events for that change.
	Apply    func(O, ...F) S
	Announce func(before, after S) []statemachine.Announcement
	// First tells whether a status was never written; changed is called after each write.
	First   func(*S) bool
	Changed func(object O, before, after *S)
}

// Write applies the facts and writes the status with the resource version that was read. It returns a conflict if the object was
// changed since, since the decision was then based on stale data. It updates the object.
func (w StatusWriter[T, O, S, F]) Write(ctx context.Context, object O, facts ...F) error {
	before, after := *w.Status(object), w.Apply(object, facts...)
	if apiequality.Semantic.DeepEqual(before, after) {
		return nil
	}
	updated, _ := object.DeepCopyObject().(O)
	*w.Status(updated) = after
	// The cache does not keep them as the API server has them.
	updated.SetManagedFields(nil)
	ctx, span := w.Tracer.Start(ctx, object, tracing.StatusWrite)
	err := w.Client.Status().Update(ctx, updated)
	span.End()
	if err != nil {
		return err
	}
	*object = *updated
	w.emit(object, &before, &after)
	return nil
}

// WriteRetrying is write, but retries on conflict: the facts hold whatever was written meanwhile.
func (w StatusWriter[T, O, S, F]) WriteRetrying(ctx context.Context, object O, facts ...F) error {
	return retryOnConflict(ctx, w.Live, object, func(ctx context.Context) error { return w.Write(ctx, object, facts...) })
}

// emit sends Events for a written change.
func (w StatusWriter[T, O, S, F]) emit(object O, before, after *S) {
	if w.First(before) {
		warnOfTimeToLive(w.Recorder, object, w.TTL(object))
		w.Expired.warn(w.Recorder, object, w.Spec(object))
	}
	for _, news := range w.Announce(*before, *after) {
		w.Recorder.Eventf(object, nil, news.EventType(), news.Reason, news.Action, "%s", news.Message)
	}
	w.Changed(object, before, after)
}
