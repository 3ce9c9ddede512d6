// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	applierTrace = "0af7651916cd43dd8448eb211c80319c"
	applierSpan  = "b7ad6b7169203331"
)

// TestTraces has calls live, and looks at the spans of manager and receiver.
func TestTraces(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	provider := tracing.NewProvider(sdktrace.WithSyncer(exporter))
	w := harness.New(t, plane, harness.Options{
		Phones:     map[string]harness.Script{harness.Callee(1): briefly(), harness.Callee(2): briefly()},
		ResourceID: harness.ResourceID, EventGrid: simulator.GridSchemaCloudEvents, Traces: provider,
	})
	w.StartManager(t, harness.ManagerOptions{})
	answerAll(t, w)
	w.AwaitProvider(t)
	w.Sim.AwaitSubscription(t)
	w.Create(t, w.Call("plain", harness.Callee(1)))
	applied := w.Call("applied", harness.Callee(2))
	applied.Annotations = map[string]string{tracing.TraceparentAnnotation: "00-" + applierTrace + "-" + applierSpan + "-01"}
	w.Create(t, applied)
	plain, applied := awaitEnd(t, w, "plain"), awaitEnd(t, w, "applied")
	incoming := awaitEnd(t, w, w.Incoming(t, w.Sim.Dial(t, harness.Callee(1), harness.Caller)))

	outbound := []string{"call", "call.dial", "request.createCall", "status.write", "callback CallConnected", "callback CallDisconnected"}
	checkTrace(t, awaitTrace(t, exporter, plain), traceOf(plain), "", outbound)
	checkTrace(t, awaitTrace(t, exporter, applied), applierTrace, applierSpan, outbound)
	checkTrace(t, awaitTrace(t, exporter, incoming), traceOf(incoming), "", []string{
		"call", "incomingCall", "call.route", "request.answerCall", "status.write", "callback CallConnected", "callback CallDisconnected",
	})
	checkSpansHoldNothingSecret(t, w, exporter.GetSpans())
}

// traceOf is the trace ID of a Call as the documentation has people compute it.
func traceOf(call *v1alpha1.Call) string {
	hash := sha256.Sum256([]byte(call.UID))
	return hex.EncodeToString(hash[:16])
}

// awaitTrace waits for the span that a Call's end makes, and returns all spans about the Call and below these.
func awaitTrace(t *testing.T, exporter *tracetest.InMemoryExporter, call *v1alpha1.Call) tracetest.SpanStubs {
	t.Helper()
	late := time.Now().Add(harness.Patience)
	for {
		var about tracetest.SpanStubs
		ids := map[string]bool{}
		spans := exporter.GetSpans()
		for _, span := range spans {
			if slices.Contains(span.Attributes, tracing.UIDKey.String(string(call.UID))) {
				ids[span.SpanContext.SpanID().String()] = true
				about = append(about, span)
			}
		}
		if slices.ContainsFunc(about, func(span tracetest.SpanStub) bool { return span.Name == "call" }) &&
			slices.ContainsFunc(about, func(span tracetest.SpanStub) bool { return strings.Contains(titleOf(span), "CallDisconnected") }) {
			for _, span := range spans {
				if strings.HasPrefix(span.Name, "request.") && ids[span.Parent.SpanID().String()] {
					about = append(about, span)
				}
			}
			return about
		}
		if time.Now().After(late) {
			t.Fatalf("there is no trace of the whole life of %s: %v", call.Name, titles(about))
		}
		<-time.After(50 * time.Millisecond) // an exporter in memory has nothing to wait on
	}
}

// checkTrace checks that the spans make one trace, with the span of the Call's life on top.
func checkTrace(t *testing.T, spans tracetest.SpanStubs, trace, parent string, want []string) {
	t.Helper()
	known := map[string]string{}
	for _, span := range spans {
		known[span.SpanContext.SpanID().String()] = span.Name
	}
	for _, span := range spans {
		above := span.Parent.SpanID()
		switch {
		case span.SpanContext.TraceID().String() != trace:
			t.Errorf("%s is in the trace %s, want %s", titleOf(span), span.SpanContext.TraceID(), trace)
		case span.Name == "call" && above.IsValid() && above.String() != parent, span.Name == "call" && !above.IsValid() && parent != "":
			t.Errorf("the span of the call's life is below %s, want %q", above, parent)
		case span.Name != "call" && known[above.String()] == "":
			t.Errorf("%s is below a span that is not there", titleOf(span))
		case span.Name == "request.createCall" && known[above.String()] != "call.dial":
			t.Errorf("request.createCall is below %q, want call.dial", known[above.String()])
		case span.Name == "callback" && known[above.String()] != "call":
			t.Errorf("callback is below %q, want call", known[above.String()])
		case span.EndTime.Before(span.StartTime):
			t.Errorf("%s ends before it begins", titleOf(span))
		}
	}
	if !slices.ContainsFunc(spans, func(span tracetest.SpanStub) bool {
		return span.Name == tracing.StatusWrite && known[span.Parent.SpanID().String()] == "callback"
	}) {
		t.Error("no status.write is below the callback that asked for it")
	}
	have := titles(spans)
	for _, title := range want {
		if !slices.Contains(have, title) {
			t.Errorf("the trace lacks %q; it has %q", title, have)
		}
	}
}

// titleOf is a span's name, with the events of a callback.
func titleOf(span tracetest.SpanStub) string {
	title := span.Name
	for _, attribute := range span.Attributes {
		if attribute.Key == tracing.EventTypesKey {
			title += " " + strings.Join(attribute.Value.AsStringSlice(), " ")
		}
	}
	return title
}

func titles(spans tracetest.SpanStubs) (all []string) {
	for _, span := range spans {
		all = append(all, titleOf(span))
	}
	return all
}

// checkSpansHoldNothingSecret looks for phone numbers, tokens and keys in all that a span holds.
func checkSpansHoldNothingSecret(t *testing.T, w *harness.World, spans tracetest.SpanStubs) {
	t.Helper()
	secrets := map[string]string{"the connection string": w.Sim.ConnectionString(), "a URL": "http", "our number": harness.Caller[1:]}
	for n := range 3 {
		secrets[fmt.Sprintf("number %d", n)] = harness.Callee(n)[1:]
	}
	for i, callback := range w.Wire.Seen() {
		if _, token, found := strings.Cut(callback.URI, "token="); found {
			secrets[fmt.Sprintf("the token in the URL of callback %d", i)] = token
		}
		if bearer := callback.Header.Get("Authorization"); bearer != "" {
			secrets[fmt.Sprintf("the bearer token of callback %d", i)] = strings.TrimPrefix(bearer, "Bearer ")
		}
	}
	for _, span := range spans {
		text := fmt.Sprint(span.Name, " ", span.Events, " ", span.Status.Description)
		for _, attribute := range span.Attributes {
			if attribute.Key != tracing.StatusCodeKey {
				text += fmt.Sprintf(" %s=%s", attribute.Key, attribute.Value.String())
			}
		}
		// What the keys are called is no secret.
		text = strings.ReplaceAll(text, "http.response.", "")
		for what, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("the span %s holds %s: %s", span.Name, what, text)
			}
		}
	}
}
