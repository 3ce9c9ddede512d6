// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// diary is a list that several goroutines write.
type diary struct {
	mu      sync.Mutex
	entries []string
}

func (d *diary) write(entry string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, entry)
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.entries)
}

// TestLanesKeepOrder: what one call waits for is done one after another, in order.
func TestLanesKeepOrder(t *testing.T) {
	lanes, done := newLanes(1000), &diary{}
	var busy sync.Mutex
	var want []string
	for i := range 500 {
		entry := fmt.Sprint(i)
		want = append(want, entry)
		lanes.add(t.Context(), "call", func() {
			if !busy.TryLock() {
				t.Error("two things of one lane are done at the same time")
				return
			}
			defer busy.Unlock()
			done.write(entry)
		})
	}
	lanes.wait()
	if got := done.read(); !slices.Equal(got, want) {
		t.Errorf("done in the order %v", got)
	}
}

// TestLanesDoNotWait: a call that cannot be recorded now holds up no other one.
func TestLanesDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes, done, gate := newLanes(1000), &diary{}, make(chan struct{})
		lanes.add(t.Context(), "slow", func() { <-gate })
		lanes.add(t.Context(), "slow", func() { done.write("slow") })
		for range 3 {
			lanes.add(t.Context(), "fast", func() { done.write("fast") })
		}
		synctest.Wait()
		if got := done.read(); !slices.Equal(got, []string{"fast", "fast", "fast"}) {
			t.Errorf("while one lane waits, done is %v", got)
		}
		close(gate)
		lanes.wait()
		if got := done.read(); !slices.Equal(got, []string{"fast", "fast", "fast", "slow"}) {
			t.Errorf("done is %v", got)
		}
		if len(lanes.waiting) != 0 {
			t.Errorf("empty lanes are kept: %v", lanes.waiting)
		}
	})
}

// TestLanesAreLimited: while as much is to be done as may be, nothing more is taken.
func TestLanesAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 3
		lanes, added, gate := newLanes(most), &diary{}, make(chan struct{})
		go func() {
			for i := range most + 2 {
				lane := fmt.Sprint("call-", i%2)
				lanes.add(t.Context(), lane, func() { <-gate })
				added.write(lane)
			}
		}()
		synctest.Wait()
		if got := len(added.read()); got != most {
			t.Errorf("%d things are taken, want %d", got, most)
		}
		gate <- struct{}{}
		synctest.Wait()
		if got := len(added.read()); got != most+1 {
			t.Errorf("one is done, and %d things are taken, want %d", got, most+1)
		}
		close(gate)
		synctest.Wait()
		lanes.wait()
		if got := len(added.read()); got != most+2 || len(lanes.free) != 0 {
			t.Errorf("%d things are taken, and %d still count", got, len(lanes.free))
		}
	})
}

// TestAwaitEmpty waits for all lanes, but not for ever.
func TestAwaitEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes, gate, begun := newLanes(10), make(chan struct{}), time.Now()
		lanes.awaitEmpty()
		for _, lane := range []string{"a", "a", "b"} {
			lanes.add(t.Context(), lane, func() { <-gate })
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("without anything to do it took %s", took)
		}
		lanes.awaitEmpty()
		if took := time.Since(begun); took != closePatience {
			t.Errorf("while something is to be done it took %s, want %s", took, closePatience)
		}
		time.AfterFunc(time.Second, func() { close(gate) })
		lanes.awaitEmpty()
		if took := time.Since(begun); took != closePatience+time.Second {
			t.Errorf("it was done after a second, and it took %s", took-closePatience)
		}
		lanes.wait()
	})
}

// TestFullLanesAreGivenUp: nobody waits for room on a connection that has ended.
func TestFullLanesAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes, done, gate := newLanes(1), &diary{}, make(chan struct{})
		lanes.add(t.Context(), "call", func() { <-gate })
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			lanes.add(ctx, "call", func() { done.write("added") })
			done.write("given up")
		}()
		synctest.Wait()
		if got := done.read(); len(got) != 0 {
			t.Errorf("there is no room, and it is %v", got)
		}
		cancel()
		synctest.Wait()
		close(gate)
		lanes.wait()
		if got := done.read(); !slices.Equal(got, []string{"given up"}) {
			t.Errorf("it is %v", got)
		}
	})
}
