// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/harness"
)

// counts are values of series, added up over manager and receiver. A histogram's is the number of its observations.
type counts map[string]float64

// TestMetrics has calls of several kinds, and looks at what manager and receiver say then.
func TestMetrics(t *testing.T) {
	phones := map[string]harness.Script{
		harness.Callee(1): briefly(), harness.Callee(2): {Busy: true},
		harness.Callee(3): {AnswerAfter: 20 * time.Millisecond}, harness.Callee(4): {AnswerAfter: 20 * time.Millisecond},
	}
	w := harness.New(t, plane, harness.Options{
		Phones: phones, ResourceID: harness.ResourceID, EventGrid: simulator.GridSchemaCloudEvents, NoReceiver: true, MaxConcurrent: 20,
	})
	r := w.StartReceiver(t, nil)
	m := w.StartManager(t, harness.ManagerOptions{})
	names := live(t, w)

	want := counts{
		`call_operator_calls_ended_total{direction="outbound",outcome="Completed"}`:      3,
		`call_operator_calls_ended_total{direction="outbound",outcome="Busy"}`:           1,
		`call_operator_calls_ended_total{direction="inbound",outcome="Completed"}`:       1,
		`call_operator_calls_ended_total{direction="outbound",outcome="Failed"}`:         0,
		`call_operator_moves_ended_total{outcome="Moved"}`:                               1,
		`call_operator_moves_ended_total{outcome="Failed"}`:                              0,
		`call_operator_actions_ended_total{operation="cancelMedia",outcome="Completed"}`: 1,
		`call_operator_actions_ended_total{operation="play",outcome="Failed"}`:           0,
		`call_operator_flows_ended_total{outcome="completed"}`:                           1,
		`call_operator_flows_ended_total{outcome="notStarted"}`:                          1,
		`call_operator_flows_ended_total{outcome="failed"}`:                              0,
		`call_operator_call_time_to_answer_seconds{direction="outbound"}`:                3,
		`call_operator_call_time_to_answer_seconds{direction="inbound"}`:                 1,
		`call_operator_dial_seconds`:                                                     4,
		`call_operator_service_requests_total{code="201",operation="createCall"}`:        4,
		`call_operator_service_request_duration_seconds{operation="createCall"}`:         4,
		`call_operator_service_requests_total{code="200",operation="answerCall"}`:        1,
		`call_operator_receiver_incoming_calls_total{result="recorded"}`:                 1,
		`call_operator_receiver_event_to_status_seconds{source="event_grid"}`:            1,
		`call_operator_calls{phase="Ended"}`:                                             5,
		`call_operator_calls{phase="Pending"}`:                                           1,
		`call_operator_calls{phase="Connected"}`:                                         0,
		`call_operator_calls_waiting{reason="ProviderNotFound"}`:                         1,
		`call_operator_calls_waiting{reason="WaitingForCapacity"}`:                       0,
		`call_operator_providers{ready="true"}`:                                          1,
		`call_operator_providers{ready="false"}`:                                         0,
		`call_operator_slots_in_use`:                                                     0,
		`call_operator_slots_limit`:                                                      20,
	}
	awaitCounts(t, want, m.Metrics, r.Metrics)
	checkEventDelays(t, r)
	checkLabels(t, append(names, w.Namespace, harness.ProviderName), m.Metrics, r.Metrics)
	checkDocumentation(t, m, r)
}

// live has calls, flows, an action and a move come to their ends, and one Call wait, and returns their names.
func live(t *testing.T, w *harness.World) []string {
	t.Helper()
	answerAll(t, w)
	w.AwaitProvider(t)
	w.Sim.AwaitSubscription(t)
	const completed, busy, source, target, blocked = "call-of-ada", "call-of-ben", "call-of-cleo", "call-of-dan", "call-of-eve"
	const move, action, flow, outcome = "move-of-fay", "action-of-hal", "flow-of-ida", "word-of-jim"
	w.CreateFlow(t, flow, v1alpha1.CallFlowSpec{Steps: []v1alpha1.FlowStep{{Name: "end", End: &v1alpha1.EndStep{Outcome: outcome, KeepCall: true}}}})
	for n, name := range []string{completed, busy, source, target} {
		w.Create(t, w.Call(name, harness.Callee(n+1), func(spec *v1alpha1.CallSpec) {
			if name == busy || name == target {
				harness.Running(flow, nil)(spec)
			}
		}))
	}
	w.Create(t, w.Call(blocked, harness.Callee(5), func(spec *v1alpha1.CallSpec) { spec.ProviderRef.Name = "provider-of-gil" }))
	w.AwaitReason(t, blocked, v1alpha1.ReasonProviderNotFound)
	awaitEnd(t, w, completed)
	awaitEnd(t, w, busy)
	incoming := w.Incoming(t, w.Sim.Dial(t, harness.Callee(1), harness.Caller))
	awaitEnd(t, w, incoming)
	w.AwaitRoster(t, source, 2)
	w.AwaitRoster(t, target, 2)
	w.CreateAction(t, w.Action(action, target, v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}))
	w.AwaitActionEnd(t, action, v1alpha1.ActionCompleted)
	w.CreateMove(t, w.Move(move, source, target, harness.Callee(3)))
	w.AwaitMoveEnd(t, move)
	awaitEnd(t, w, source)
	w.HangUp(t, target)
	awaitEnd(t, w, target)
	return []string{completed, busy, source, target, blocked, move, action, flow, outcome, incoming, "provider-of-gil", "route-of-ada"}
}

