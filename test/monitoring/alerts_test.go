// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package monitoring

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
)

const (
	scrapeInterval = time.Minute
	evalInterval   = 30 * time.Second
)

// alertCase is what an alert makes of an hour.
type alertCase struct {
	alert, reason string
	// series are in the notation of promtool: a series and its values, a minute apart.
	series []string
	// at is when to look.
	at time.Duration
	// fires are labels of the alerts that fire then, in the notation of PromQL, without the name and the severity; none
	// means that none does.
	fires []string
	// says is a part of the description of the first of them.
	says string
}

const none = "{}"

var alertCases = []alertCase{
	{
		alert: "CallOperatorCallsFailing", reason: "one call in two fails", at: 30 * time.Minute, fires: []string{none}, says: "ended as Failed",
		series: []string{`call_operator_calls_ended_total{outcome="Failed"} 0+1x60`, `call_operator_calls_ended_total{outcome="Completed"} 0+1x60`},
	},
	{
		alert: "CallOperatorCallsFailing", reason: "one call in eleven may fail", at: 30 * time.Minute,
		series: []string{`call_operator_calls_ended_total{outcome="Failed"} 0+1x60`, `call_operator_calls_ended_total{outcome="Completed"} 0+10x60`},
	},
	{
		alert: "CallOperatorCallsFailing", reason: "a single call that fails at night wakes nobody", at: 12 * time.Minute,
		series: []string{`call_operator_calls_ended_total{outcome="Failed"} 0x5 1x60`, `call_operator_calls_ended_total{outcome="Completed"} 0x60`},
	},
	{
		alert: "CallOperatorCallsFailing", reason: "manager and receiver both count ends", at: 30 * time.Minute, fires: []string{none},
		series: []string{
			`call_operator_calls_ended_total{outcome="Failed",job="manager"} 0+1x60`, `call_operator_calls_ended_total{outcome="Failed",job="receiver"} 0+1x60`,
			`call_operator_calls_ended_total{outcome="Completed",job="receiver"} 0+7x60`,
		},
	},
	{
		alert: "CallOperatorOutcomeUnknown", reason: "each one is worth a look", at: 12 * time.Minute, fires: []string{none}, says: "does not retry them",
		series: []string{`call_operator_calls_ended_total{outcome="OutcomeUnknown"} 0x5 1x60`, `call_operator_moves_ended_total{outcome="OutcomeUnknown"} 0x60`},
	},
	{
		alert: "CallOperatorOutcomeUnknown", reason: "a move counts as well", at: 12 * time.Minute, fires: []string{none},
		series: []string{`call_operator_calls_ended_total{outcome="OutcomeUnknown"} 0x60`, `call_operator_moves_ended_total{outcome="OutcomeUnknown"} 0x5 1x60`},
	},
	{
		alert: "CallOperatorOutcomeUnknown", reason: "it is over after half an hour", at: 50 * time.Minute,
		series: []string{`call_operator_calls_ended_total{outcome="OutcomeUnknown"} 0x5 1x60`, `call_operator_moves_ended_total{outcome="OutcomeUnknown"} 0x60`},
	},
	{
		alert: "CallOperatorWaitingTooLong", reason: "a line that does not move", at: 30 * time.Minute,
		fires: []string{`{reason="WaitingForCapacity"}`}, says: "with the reason WaitingForCapacity is 30m",
		series: []string{`call_operator_calls_waiting_oldest_seconds{reason="WaitingForCapacity"} 0+60x60`, `call_operator_calls_waiting_oldest_seconds{reason="Paced"} 5x60`},
	},
	{
		alert: "CallOperatorWaitingTooLong", reason: "some minutes in line are ordinary", at: 30 * time.Minute,
		series: []string{`call_operator_calls_waiting_oldest_seconds{reason="WaitingForCapacity"} 600x60`},
	},
	{
		alert: "CallOperatorProviderNotReady", reason: "a Secret was deleted", at: 30 * time.Minute, fires: []string{none}, says: "1 CallProviders",
		series: []string{`call_operator_providers{ready="false"} 0x10 1x60`, `call_operator_providers{ready="true"} 3x60`},
	},
	{
		alert: "CallOperatorProviderNotReady", reason: "a new provider has some minutes to get its Secret", at: 15 * time.Minute,
		series: []string{`call_operator_providers{ready="false"} 0x10 1x60`},
	},
	{
		alert: "CallOperatorServiceRequestsFailing", reason: "ACS is not reached", at: 20 * time.Minute, fires: []string{none}, says: "get no answer",
		series: []string{`call_operator_service_requests_total{operation="getCall",code="error"} 0+10x60`, `call_operator_service_requests_total{operation="getCall",code="200"} 0+30x60`},
	},
	{
		alert: "CallOperatorServiceRequestsFailing", reason: "calls that are over are answered with 404, which is no failure", at: 20 * time.Minute,
		series: []string{`call_operator_service_requests_total{operation="getCall",code="404"} 0+10x60`, `call_operator_service_requests_total{operation="getCall",code="200"} 0+10x60`},
	},
	{
		alert: "CallOperatorServiceThrottled", reason: "429 for a while", at: 30 * time.Minute, fires: []string{none},
		series: []string{`call_operator_service_requests_total{operation="createCall",code="429"} 0+6x60`},
	},
	{
		alert: "CallOperatorServiceThrottled", reason: "a short peak is what retries are for", at: 30 * time.Minute,
		series: []string{`call_operator_service_requests_total{operation="createCall",code="429"} 0x10 10x60`},
	},
	{
		alert: "CallOperatorServiceUnauthorized", reason: "the access key was changed at ACS only", at: 20 * time.Minute, fires: []string{`{code="401"}`}, says: "HTTP 401",
		series: []string{`call_operator_service_requests_total{operation="createCall",code="401"} 0+2x60`, `call_operator_service_requests_total{operation="createCall",code="201"} 0+2x60`},
	},
	{
		alert: "CallOperatorServiceUnauthorized", reason: "other codes are other alerts'", at: 20 * time.Minute,
		series: []string{`call_operator_service_requests_total{operation="createCall",code="400"} 0+2x60`},
	},
	{
		alert: "CallOperatorReceiverDown", reason: "no replica answers", at: 10 * time.Minute, fires: []string{none},
		series: []string{`up{job="call-operator-webhookreceiver-metrics",instance="a"} 1x3 0x60`, `up{job="call-operator-webhookreceiver-metrics",instance="b"} 0x60`},
	},
	{
		alert: "CallOperatorReceiverDown", reason: "nobody knows of a replica", at: 10 * time.Minute, fires: []string{`{job="call-operator-webhookreceiver-metrics"}`},
		series: []string{`up{job="another"} 1x60`},
	},
	{
		alert: "CallOperatorReceiverDown", reason: "one replica is enough", at: 10 * time.Minute,
		series: []string{`up{job="call-operator-webhookreceiver-metrics",instance="a"} 1x60`, `up{job="call-operator-webhookreceiver-metrics",instance="b"} 0x60`},
	},
	{
		alert: "CallOperatorReceiverErrors", reason: "the API server is away", at: 20 * time.Minute, fires: []string{none},
		series: []string{`call_operator_receiver_requests_total{code="503",reason="api_unavailable"} 0+10x60`, `call_operator_receiver_requests_total{code="200",reason="recorded"} 0+10x60`},
	},
	{
		alert: "CallOperatorReceiverErrors", reason: "one in a hundred is sent again and taken", at: 20 * time.Minute,
		series: []string{`call_operator_receiver_requests_total{code="503",reason="api_unavailable"} 0+1x60`, `call_operator_receiver_requests_total{code="200",reason="recorded"} 0+100x60`},
	},
	{
		alert: "CallOperatorCallbacksRefused", reason: "the provider has a wrong resource ID", at: 30 * time.Minute,
		fires: []string{`{reason="jwt_audience"}`}, says: "with the reason jwt_audience",
		series: []string{`call_operator_receiver_requests_total{code="401",reason="jwt_audience"} 0+2x60`},
	},
	{
		alert: "CallOperatorCallbacksRefused", reason: "somebody on the internet who tries URLs has no token", at: 30 * time.Minute,
		series: []string{`call_operator_receiver_requests_total{code="401",reason="token_missing"} 0+100x60`},
	},
	{
		alert: "CallOperatorIncomingCallsRefused", reason: "the callee is of a kind that nobody knows", at: 12 * time.Minute,
		fires: []string{`{result="callee_unknown"}`}, says: "with the reason callee_unknown",
		series: []string{`call_operator_receiver_incoming_calls_total{result="callee_unknown"} 0x5 1x60`, `call_operator_receiver_incoming_calls_total{result="recorded"} 0+1x60`},
	},
	{
		alert: "CallOperatorIncomingCallsRefused", reason: "a quota is used up, and one caller is lost", at: 12 * time.Minute,
		fires: []string{`{result="api_refused"}`}, says: "with the reason api_refused",
		series: []string{`call_operator_receiver_incoming_calls_total{result="api_refused"} 0x5 1x60`},
	},
	{
		alert: "CallOperatorCallAbandoned", reason: "each abandoned call may be active for hours", at: 12 * time.Minute, fires: []string{none}, says: "may still be active",
		series: []string{`call_operator_calls_abandoned_total 0x5 1x60`},
	},
	{
		alert: "CallOperatorCallAbandoned", reason: "none is ordinary", at: 30 * time.Minute,
		series: []string{`call_operator_calls_abandoned_total 0x60`},
	},
	{
		alert: "CallOperatorIncomingCallsRefused", reason: "old news is ordinary", at: 12 * time.Minute,
		series: []string{`call_operator_receiver_incoming_calls_total{result="old_news"} 0+1x60`, `call_operator_receiver_incoming_calls_total{result="late"} 0+1x60`},
	},
	{
		alert: "CallOperatorEventsSlow", reason: "one event in ten takes longer than 10 s", at: 30 * time.Minute,
		fires: []string{`{source="callback"}`}, says: "events from callback",
		series: []string{
			`call_operator_receiver_event_to_status_seconds_bucket{source="callback",le="1"} 0+9x60`,
			`call_operator_receiver_event_to_status_seconds_bucket{source="callback",le="10"} 0+9x60`,
			`call_operator_receiver_event_to_status_seconds_bucket{source="callback",le="30"} 0+10x60`,
			`call_operator_receiver_event_to_status_seconds_bucket{source="callback",le="+Inf"} 0+10x60`,
		},
	},
	{
		alert: "CallOperatorEventsSlow", reason: "without events nothing is slow", at: 30 * time.Minute,
		series: []string{
			`call_operator_receiver_event_to_status_seconds_bucket{source="callback",le="1"} 0x60`,
			`call_operator_receiver_event_to_status_seconds_bucket{source="callback",le="+Inf"} 0x60`,
		},
	},
	{
		alert: "CallOperatorSigningKeysUnavailable", reason: "no fetch succeeds", at: 30 * time.Minute, fires: []string{none},
		series: []string{`call_operator_receiver_jwks_refreshes_total{result="failure"} 0+1x60`, `call_operator_receiver_jwks_refreshes_total{result="success"} 1x60`},
	},
	{
		alert: "CallOperatorSigningKeysUnavailable", reason: "one cloud's keys say nothing of another's", at: 30 * time.Minute,
		fires: []string{`{cloud="b"}`}, says: "of the cloud b",
		series: []string{
			`call_operator_receiver_jwks_refreshes_total{cloud="a",result="success"} 0+1x60`, `call_operator_receiver_jwks_refreshes_total{cloud="a",result="failure"} 0x60`,
			`call_operator_receiver_jwks_refreshes_total{cloud="b",result="success"} 0x60`, `call_operator_receiver_jwks_refreshes_total{cloud="b",result="failure"} 0+1x60`,
		},
	},
	{
		alert: "CallOperatorSigningKeysUnavailable", reason: "after a failure the next fetch succeeds", at: 30 * time.Minute,
		series: []string{`call_operator_receiver_jwks_refreshes_total{result="failure"} 0+1x60`, `call_operator_receiver_jwks_refreshes_total{result="success"} 0+1x60`},
	},
	{
		alert: "CallOperatorNoLeader", reason: "both replicas wait for the Lease", at: 10 * time.Minute, fires: []string{none},
		series: []string{`leader_election_master_status{name="manager.call-operator.dev",instance="a"} 0x60`, `leader_election_master_status{name="manager.call-operator.dev",instance="b"} 1x3 0x60`},
	},
	{
		alert: "CallOperatorNoLeader", reason: "no manager is scraped", at: 10 * time.Minute, fires: []string{`{name="manager.call-operator.dev"}`},
		series: []string{`leader_election_master_status{name="another"} 1x60`},
	},
	{
		alert: "CallOperatorNoLeader", reason: "one leads, the other is ready to", at: 10 * time.Minute,
		series: []string{`leader_election_master_status{name="manager.call-operator.dev",instance="a"} 1x60`, `leader_election_master_status{name="manager.call-operator.dev",instance="b"} 0x60`},
	},
	{
		alert: "CallOperatorReconcileErrors", reason: "a right was taken away", at: 40 * time.Minute,
		fires: []string{`{controller="call"}`}, says: "The controller call has",
		series: []string{`controller_runtime_reconcile_errors_total{job="call-operator-manager-metrics",controller="call"} 0+30x60`},
	},
	{
		alert: "CallOperatorReconcileErrors", reason: "other operators are not ours", at: 40 * time.Minute,
		series: []string{`controller_runtime_reconcile_errors_total{job="another",controller="call"} 0+30x60`},
	},
}

