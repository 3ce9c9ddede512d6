// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package callmetrics counts the progress of calls, flows, moves and actions. The manager and the webhook receiver both write statuses,
// so both count, under the same names. The writer of a change counts it, and optimistic locking ensures that each change
// has one writer. A process that dies between the write and the count loses it; nothing is counted twice.
//
// No label contains a number, a person or the name of an object.
package callmetrics

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Directions of a call.
const (
	outbound = "outbound"
	inbound  = "inbound"
)

// flowCompleted is the outcome of flows that came to a step with end.
const flowCompleted = "completed"

var (
	callOutcomes = []v1alpha1.CallOutcome{
		v1alpha1.OutcomeCompleted, v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeBusy, v1alpha1.OutcomeDeclined,
		v1alpha1.OutcomeCancelled, v1alpha1.OutcomeFailed, v1alpha1.OutcomeExpired, v1alpha1.OutcomeBlocked,
		v1alpha1.OutcomeMissed, v1alpha1.OutcomeRedirected, v1alpha1.OutcomeRejected, v1alpha1.OutcomeUnknown,
	}
	moveOutcomes = []v1alpha1.MoveOutcome{
		v1alpha1.MoveOutcomeMoved, v1alpha1.MoveOutcomePartlyMoved, v1alpha1.MoveOutcomeFailed, v1alpha1.MoveOutcomeTimedOut,
		v1alpha1.MoveOutcomeUnknown,
	}
	actionOutcomes = []v1alpha1.ActionOutcome{
		v1alpha1.ActionCompleted, v1alpha1.ActionNoInput, v1alpha1.ActionNoMatch, v1alpha1.ActionNoAnswer, v1alpha1.ActionBusy,
		v1alpha1.ActionDeclined, v1alpha1.ActionCancelled, v1alpha1.ActionCallEnded, v1alpha1.ActionFailed, v1alpha1.ActionExpired,
		v1alpha1.ActionUnknown,
	}
	flowOutcomes = []string{
		flowCompleted, v1alpha1.FlowFailed, v1alpha1.FlowHungUp, v1alpha1.FlowCancelled, v1alpha1.FlowTimedOut, v1alpha1.FlowTooManyVisits,
		v1alpha1.FlowNotStarted,
	}
	operations = []v1alpha1.OperationName{
		v1alpha1.OperationPlay, v1alpha1.OperationRecognize, v1alpha1.OperationSendTones, v1alpha1.OperationAddParticipant,
		v1alpha1.OperationRemoveParticipant, v1alpha1.OperationTransfer, v1alpha1.OperationMute, v1alpha1.OperationHold,
		v1alpha1.OperationUnhold, v1alpha1.OperationRecord, v1alpha1.OperationCancelMedia,
	}
)

// Metrics count the results of calls, moves and actions. A nil Metrics counts nothing.
type Metrics struct {
	callsEnded *prometheus.CounterVec
	answer     *prometheus.HistogramVec
	movesEnded *prometheus.CounterVec
	// actionsEnded counts by operation and outcome.
	actionsEnded *prometheus.CounterVec
	// flowsEnded counts by outcome.
	flowsEnded *prometheus.CounterVec
}

// New registers the metrics.
func New(registry prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		callsEnded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "call_operator_calls_ended_total",
			Help: "Calls that ended, by outcome and direction (outbound or inbound). The process that writes the end counts it: sum over manager and receivers.",
		}, []string{"outcome", "direction"}),
		answer: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "call_operator_call_time_to_answer_seconds",
			Help: "Seconds until a call was answered, counted from the first request that placed it, or from the event of an incoming call. In whole seconds, as in status.",
			// The ring of an incoming call is 30 s, that of an outbound one a minute by default.
			Buckets: []float64{1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 90, 120},
		}, []string{"direction"}),
		movesEnded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "call_operator_moves_ended_total",
			Help: "ParticipantMoves that ended, by outcome. The process that writes the end counts it: sum over manager and receivers.",
		}, []string{"outcome"}),
		actionsEnded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "call_operator_actions_ended_total",
			Help: "CallActions that ended, by operation and outcome. The process that writes the end counts it: sum over manager and receivers.",
		}, []string{"operation", "outcome"}),
		flowsEnded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "call_operator_flows_ended_total",
			Help: "Flows of calls that ended, by outcome; completed counts all that came to a step with end, whatever its word. The process that writes the end counts it: sum over manager and receivers.",
		}, []string{"outcome"}),
	}
	for _, c := range []prometheus.Collector{m.callsEnded, m.answer, m.movesEnded, m.actionsEnded, m.flowsEnded, buildInfo()} {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	m.begin()
	return m, nil
}