// awaitCounts waits until all series have their values: a status is written before the write is counted.
func awaitCounts(t *testing.T, want counts, registries ...*prometheus.Registry) {
	t.Helper()
	late := time.Now().Add(harness.Patience)
	for {
		all, got := gatherCounts(t, registries...), counts{}
		for series := range want {
			if value, found := all[series]; found {
				got[series] = value
			}
		}
		diff := cmp.Diff(want, got)
		if diff == "" {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("metrics (-want +got):\n%s\nall: %v", diff, all)
		}
		<-time.After(50 * time.Millisecond) // nothing tells of a metric that changes
	}
}

// checkEventDelays checks that each event that was news was counted once, with a delay that is possible.
func checkEventDelays(t *testing.T, r *harness.Receiver) {
	t.Helper()
	recorded := 0.0
	for series, value := range gatherCounts(t, r.Metrics) {
		if strings.HasPrefix(series, "call_operator_receiver_events_total{") && strings.Contains(series, `result="recorded"`) {
			recorded += value
		}
	}
	for _, family := range gather(t, r.Metrics) {
		if family.GetName() != "call_operator_receiver_event_to_status_seconds" {
			continue
		}
		for _, metric := range family.Metric {
			histogram := metric.GetHistogram()
			if metric.Label[0].GetValue() == "callback" && float64(histogram.GetSampleCount()) != recorded {
				t.Errorf("%d events were timed and %v recorded", histogram.GetSampleCount(), recorded)
			}
			if sum := histogram.GetSampleSum(); sum < 0 || sum > harness.Patience.Seconds()*float64(histogram.GetSampleCount()) {
				t.Errorf("%d events from %s took %v s together", histogram.GetSampleCount(), metric.Label[0].GetValue(), sum)
			}
		}
	}
}

var aNumber = regexp.MustCompile(`\d{5}`)

// checkLabels checks that no label value holds a phone number or is the name of an object.
func checkLabels(t *testing.T, names []string, registries ...*prometheus.Registry) {
	t.Helper()
	for _, family := range gather(t, registries...) {
		for _, metric := range family.Metric {
			for _, label := range metric.Label {
				if aNumber.MatchString(label.GetValue()) || slices.Contains(names, label.GetValue()) {
					t.Errorf("%s has the label %s=%q", family.GetName(), label.GetName(), label.GetValue())
				}
			}
		}
	}
}

// documented is a row of the list of metrics.
type documented struct{ Name, Type, Labels, By, Help string }

var documentedRow = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (\\w+) \\| ([^|]*) \\| (\\w+) \\| (.*) \\|$")

// checkDocumentation compares the documented list with the registered metrics, in both directions.
func checkDocumentation(t *testing.T, m *harness.Manager, r *harness.Receiver) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(devcontrolplane.Root(), "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []documented
	for _, row := range documentedRow.FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, documented{row[1], row[2], strings.ReplaceAll(row[3], "`", ""), row[4], row[5]})
	}
	registered := map[string]documented{}
	for by, registry := range map[string]*prometheus.Registry{"manager": m.Metrics, "receiver": r.Metrics} {
		for _, family := range gather(t, registry) {
			row := documented{family.GetName(), strings.ToLower(family.GetType().String()), labelsOf(family), by, family.GetHelp()}
			if _, twice := registered[row.Name]; twice {
				row.By = "both"
			}
			registered[row.Name] = row
		}
		checkSeen(t, by, registry, registered)
	}
	byName := func(a, b documented) int { return strings.Compare(a.Name, b.Name) }
	if diff := cmp.Diff(slices.SortedFunc(maps.Values(registered), byName), slices.SortedFunc(slices.Values(listed), byName)); diff != "" {
		t.Errorf("docs/metrics.md is not what is registered (-registered +documented):\n%s", diff)
	}
}

var describedName = regexp.MustCompile(`fqName: "([^"]+)"`)

// checkSeen checks that the run met every metric that is registered, so that the comparison leaves none out.
func checkSeen(t *testing.T, by string, registry *prometheus.Registry, seen map[string]documented) {
	t.Helper()
	descs := make(chan *prometheus.Desc)
	go func() {
		registry.Describe(descs)
		close(descs)
	}()
	for desc := range descs {
		name := describedName.FindStringSubmatch(desc.String())[1]
		if _, found := seen[name]; !found {
			t.Errorf("the %s registers %s, but this run has seen no series of it", by, name)
		}
	}
}

func labelsOf(family *dto.MetricFamily) string {
	var labels []string
	for _, label := range family.Metric[0].Label {
		labels = append(labels, label.GetName())
	}
	slices.Sort(labels)
	return strings.Join(labels, ", ")
}

func gather(t *testing.T, registries ...*prometheus.Registry) []*dto.MetricFamily {
	t.Helper()
	var families []*dto.MetricFamily
	for _, registry := range registries {
		gathered, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		families = append(families, gathered...)
	}
	return families
}

func gatherCounts(t *testing.T, registries ...*prometheus.Registry) counts {
	t.Helper()
	all := counts{}
	for _, family := range gather(t, registries...) {
		for _, metric := range family.Metric {
			all[seriesName(family, metric)] += metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	return all
}

func seriesName(family *dto.MetricFamily, metric *dto.Metric) string {
	var labels []string
	for _, label := range metric.Label {
		labels = append(labels, label.GetName()+`="`+label.GetValue()+`"`)
	}
	if len(labels) == 0 {
		return family.GetName()
	}
	slices.Sort(labels)
	return family.GetName() + "{" + strings.Join(labels, ",") + "}"
}
