// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

const (
	uid = types.UID("6f1b9c1e-2f4d-4a7e-9a55-0d9a3f6f2b11")
	// traceOfUID and spanOfUID are what sha256sum says of it.
	traceOfUID = "6cea513c5ce53b27ede004300769c16c"
	spanOfUID  = "e36df676fed54eb0"

	applierTrace = "0af7651916cd43dd8448eb211c80319c"
	applierSpan  = "b7ad6b7169203331"
)

func callWith(traceparent string) *v1alpha1.Call {
	call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "c", UID: uid, CreationTimestamp: metav1.Unix(1000, 0)}}
	if traceparent != "" {
		call.Annotations = map[string]string{TraceparentAnnotation: traceparent}
	}
	return call
}

// end ends a Call at a time.
func end(tracer *Tracer, call *v1alpha1.Call, at int64) {
	tracer.CallChanged(call, &v1alpha1.CallStatus{}, &v1alpha1.CallStatus{
		Result: &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeBusy, EndTime: metav1.Unix(at, 0)},
	})
}

// TestIdentity has two processes that know nothing of each other make spans about one Call.
func TestIdentity(t *testing.T) {
	cases := []struct {
		name, reason, traceparent string
		trace, parent             string
		spans                     int
	}{
		{name: "plain", reason: "the IDs follow from the UID", trace: traceOfUID, spans: 3},
		{
			name: "applied", reason: "the annotation connects the Call to the applier's trace",
			traceparent: "00-" + applierTrace + "-" + applierSpan + "-01", trace: applierTrace, parent: applierSpan, spans: 3,
		},
		{
			name: "notSampled", reason: "who is not traced does not want it of us either",
			traceparent: "00-" + applierTrace + "-" + applierSpan + "-00",
		},
		{name: "malformed", reason: "a trace is not worth failing for", traceparent: "yes please", trace: traceOfUID, spans: 3},
		{
			name: "zero", reason: "an ID of zeros is none",
			traceparent: "00-" + strings.Repeat("0", 32) + "-" + applierSpan + "-01", trace: traceOfUID, spans: 3,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			exporter := tracetest.NewInMemoryExporter()
			manager := New(NewProvider(sdktrace.WithSyncer(exporter)))
			receiver := New(NewProvider(sdktrace.WithSyncer(exporter)))
			call := callWith(tc.traceparent)
			_, dial := manager.Start(t.Context(), call, "dial")
			dial.End()
			_, callback := receiver.Start(t.Context(), call, "callback")
			callback.End()
			end(receiver, call, 1010)
			spans := exporter.GetSpans()
			if len(spans) != tc.spans {
				t.Fatalf("%s: %d spans, want %d", tc.reason, len(spans), tc.spans)
			}
			for _, span := range spans {
				parent, ids := spanOfUID, span.SpanContext
				if span.Name == "call" {
					parent = tc.parent
					if ids.SpanID().String() != spanOfUID || !span.StartTime.Equal(time.Unix(1000, 0)) || !span.EndTime.Equal(time.Unix(1010, 0)) {
						t.Errorf("the span of the life has the ID %s, from %s to %s", ids.SpanID(), span.StartTime, span.EndTime)
					}
				}
				if ids.TraceID().String() != tc.trace || span.Parent.SpanID().IsValid() != (parent != "") ||
					parent != "" && span.Parent.SpanID().String() != parent {
					t.Errorf("%s: %s has trace %s and parent %s, want %s and %q", tc.reason, span.Name, ids.TraceID(), span.Parent.SpanID(), tc.trace, parent)
				}
			}
		})
	}
}

// TestBelow: StartBelow starts no span without a parent.
func TestBelow(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	tracer := New(NewProvider(sdktrace.WithSyncer(exporter)))
	if _, alone := tracer.StartBelow(t.Context(), "alone"); alone.IsRecording() {
		t.Error("a request that no object asked for has a span")
	}
	ctx, above := tracer.Start(t.Context(), callWith(""), "above")
	_, below := tracer.StartBelow(ctx, "below")
	_, sibling := tracer.Start(ctx, callWith(""), "sibling")
	below.End()
	sibling.End()
	above.End()
	for _, span := range exporter.GetSpans()[:2] {
		if span.Parent.SpanID() != above.SpanContext().SpanID() {
			t.Errorf("%s is not below the span in its context", span.Name)
		}
	}
}

// TestEndIsNotBeforeTheBeginning has the service's clock be behind.
func TestEndIsNotBeforeTheBeginning(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	end(New(NewProvider(sdktrace.WithSyncer(exporter))), callWith(""), 900)
	if span := exporter.GetSpans()[0]; span.EndTime.Before(span.StartTime) {
		t.Errorf("the call took %s", span.EndTime.Sub(span.StartTime))
	}
}

// TestOff has nobody make spans.
func TestOff(t *testing.T) {
	tracer := New(nil)
	ctx, span := tracer.Start(t.Context(), callWith(""), "dial")
	if ctx != t.Context() || span.IsRecording() {
		t.Error("without a provider there is a span")
	}
	end(tracer, callWith(""), 1010)
	allocations := testing.AllocsPerRun(100, func() {
		_, span := tracer.Start(ctx, nil, "dial")
		span.End()
	})
	if allocations > 0 {
		t.Errorf("tracing that is off allocates %v times a span", allocations)
	}
}

func TestWanted(t *testing.T) {
	cases := []struct {
		reason   string
		env      map[string]string
		want     bool
		protocol string
	}{
		{reason: "off is the default"},
		{reason: "an endpoint turns it on", env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, want: true},
		{reason: "so does one for traces", env: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, want: true},
		{reason: "the SDK can be turned off as a whole", env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "True"}},
		{reason: "the protocol that is spoken may be named", env: map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}},
		{reason: "another is refused", env: map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, protocol: "OTEL_EXPORTER_OTLP_PROTOCOL"},
		{
			reason: "that of traces takes precedence", env: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
		},
	}
	for _, tc := range cases {
		env := func(name string) string { return tc.env[name] }
		if got := wanted(env); got != tc.want {
			t.Errorf("%s: wanted is %v", tc.reason, got)
		}
		err := checkProtocol(env)
		if (err != nil) != (tc.protocol != "") || err != nil && !strings.Contains(err.Error(), tc.protocol+" is") {
			t.Errorf("%s: the error is %v", tc.reason, err)
		}
	}
}
