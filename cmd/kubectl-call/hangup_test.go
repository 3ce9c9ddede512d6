// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// document is what a script reads of a list or of an object.
type document struct {
	Kind     string            `json:"kind"`
	Metadata metav1.ObjectMeta `json:"metadata"`
	Items    *[]v1alpha1.Call  `json:"items"`
}

// names are the kind of a document and the names in it.
func (d document) names() []string {
	if d.Items == nil {
		return []string{d.Kind, d.Metadata.Name}
	}
	names := []string{d.Kind}
	for i := range *d.Items {
		names = append(names, (*d.Items)[i].Kind, (*d.Items)[i].Name)
	}
	return names
}

func TestHangUpForScripts(t *testing.T) {
	cases := []struct {
		name, reason string
		calls        []string
		args, want   []string
		wantErr      string
	}{
		{"One", "one named call is one object", []string{"a", "b"}, []string{"a"}, []string{"Call", "a"}, ""},
		{"Two", "two objects are one document", []string{"a", "b"}, []string{"a", "b"}, []string{"List", "Call", "a", "Call", "b"}, ""},
		{"All", "all calls are one document", []string{"a", "b"}, []string{"--all", "--yes"}, []string{"List", "Call", "a", "Call", "b"}, ""},
		{"AllOfOne", "how many there are does not change what is read", []string{"a"}, []string{"--all", "--yes"}, []string{"List", "Call", "a"}, ""},
		{"AllOfNone", "nothing is an empty list, and no prose", nil, []string{"--all", "--yes"}, []string{"List"}, ""},
		{"OneIsMissing", "the others are ended, and the error is reported", []string{"b"}, []string{"a", "b"}, []string{"List", "Call", "b"}, `"a" not found`},
	}
	for _, tc := range cases {
		for _, format := range []string{"json", "yaml"} {
			t.Run(tc.name+"/"+format, func(t *testing.T) {
				var objects []client.Object
				for _, name := range tc.calls {
					objects = append(objects, &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: name}})
				}
				out, errOut, code := offline(t, objects, append([]string{"hangup", "-o", format}, tc.args...)...)
				if (code == 0) != (tc.wantErr == "") || !strings.Contains(errOut, tc.wantErr) {
					t.Errorf("%s: exit code %d with %q, want %q", tc.reason, code, errOut, tc.wantErr)
				}
				var got document
				if err := yaml.Unmarshal([]byte(out), &got); err != nil {
					t.Fatalf("%s: this is not a document: %v\n%s", tc.reason, err, out)
				}
				if diff := cmp.Diff(tc.want, got.names()); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
				}
			})
		}
	}
}

func TestHangUpOfWhatIsOver(t *testing.T) {
	cases := []struct {
		name, reason string
		selected     bool
		wantErr      string
	}{
		{"Selected", "the end of another call has ended it", true, ""},
		{"Named", "who names a call may mean another one", false, "Call over: The call is over."},
	}
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(callAt("over", 1, 2), callAt("live", 1, 0)).Build()
			ended, err := hangUp(t.Context(), c, "team-a", []string{"over", "live"}, tc.selected)
			if (err == nil) != (tc.wantErr == "") || err != nil && err.Error() != tc.wantErr {
				t.Errorf("%s: %v, want %q", tc.reason, err, tc.wantErr)
			}
			if len(ended) != 1 || ended[0].Name != "live" {
				t.Errorf("%s: %d calls are ended", tc.reason, len(ended))
			}
		})
	}
}
