// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// offline runs a command to its end in a cluster with these objects and without an API server.
func offline(t *testing.T, objects []client.Object, args ...string) (out, errOut string, code int) {
	t.Helper()
	var hosts []string
	var outText, errText strings.Builder
	args = append(args, "--kubeconfig", writeFile(t, []byte(kubeconfig)))
	code = run(t.Context(), testKube(t, &hosts, nil, objects...), args, &outText, &errText)
	return outText.String(), errText.String(), code
}

func TestErrorsHaveNoNumbers(t *testing.T) {
	cases := []struct {
		name, reason, want string
		args               []string
	}{
		{"Typed", "a typed number is masked in the error", `there is no Call "***0199"`, []string{"logs", "+14255550199"}},
		{"Asked", "numbers are shown on request", `there is no Call "+14255550199"`, []string{"logs", "+14255550199", "--show-numbers"}},
		{"NotAsked", "false is not a request", `there is no Call "***0199"`, []string{"logs", "+14255550199", "--show-numbers=false"}},
		{"NoSuchFlag", "a command that shows no numbers shows none in errors", `unknown command "***0199"`, []string{"+14255550199"}},
		{"Example", "the example number is not masked", "such as +14255550123, or the ID", []string{"dial", "ada"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if _, errOut, code := offline(t, nil, tc.args...); code == 0 || !strings.Contains(errOut, tc.want) {
				t.Errorf("%s: exit code %d with %q, want %q", tc.reason, code, errOut, tc.want)
			}
		})
	}
}
