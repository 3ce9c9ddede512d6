// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package version

import (
	"runtime/debug"
	"testing"
)

func TestRevisionOf(t *testing.T) {
	tests := []struct {
		name, reason string
		settings     []debug.BuildSetting
		want         string
	}{
		{name: "NoRepository", reason: "built from an archive", want: "unknown"},
		{name: "Clean", reason: "what was committed is what was built", want: "abc",
			settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "false"}}},
		{name: "Modified", reason: "a build that nobody can repeat has to say so", want: "abc+modified",
			settings: []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "abc"}}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := revisionOf(tc.settings); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}

func TestStamp(t *testing.T) {
	if got := Version(); got != "devel" {
		t.Errorf("an unstamped build is %q, want devel", got)
	}
	version, revision = "v1.2.3", "abc"
	t.Cleanup(func() { version, revision = "", "" })
	if Version() != "v1.2.3" || Revision() != "abc" {
		t.Errorf("a stamped build is %q at %q, want what it was stamped with", Version(), Revision())
	}
}