// begin starts every series at zero: if one begins at 1, Prometheus sees no increase.
func (m *Metrics) begin() {
	for _, direction := range []string{outbound, inbound} {
		m.answer.WithLabelValues(direction)
		for _, outcome := range callOutcomes {
			m.callsEnded.WithLabelValues(string(outcome), direction)
		}
	}
	for _, outcome := range moveOutcomes {
		m.movesEnded.WithLabelValues(string(outcome))
	}
	for _, outcome := range flowOutcomes {
		m.flowsEnded.WithLabelValues(outcome)
	}
	for _, operation := range operations {
		for _, outcome := range actionOutcomes {
			m.actionsEnded.WithLabelValues(string(operation), string(outcome))
		}
	}
}

// CallChanged counts the changes between two statuses of a Call. The second one was written.
func (m *Metrics) CallChanged(spec *v1alpha1.CallSpec, before, after *v1alpha1.CallStatus) {
	if m == nil {
		return
	}
	if before.ConnectedTime == nil && after.ConnectedTime != nil {
		if since, known := rangSince(spec, after); known {
			m.answer.WithLabelValues(directionOf(spec)).Observe(max(after.ConnectedTime.Sub(since), 0).Seconds())
		}
	}
	if before.Result == nil && after.Result != nil {
		m.callsEnded.WithLabelValues(string(after.Result.Outcome), directionOf(spec)).Inc()
	}
	if after.Flow != nil && after.Flow.Over() && (before.Flow == nil || !before.Flow.Over()) {
		m.flowsEnded.WithLabelValues(flowOutcome(after.Flow)).Inc()
	}
}

// flowOutcome is how a flow ended, without the words of authors. A step with end may say failed or cancelled too, but gives no message.
func flowOutcome(flow *v1alpha1.FlowProgress) string {
	if flow.Message == "" || !slices.Contains(flowOutcomes, flow.Outcome) {
		return flowCompleted
	}
	return flow.Outcome
}

// MoveChanged counts the changes between two statuses of a ParticipantMove. The second one was written.
func (m *Metrics) MoveChanged(before, after *v1alpha1.ParticipantMoveStatus) {
	if m != nil && before.Result == nil && after.Result != nil {
		m.movesEnded.WithLabelValues(string(after.Result.Outcome)).Inc()
	}
}

// ActionChanged counts the changes between two statuses of a CallAction. The second one was written.
func (m *Metrics) ActionChanged(before, after *v1alpha1.CallActionStatus) {
	if m != nil && before.Result == nil && after.Result != nil {
		m.actionsEnded.WithLabelValues(string(after.Operation), string(after.Result.Outcome)).Inc()
	}
}

func directionOf(spec *v1alpha1.CallSpec) string {
	if spec.Inbound != nil {
		return inbound
	}
	return outbound
}

// rangSince is when a call began to ring, as far as the operator can tell.
func rangSince(spec *v1alpha1.CallSpec, status *v1alpha1.CallStatus) (since time.Time, known bool) {
	switch {
	case spec.Inbound != nil:
		return spec.Inbound.ReceivedTime.Time, true
	case status.Attempt != nil:
		return status.Attempt.FirstSent.Time, true
	default:
		return time.Time{}, false
	}
}
