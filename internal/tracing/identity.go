// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TraceparentAnnotation makes an object part of an existing trace; its value is a W3C traceparent.
const TraceparentAnnotation = "call-operator.dev/traceparent"

// lifeOf identifies the span of an object's life.
func lifeOf(object client.Object) trace.SpanContext {
	hash := sha256.Sum256([]byte(object.GetUID()))
	var traceID trace.TraceID
	var spanID trace.SpanID
	copy(spanID[:], hash[copy(traceID[:], hash[:]):])
	applier := applierOf(object)
	if !applier.IsValid() {
		return trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID, TraceFlags: trace.FlagsSampled, Remote: true})
	}
	return applier.WithSpanID(spanID)
}

// applierOf identifies the span that an object's annotation names. It is invalid if there is none, or if the
// annotation is no traceparent: a trace is not worth a failure.
func applierOf(object client.Object) trace.SpanContext {
	value, found := object.GetAnnotations()[TraceparentAnnotation]
	if !found {
		return trace.SpanContext{}
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": value})
	return trace.SpanContextFromContext(ctx)
}

// idGenerator gives a span the ID from its context, or else a random one.
type idGenerator struct{}

// lifeKey is the context key for the identity of the next span.
type lifeKey struct{}

// NewIDs implements sdktrace.IDGenerator.
func (g idGenerator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if life, ok := ctx.Value(lifeKey{}).(trace.SpanContext); ok {
		return life.TraceID(), life.SpanID()
	}
	var id trace.TraceID
	for !id.IsValid() {
		_, _ = rand.Read(id[:]) // never fails
	}
	return id, g.NewSpanID(ctx, id)
}

// NewSpanID implements sdktrace.IDGenerator.
func (idGenerator) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	if life, ok := ctx.Value(lifeKey{}).(trace.SpanContext); ok {
		return life.SpanID()
	}
	var id trace.SpanID
	for !id.IsValid() {
		_, _ = rand.Read(id[:]) // never fails
	}
	return id
}
