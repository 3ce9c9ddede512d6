// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callmetrics

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(seconds int) *metav1.Time {
	return &metav1.Time{Time: epoch.Add(time.Duration(seconds) * time.Second)}
}

// counted is what a change added.
type counted struct {
	Ended, Answered map[string]float64
	AnswerSeconds   float64
}

func TestCallChanged(t *testing.T) {
	outgoing := v1alpha1.CallSpec{To: &v1alpha1.Identifier{PhoneNumber: "+442079460101"}}
	incoming := v1alpha1.CallSpec{Inbound: &v1alpha1.InboundCall{ReceivedTime: *at(0)}}
	sent := &v1alpha1.RequestAttempt{FirstSent: *at(0)}
	busy := &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeBusy}
	completed := &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeCompleted}
	cases := []struct {
		name, reason  string
		spec          v1alpha1.CallSpec
		before, after v1alpha1.CallStatus
		want          counted
	}{
		{
			name: "nothing", reason: "a roster is no end", spec: outgoing,
			before: v1alpha1.CallStatus{Attempt: sent}, after: v1alpha1.CallStatus{Attempt: sent, RosterSequence: 2},
		},
		{
			name: "answered", reason: "the ring begins with the request", spec: outgoing,
			before: v1alpha1.CallStatus{Attempt: sent}, after: v1alpha1.CallStatus{Attempt: sent, ConnectedTime: at(7)},
			want: counted{Answered: map[string]float64{outbound: 1}, AnswerSeconds: 7},
		},
		{
			name: "answeredIncoming", reason: "an incoming call rings from its event on", spec: incoming,
			before: v1alpha1.CallStatus{}, after: v1alpha1.CallStatus{ConnectedTime: at(3)},
			want: counted{Answered: map[string]float64{inbound: 1}, AnswerSeconds: 3},
		},
		{
			name: "clocks", reason: "the service's clock may be behind ours", spec: outgoing,
			before: v1alpha1.CallStatus{Attempt: sent}, after: v1alpha1.CallStatus{Attempt: sent, ConnectedTime: at(-2)},
			want: counted{Answered: map[string]float64{outbound: 1}},
		},
		{
			name: "knownBefore", reason: "an answer counts once", spec: outgoing,
			before: v1alpha1.CallStatus{Attempt: sent, ConnectedTime: at(1)}, after: v1alpha1.CallStatus{Attempt: sent, ConnectedTime: at(1), RosterSequence: 1},
		},
		{
			name: "ended", reason: "the outcome is what counts", spec: outgoing,
			before: v1alpha1.CallStatus{Attempt: sent}, after: v1alpha1.CallStatus{Attempt: sent, Result: busy},
			want: counted{Ended: map[string]float64{"Busy " + outbound: 1}},
		},
		{
			name: "both", reason: "events that meet make one write", spec: outgoing,
			before: v1alpha1.CallStatus{Attempt: sent}, after: v1alpha1.CallStatus{Attempt: sent, ConnectedTime: at(2), Result: completed},
			want: counted{Answered: map[string]float64{outbound: 1}, AnswerSeconds: 2, Ended: map[string]float64{"Completed " + outbound: 1}},
		},
		{
			name: "endedBefore", reason: "a new generation of a finished Call is no second end", spec: outgoing,
			before: v1alpha1.CallStatus{Attempt: sent, Result: busy}, after: v1alpha1.CallStatus{Attempt: sent, Result: busy, ObservedGeneration: 2},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			registry := prometheus.NewRegistry()
			m, err := New(registry)
			if err != nil {
				t.Fatal(err)
			}
			m.CallChanged(&tc.spec, &tc.before, &tc.after)
			if diff := cmp.Diff(tc.want, countsOf(t, registry)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// countsOf are the counts that are not zero.
func countsOf(t *testing.T, registry *prometheus.Registry) (got counted) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	add := func(to *map[string]float64, key string, value float64) {
		if value == 0 {
			return
		}
		if *to == nil {
			*to = map[string]float64{}
		}
		(*to)[key] += value
	}
	for _, family := range families {
		for _, metric := range family.Metric {
			switch family.GetName() {
			case "call_operator_calls_ended_total":
				add(&got.Ended, metric.Label[1].GetValue()+" "+metric.Label[0].GetValue(), metric.GetCounter().GetValue())
			case "call_operator_call_time_to_answer_seconds":
				add(&got.Answered, metric.Label[0].GetValue(), float64(metric.GetHistogram().GetSampleCount()))
				got.AnswerSeconds += metric.GetHistogram().GetSampleSum()
			}
		}
	}
	return got
}

func TestMoveChanged(t *testing.T) {
	registry := prometheus.NewRegistry()
	m, err := New(registry)
	if err != nil {
		t.Fatal(err)
	}
	open := &v1alpha1.ParticipantMoveStatus{}
	over := &v1alpha1.ParticipantMoveStatus{Result: &v1alpha1.MoveResult{Outcome: v1alpha1.MoveOutcomeTimedOut}}
	for _, change := range [][2]*v1alpha1.ParticipantMoveStatus{{open, open}, {open, over}, {over, over}} {
		m.MoveChanged(change[0], change[1])
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		if family.GetName() == "call_operator_moves_ended_total" {
			for _, metric := range family.Metric {
				got[metric.Label[0].GetValue()] = metric.GetCounter().GetValue()
			}
		}
	}
	want := map[string]float64{"Moved": 0, "PartlyMoved": 0, "Failed": 0, "TimedOut": 1, "OutcomeUnknown": 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("an end counts once (-want +got):\n%s", diff)
	}
}

func TestFlowsEnded(t *testing.T) {
	ended := func(outcome, message string) *v1alpha1.FlowProgress {
		return &v1alpha1.FlowProgress{Name: "f", Outcome: outcome, Message: message, EndTime: at(1)}
	}
	running := &v1alpha1.FlowProgress{Name: "f", Step: "ask"}
	cases := []struct {
		name, reason  string
		before, after *v1alpha1.FlowProgress
		want          string
	}{
		{"no flow", "most calls have none", nil, nil, ""},
		{"running", "a step is no end", running, running, ""},
		{"author's word", "there is no limit to the words of authors", running, ended("confirmed", ""), "completed"},
		{"author's cancelled", "an author's word is not the operator's", running, ended("cancelled", ""), "completed"},
		{"cancelled", "the operator hung up", running, ended("cancelled", "spec.state is Ended."), "cancelled"},
		{"failed", "a step failed", running, ended("failed", "Step ask ended with failed."), "failed"},
		{"not started", "begin and end may be one write", nil, ended("notStarted", "The call was over before it was connected."), "notStarted"},
		{"ended before", "an end counts once", ended("confirmed", ""), ended("confirmed", ""), ""},
	}
	for _, tc := range cases {
		registry := prometheus.NewRegistry()
		m, err := New(registry)
		if err != nil {
			t.Fatal(err)
		}
		m.CallChanged(&v1alpha1.CallSpec{}, &v1alpha1.CallStatus{Flow: tc.before}, &v1alpha1.CallStatus{Flow: tc.after})
		got, count := endedFlows(t, registry)
		if want := map[bool]float64{true: 1}[tc.want != ""]; got != tc.want || count != want {
			t.Errorf("%s: %s: counted %q %v times, want %q", tc.name, tc.reason, got, count, tc.want)
		}
	}
}

// endedFlows is the outcome that was counted last, and how many flows were counted.
func endedFlows(t *testing.T, registry *prometheus.Registry) (outcome string, count float64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "call_operator_flows_ended_total" {
			continue
		}
		for _, metric := range family.Metric {
			if value := metric.GetCounter().GetValue(); value > 0 {
				outcome, count = metric.Label[0].GetValue(), count+value
			}
		}
	}
	return outcome, count
}

// TestWithoutMetrics has nobody count.
func TestWithoutMetrics(*testing.T) {
	var m *Metrics
	m.CallChanged(&v1alpha1.CallSpec{}, &v1alpha1.CallStatus{}, &v1alpha1.CallStatus{Result: &v1alpha1.CallResult{}})
	m.MoveChanged(&v1alpha1.ParticipantMoveStatus{}, &v1alpha1.ParticipantMoveStatus{Result: &v1alpha1.MoveResult{}})
}
