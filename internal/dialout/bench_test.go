// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// BenchmarkTarget calls each of many targets twice, and writes the chunks that change, as the controller does. A target costs the same
// however many there are. It reports what one target costs, and what the plan of all takes in memory.
func BenchmarkTarget(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var heap uint64
			for b.Loop() {
				heap = max(heap, callAll(b, n))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/target")
			b.ReportMetric(float64(heap)/float64(n), "heap-B/target")
		})
	}
}

// callAll calls n targets, 100 at a time. It returns how much memory the plan takes in the end.
func callAll(b *testing.B, n int) uint64 {
	before := heapInUse()
	plan := NewPlan(make([]Line, n), make([]v1alpha1.TimeZone, n))
	spec := &v1alpha1.DialOutSpec{
		Parallelism: ptr.To[int32](100), Attempts: &v1alpha1.DialOutAttempts{Limit: ptr.To[int32](2)}, From: []v1alpha1.PhoneNumber{"+14255550100"},
	}
	if err := plan.SetSpec(spec); err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var calling []int
	written := 0
	for rounds := 0; !plan.Finished(); rounds++ {
		if rounds > 10*n {
			b.Fatal("it does not end")
		}
		for _, index := range calling {
			line := plan.Line(index)
			plan.Heed(Report{
				Index: index, Call: line.Calls, Name: CallName("campaign", "uid", index, "+442079460000", line.Calls),
				Dialled: true, Over: true, Outcome: v1alpha1.OutcomeBusy, End: now,
			}, now)
		}
		started := plan.Start(now, nil, 200)
		chunks := map[int]bool{}
		for index := range plan.TakeChanged() {
			chunks[index/chunkLines] = true
		}
		for chunk := range chunks {
			first := chunk * chunkLines
			written += len(EncodeLines(plan.Lines(first, min(chunkLines, n-first))))
		}
		calling = started.Targets
		now = now.Add(time.Minute)
	}
	if written == 0 {
		b.Fatal("nothing was written")
	}
	used := heapInUse() - before
	runtime.KeepAlive(plan)
	return used
}

// BenchmarkLoad reads results in which each target has as many attempts as are kept, as a manager does that starts near the end. It
// reports what the plan of all takes in memory.
func BenchmarkLoad(b *testing.B) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	line := Line{State: Done, Calls: MaxAttemptsKept, Counted: MaxAttemptsKept, From: "+14255550100", Start: &at, StartSeconds: 60}
	for n := range MaxAttemptsKept {
		line.Attempts = append(line.Attempts, Attempt{
			Call: CallName("campaign", "uid", 99_999, "+442079460000", n+1), Start: at, Connected: &at, End: at.Add(time.Minute),
			Outcome: string(v1alpha1.OutcomeCompleted), FlowOutcome: "reminded",
		})
	}
	text := EncodeLines(slices.Repeat([]Line{line}, chunkLines))
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var heap uint64
			for b.Loop() {
				before := heapInUse()
				var lines []Line
				for len(lines) < n {
					some, err := DecodeLines(text)
					if err != nil {
						b.Fatal(err)
					}
					lines = append(lines, some...)
				}
				plan := NewPlan(lines, make([]v1alpha1.TimeZone, n))
				heap = max(heap, heapInUse()-before)
				runtime.KeepAlive(plan)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/target")
			b.ReportMetric(float64(heap)/float64(n), "heap-B/target")
		})
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
