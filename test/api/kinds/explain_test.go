// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"slices"
	"strings"
	"testing"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// TestExplain: kubectl explain names every field that is below what it is asked about, with its description.
func TestExplain(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		fields := definition(t, kind).Spec.Versions[0].Schema.OpenAPIV3Schema.Properties
		checkExplained(t, strings.ToLower(kind)+".spec", fields["spec"])
		checkExplained(t, strings.ToLower(kind)+".status", fields["status"])
	}
	acs := definition(t, "CallProvider").Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties["acs"]
	checkExplained(t, "callprovider.spec.acs", acs)
}

func checkExplained(t *testing.T, path string, schema apiextensions.JSONSchemaProps) {
	t.Helper()
	said := kubectl(t, "default", "", "explain", path, "--recursive=false")
	if strings.Contains(said, "<no description>") {
		t.Errorf("kubectl explain %s does not explain everything:\n%s", path, said)
	}
	words := strings.Fields(said)
	for name, field := range schema.Properties {
		if !slices.Contains(words, name) {
			t.Errorf("kubectl explain %s does not name %s", path, name)
		}
		if first := strings.Join(strings.Fields(field.Description), " "); !strings.Contains(strings.Join(words, " "), first) {
			t.Errorf("kubectl explain %s does not say of %s: %s", path, name, first)
		}
	}
}

// TestExplainEveryField: kubectl explain shows every field, and has sentences for each that begin with its name.
func TestExplainEveryField(t *testing.T) {
	t.Parallel()
	roots := map[string][]string{
		"CallRoute": {"spec", "status"}, "ParticipantMove": {"spec", "status"}, "CallProvider": {"spec.incomingCalls"},
	}
	for kind, paths := range roots {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			schema := definition(t, kind).Spec.Versions[0].Schema.OpenAPIV3Schema
			for _, path := range paths {
				at := *schema
				for name := range strings.SplitSeq(path, ".") {
					at = at.Properties[name]
				}
				shown := fieldsOf(kubectl(t, "default", "", "explain", "--recursive", strings.ToLower(kind)+"."+path))
				if len(shown) == 0 {
					t.Fatalf("kubectl explain %s.%s shows nothing", kind, path)
				}
				indentedFields(path, "", at, func(path, indented string, field apiextensions.JSONSchemaProps) {
					name := path[strings.LastIndex(path, ".")+1:]
					description := strings.TrimSpace(field.Description)
					if !shown[indented] {
						t.Errorf("kubectl explain does not show %s", path)
					}
					if !foreign(path) && (!strings.HasPrefix(description, name+" ") || !strings.HasSuffix(description, ".")) {
						t.Errorf("%s is described as %q", path, description)
					}
				})
			}
		})
	}
}

// foreign tells whether Kubernetes describes a field: those of conditions and label selectors.
func foreign(path string) bool {
	return strings.Contains(path, "conditions.") || strings.Contains(path, "selector.")
}

// fieldsOf are the fields that kubectl explain --recursive lists, by depth and name.
func fieldsOf(explained string) map[string]bool {
	fields := map[string]bool{}
	for line := range strings.Lines(explained) {
		name, _, isField := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if isField && strings.HasPrefix(name, "  ") {
			fields[strings.TrimPrefix(name, "  ")] = true
		}
	}
	return fields
}

// indentedFields visits every field below a schema, with its path and as kubectl explain indents it.
func indentedFields(path, indent string, at apiextensions.JSONSchemaProps, visit func(path, indented string, field apiextensions.JSONSchemaProps)) {
	for at.Items != nil {
		at = *at.Items.Schema
	}
	for name, field := range at.Properties {
		visit(path+"."+name, indent+name, field)
		indentedFields(path+"."+name, indent+"  ", field, visit)
	}
}

// TestExplainSaysWhatAFieldMeans, by way of a few.
func TestExplainSaysWhatAFieldMeans(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"callroute":                                            "answer, redirect or",
		"croute.spec.match.origin":                             "origin selects calls that a Call of this namespace placed",
		"croute.spec.action.reject.reason":                     "reason is what the caller's side is told",
		"pmove.status.from":                                    "from is the Call that the participants are moved from",
		"participantmove.spec.timeout":                         "timeout is how long the move may take",
		"cprov.spec.incomingCalls.entra.audience":              "audience is the application ID",
		"callprovider.spec.incomingCalls.maxDuration":          "maxDuration is what the Calls of incoming calls are created with",
		"call.status.route.redirectTo.teamsApp":                "teamsApp is an application in Microsoft Teams",
		"participantmove.status.participants.subCode":          "subCode is the service's sub-code",
		"participantmove.status.conditions.lastTransitionTime": "lastTransitionTime",
	} {
		if got := kubectl(t, "default", "", "explain", path); !strings.Contains(strings.Join(strings.Fields(got), " "), want) {
			t.Errorf("kubectl explain %s lacks %q:\n%s", path, want, got)
		}
	}
}