func TestAlerts(t *testing.T) {
	all := map[string]rulefmt.Rule{}
	for _, rule := range alertRules(t) {
		all[rule.Alert] = rule
	}
	fired, silent := map[string]bool{}, map[string]bool{}
	for _, tc := range alertCases {
		rule, found := all[tc.alert]
		if !found {
			t.Errorf("there is no alert %s", tc.alert)
			continue
		}
		if len(tc.fires) > 0 {
			fired[tc.alert] = true
		} else {
			silent[tc.alert] = true
		}
		t.Run(tc.alert+"/"+tc.reason, func(t *testing.T) { checkAlert(t, rule, tc) })
	}
	for name := range all {
		if !fired[name] || !silent[name] {
			t.Errorf("%s needs a case in which it fires and one in which it does not", name)
		}
	}
}

func checkAlert(t *testing.T, rule rulefmt.Rule, tc alertCase) {
	alerting := evaluate(t, rule, tc)
	var firing []string
	alerting.ForEachActiveAlert(func(alert *rules.Alert) {
		if alert.State != rules.StateFiring {
			return
		}
		firing = append(firing, labels.NewBuilder(alert.Labels).Del("alertname", "severity").Labels().String())
		description := alert.Annotations.Get("description")
		if !strings.Contains(description, tc.says) || strings.Contains(description, "error expanding") {
			t.Errorf("the description is %q, which lacks %q", description, tc.says)
		}
	})
	if strings.Join(firing, " ") != strings.Join(tc.fires, " ") {
		t.Errorf("%s: firing after %s are %v, want %v", tc.reason, tc.at, firing, tc.fires)
	}
}

// evaluate has Prometheus evaluate the rule from the beginning until the case's time.
func evaluate(t *testing.T, rule rulefmt.Rule, tc alertCase) *rules.AlertingRule {
	t.Helper()
	storage := promqltest.LoadedStorage(t, "load "+scrapeInterval.String()+"\n  "+strings.Join(tc.series, "\n  "))
	t.Cleanup(func() { _ = storage.Close() })
	engine := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery)
	expression, err := promQL.ParseExpr(rule.Expr)
	if err != nil {
		t.Fatal(err)
	}
	alerting := rules.NewAlertingRule(rule.Alert, expression, time.Duration(rule.For), time.Duration(rule.KeepFiringFor),
		labels.FromMap(rule.Labels), labels.FromMap(rule.Annotations), labels.EmptyLabels(), "", true, promslog.NewNopLogger())
	for elapsed := time.Duration(0); elapsed <= tc.at; elapsed += evalInterval {
		at := time.Unix(0, 0).Add(elapsed)
		if _, err := alerting.Eval(t.Context(), 0, at, rules.EngineQueryFunc(engine, storage), nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return alerting
}
