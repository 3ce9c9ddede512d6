// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialqueue

import (
	"fmt"
	"testing"
)

// BenchmarkAdmit is one turn of a full line: the holder leaves, the next one is let in, a new one comes last.
func BenchmarkAdmit(b *testing.B) {
	for _, waiting := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			q := New()
			tickets := make([]Ticket, 0, waiting+1+b.N)
			for i := range cap(tickets) {
				tickets = append(tickets, call(fmt.Sprintf("t%08d", i), i, numberA, fmt.Sprintf("+1425555%07d", i)))
			}
			for _, ticket := range tickets[:waiting+1] {
				q.Admit(ticket, one, epoch)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				q.Release(tickets[i])
				if decision, _ := q.Admit(tickets[i+1], one, epoch); !decision.Admitted {
					b.Fatal("the next one was not let in")
				}
				if decision, _ := q.Admit(tickets[waiting+1+i], one, epoch); decision.Ahead != waiting-1 {
					b.Fatal("the new one is not the last")
				}
			}
		})
	}
}

// BenchmarkAdmitAgain is a waiter that asks out of turn, as after a restart.
func BenchmarkAdmitAgain(b *testing.B) {
	for _, waiting := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			q := New()
			tickets := make([]Ticket, waiting)
			for i := range tickets {
				tickets[i] = call(fmt.Sprintf("t%08d", i), i, numberA, "")
				q.Admit(tickets[i], one, epoch)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				q.Admit(tickets[1+i%(waiting-1)], one, epoch)
			}
		})
	}
}

// BenchmarkAdmitPaced is the last of many under pace, who asks again. With capacity for all nobody older has to be looked at;
// with capacity for half of them, the last finds all slots due to others, and looks at those.
func BenchmarkAdmitPaced(b *testing.B) {
	const waiting = 5_000
	for _, capacity := range []int{2 * waiting, waiting / 2} {
		b.Run(fmt.Sprintf("capacity=%d", capacity), func(b *testing.B) {
			q, limits := New(), Limits{Concurrent: capacity, PerSecond: 1}
			var last Ticket
			for i := range waiting {
				last = call(fmt.Sprintf("t%08d", i), i, numberA, fmt.Sprintf("+1425555%07d", i))
				q.Admit(last, limits, epoch)
			}
			b.ReportAllocs()
			for b.Loop() {
				q.Admit(last, limits, epoch)
			}
		})
	}
}
