// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"fmt"
	"strings"
	"testing"
)

// moving is a move with these fields after its participants.
func moving(more string) string {
	return "{from: {name: a}, to: {name: b}, participants: [{phoneNumber: '+14255550123'}]" + more + "}"
}

func TestMoveSpec(t *testing.T) {
	t.Parallel()
	const party = "{phoneNumber: '+14255550123'}"
	between := func(from, to string) string {
		return "{from: " + from + ", to: " + to + ", participants: [" + party + "]}"
	}
	whom := func(participants string) string {
		return "{from: {name: a}, to: {name: b}, participants: " + participants + "}"
	}
	const (
		oneCall  = "select the Call in exactly one way: set either name or selector"
		sameCall = "from and to name the same Call: set to.name to the Call that the participants are to move to"
		noName   = "write the name of a Call: lower case letters, digits, - and ., such as call-anna"
	)
	judge(t, "ParticipantMove", []judged{
		{"the least", "two Calls and somebody", moving(""), ""},
		{"by labels", "two Calls and somebody", between("{selector: {matchLabels: {a: b}}}", "{selector: {}}"), ""},
		{"by name and by labels", "two Calls and somebody", between("{name: a}", "{selector: {matchLabels: {a: b}}}"), ""},
		{"from nowhere", "from where?", "{to: {name: b}, participants: [" + party + "]}", "spec.from: Required value"},
		{"to nowhere", "to where?", "{from: {name: b}, participants: [" + party + "]}", "spec.to: Required value"},
		{"empty from", "from where?", between("{}", "{name: b}"), oneCall},
		{"empty to", "to where?", between("{name: a}", "{}"), oneCall},
		{"from in two ways", "which of them?", between("{name: a, selector: {}}", "{name: b}"), oneCall},
		{"to in two ways", "which of them?", between("{name: a}", "{name: b, selector: {}}"), oneCall},
		{"to itself", "it is there already", between("{name: a}", "{name: a}"), sameCall},
		{"empty name", "no Call has it", between(`{name: ""}`, "{name: b}"), "spec.from.name"},
		{"name in capitals", "no Call has it", between("{name: A}", "{name: b}"), noName},
		{"name with a slash", "no Call of another namespace", between("{name: a}", "{name: other/b}"), noName},
		{"longest name", "the bound is allowed", between("{name: "+strings.Repeat("a", 253)+"}", "{name: b}"), ""},
		{"too long a name", "beyond the bound", between("{name: "+strings.Repeat("a", 254)+"}", "{name: b}"), "spec.from.name: Too long"},
		{"nobody", "whom?", "{from: {name: a}, to: {name: b}}", "spec.participants: Required value"},
		{"an empty list", "whom?", whom("[]"), "spec.participants: Invalid value"},
		{"20", "the bound is allowed", whom(times(20, party)), ""},
		{"21", "beyond the bound", whom(times(21, party)), "must have at most 20 items"},
		{"kept for no time", "deleted at once", moving(", ttlSecondsAfterFinished: 0"), ""},
		{"kept for less", "no time is negative", moving(", ttlSecondsAfterFinished: -1"), "greater than or equal to 0"},
	})
}

// durations are the messages for each duration, with a minimum and a maximum.
func durations(field, wrong string, atMost bool) []judged {
	tooLong := ""
	if atMost {
		tooLong = wrong
	}
	said := map[string]string{
		"1s": "", "1000ms": "", "1.5s": "", "1m30s": "", "30m": "", "24h": "", "0h0m5s": "",
		"999ms": wrong, "0s": wrong, "0.5s": wrong, "-5m": wrong, "5": wrong, "5min": wrong, "5 m": wrong, "1d": wrong, "": wrong,
		"24h1s": tooLong, "99999h": tooLong,
		strings.Repeat("1", 31) + "ms": field + ": Too long",
	}
	var cases []judged
	for text, want := range said {
		cases = append(cases, judged{fmt.Sprintf("%s %q", field, text), "a duration as Go writes it", fmt.Sprintf("%q", text), want})
	}
	return append(cases, judged{field + " as a number", "a number has no unit", "300", field})
}

func TestMoveTimeout(t *testing.T) {
	t.Parallel()
	cases := durations("spec.timeout", "timeout must be a duration from 1s to 24h, such as 5m", true)
	for i := range cases {
		cases[i].spec = moving(", timeout: " + cases[i].spec)
	}
	judge(t, "ParticipantMove", cases)
}
