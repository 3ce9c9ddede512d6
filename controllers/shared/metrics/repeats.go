// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/call-operator/call-operator/telephony"
)

// repeatedOperations are the operations whose requests may be repeated. Their series exist from the start, so that the first
// repetition is an increase.
var repeatedOperations = []string{"createCall", "answerCall", "redirectCall", "rejectCall", "moveParticipants"}

func newRepetitions() *prometheus.CounterVec {
	repetitions := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "call_operator_service_repetitions_total",
		Help: "Requests sent to the telephony service once more, with the same Repeatability-Request-ID, since the answer was lost, by operation.",
	}, []string{"operation"})
	for _, operation := range repeatedOperations {
		repetitions.WithLabelValues(operation)
	}
	return repetitions
}

func newUnconfirmed() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "call_operator_service_unconfirmed_requests_total",
		Help: "Requests that the telephony service carried out without saying that it recognises a repetition (no Repeatability-Result), by operation.",
	}, []string{"operation"})
}

// Repeated counts a repeated request.
func (m *Metrics) Repeated(operation string) {
	if m != nil {
		m.Repetitions.WithLabelValues(operation).Inc()
	}
}

// Answered counts an answer that does not confirm the request's ID.
func (m *Metrics) Answered(answer telephony.Answered) {
	if m != nil && answer.Unconfirmed {
		m.Unconfirmed.WithLabelValues(answer.Operation).Inc()
	}
}
