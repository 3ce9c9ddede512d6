// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package masking

import "testing"

func TestNumbers(t *testing.T) {
	cases := []struct{ name, reason, text, want string }{
		{"None", "a text without a number stays as it is", "The callee is busy.", "The callee is busy."},
		{"One", "its end is left", "Number +14255550100 has 2 calls.", "Number +...00 has 2 calls."},
		{"Two", "each is masked", "+14255550100 called +442079460101", "+...00 called +...01"},
		{"RawID", "a raw ID holds a number", "4:+14255550123 left", "4:+...23 left"},
		{"Short", "the shortest numbers too", "+1234567", "+...67"},
		{"Longest", "15 digits are the most", "+123456789012345.", "+...45."},
		{"NoNumber", "sums and codes are none", "1+2=3, 603#0, +1.5", "1+2=3, 603#0, +1.5"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if got := Numbers(tc.text); got != tc.want {
				t.Errorf("%s: %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}
