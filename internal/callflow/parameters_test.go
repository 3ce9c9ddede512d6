// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callflow

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	cases := []struct{ reason, text, want string }{
		{"nothing to replace", "Hello.", "Hello."},
		{"twice", "$(a)$(a)", "xx"},
		{"what is not known stays", "$(b)", "$(b)"},
		{"escaped", "$$(a)", "$(a)"},
		{"escaped, and then replaced", "$$$(a)", "$x"},
		{"a price", "5$ and $6", "5$ and $6"},
		{"not closed", "$(a", "$(a"},
		{"the value is not replaced again", "$(c)", "$(a)"},
		{"empty", "", ""},
		{"at the end", "a$", "a$"},
	}
	values := Values{"a": "x", "c": "$(a)"}
	for _, c := range cases {
		got := expand(c.text, func(name string) (string, bool) {
			value, ok := values[name]
			return value, ok
		})
		if got != c.want {
			t.Errorf("%s: %q became %q, want %q", c.reason, c.text, got, c.want)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	values := Values{"name": `Ada <"&/`}
	prompt := func(text, ssml, file string) *v1alpha1.Prompt {
		return &v1alpha1.Prompt{Text: text, SSML: ssml, File: file}
	}
	cases := []struct {
		name, reason string
		step, want   v1alpha1.FlowStep
	}{
		{
			"text", "as it is", v1alpha1.FlowStep{Play: &v1alpha1.PlayOperation{Prompt: *prompt("Hi $(name)", "", "")}},
			v1alpha1.FlowStep{Play: &v1alpha1.PlayOperation{Prompt: *prompt(`Hi Ada <"&/`, "", "")}},
		},
		{
			"SSML", "a value must not add marks", v1alpha1.FlowStep{Recognize: &v1alpha1.RecognizeOperation{Prompt: prompt("", "<p>$(name)</p>", "")}},
			v1alpha1.FlowStep{Recognize: &v1alpha1.RecognizeOperation{Prompt: prompt("", "<p>Ada &lt;&#34;&amp;/</p>", "")}},
		},
		{
			"file", "a value is a part of one segment", v1alpha1.FlowStep{Hold: &v1alpha1.HoldOperation{Music: prompt("", "", "https://a.example/$(name).wav")}},
			v1alpha1.FlowStep{Hold: &v1alpha1.HoldOperation{Music: prompt("", "", "https://a.example/Ada%20%3C%22&%2F.wav")}},
		},
		{"label", "", v1alpha1.FlowStep{SetLabel: &v1alpha1.SetLabelStep{Key: "$(name)", Value: "$(name)"}}, v1alpha1.FlowStep{SetLabel: &v1alpha1.SetLabelStep{Key: "$(name)", Value: `Ada <"&/`}}},
		{"outcome", "", v1alpha1.FlowStep{End: &v1alpha1.EndStep{Outcome: "to-$(name)"}}, v1alpha1.FlowStep{End: &v1alpha1.EndStep{Outcome: `to-Ada <"&/`}}},
	}
	for _, c := range cases {
		before := c.step.DeepCopy()
		if diff := cmp.Diff(&c.want, Resolve(&c.step, values)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", c.name, c.reason, diff)
		}
		if diff := cmp.Diff(before, &c.step); diff != "" {
			t.Errorf("%s: the given step changed:\n%s", c.name, diff)
		}
	}
}

func TestValuesOf(t *testing.T) {
	t.Parallel()
	flow := &v1alpha1.CallFlowSpec{Parameters: []v1alpha1.FlowParameter{{Name: "a"}, {Name: "b", Default: ptr.To("")}, {Name: "c"}}}
	values, missing, unknown := ValuesOf(flow, map[string]string{"a": "1", "x": "2"}, "call", "+14255550100", "+14255550123")
	want := Values{"a": "1", "b": "", "call.name": "call", "call.from": "+14255550100", "call.to": "+14255550123"}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Errorf("an empty default is one (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"c"}, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"x"}, unknown); diff != "" {
		t.Errorf("unknown (-want +got):\n%s", diff)
	}
}

func TestLabelValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "sales": "sales", "Ada Lovelace": "Ada-Lovelace", "+14255550123": "14255550123", "-.-": "", "Ärzte": "rzte",
		"0123456789012345678901234567890123456789012345678901234567890123456789": "012345678901234567890123456789012345678901234567890123456789012",
	} {
		if got := labelValue(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
