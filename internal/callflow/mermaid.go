// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callflow

import (
	"fmt"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Mermaid is a flow as a state diagram in the language of Mermaid. A branch to a step that does not exist is left out.
func Mermaid(flow *v1alpha1.CallFlowSpec) string {
	ids := map[v1alpha1.StepName]string{}
	for i := range flow.Steps {
		// A name may have marks that an ID must not.
		ids[flow.Steps[i].Name] = fmt.Sprintf("s%d", i)
	}
	var diagram strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&diagram, "    "+format+"\n", args...) }
	diagram.WriteString("stateDiagram-v2\n")
	for i := range flow.Steps {
		step := &flow.Steps[i]
		line("state \"%s: %s\" as %s", quoted(string(step.Name)), step.Does(), ids[step.Name])
	}
	if first, ok := ids[flow.FirstStep()]; ok {
		line("[*] --> %s", first)
	}
	for i := range flow.Steps {
		step := &flow.Steps[i]
		id := ids[step.Name]
		for _, way := range Ways(flow, step) {
			if way.On == "" {
				line("%s --> %s", id, ids[way.To])
			} else {
				line("%s --> %s: %s", id, ids[way.To], quoted(way.On))
			}
		}
		if step.End != nil {
			line("%s --> [*]: %s", id, quoted(step.End.Outcome))
		}
	}
	return diagram.String()
}

// quoted is a text in a diagram: what has a meaning there is written as Mermaid's entity.
func quoted(text string) string {
	return strings.NewReplacer("#", "#35;", `"`, "#quot;", ";", "#59;", "<", "#lt;", ">", "#gt;", ":", "#58;", "\n", " ").Replace(text)
}
