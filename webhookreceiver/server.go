// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/telephony"
)

// Config configures a Server. Every field without "optional" is required.
type Config struct {
	// Client reads from a cache and writes to the API server.
	Client client.Client
	// APIReader reads from the API server.
	APIReader client.Reader
	// Recorder emits Kubernetes Events.
	Recorder events.EventRecorder
	// Keys verify the tokens in callback URLs.
	Keys callbackurl.Keys
	// Reports authenticates and decodes what telephony services send, and Streams serves the connections that they open.
	Reports telephony.Reports
	Streams telephony.Streams
	// Registry registers the metrics.
	Registry prometheus.Registerer
	// Traces is optional; it receives the spans, from a provider of package tracing.
	Traces trace.TracerProvider
	// Log is optional.
	Log logr.Logger
	// Now is optional; it is the clock.
	Now func() time.Time
}

// Server is the http.Handler for callbacks. See the package documentation for its answers.
type Server struct {
	providers *providers
	keys      callbackurl.Keys
	reports   telephony.Reports
	recorders map[string]eventRecorder
	batcher   *batcher
	eventGrid *eventGrid
	streams   *streams
	refusals  *refusals
	// slots is full when maxConcurrent requests are in progress.
	slots   chan struct{}
	metrics *metrics
	tracer  *tracing.Tracer
	log     logr.Logger
	now     func() time.Time
}

// New returns a Server. An error says that the metrics are already registered.
func New(config Config) (*Server, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log.GetSink() == nil {
		config.Log = logr.Discard()
	}
	m, err := newMetrics(config.Registry)
	if err != nil {
		return nil, err
	}
	tracer := tracing.New(config.Traces)
	found := &providers{cached: config.Client, live: config.APIReader}
	refusals := newRefusals(config)
	calls, actions := newCalls(config, m, tracer), newActions(config, m, tracer)
	server := &Server{
		providers: found,
		keys:      config.Keys,
		reports:   config.Reports,
		recorders: map[string]eventRecorder{
			callbackurl.KindCalls:            calls,
			callbackurl.KindParticipantMoves: newMoves(config, m, tracer),
			callbackurl.KindCallActions:      actions,
		},
		batcher:  newBatcher(recordTimeout),
		refusals: refusals,
		eventGrid: &eventGrid{
			keys: config.Keys, providers: found, reports: config.Reports, refusals: refusals,
			incoming: &incomingCalls{
				client: config.Client, live: config.APIReader, tracer: tracer, now: config.Now,
				patience: refusalPatience, every: refusalPause, insisting: make(chan struct{}, maxInsisting),
			},
			recorded: &recordings{client: config.Client, actions: actions, calls: calls, metrics: m, log: config.Log},
			slots:    make(chan struct{}, maxGridConcurrent), metrics: m, log: config.Log, now: config.Now,
			timeout: gridTimeout,
		},
		slots:   make(chan struct{}, maxConcurrent),
		metrics: m,
		tracer:  tracer,
		log:     config.Log,
		now:     config.Now,
	}
	server.streams = newStreams(config, server)
	return server, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if callbackurl.IsStreamPath(r.URL.EscapedPath()) {
		s.streams.serve(w, r)
		return
	}
	v := s.serve(w, r)
	s.answer(w, v)
}

// answer counts, logs and writes a response.
func (s *Server) answer(w http.ResponseWriter, v response) {
	s.metrics.answered(v)
	s.logResponse(v)
	for name, value := range v.header {
		w.Header().Set(name, value)
	}
	if v.unread {
		// Otherwise net/http would read the rest of an unwanted body.
		w.Header().Set("Connection", "close")
	}
	contentType, body := v.body()
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(v.code)
	_, _ = io.WriteString(w, body)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) response {
	arrived := s.now()
	if callbackurl.IsEventGridPath(r.URL.EscapedPath()) {
		return s.eventGrid.serve(w, r, arrived)
	}
	return s.serveCallback(w, r, arrived)
}

