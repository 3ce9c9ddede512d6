// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	someTarget   = "targets: [{to: {phoneNumber: '+14255550123'}}]"
	someTemplate = "callTemplate: {spec: {providerRef: {name: acs}, flow: {name: reminder}}}"
)

// dialling is a DialOut with these fields in addition to a template, and to a target unless the fields say who is called.
func dialling(fields ...string) string {
	all := append([]string{someTemplate}, fields...)
	if !strings.Contains(strings.Join(fields, " "), "targets") {
		all = append(all, someTarget)
	}
	return "{" + strings.Join(all, ", ") + "}"
}

func TestDialOutSpec(t *testing.T) {
	t.Parallel()
	targets := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("{name: t%d, to: {phoneNumber: '+1425555%04d'}, parameters: {a: b}, timeZone: Europe/London}", i, i))
		}
		return "targets: [" + strings.Join(all, ", ") + "]"
	}
	hours := func(window string) string {
		return dialling("callingHours: {timeZone: Europe/London, windows: [" + window + "]}")
	}
	rule := func(rule string) string { return dialling("attempts: {limit: 3, rules: [" + rule + "]}") }
	cases := []judged{
		{"a target", "nothing else is needed", dialling(), ""},
		{"everything", "each field", dialling("from: ['+14255550100', '+14255550101']", "parallelism: 20", "callsPerSecond: 500m", "order: Sequential",
			"attempts: {limit: 3, rules: [{outcomes: [Busy], pause: 5m}, {flowOutcomes: [callLater], pause: 2h}, {outcomes: [Failed], action: Stop}]}",
			"callingHours: {timeZone: Europe/London, windows: [{days: [Monday, Friday], start: '09:00', end: '20:00'}, {start: '23:00', end: '24:00'}]}",
			"until: FirstAccepted", "acceptedFlowOutcomes: [accepted]", "onConnected: {moveTo: {name: room}}", "suspend: true", "activeDeadlineSeconds: 3600",
			"callHistoryLimit: 0", "ttlSecondsAfterFinished: 60", "allOrNothing: true",
			"targetsFrom: [{configMapKeyRef: {name: a, key: list.csv}}, {secretKeyRef: {name: a, key: list.jsonl}, format: JSONLines}]"), ""},
		{"nobody", "somebody is to be called", "{" + someTemplate + "}", "set targets, or targetsFrom"},
		{"no targets", "leave them out instead", dialling("targets: []"), "spec.targets"},
		{"1000 targets", "the bound is allowed", dialling(targets(1000)), ""},
		{"1001 targets", "a list belongs into a ConfigMap", dialling(targets(1001)), "must have at most 1000 items"},
		{"target without a party", "whom?", dialling("targets: [{name: ada}]"), "spec.targets[0].to"},
		{"target of two kinds", "which one?", dialling("targets: [{to: {phoneNumber: '+14255550123', sipURI: 'sip:ada@pbx.example.com'}}]"), "name the party in exactly one way"},
		{"raw ID", "it cannot be called", dialling("targets: [{to: {rawID: '4:MyBank'}}]"), "cannot be called"},
		{"number as people write it", "one form only", dialling("targets: [{to: {phoneNumber: '(425) 555-0123'}}]"), "write the number in E.164 form"},
		{"long parameter", "a Call could not have it", dialling("targets: [{to: {phoneNumber: '+14255550123'}, parameters: {a: '" + strings.Repeat("x", 257) + "'}}]"), "write a shorter parameter"},
		{"time zone", "an offset is none", dialling("targets: [{to: {phoneNumber: '+14255550123'}, timeZone: '+01:00'}]"), "write the name of a time zone"},
		{"list in two places", "which one?", dialling("targetsFrom: [{configMapKeyRef: {name: a, key: b}, secretKeyRef: {name: a, key: b}}]"), "set either configMapKeyRef or secretKeyRef"},
		{"list nowhere", "which one?", dialling("targetsFrom: [{format: CSV}]"), "set either configMapKeyRef or secretKeyRef"},
		{"caller twice", "the calls are spread evenly", dialling("from: ['+14255550100', '+14255550100']"), "Duplicate value"},
		{"no pace", "nobody would be called", dialling("callsPerSecond: 0"), "callsPerSecond must be above 0"},
		{"negative pace", "there is none", dialling("callsPerSecond: -1"), "callsPerSecond must be above 0"},
		{"high pace", "beyond the bound", dialling("callsPerSecond: 1001"), "callsPerSecond must be above 0 and 1000 at most"},
		{"no parallelism", "suspend instead", dialling("parallelism: 0"), "greater than or equal to 1"},
		{"first accepted of what", "no outcome would end it", dialling("until: FirstAccepted"), "set acceptedFlowOutcomes"},
		{"accepted without a flow", "no outcome would come", "{callTemplate: {spec: {providerRef: {name: acs}}}, acceptedFlowOutcomes: [accepted], " + someTarget + "}", "set callTemplate.spec.flow"},
		{"rule without outcomes", "when does it apply?", rule("{pause: 5m}"), "set outcomes"},
		{"rule for Expired", "that is no attempt", rule("{outcomes: [Expired]}"), "a rule cannot be for Expired"},
		{"pause after Stop", "nothing comes after it", rule("{outcomes: [Busy], action: Stop, pause: 5m}"), "leave pause out"},
		{"no pause", "at once", rule("{outcomes: [Busy], pause: 0s}"), ""},
		{"long pause", "beyond the bound", rule("{outcomes: [Busy], pause: 721h}"), "pause must be a duration of 720h at most"},
		{"no hours", "leave them out instead", hours(""), "spec.callingHours.windows"},
		{"hours across midnight", "whose day is it?", hours("{start: '22:00', end: '06:00'}"), "write two windows"},
		{"empty window", "nobody would be called", hours("{start: '09:00', end: '09:00'}"), "start must be before end"},
		{"hour of one digit", "one form only", hours("{start: '9:00', end: '20:00'}"), "start"},
		{"25 o'clock", "there is none", hours("{start: '09:00', end: '25:00'}"), "write a time of day"},
		{"label of ours", "they are the operator's", "{callTemplate: {metadata: {labels: {call-operator.dev/x: z}}, spec: {providerRef: {name: acs}}}, " + someTarget + "}", "does not begin with call-operator.dev/"},
		{"bad label", "no Call could have it", "{callTemplate: {metadata: {labels: {a: 'b c'}}, spec: {providerRef: {name: acs}}}, " + someTarget + "}", "a value of labels must be a label's value"},
		{"annotation", "of the Calls", "{callTemplate: {metadata: {annotations: {example.com/ticket: 'A 1'}}, spec: {providerRef: {name: acs}}}, " + someTarget + "}", ""},
	}
	judge(t, "DialOut", cases)
}

