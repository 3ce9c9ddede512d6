// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"fmt"
	"strings"
	"testing"
)

// flowing is a flow with this step and an end.
func flowing(step string) string {
	return "{steps: [" + step + ", {name: end, end: {outcome: done}}]}"
}

func TestFlowSpec(t *testing.T) {
	t.Parallel()
	const oneThing = "a step does exactly one thing"
	parameter := func(fields string) string {
		return "{parameters: [" + fields + "], steps: [{name: end, end: {outcome: done}}]}"
	}
	steps := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("{name: s%d, play: {text: Hi}, next: s0}", i))
		}
		return "{steps: [" + strings.Join(all, ", ") + "]}"
	}
	cases := []judged{
		{"an end", "nothing else is needed", "{steps: [{name: end, end: {outcome: done}}]}", ""},
		{"no steps", "nothing would happen", "{steps: []}", "spec.steps"},
		{"32 steps", "the bound is allowed", steps(32), ""},
		{"33 steps", "beyond the bound", steps(33), "must have at most 32 items"},
		{"does nothing", "a step is for something", flowing("{name: a, next: end}"), oneThing},
		{"does two things", "one after the other takes two steps", flowing("{name: a, play: {text: Hi}, wait: {seconds: 1}, next: end}"), oneThing},
		{"next after end", "an end is the end", "{steps: [{name: end, end: {outcome: done}, next: end}]}", "nothing comes after end: leave out next and branches"},
		{"branches", "an answer leads to a step", flowing(`{name: a, recognize: {tones: {}}, branches: {"1": end, noInput: a}, next: end}`), ""},
		{"no branches", "leave them out instead", flowing("{name: a, play: {text: Hi}, branches: {}, next: end}"), "spec.steps[0].branches"},
		{"branch to no name", "a step has another name", flowing("{name: a, play: {text: Hi}, branches: {failed: No Step}, next: end}"), "should match"},
		{"two steps of one name", "which one is meant?", "{steps: [{name: a, end: {outcome: a}}, {name: a, end: {outcome: b}}]}", "Duplicate value"},
		{"outcome in capitals", "it is a word of a simple form", "{steps: [{name: end, end: {outcome: Done}}]}", "write outcome as a word of lower case letters"},
		{"outcome with a parameter", "it is checked when it is known", "{steps: [{name: end, end: {outcome: to-$(team)}}]}", ""},
		{"long wait", "beyond the bound", flowing("{name: a, wait: {seconds: 3601}, next: end}"), "less than or equal to 3600"},
		{"label without a key", "which label?", flowing("{name: a, setLabel: {value: x}, next: end}"), "setLabel.key"},
		{"bad label", "no label has such a key", flowing("{name: a, setLabel: {key: '-', value: x}, next: end}"), "key must be a label's key"},
		{"bad prompt", "as in a CallAction", flowing("{name: a, play: {text: Hi, file: 'https://a.example/b.wav'}, next: end}"), "say what to play in exactly one way"},
		{"parameter", "with an empty default", parameter("{name: who, default: ''}"), ""},
		{"parameter with a blank", "$(the name) is no name", parameter("{name: the name}"), "the name of a parameter begins with a letter"},
		{"parameter twice", "which one is meant?", parameter("{name: a}, {name: a}"), "Duplicate value"},
		{"no visits", "a step is for something", "{maxVisits: 0, steps: [{name: end, end: {outcome: done}}]}", "greater than or equal to 1"},
		{"every step", "each kind of step", `{steps: [
			{name: a, play: {text: Hi}, next: b}, {name: b, recognize: {choices: [{label: x, tone: "1"}]}, next: c}, {name: c, sendTones: {tones: "1"}, next: d},
			{name: d, addParticipant: {participant: {phoneNumber: "+14255550123"}}, next: e}, {name: e, transfer: {to: {phoneNumber: "+14255550123"}}, next: f},
			{name: f, hold: {}, next: g}, {name: g, unhold: {}, next: h}, {name: h, record: {}, next: i}, {name: i, moveTo: {call: {name: x}}, next: j},
			{name: j, wait: {seconds: 1}, next: k}, {name: k, setLabel: {key: a, value: b}, next: l}, {name: l, end: {outcome: done, keepCall: true}}]}`, ""},
	}
	judge(t, "CallFlow", cases)
}

func TestFlowOfCall(t *testing.T) {
	t.Parallel()
	judge(t, "Call", []judged{
		{"flow", "what happens in the call", with("flow: {name: reminder, parameters: {who: Ada}}"), ""},
		{"flow without a name", "which one?", with("flow: {parameters: {who: Ada}}"), "spec.flow.name: Required value"},
		{"flow of a bad name", "no object has such a name", with("flow: {name: A B}"), "write the name of a CallFlow"},
		{"long parameter", "beyond the bound", with("flow: {name: f, parameters: {who: " + strings.Repeat("a", 257) + "}}"), "its value 256"},
		{"many long parameters", "beyond the bound in total", with("flow: {name: f, parameters: {" + longParameters() + "}}"), "2048 characters in total"},
	})
	judge(t, "CallRoute", []judged{
		{"flow", "what happens in an incoming call", acting("{answer: {flow: {name: menu}}}"), ""},
	})
}

func longParameters() string {
	all := make([]string, 9)
	for i := range all {
		all[i] = fmt.Sprintf("p%d: %s", i, strings.Repeat("a", 256))
	}
	return strings.Join(all, ", ")
}
