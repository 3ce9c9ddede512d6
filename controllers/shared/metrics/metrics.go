// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package metrics has the metrics of the manager.
package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/internal/callmetrics"
)

// Metrics are the manager's counters; objectCollector has the metrics that are computed from objects. No label
// contains a number, a person or the name of an object. A nil Metrics counts nothing.
type Metrics struct {
	// ends are counted by the receiver as well.
	ends *callmetrics.Metrics

	dial     prometheus.Histogram
	lost     prometheus.Counter
	orphans  prometheus.Counter
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	// Repetitions and unconfirmed are in metrics_repeats.go.
	Repetitions, Unconfirmed *prometheus.CounterVec
}

// SetUp registers all metrics of the manager.
func SetUp(ctx context.Context, mgr ctrl.Manager, registry prometheus.Registerer, now func() time.Time) (*Metrics, error) {
	if registry == nil {
		registry = prometheus.NewRegistry()
	}
	calls := newCallTally()
	if err := calls.follow(ctx, mgr.GetCache()); err != nil {
		return nil, err
	}
	objects := &objectCollector{calls: calls, reader: mgr.GetCache(), leading: mgr.Elected(), now: now, log: mgr.GetLogger().WithName("metrics")}
	if err := registry.Register(objects); err != nil {
		return nil, err
	}
	return New(registry)
}

// New registers the counters.
func New(registry prometheus.Registerer) (*Metrics, error) {
	ends, err := callmetrics.New(registry)
	if err != nil {
		return nil, err
	}
	m := &Metrics{
		ends: ends,
		dial: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "call_operator_dial_seconds",
			Help: "Time from a Call getting its slot until the telephony service has answered that the call is placed: the writes that come before the request, and the request with its repetitions. Waiting in line for the slot is not in it.",
			// Two writes and a request take some tens of milliseconds; a request is repeated for up to 4 minutes.
			Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 240},
		}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "call_operator_calls_abandoned_total",
			Help: "Deleted Calls whose finalizer was removed although their call could not be hung up and may still be active.",
		}),
		orphans: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "call_operator_orphans_hung_up_total",
			Help: "Live calls that were hung up because they had no Call any more, at services that can list their calls.",
		}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "call_operator_service_requests_total",
			Help: "Requests sent to the telephony service, each try by itself, by operation and HTTP status code; error when there was no answer.",
		}, []string{"operation", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "call_operator_service_request_duration_seconds",
			Help: "Time that requests to the telephony service took, each try by itself, by operation.",
			// Up to the longest that an adapter waits for an answer.
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"operation"}),
		Repetitions: newRepetitions(), Unconfirmed: newUnconfirmed(),
	}
	for _, c := range []prometheus.Collector{m.dial, m.lost, m.orphans, m.requests, m.duration, m.Repetitions, m.Unconfirmed} {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Life counts the progress of calls and moves.
func (m *Metrics) Life() *callmetrics.Metrics {
	if m == nil {
		return nil
	}
	return m.ends
}

// Dialed counts a call that was placed.
func (m *Metrics) Dialed(took time.Duration) {
	if m != nil {
		m.dial.Observe(max(took, 0).Seconds())
	}
}

// Abandoned counts a deleted Call whose phone call may still be active.
func (m *Metrics) Abandoned() {
	if m != nil {
		m.lost.Inc()
	}
}

// OrphanHungUp counts a live call that was hung up because it had no Call.
func (m *Metrics) OrphanHungUp() {
	if m != nil {
		m.orphans.Inc()
	}
}

// requested counts a request to the service.
func (m *Metrics) requested(operation, code string, took time.Duration) {
	if m != nil {
		m.requests.WithLabelValues(operation, code).Inc()
		m.duration.WithLabelValues(operation).Observe(max(took, 0).Seconds())
	}
}
