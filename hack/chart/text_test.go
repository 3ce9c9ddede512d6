// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRender(t *testing.T) {
	tests := []struct {
		name, reason string
		object       object
		want         string
	}{
		{name: "Plain", reason: "without texts it is the manifest",
			object: object{"kind": "A", "spec": map[string]any{"size": 1}}, want: "kind: A\nspec:\n  size: 1\n"},
		{name: "Text", reason: "a text stands in a value, unquoted",
			object: object{"a": "x=" + text("{{ .Values.%s }}", "b")}, want: "a: x={{ .Values.b }}\n"},
		{name: "Braces", reason: "braces that are no template stay what they are",
			object: object{"a": "{{ $labels.x }}"}, want: `a: '{{ "{{" }} $labels.x {{ "}}" }}'` + "\n"},
		{name: "KeyBlock", reason: "a block stands in place of its key, indented like it",
			object: object{"m": map[string]any{"a": 1, block("{{- if .x }}\nb: {{ nindent INDENT DEEPER }}\n{{- end }}"): nil}},
			want:   "m:\n  a: 1\n  {{- if .x }}\n  b: {{ nindent 2 4 }}\n  {{- end }}\n"},
		{name: "ItemBlock", reason: "a block stands in place of an item, with its dash",
			object: object{"l": []any{"a", block("{{- range .x }}\n- {{ . }}\n{{- end }}")}},
			want:   "l:\n- a\n{{- range .x }}\n- {{ . }}\n{{- end }}\n"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, err := render(tc.object)
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("%s (-want +got, %v):\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestEither(t *testing.T) {
	tests := []struct {
		name, reason  string
		without, with any
		want, wantErr string
	}{
		{name: "Same", reason: "what does not change has no condition",
			without: map[string]any{"a": 1}, with: map[string]any{"a": 1}, want: "o:\n  a: 1\n"},
		{name: "Scalar", reason: "a scalar is chosen",
			without: map[string]any{"a": 80}, with: map[string]any{"a": 443}, want: "o:\n  a: {{ if c }}443{{ else }}80{{ end }}\n"},
		{name: "Longer", reason: "further items are there under the condition",
			without: []any{"a"}, with: []any{"a", "b"}, want: "o:\n- a\n{{- if c }}\n- b\n{{- end }}\n"},
		{name: "Shorter", reason: "an item that goes cannot be said", without: []any{"a", "b"}, with: []any{"a"}, wantErr: "items go"},
		{name: "Field", reason: "a field that comes cannot be said",
			without: map[string]any{"a": 1}, with: map[string]any{"a": 1, "b": 2}, wantErr: "fields come or go"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			both, err := either("c", tc.without, tc.with)
			if tc.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
					t.Errorf("%s: error %v, want one with %q", tc.reason, err, tc.wantErr)
				}
				return
			}
			got, renderErr := render(object{"o": both})
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil || renderErr != nil {
				t.Errorf("%s (-want +got, %v, %v):\n%s", tc.reason, err, renderErr, diff)
			}
		})
	}
}

// A kind that nobody has thought about is no silent part of the chart, or missing from it.
func TestAnUnknownKindIsAnError(t *testing.T) {
	_, err := template(object{"kind": "Gizmo", "metadata": map[string]any{"name": "x"}})
	if err == nil || !strings.Contains(err.Error(), "Gizmo") {
		t.Errorf("error %v, want one that names the kind", err)
	}
}
