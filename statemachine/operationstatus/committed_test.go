// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import "testing"

func committed(n int) Fact { return Committed{At: second(n)} }

// TestCommitted: an attempt is committed once, for as long as there is one.
func TestCommitted(t *testing.T) {
	cases := []struct {
		name, reason string
		facts        []Fact
		// want is the second of the commit, 0 for none.
		want int
	}{
		{"not yet", "nobody can have been moved", sent, 0},
		{"committed", "from here on somebody may be moved", after(sent, committed(3)), 3},
		{"committed again", "it may have had its effect since the first time", after(sent, committed(3), committed(4)), 3},
		{"nothing was sent", "there is no attempt that could be committed", []Fact{observed(1), committed(3)}, 0},
		{"accepted", "what is committed stays", after(sent, committed(3), accepted(4), succeeded(5, one)), 3},
		{"unresolved", "a repetition must see it", after(sent, committed(3), unresolved(4)), 3},
		{"ended", "it belongs to the record of what happened", after(sent, committed(3), accepted(4), succeeded(5, one), succeeded(6, two)), 3},
		{"ended before", "a move that is over is not sent", after(sent, refused(4), committed(5)), 0},
		{"not sent", "the attempt is withdrawn with its commit", after(sent, committed(3), notSent(4)), 0},
		{"the next attempt", "another attempt has had no effect yet", after(sent, committed(3), notSent(4), intended(34, one, two)), 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status := ApplyToMove(unseen(), c.facts...)
			got := 0
			if status.Attempt != nil {
				got = secondOf(status.Attempt.CommittedTime)
			}
			if got != c.want {
				t.Errorf("%s: committed in second %d, want %d", c.reason, got, c.want)
			}
		})
	}
}
