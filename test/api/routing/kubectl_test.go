// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/internal/localplane"
)

// kubectl runs kubectl as the administrator, and returns what it printed.
func kubectl(t *testing.T, input string, arguments ...string) string {
	t.Helper()
	kubeconfig, err := plane.Kubeconfig("a-person", "system:masters")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, kubeconfig, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), arguments...)
	// Its cache goes where nobody else's is.
	command.Env = append(os.Environ(), "KUBECONFIG="+file, "HOME="+filepath.Dir(file))
	command.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(arguments, " "), err, stderr.String())
	}
	return string(output)
}

// schemaOf is the schema of a kind, from its CRD.
func schemaOf(t *testing.T, plural string) *apiextensions.JSONSchemaProps {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(localplane.Root(), "config", "crd", "bases", "call-operator.dev_"+plural+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	crd := &apiextensions.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(text, crd); err != nil {
		t.Fatal(err)
	}
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema
}

// TestExplain: kubectl explain shows every field, and has sentences for each that begin with its name.
func TestExplain(t *testing.T) {
	t.Parallel()
	roots := map[string][]string{
		"callroutes": {"spec", "status"}, "participantmoves": {"spec", "status"}, "callproviders": {"spec.incomingCalls"},
	}
	for plural, paths := range roots {
		t.Run(plural, func(t *testing.T) {
			t.Parallel()
			schema := schemaOf(t, plural)
			for _, path := range paths {
				at := *schema
				for name := range strings.SplitSeq(path, ".") {
					at = at.Properties[name]
				}
				shown := fieldsOf(kubectl(t, "", "explain", "--recursive", plural+"."+path))
				if len(shown) == 0 {
					t.Fatalf("kubectl explain %s.%s shows nothing", plural, path)
				}
				eachField(path, "", at, func(path, indented string, field apiextensions.JSONSchemaProps) {
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

// eachField visits every field below a schema, with its path and as kubectl explain indents it.
func eachField(path, indent string, at apiextensions.JSONSchemaProps, visit func(path, indented string, field apiextensions.JSONSchemaProps)) {
	for at.Items != nil {
		at = *at.Items.Schema
	}
	for name, field := range at.Properties {
		visit(path+"."+name, indent+name, field)
		eachField(path+"."+name, indent+"  ", field, visit)
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
		if got := kubectl(t, "", "explain", path); !strings.Contains(strings.Join(strings.Fields(got), " "), want) {
			t.Errorf("kubectl explain %s lacks %q:\n%s", path, want, got)
		}
	}
}

// table asks for a list as kubectl get does.
func table(t *testing.T, plural, namespace string) metav1.Table {
	t.Helper()
	requests, err := rest.HTTPClientFor(plane.Config)
	if err != nil {
		t.Fatal(err)
	}
	url := fmt.Sprintf("%s/apis/call-operator.dev/v1alpha1/namespaces/%s/%s", strings.TrimSuffix(plane.Config.Host, "/"), namespace, plural)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
	response, err := requests.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v\n%s", response.Status, err, body)
	}
	var got metav1.Table
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestColumns: they alone tell what goes on and why it failed.
func TestColumns(t *testing.T) {
	t.Parallel()
	kubectl(t, "", "create", "namespace", "columns")
	ready := "conditions: [{type: Ready, status: 'False', reason: Why, message: Because., lastTransitionTime: '2026-11-23T12:00:00Z'}]"
	cases := []struct{ kind, plural, spec, status, columns, cells string }{
		{
			"CallRoute", "callroutes", "{providerRef: {name: acs}, priority: 7, action: {reject: {}}}",
			"{observedGeneration: 1, callsTaken: 3, lastTakenTime: '2000-01-01T00:00:00Z', " + ready + "}",
			"Name Provider Priority Ready Reason Taken Last-Taken Age Message+",
			"it acs 7 False Why 3 * * Because.",
		},
		{
			"ParticipantMove", "participantmoves", moving(""),
			"{observedGeneration: 1, phase: Ended, moved: 1/2, from: {name: a, connectionID: c}, to: {name: b, connectionID: d}, result: {outcome: PartlyMoved, endTime: '2026-11-23T12:00:00Z'}, " + ready + "}",
			"Name Phase From To Moved Outcome Reason Age Message+",
			"it Ended a b 1/2 PartlyMoved Why * Because.",
		},
	}
	for _, c := range cases {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			made := object(t, c.kind, "it", c.spec)
			made.SetNamespace("columns")
			if err := plane.Client.Create(t.Context(), made); err != nil {
				t.Fatal(err)
			}
			made.Object["status"] = parse(t, c.status)
			if err := plane.Client.Status().Update(t.Context(), made, client.FieldOwner("test")); err != nil {
				t.Fatal(err)
			}
			got := table(t, c.plural, "columns")
			var columns, cells []string
			for i, column := range got.ColumnDefinitions {
				columns = append(columns, column.Name+strings.Repeat("+", int(column.Priority)))
				cell := fmt.Sprint(got.Rows[0].Cells[i])
				if column.Name == "Age" || column.Name == "Last-Taken" {
					if cell == "" || cell == "<unknown>" {
						t.Errorf("%s is %q", column.Name, cell)
					}
					cell = "*"
				}
				cells = append(cells, cell)
			}
			if diff := cmp.Diff([]string{c.columns, c.cells}, []string{strings.Join(columns, " "), strings.Join(cells, " ")}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestNames: the names by which people call the kinds.
func TestNames(t *testing.T) {
	t.Parallel()
	listed := kubectl(t, "", "api-resources", "--categories=telephony", "--no-headers")
	for _, want := range []string{"callroutes croute", "participantmoves pmove"} {
		if !strings.Contains(strings.Join(strings.Fields(listed), " "), want+" call-operator.dev/v1alpha1 true") {
			t.Errorf("kubectl get telephony lists no %s:\n%s", want, listed)
		}
	}
}