// serveCallback handles a request in the order of what each step costs and reveals.
func (s *Server) serveCallback(w http.ResponseWriter, r *http.Request, arrived time.Time) response {
	if r.Method != http.MethodPost {
		return notAllowed(http.MethodPost)
	}
	// The escaped path: no part of it needs escaping, so that an escape is never another spelling of a target.
	target, err := callbackurl.ParsePath(r.URL.EscapedPath())
	if err != nil {
		return response{code: http.StatusNotFound, reason: "path", unread: true}
	}
	recorder, known := s.recorders[target.Kind]
	if !known {
		return response{code: http.StatusNotFound, reason: "kind", unread: true}
	}
	genuine := func(token string) bool { return s.keys.Verify(target, token) }
	if refusal := checkToken(r.URL.Query().Get(callbackurl.TokenParameter), genuine); refusal != nil {
		return *refusal
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return responseTo(errOverloaded).unreadBody()
	}
	body, refusal := readBody(w, r, maxBodyBytes)
	if refusal != nil {
		return refusal.about(target)
	}
	callback := callback{target: target, header: r.Header, body: body, arrived: arrived}
	return s.record(r.Context(), recorder, callback).about(target)
}

// checkToken checks the token of a URL. The response is nil if it is genuine.
func checkToken(token string, genuine func(string) bool) *response {
	switch {
	case token == "":
		return &response{code: http.StatusUnauthorized, reason: "token_missing", unread: true}
	case !genuine(token):
		return &response{code: http.StatusUnauthorized, reason: "token_invalid", unread: true}
	}
	return nil
}

// callback is a request with a genuine URL.
type callback struct {
	target  callbackurl.Target
	header  http.Header
	body    []byte
	arrived time.Time
}

// record writes the callback's events to the API server.
func (s *Server) record(ctx context.Context, recorder eventRecorder, c callback) response {
	object, err := recorder.find(ctx, c.target)
	if err != nil && !errors.Is(err, errGone) {
		return responseTo(err)
	}
	ctx, span := s.tracer.Start(ctx, object, spanCallback, trace.WithTimestamp(c.arrived), trace.WithSpanKind(trace.SpanKindConsumer))
	defer span.End()
	v := s.recordAbout(ctx, recorder, object, c)
	s.describeCallback(span, c, v)
	return v
}

// recordAbout writes the callback's events about an object to the API server; the object is nil if it is gone.
func (s *Server) recordAbout(ctx context.Context, recorder eventRecorder, object client.Object, c callback) response {
	gone := object == nil
	if !gone {
		if err := s.authorize(ctx, recorder, object, c.header); err != nil {
			return responseTo(err)
		}
	}
	decoded, unknown, err := s.reports.DecodeEvents(c.body)
	if err != nil {
		return response{code: http.StatusBadRequest, reason: "body_malformed"}
	}
	reports := make([]report, len(decoded))
	for i, event := range decoded {
		reports[i] = report{event: event, source: sourceCallback, arrived: c.arrived}
	}
	results := repeat(resultGone, len(reports))
	if !gone && len(reports) > 0 {
		results, err = s.batcher.submit(ctx, &job{recorder: recorder, object: object, reports: reports, span: trace.SpanContextFromContext(ctx)})
	}
	if err != nil {
		return responseTo(err)
	}
	return s.acknowledge(c, reports, results, unknown)
}

// authorize checks that the callback comes from the provider's service.
func (s *Server) authorize(ctx context.Context, recorder eventRecorder, object client.Object, header http.Header) error {
	name, err := recorder.provider(ctx, object)
	if err != nil {
		return err
	}
	provider, err := s.providers.get(ctx, name)
	if err != nil {
		// How the service proves who it is, is not known: neither accept nor finally refuse.
		return err
	}
	if err = s.reports.AuthenticateEvents(ctx, provider, recorder.service(object), header); err != nil {
		s.refusals.unauthenticated(provider, v1alpha1.ConditionCallbacksRefused, err)
		return err
	}
	s.refusals.taken(provider, v1alpha1.ConditionCallbacksRefused)
	return nil
}

// acknowledge counts the results of the events.
func (s *Server) acknowledge(c callback, reports []report, results []result, unknown int) response {
	best := response{code: http.StatusOK, reason: "empty"}
	for range unknown {
		s.metrics.events.WithLabelValues("unknown", string(resultUnknownType)).Inc()
		best.reason = "unknown_type"
	}
	for i, report := range reports {
		r := results[i]
		s.metrics.events.WithLabelValues(report.event.Type, string(r)).Inc()
		switch {
		case r == resultRecorded:
			best.reason = "recorded"
		case best.reason != "recorded":
			best.reason = reasonsOfNoNews[r]
		}
	}
	if best.reason == "recorded" {
		s.metrics.recordedAfter(s.now().Sub(c.arrived))
	}
	return best
}

var reasonsOfNoNews = map[result]string{resultOld: "old_news", resultGone: "gone"}

// drain returns when no status write is pending. Call it when no more requests arrive.
func (s *Server) drain() {
	s.streams.drain()
	s.batcher.wait()
	s.refusals.drain()
}
