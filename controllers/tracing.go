// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/call-operator/call-operator/internal/tracing"
)

// spanStatusWrite is the span of writing a status, here and in the receiver.
const spanStatusWrite = tracing.StatusWrite

// spanOfCall and spanOfMove name the span of an action.
func spanOfCall(action callAction) string { return "call." + string(action) }
func spanOfMove(action moveAction) string { return "move." + string(action) }

// requestTracer creates a span for each try of a request to ACS, without its URL, which contains IDs of
// people.
type requestTracer struct{ tracer *tracing.Tracer }

// Do implements policy.Policy.
func (t requestTracer) Do(request *policy.Request) (*http.Response, error) {
	operation := operationOf(request)
	_, span := t.tracer.StartBelow(request.Raw().Context(), "acs."+operation, trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	response, err := request.Next()
	if !span.IsRecording() {
		return response, err
	}
	span.SetAttributes(tracing.OperationKey.String(operation))
	if err != nil || response == nil {
		// Without the error's text, which contains the URL.
		span.SetStatus(codes.Error, "no answer")
		return response, err
	}
	span.SetAttributes(tracing.StatusCodeKey.Int(response.StatusCode))
	if response.StatusCode >= http.StatusBadRequest {
		span.SetStatus(codes.Error, http.StatusText(response.StatusCode))
	}
	return response, nil
}
