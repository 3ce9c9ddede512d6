// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"strings"
	"testing"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// TestExplainShowsEveryField of spec and status. That each is described is a matter of the schema.
func TestExplainShowsEveryField(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, path := range []string{"spec", "status"} {
			t.Run(kind+"."+path, func(t *testing.T) {
				t.Parallel()
				shown := fieldsOf(kubectl(t, "default", "", "explain", "--recursive", strings.ToLower(kind)+"."+path))
				eachIndented(path, "", definition(t, kind).Spec.Versions[0].Schema.OpenAPIV3Schema.Properties[path], func(path, indented string) {
					if !shown[indented] {
						t.Errorf("kubectl explain does not show %s", path)
					}
				})
			})
		}
	}
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

// eachIndented visits every field below a schema, with its path and as kubectl explain indents it.
func eachIndented(path, indent string, at apiextensions.JSONSchemaProps, visit func(path, indented string)) {
	for at.Items != nil {
		at = *at.Items.Schema
	}
	for name, field := range at.Properties {
		visit(path+"."+name, indent+name)
		eachIndented(path+"."+name, indent+"  ", field, visit)
	}
}

// TestExplainSaysWhatAFieldMeans checks a few fields.
func TestExplainSaysWhatAFieldMeans(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"callroute":                                            "answer, redirect or",
		"croute.spec.match.origin":                             "origin selects calls that a Call in this namespace placed",
		"croute.spec.action.reject.reason":                     "reason is the reason that the caller's side receives",
		"cact.spec.recognize.sensitive":                        "sensitive says that the answer is a secret",
		"callaction.status.answer.label":                       "label is that of the choice",
		"pmove.status.from":                                    "from is the Call that the participants are moved from",
		"participantmove.spec.timeout":                         "timeout is how long the move may take",
		"cprov.spec.incomingCalls.entra.audience":              "audience is the application ID",
		"callprovider.spec.incomingCalls.maxDuration":          "maxDuration is set on the Calls of incoming calls",
		"call.status.route.redirectTo.teamsApp":                "teamsApp is an application in Microsoft Teams",
		"participantmove.status.participants.subCode":          "subCode is the service's sub-code",
		"participantmove.status.conditions.lastTransitionTime": "lastTransitionTime",
	} {
		if got := kubectl(t, "default", "", "explain", path); !strings.Contains(strings.Join(strings.Fields(got), " "), want) {
			t.Errorf("kubectl explain %s lacks %q:\n%s", path, want, got)
		}
	}
}
