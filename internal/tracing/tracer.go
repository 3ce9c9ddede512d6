// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Attributes of spans.
const (
	NamespaceKey = attribute.Key("k8s.namespace.name")
	NameKey      = attribute.Key("call_operator.name")
	UIDKey       = attribute.Key("call_operator.uid")
	OutcomeKey   = attribute.Key("call_operator.outcome")
	// OperationKey is an operation of ACS, StatusCodeKey the HTTP status of its answer.
	OperationKey  = attribute.Key("call_operator.acs.operation")
	StatusCodeKey = attribute.Key("http.response.status_code")
	// EventTypesKey are the types of the events in a callback, ReasonKey is its result in one word.
	EventTypesKey = attribute.Key("call_operator.events")
	ReasonKey     = attribute.Key("call_operator.reason")
)

// StatusWrite is the name of the span of writing a status.
const StatusWrite = "status.write"

// Tracer creates the spans of objects. A nil Tracer creates none.
type Tracer struct{ tracer trace.Tracer }

// New returns a Tracer; nil without a provider. The provider must come from NewProvider.
func New(provider trace.TracerProvider) *Tracer {
	if provider == nil {
		return nil
	}
	return &Tracer{tracer: provider.Tracer("github.com/call-operator/call-operator")}
}

// noSpan is the span of a context without one.
var noSpan = trace.SpanFromContext(context.Background())

// Start begins a span about an object: below the span in ctx if there is one, else below that of the object's life.
func (t *Tracer) Start(ctx context.Context, object client.Object, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	if t == nil || object == nil {
		return ctx, noSpan
	}
	if !trace.SpanContextFromContext(ctx).IsValid() {
		ctx = trace.ContextWithSpanContext(ctx, lifeOf(object))
	}
	ctx, span := t.tracer.Start(ctx, name, options...)
	span.SetAttributes(identity(object)...)
	return ctx, span
}

// StartBelow begins a span below the one in ctx; without one it begins none.
func (t *Tracer) StartBelow(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	if t == nil || !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, noSpan
	}
	return t.tracer.Start(ctx, name, options...)
}

// CallChanged creates the span of a Call's life if the second of two statuses, which was written, says that it is over.
func (t *Tracer) CallChanged(call *v1alpha1.Call, before, after *v1alpha1.CallStatus) {
	if t == nil || before.Result != nil || after.Result == nil {
		return
	}
	span := t.life(call, "call")
	if connected := after.ConnectedTime; connected != nil {
		span.AddEvent("answered", trace.WithTimestamp(connected.Time))
	}
	span.SetAttributes(OutcomeKey.String(string(after.Result.Outcome)))
	span.End(trace.WithTimestamp(endOf(call, after.Result.EndTime.Time)))
}

// MoveChanged is CallChanged for a ParticipantMove.
func (t *Tracer) MoveChanged(move *v1alpha1.ParticipantMove, before, after *v1alpha1.ParticipantMoveStatus) {
	if t == nil || before.Result != nil || after.Result == nil {
		return
	}
	span := t.life(move, "move")
	span.SetAttributes(OutcomeKey.String(string(after.Result.Outcome)))
	span.End(trace.WithTimestamp(endOf(move, after.Result.EndTime.Time)))
}

// ActionChanged is CallChanged for a CallAction.
func (t *Tracer) ActionChanged(action *v1alpha1.CallAction, before, after *v1alpha1.CallActionStatus) {
	if t == nil || before.Result != nil || after.Result == nil {
		return
	}
	span := t.life(action, "action")
	span.SetAttributes(OutcomeKey.String(string(after.Result.Outcome)))
	span.End(trace.WithTimestamp(endOf(action, after.Result.EndTime.Time)))
}

// life begins the span that covers an object's life, at its creation.
func (t *Tracer) life(object client.Object, name string) trace.Span {
	ctx := context.WithValue(context.Background(), lifeKey{}, lifeOf(object))
	if applier := applierOf(object); applier.IsValid() {
		ctx = trace.ContextWithSpanContext(ctx, applier)
	}
	_, span := t.tracer.Start(ctx, name, trace.WithTimestamp(object.GetCreationTimestamp().Time))
	span.SetAttributes(identity(object)...)
	return span
}

// endOf is never before the beginning, since the service's clock may differ.
func endOf(object client.Object, end time.Time) time.Time {
	if created := object.GetCreationTimestamp().Time; end.Before(created) {
		return created
	}
	return end
}

func identity(object client.Object) []attribute.KeyValue {
	return []attribute.KeyValue{
		NamespaceKey.String(object.GetNamespace()), NameKey.String(object.GetName()), UIDKey.String(string(object.GetUID())),
	}
}
