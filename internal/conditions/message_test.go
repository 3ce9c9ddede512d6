// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package conditions

import "testing"

func TestShortened(t *testing.T) {
	cases := []struct{ name, reason, text, want string }{
		{"fits", "what fits is left alone", "äöü", "äöü"},
		{"too long", "characters are counted, not bytes, and what is missing is shown", "äöüß", "äö…"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Shortened(c.text, 3); got != c.want {
				t.Errorf("%s: got %q, want %q", c.reason, got, c.want)
			}
		})
	}
}
