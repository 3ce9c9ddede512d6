// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

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

// TestColumns: the columns alone show the state and the cause of a failure.
func TestColumns(t *testing.T) {
	t.Parallel()
	kubectl(t, "default", "", "create", "namespace", "columns")
	ready := "conditions: [{type: Ready, status: 'False', reason: Why, message: Because., lastTransitionTime: '2026-11-23T12:00:00Z'}]"
	cases := []struct{ kind, plural, spec, status, columns, cells string }{
		{
			"CallRoute", "callroutes", "{providerRef: {name: acs}, priority: 7, action: {reject: {}}}",
			"{observedGeneration: 1, callsTaken: 3, lastTakenTime: '2000-01-01T00:00:00Z', " + ready + "}",
			"Name Provider Priority Ready Reason Taken Last-Taken Age Message+",
			"it acs 7 False Why 3 * * Because.",
		},
		{
			"CallFlow", "callflows", "{steps: [{name: end, end: {outcome: done}}]}", "{observedGeneration: 1, stepCount: 1, " + ready + "}",
			"Name Steps Ready Reason Age Message+", "it 1 False Why * Because.",
		},
		{
			"DialOut", "dialouts", "{callTemplate: {spec: {providerRef: {name: acs}}}, from: ['+14255550100'], targets: [{to: {phoneNumber: '+14255550123'}}]}",
			"{observedGeneration: 1, phase: Running, counts: {total: 9, calling: 2, done: 3, accepted: 1}, " + ready + "}",
			"Name Phase Targets Calling Done Accepted Reason Age Next+ Requested-By+ Message+",
			"it Running 9 2 3 1 Why * <nil> ada Because.",
		},
		{
			"ParticipantMove", "participantmoves", moving(""),
			"{observedGeneration: 1, phase: Ended, moved: 1/2, from: {name: a, connectionID: c}, to: {name: b, connectionID: d}, result: {outcome: PartlyMoved, endTime: '2026-11-23T12:00:00Z'}, " + ready + "}",
			"Name Phase From To Moved Outcome Reason Age Requested-By+ Message+",
			"it Ended a b 1/2 PartlyMoved Why * ada Because.",
		},
		{
			"CallAction", "callactions", operating("recognize: {tones: {}}"),
			"{observedGeneration: 1, phase: Ended, operation: recognize, call: {name: a, connectionID: c}, answer: {summary: '1', tones: '1'}, result: {outcome: Completed, endTime: '2026-11-23T12:00:00Z'}, " + ready + "}",
			"Name Phase Operation Call Answer Outcome Reason Age Requested-By+ Message+",
			"it Ended recognize a 1 Completed Why * ada Because.",
		},
	}
	for _, c := range cases {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			made := object(t, c.kind, "it", c.spec)
			made.SetNamespace("columns")
			made.SetAnnotations(map[string]string{v1alpha1.RequestedByAnnotation: "ada"})
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
