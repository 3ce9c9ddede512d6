// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"fmt"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// BenchmarkCalls places b.N calls at once, each to a number of its own: it rings, is answered after a quarter of a second, and is hung up
// by the callee a second later. It reports how many calls a second went through one Asterisk, from the first Call's creation to the last
// one's end, and fails unless each phone rang once.
func BenchmarkCalls(b *testing.B) {
	w := newWorld(b, options{concurrent: 10_000})
	w.start(b)
	b.ResetTimer()
	began := time.Now()
	for i := range b.N {
		w.Create(b, w.World.Call(fmt.Sprintf("call-%d", i), numberOf(i)))
	}
	for i := range b.N {
		if result := w.over(b, fmt.Sprintf("call-%d", i)); result.Outcome != v1alpha1.OutcomeCompleted {
			b.Errorf("call-%d ended as %+v, want Completed", i, result)
		}
	}
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "calls/s")
	all, err := w.Invitations()
	must(b, err)
	invites := map[string]int{}
	for _, invitation := range all {
		invites[invitation.Number]++
	}
	for i := range b.N {
		if invites[numberOf(i)] != 1 {
			b.Errorf("%s was called %d times, want once", numberOf(i), invites[numberOf(i)])
		}
	}
}

// numberOf is a number that nobody has, as it is too long; its last three digits say what its phone does.
func numberOf(i int) string { return fmt.Sprintf("+1425555%04d210", i) }