// TestDialOutChanges: how it is called may change, who is called may not.
func TestDialOutChanges(t *testing.T) {
	t.Parallel()
	made := object(t, "DialOut", "d", dialling("acceptedFlowOutcomes: [accepted]", "parallelism: 2"))
	made.SetNamespace(namespace(t))
	if err := plane.Client.Create(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	cases := []judged{
		{"pace", "it is too fast", "{parallelism: 1, callsPerSecond: 1}", ""},
		{"suspend", "nobody is to be called now", "{suspend: true}", ""},
		{"attempts", "nobody answers", "{attempts: {limit: 2}}", ""},
		{"hours", "it is too early", "{callingHours: {timeZone: UTC, windows: [{start: '09:00', end: '10:00'}]}}", ""},
		{"end", "it takes too long", "{activeDeadlineSeconds: 60, ttlSecondsAfterFinished: 60, callHistoryLimit: 3}", ""},
		{"template", "calls were made with it", "{callTemplate: {spec: {providerRef: {name: other}}}}", "callTemplate cannot change: create a new DialOut"},
		{"from", "calls were made with it", "{from: ['+14255550100']}", "from cannot change"},
		{"targets", "they were read", "{targets: [{to: {phoneNumber: '+14255550124'}}]}", "targets are read once and cannot change"},
		{"targetsFrom", "they were read", "{targetsFrom: [{configMapKeyRef: {name: a, key: b}}]}", "targetsFrom are read once and cannot change"},
		{"order", "targets are under way", "{order: Sequential}", "order cannot change"},
		{"until", "somebody may have accepted", "{until: FirstAccepted}", "until cannot change"},
		{"accepted", "somebody may have accepted", "{acceptedFlowOutcomes: [refused]}", "acceptedFlowOutcomes cannot change"},
		{"move", "calls were connected", "{onConnected: {moveTo: {name: room}}}", "onConnected cannot change"},
		{"all or nothing", "the lines were judged", "{allOrNothing: true}", "allOrNothing cannot change"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			changed := made.DeepCopy()
			maps.Copy(changed.Object["spec"].(map[string]any), parse(t, c.spec))
			checkVerdict(t, c.reason, plane.Client.Update(t.Context(), changed, client.DryRunAll), c.want)
		})
	}
}
