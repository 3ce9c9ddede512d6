// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

const reminderFlow = `apiVersion: call-operator.dev/v1alpha1
kind: CallFlow
metadata: {name: reminder, namespace: team-a}
spec:
  parameters: [{name: who}]
  steps:
  - name: ask
    recognize: {prompt: {text: "Hello $(who)."}, choices: [{label: "yes", tone: "1"}]}
    branches: {"yes": confirmed, noInput: ask}
    next: confirmed
  - {name: confirmed, end: {outcome: confirmed}}
`

const drawnReminder = `stateDiagram-v2
    state "ask: recognize" as s0
    state "confirmed: end" as s1
    [*] --> s0
    s0 --> s0: noInput
    s0 --> s1: yes
    s0 --> s1
    s1 --> [*]: confirmed
`

// TestTheDiagramInTheDocs draws the flow that docs/call-flows.md begins with.
func TestTheDiagramInTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(devcontrolplane.Root(), "docs", "call-flows.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := func(language string) string {
		_, after, _ := strings.Cut(string(page), "\n```"+language+"\n")
		text, _, _ := strings.Cut(after, "```\n")
		return text
	}
	out, errOut, code := offline(t, nil, "flow", "render", "-f", writeFile(t, []byte(block("yaml"))))
	if want := block("mermaid"); code != 0 || out != want {
		t.Errorf("exit code %d, %s; the page shows\n%s\nand the flow in it is drawn as\n%s", code, errOut, want, out)
	}
}

func TestFlow(t *testing.T) {
	t.Parallel()
	var stored, broken v1alpha1.CallFlow
	for text, flow := range map[string]*v1alpha1.CallFlow{reminderFlow: &stored, strings.Replace(reminderFlow, "noInput: ask", "noInput: nowhere", 1): &broken} {
		if err := yaml.Unmarshal([]byte(text), flow); err != nil {
			t.Fatal(err)
		}
	}
	other := strings.Replace(reminderFlow, "name: reminder", "name: other", 1)
	const call = "apiVersion: call-operator.dev/v1alpha1\nkind: Call\nmetadata: {name: ada}\n"
	cases := []struct {
		name, reason string
		// file is written and named with -f; "" is no file.
		file    string
		args    []string
		objects []client.Object
		want    string
		wantErr string
		fails   bool
	}{
		{name: "stored", reason: "it is in the cluster", args: []string{"render", "reminder"}, objects: []client.Object{&stored}, want: drawnReminder},
		{name: "as kubectl prints it", reason: "a name is copied", args: []string{"render", "callflow/reminder"}, objects: []client.Object{&stored}, want: drawnReminder},
		{name: "stored with a problem", reason: "people draw it to find the problem", args: []string{"render", "reminder"}, objects: []client.Object{&broken},
			want: strings.Replace(drawnReminder, "    s0 --> s0: noInput\n", "", 1), wantErr: "warning: CallFlow reminder cannot be run:\n  spec.steps[0].branches.noInput: There is no step nowhere"},
		{name: "missing", reason: "name and namespace are named", args: []string{"render", "reminder"}, wantErr: `there is no CallFlow "reminder" in the namespace "team-a"`, fails: true},
		{name: "nothing", reason: "what to do is said", args: []string{"render"}, wantErr: "name a CallFlow, or a file with -f", fails: true},
		{name: "file", reason: "objects of other kinds and empty documents are skipped", file: call + "---\n---\n# a comment\n---\n" + reminderFlow, args: []string{"render"}, want: drawnReminder},
		{name: "one of two", reason: "the name selects", file: reminderFlow + "---\n" + other, args: []string{"render", "reminder"}, want: drawnReminder},
		{name: "two", reason: "which?", file: reminderFlow + "---\n" + other, args: []string{"render"}, wantErr: "has several CallFlows: name one of reminder, other", fails: true},
		{name: "no such", reason: "what there is is named", file: reminderFlow, args: []string{"render", "menu"}, wantErr: "has no CallFlow menu: it has reminder", fails: true},
		{name: "file with a problem", reason: "it is checked first", file: strings.Replace(reminderFlow, "noInput: ask", "noInput: nowhere", 1), args: []string{"render"},
			wantErr: "error: CallFlow reminder cannot be run:\n  spec.steps[0].branches.noInput: There is no step nowhere: name one of ask, confirmed.", fails: true},
		{name: "check", reason: "each flow is checked", file: reminderFlow + "---\n" + other, args: []string{"check"}, want: "callflow/reminder has no problems\ncallflow/other has no problems\n"},
		{name: "check finds", reason: "the place is named, and the good one too", file: other + "---\n" + strings.Replace(reminderFlow, "$(who)", "$(whom)", 1), args: []string{"check"},
			want: "callflow/other has no problems\n", wantErr: "spec.steps[0].recognize.prompt.text: $(whom) is no parameter of the flow", fails: true},
		{name: "unknown field", reason: "a typing error changes what a flow does", file: strings.Replace(reminderFlow, "    next:", "    nxt:", 1), args: []string{"check"},
			wantErr: `document 1: unknown field "spec.steps[0].nxt"`, fails: true},
		{name: "twice", reason: "one of them would be lost", file: strings.Replace(reminderFlow, "noInput: ask", "noInput: ask, noInput: confirmed", 1), args: []string{"check"},
			wantErr: `key "noInput" already set in map`, fails: true},
		{name: "bare yes", reason: "YAML reads it as true", file: strings.Replace(reminderFlow, `{"yes": confirmed`, "{yes: confirmed", 1), args: []string{"check"},
			wantErr: "YAML reads yes, no, on and off as true or false: write them in quotes", fails: true},
		{name: "no YAML", reason: "it cannot be read", file: "{", args: []string{"check"}, wantErr: "document 1: ", fails: true},
		{name: "no flow", reason: "the wrong file", file: call, args: []string{"check"}, wantErr: "has no CallFlow", fails: true},
		{name: "other version", reason: "nothing is known of it", file: strings.Replace(reminderFlow, "v1alpha1", "v9", 1), args: []string{"check"},
			wantErr: "apiVersion is call-operator.dev/v9: write call-operator.dev/v1alpha1", fails: true},
		{name: "no name", reason: "it could not be applied", file: strings.Replace(reminderFlow, "name: reminder, ", "", 1), args: []string{"check"}, wantErr: "has no metadata.name", fails: true},
		{name: "no file", reason: "what to do is said", args: []string{"check"}, wantErr: "name a file with -f", fails: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"flow"}, tc.args...)
			args = append(args, "-n", "team-a")
			if tc.file != "" {
				args = append(args, "-f", writeFile(t, []byte(tc.file)))
			}
			out, errOut, code := offline(t, tc.objects, args...)
			if out != tc.want || !strings.Contains(errOut, tc.wantErr) || (code != 0) != tc.fails {
				t.Errorf("%s: exit code %d, it printed\n%s%s\nwant\n%s%s", tc.reason, code, out, errOut, tc.want, tc.wantErr)
			}
		})
	}
}
