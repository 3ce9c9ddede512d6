// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package monitoring

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestRulesUseKnownMetrics(t *testing.T) {
	known := knownMetrics(t)
	for _, rule := range alertRules(t) {
		checkExpression(t, rule.Alert, rule.Expr, known)
	}
}

var runbookHeading = regexp.MustCompile(`(?m)^## (CallOperator\w+)$`)

// TestEachAlertHasARunbook checks both directions: no alert without a section, no section without an alert.
func TestEachAlertHasARunbook(t *testing.T) {
	var sections, alerts []string
	for _, heading := range runbookHeading.FindAllStringSubmatch(string(readFile(t, runbooksDoc)), -1) {
		sections = append(sections, heading[1])
	}
	for _, rule := range alertRules(t) {
		alerts = append(alerts, rule.Alert)
		if !slices.Contains(sections, rule.Alert) {
			t.Errorf("%s has no section in %s", rule.Alert, runbooksDoc)
		}
		// GitHub's anchors are in lower case.
		if want := runbooksURL + strings.ToLower(rule.Alert); rule.Annotations["runbook_url"] != want {
			t.Errorf("%s: runbook_url is %q, want %q", rule.Alert, rule.Annotations["runbook_url"], want)
		}
		for _, annotation := range []string{"summary", "description"} {
			if rule.Annotations[annotation] == "" {
				t.Errorf("%s has no %s", rule.Alert, annotation)
			}
		}
		if severity := rule.Labels["severity"]; severity != "critical" && severity != "warning" {
			t.Errorf("%s has the severity %q, want critical or warning", rule.Alert, severity)
		}
	}
	for _, section := range sections {
		if !slices.Contains(alerts, section) {
			t.Errorf("%s has a section %s, and there is no such alert", runbooksDoc, section)
		}
	}
}
