// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/call-operator/call-operator/internal/tracing"
)

// noAnswer is the code of a request that was not answered, or not even sent.
const noAnswer = "error"

// ObserveTry counts each try of a request to a service, and creates a span for it, without its URL, which contains IDs of people.
func ObserveTry(metrics *Metrics, tracer *tracing.Tracer, now func() time.Time) func(context.Context, string) func(int) {
	return func(ctx context.Context, operation string) func(int) {
		begun := now()
		_, span := tracer.StartBelow(ctx, "request."+operation, trace.WithSpanKind(trace.SpanKindClient))
		return func(status int) {
			defer span.End()
			metrics.requested(operation, codeOf(status), now().Sub(begun))
			if !span.IsRecording() {
				return
			}
			span.SetAttributes(tracing.OperationKey.String(operation))
			if status == 0 {
				// Without the error's text, which contains the URL.
				span.SetStatus(codes.Error, "no answer")
				return
			}
			span.SetAttributes(tracing.StatusCodeKey.Int(status))
			if status >= http.StatusBadRequest {
				span.SetStatus(codes.Error, http.StatusText(status))
			}
		}
	}
}

// codeOf is the label of an answer's status; 0 is none.
func codeOf(status int) string {
	if status == 0 {
		return noAnswer
	}
	return strconv.Itoa(status)
}
