// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"net/http"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/call-operator/call-operator/internal/tracing"
)

// Names of spans.
const (
	spanCallback     = "callback"
	spanIncomingCall = "incomingCall"
)

// describeCallback adds a callback's object and result to its span, without its URL and its body.
func (s *Server) describeCallback(span trace.Span, c callback, v response) {
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(tracing.ReasonKey.String(v.reason), tracing.StatusCodeKey.Int(v.code))
	if v.code >= http.StatusBadRequest {
		span.SetStatus(codes.Error, v.reason)
		return
	}
	// An accepted body can be decoded.
	decoded, _, _ := s.reports.DecodeEvents(c.body)
	types := make([]string, len(decoded))
	for i := range decoded {
		types[i] = decoded[i].Type
	}
	span.SetAttributes(tracing.EventTypesKey.StringSlice(types))
}
