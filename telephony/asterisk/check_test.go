// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import "testing"

func TestNewEnough(t *testing.T) {
	t.Parallel()
	cases := []struct {
		version, reason string
		want            bool
	}{
		{"22.10.1", "a recent one", true},
		{"22.10.0", "the first of its major version", true},
		{"22.9.9", "the one before", false},
		{"23.4.0", "each major version has its own first one", true},
		{"23.3.1", "the one before", false},
		{"21.12.2", "a major version that ended before it", false},
		{"20.20.0", "the oldest that will do", true},
		{"20.9.3", "9 is less than 20", false},
		{"18.26.4", "too old, whatever its minor version", false},
		{"16.28.0~dfsg-0+deb11u8", "Debian writes more after it", false},
		{"22.10.1~dfsg+~cs6.15.60671435-1", "Debian writes more after it", true},
		{"certified-20.7-cert1", "certified versions are numbered as the others", false},
		{"certified/22.12-cert1", "certified versions are numbered as the others", true},
		{"24.0.0", "later major versions can do it from the start", true},
		{"100.0.0", "numbers are compared as numbers", true},
		{"GIT-master-0123abc", "a development version has no number", true},
	}
	for _, c := range cases {
		if got := newEnough(c.version); got != c.want {
			t.Errorf("%s: %v, want %v: %s", c.version, got, c.want, c.reason)
		}
	}
}
