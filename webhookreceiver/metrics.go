// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/call-operator/call-operator/internal/callmetrics"
)

// metrics are the receiver's own metrics. No label value comes from a request: there are few codes, reasons, results,
// and known event types.
type metrics struct {
	requests  *prometheus.CounterVec
	events    *prometheus.CounterVec
	incoming  *prometheus.CounterVec
	writes    prometheus.Counter
	conflicts prometheus.Counter
	delay     prometheus.Histogram
	// eventDelay is from an event's own time, delay from the arrival of its callback.
	eventDelay *prometheus.HistogramVec
	// ends are counted by the manager as well.
	ends *callmetrics.Metrics
}

// Where events come from.
const (
	sourceCallback  = "callback"
	sourceEventGrid = "event_grid"
	sourceStream    = "stream"
)

// newMetrics registers the metrics.
func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	ends, err := callmetrics.New(registry)
	if err != nil {
		return nil, err
	}
	m := &metrics{
		ends: ends,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "call_operator_receiver_requests_total",
			Help: "Requests of the telephony service and of Event Grid answered, by HTTP status code and reason.",
		}, []string{"code", "reason"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "call_operator_receiver_events_total",
			Help: "Events in acknowledged callbacks and on the connections that services open, by type and by what became of them: recorded, old, gone or unknown_type.",
		}, []string{"type", "result"}),
		incoming: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "call_operator_receiver_incoming_calls_total",
			Help: "Events about incoming calls, by what became of them: recorded, late (rung out before it was heard), old_news, failed (to be sent again), api_refused (by a quota, a role or a policy; to be sent again), namespace_gone, or why it can never be recorded.",
		}, []string{"result"}),
		writes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "call_operator_receiver_status_writes_total",
			Help: "Statuses written. One write can hold the events of several callbacks.",
		}),
		conflicts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "call_operator_receiver_write_conflicts_total",
			Help: "Status writes that met a newer object and were done again. This is ordinary.",
		}),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "call_operator_receiver_record_seconds",
			Help: "Time from the arrival of a callback until what it says was written.",
			// From one write to an idle API server up to recordTimeout and a wait before it.
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20},
		}),
		eventDelay: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "call_operator_receiver_event_to_status_seconds",
			Help: "Time from an event happening, by the sender's clock, until what it says was written, by where it came from: callback, event_grid or stream, which is a connection that the service opens. Clocks that differ shift it; it is never negative.",
			// A callback takes some tens of milliseconds; one that is sent again takes minutes.
			Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"source"}),
	}
	m.begin()
	for _, c := range []prometheus.Collector{m.requests, m.events, m.incoming, m.writes, m.conflicts, m.delay, m.eventDelay} {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// begin starts the series that alerts use at zero: if one begins at 1, Prometheus sees no increase.
func (m *metrics) begin() {
	for _, result := range gridOrder {
		if result == gridRefused || result.refused() {
			m.incoming.WithLabelValues(string(result))
		}
	}
	for _, source := range []string{sourceCallback, sourceEventGrid, sourceStream} {
		m.eventDelay.WithLabelValues(source)
	}
}

func (m *metrics) answered(v response) {
	m.requests.WithLabelValues(strconv.Itoa(v.code), v.reason).Inc()
}

// written counts an event that is now in the API server. An event without a time does not count for the delay.
func (m *metrics) written(source string, happened, now time.Time) {
	if !happened.IsZero() {
		m.eventDelay.WithLabelValues(source).Observe(max(now.Sub(happened), 0).Seconds())
	}
}

func (m *metrics) recordedAfter(delay time.Duration) {
	m.delay.Observe(delay.Seconds())
}
