// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/test/devcontrolplane"
)

var kinds = []string{"Call", "CallAction", "CallFlow", "CallProvider", "CallRoute", "DialOut", "ParticipantMove"}

// definition is the CRD of a kind.
func definition(t *testing.T, kind string) *apiextensions.CustomResourceDefinition {
	t.Helper()
	file := filepath.Join(devcontrolplane.Root(), "config", "crd", "bases", "call-operator.dev_"+strings.ToLower(kind)+"s.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	crd := &apiextensions.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(text, crd); err != nil {
		t.Fatal(err)
	}
	return crd
}

// walk visits every field of a kind, with its path.
func walk(path string, schema *apiextensions.JSONSchemaProps, visit func(path string, schema *apiextensions.JSONSchemaProps)) {
	visit(path, schema)
	for name, property := range schema.Properties {
		walk(path+"."+name, &property, visit)
	}
	if schema.Items != nil {
		walk(path+"[]", schema.Items.Schema, visit)
	}
}

func eachField(t *testing.T, visit func(path string, schema *apiextensions.JSONSchemaProps)) {
	t.Helper()
	for _, kind := range kinds {
		for _, version := range definition(t, kind).Spec.Versions {
			walk(kind, version.Schema.OpenAPIV3Schema, visit)
		}
	}
}

// TestEveryFieldIsDescribed: kubectl explain has a sentence for each, which begins with the field's name.
func TestEveryFieldIsDescribed(t *testing.T) {
	t.Parallel()
	fields := 0
	eachField(t, func(path string, schema *apiextensions.JSONSchemaProps) {
		fields++
		kind, field, _ := strings.Cut(path, ".")
		name := field[strings.LastIndex(field, ".")+1:]
		description := strings.TrimSpace(schema.Description)
		switch {
		case field == "apiVersion" || field == "kind" || field == "metadata": // Kubernetes' own words
		case strings.HasPrefix(field, "status.conditions[]"): // the same
			if description == "" {
				t.Errorf("%s has no description", path)
			}
		case strings.HasSuffix(name, "[]") && description == "": // items of a list that is described
		case !strings.HasSuffix(description, "."):
			t.Errorf("%s is not described in sentences: %q", path, description)
		case strings.HasSuffix(name, "[]"):
		case field == "" && strings.HasPrefix(description, kind+" "):
		case !strings.HasPrefix(description, name+" "):
			t.Errorf("the description of %s does not begin with its name: %q", path, description)
		}
	})
	if fields < 100 {
		t.Errorf("only %d fields were looked at", fields)
	}
}

// TestEveryRuleSaysWhatToDo: every rejection says what to write instead.
func TestEveryRuleSaysWhatToDo(t *testing.T) {
	t.Parallel()
	instructions := []string{"set ", "write ", "create ", "leave ", "remove ", "such as "}
	rules := 0
	eachField(t, func(path string, schema *apiextensions.JSONSchemaProps) {
		for _, rule := range schema.XValidations {
			rules++
			if !slices.ContainsFunc(instructions, func(word string) bool { return strings.Contains(rule.Message, word) }) {
				t.Errorf("%s: %q does not say what to write instead", path, rule.Message)
			}
		}
	})
	if rules < 20 {
		t.Errorf("only %d rules were looked at", rules)
	}
}

// TestNames: the names by which people call the kinds.
func TestNames(t *testing.T) {
	t.Parallel()
	short := map[string][]string{"CallAction": {"cact"}, "CallFlow": {"cflow"}, "CallProvider": {"cprov"}, "CallRoute": {"croute"}, "DialOut": {"dial"}, "ParticipantMove": {"pmove"}}
	for _, kind := range kinds {
		crd := definition(t, kind)
		if diff := cmp.Diff(short[kind], crd.Spec.Names.ShortNames); diff != "" {
			t.Errorf("short names of %s (-want +got):\n%s", kind, diff)
		}
		if diff := cmp.Diff([]string{"telephony"}, crd.Spec.Names.Categories); diff != "" {
			t.Errorf("categories of %s (-want +got):\n%s", kind, diff)
		}
		if crd.Spec.Scope != apiextensions.NamespaceScoped {
			t.Errorf("%s is not namespaced", kind)
		}
	}
}

// TestColumnDefinitions: the columns alone show the state and the cause of a failure; those with a plus are shown with -o
// wide.
func TestColumnDefinitions(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"Call":            "Phase From To Joined Outcome Flow Reason Age Connection-ID+ Requested-By+ Message+",
		"CallAction":      "Phase Operation Call Answer Outcome Reason Age Requested-By+ Message+",
		"CallFlow":        "Steps Ready Reason Age Message+",
		"CallProvider":    "Ready Reason Endpoint Age Message+",
		"CallRoute":       "Provider Priority Ready Reason Taken Last-Taken Age Message+",
		"DialOut":         "Phase Targets Calling Done Accepted Reason Age Next+ Requested-By+ Message+",
		"ParticipantMove": "Phase From To Moved Outcome Reason Age Requested-By+ Message+",
	}
	for _, kind := range kinds {
		var got []string
		for _, column := range definition(t, kind).Spec.Versions[0].AdditionalPrinterColumns {
			got = append(got, column.Name+strings.Repeat("+", int(column.Priority)))
		}
		if diff := cmp.Diff(want[kind], strings.Join(got, " ")); diff != "" {
			t.Errorf("columns of %s (-want +got):\n%s", kind, diff)
		}
	}
}
