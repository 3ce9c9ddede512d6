// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callflow

import (
	"encoding/xml"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Values are the values of parameters by name.
type Values map[string]string

// builtIn are the parameters that every flow has.
var builtIn = []string{"call.name", "call.from", "call.to"}

// ValuesOf are the values that a Call's use of a flow gives to its steps. Missing are parameters without a value, and unknown are values
// of parameters that the flow does not have.
func ValuesOf(flow *v1alpha1.CallFlowSpec, given map[string]string, name, from, to string) (values Values, missing, unknown []string) {
	values = Values{"call.name": name, "call.from": from, "call.to": to}
	for _, parameter := range flow.Parameters {
		value, ok := given[parameter.Name]
		switch {
		case ok:
			values[parameter.Name] = value
		case parameter.Default != nil:
			values[parameter.Name] = *parameter.Default
		default:
			missing = append(missing, parameter.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(flow.Parameters, func(p v1alpha1.FlowParameter) bool { return p.Name == name }) {
			unknown = append(unknown, name)
		}
	}
	return values, missing, unknown
}

// expand replaces $(name) in a text by what value returns for the name, and $$(name) by $(name). A reference whose value is not known
// stays as it is. These are the rules for the arguments of a container.
func expand(text string, value func(name string) (string, bool)) string {
	var expanded strings.Builder
	for {
		at := strings.IndexByte(text, '$')
		if at < 0 || at+1 == len(text) {
			expanded.WriteString(text)
			return expanded.String()
		}
		expanded.WriteString(text[:at])
		text = text[at+1:]
		switch {
		case text[0] == '$':
			expanded.WriteByte('$')
			text = text[1:]
			continue
		case text[0] != '(':
			expanded.WriteByte('$')
			continue
		}
		end := strings.IndexByte(text, ')')
		if end < 0 {
			expanded.WriteByte('$')
			continue
		}
		if known, ok := value(text[1:end]); ok {
			expanded.WriteString(known)
		} else {
			expanded.WriteString("$" + text[:end+1])
		}
		text = text[end+1:]
	}
}

// references are the names that a text refers to.
func references(text string) []string {
	var names []string
	expand(text, func(name string) (string, bool) {
		names = append(names, name)
		return "", true
	})
	return names
}

// Resolve is a step with the values of its parameters. The given step does not change.
func Resolve(step *v1alpha1.FlowStep, values Values) *v1alpha1.FlowStep {
	resolved := step.DeepCopy()
	for _, place := range texts(resolved) {
		*place.text = expand(*place.text, func(name string) (string, bool) {
			value, ok := values[name]
			return place.escape(value), ok
		})
	}
	return resolved
}

// place is a text of a step that takes parameters.
type place struct {
	// field is where it is in the step.
	field string
	text  *string
	// escape writes a value so that it is read as a text there.
	escape func(string) string
}

// texts are the texts of a step that take parameters.
func texts(step *v1alpha1.FlowStep) []place {
	var places []place
	add := func(field string, text *string, escape func(string) string) {
		if *text != "" {
			places = append(places, place{field, text, escape})
		}
	}
	prompt := func(field string, prompt *v1alpha1.Prompt) {
		if prompt == nil {
			return
		}
		add(field+".text", &prompt.Text, plain)
		add(field+".ssml", &prompt.SSML, markup)
		add(field+".file", &prompt.File, url.PathEscape)
	}
	switch {
	case step.Play != nil:
		prompt("play", &step.Play.Prompt)
	case step.Recognize != nil:
		prompt("recognize.prompt", step.Recognize.Prompt)
	case step.Hold != nil:
		prompt("hold.music", step.Hold.Music)
	case step.SetLabel != nil:
		add("setLabel.value", &step.SetLabel.Value, plain)
	case step.End != nil:
		add("end.outcome", &step.End.Outcome, plain)
	}
	return places
}

func plain(value string) string { return value }

// markup writes a value as a text in XML, so that it cannot add marks.
func markup(value string) string {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(value)) // a Builder takes everything
	return escaped.String()
}
