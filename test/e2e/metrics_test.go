// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// metrics scrapes all pods before and after three calls, and compares.
func (e *environment) metrics(t *testing.T) {
	tm := e.newTeam(t, "metrics")
	before := e.scrape(t)
	e.phones(t, brief(number(25), 100*time.Millisecond, time.Second), brief(number(26), 100*time.Millisecond, time.Second))
	for _, number := range []string{number(25), number(26)} {
		tm.endedAs(t, tm.dial(t, number), v1alpha1.OutcomeCompleted)
	}
	live := tm.dial(t, number(27))
	tm.awaitPhase(t, live, v1alpha1.CallPhaseConnected)
	after := e.scrape(t)
	for metric, want := range map[string]float64{
		`call_operator_calls_ended_total{direction="outbound",outcome="Completed"}`: 2,
		`call_operator_calls{phase="Connected"}`:                                    1,
		`call_operator_service_requests_total{code="201",operation="createCall"}`:   3,
	} {
		if got := after[metric] - before[metric]; got != want {
			t.Errorf("%s grew by %v, want %v", metric, got, want)
		}
	}
	tm.leave(t)
}

// scrape adds up what all pods of the operator serve, by metric and labels in the order of their names.
func (e *environment) scrape(t *testing.T) map[string]float64 {
	t.Helper()
	sum := map[string]float64{}
	for component, port := range map[string]string{"manager": "8081", "webhookreceiver": "8083"} {
		for _, pod := range e.podsOf(t, component) {
			text := e.kubectl(t, "get", "--raw", "/api/v1/namespaces/"+systemNamespace+"/pods/"+pod.Name+":"+port+"/proxy/metrics")
			parser := expfmt.NewTextParser(model.UTF8Validation)
			families, err := parser.TextToMetricFamilies(strings.NewReader(text))
			if err != nil {
				t.Fatalf("the metrics of %s: %v", pod.Name, err)
			}
			for name, family := range families {
				for _, metric := range family.GetMetric() {
					sum[name+labelsOf(metric)] += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
				}
			}
		}
	}
	return sum
}

func labelsOf(metric *dto.Metric) string {
	pairs := make([]string, 0, len(metric.GetLabel()))
	for _, pair := range metric.GetLabel() {
		pairs = append(pairs, pair.GetName()+`="`+pair.GetValue()+`"`)
	}
	if len(pairs) == 0 {
		return ""
	}
	return "{" + strings.Join(pairs, ",") + "}"
}
