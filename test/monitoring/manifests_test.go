// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package monitoring checks the alert rules and the dashboard with Prometheus' own parser and rule engine. It is a separate
// module, so that the product does not depend on Prometheus.
package monitoring

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"
)

const (
	rulesFile     = "config/prometheus/alerts.yaml"
	dashboardFile = "config/grafana/call-operator.json"
	metricsDoc    = "docs/metrics.md"
	runbooksDoc   = "docs/runbooks.md"
	runbooksURL   = "https://github.com/call-operator/call-operator/blob/main/docs/runbooks.md#"
)

// promQL parses expressions.
var promQL = parser.NewParser(parser.Options{})

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// alertRules are the rules of the PrometheusRule, as Prometheus reads them.
func alertRules(t *testing.T) []rulefmt.Rule {
	t.Helper()
	var manifest struct {
		Kind string          `json:"kind"`
		Spec json.RawMessage `json:"spec"`
	}
	if err := yaml.Unmarshal(readFile(t, rulesFile), &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Kind != "PrometheusRule" {
		t.Fatalf("%s holds a %q, want a PrometheusRule", rulesFile, manifest.Kind)
	}
	groups, errs := rulefmt.Parse(manifest.Spec, false, model.UTF8Validation, promQL, promslog.NewNopLogger())
	for _, err := range errs {
		t.Error(err)
	}
	if t.Failed() {
		t.FailNow()
	}
	var rules []rulefmt.Rule
	for _, group := range groups.Groups {
		rules = append(rules, group.Rules...)
	}
	if len(rules) == 0 {
		t.Fatalf("%s holds no rule", rulesFile)
	}
	return rules
}

// foreign are the metrics of Prometheus, controller-runtime, client-go and the Go client that rules and panels may use.
var foreign = []string{
	"up", "leader_election_master_status", "controller_runtime_reconcile_errors_total", "workqueue_depth",
	"process_resident_memory_bytes", "process_cpu_seconds_total", "go_goroutines", "rest_client_requests_total",
}

var documentedMetric = regexp.MustCompile("(?m)^\\| `(call_operator_[a-z_]+)` \\| (counter|gauge|histogram) \\|")

// knownMetrics are the names that an expression may use: documented ones, with the suffixes of histograms, and foreign ones.
func knownMetrics(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, name := range foreign {
		known[name] = true
	}
	found := documentedMetric.FindAllStringSubmatch(string(readFile(t, metricsDoc)), -1)
	if len(found) == 0 {
		t.Fatalf("%s lists no metric", metricsDoc)
	}
	for _, row := range found {
		if row[2] != "histogram" {
			known[row[1]] = true
			continue
		}
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			known[row[1]+suffix] = true
		}
	}
	return known
}

// checkExpression checks that an expression can be parsed and uses known metrics only.
func checkExpression(t *testing.T, where, text string, known map[string]bool) {
	t.Helper()
	expression, err := promQL.ParseExpr(text)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok && !known[selector.Name] {
			t.Errorf("%s: the metric %q is not in %s and not one of the foreign ones", where, selector.Name, metricsDoc)
		}
		return nil
	})
}
