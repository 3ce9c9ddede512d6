// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"testing"

	"github.com/call-operator/call-operator/telephony"
)

func committed(n int) Fact { return Committed{At: second(n)} }

// TestCommitted: an attempt is committed once, for as long as there is one.
func TestCommitted(t *testing.T) {
	unresolved := Unresolved{Message: "The answer was lost.", At: second(5)}
	cases := []struct {
		name, reason string
		facts        []Fact
		// want is the second of the commit, 0 for none.
		want int
	}{
		{"not yet", "the phone cannot have rung", dialing, 0},
		{"committed", "from here on it may ring", after(dialing, committed(3)), 3},
		{"committed again", "it may ring since the first time", after(dialing, committed(3), committed(4)), 3},
		{"nothing was sent", "there is no attempt that could be committed", []Fact{observed(1), committed(3)}, 0},
		{"placed", "what is committed stays", after(dialing, committed(3), placed(4)), 3},
		{"unresolved", "a repetition must see it", after(dialing, committed(3), unresolved), 3},
		{"adopted", "pins do not replace the attempt", after(dialing, committed(3), Adopted{Pins: pins, At: second(4)}), 3},
		{"answered", "what is committed stays", after(dialing, committed(3), placed(4), answered(5), polled(6, telephony.PhaseConnected)), 3},
		{"ended", "it belongs to the record of what happened", after(dialing, committed(3), placed(4), answered(5), disconnected(9, 200, 0)), 3},
		{"ended before", "a call that is over is not dialled", after(dialing, placed(4), answered(5), disconnected(9, 200, 0), committed(10)), 0},
		{"not placed", "the attempt is withdrawn with its commit", after(dialing, committed(3), notPlaced(4)), 0},
		{"the next attempt", "another attempt has rung nobody yet", after(dialing, committed(3), notPlaced(4), intended(34)), 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status := Apply(unseen(), c.facts...)
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
