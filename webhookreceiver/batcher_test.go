// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// answers collects the answers to concurrent callbacks.
type answers struct {
	group sync.WaitGroup
	mu    sync.Mutex
	seen  map[string]int
}

func (a *answers) collect(send func() (int, string)) {
	a.group.Go(func() {
		code, reason := send()
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.seen == nil {
			a.seen = map[string]int{}
		}
		a.seen[fmt.Sprintf("%d %s", code, reason)]++
	})
}

// held blocks the first write until it is released.
type held struct {
	*fixture
	reached, release chan struct{}
}

func holdFirstWrite(f *fixture) *held {
	h := &held{fixture: f, reached: make(chan struct{}), release: make(chan struct{})}
	var first atomic.Bool
	inner := f.onWrite
	f.onWrite = func(call *v1alpha1.Call) error {
		// Not a sync.Once: that would hold the other writes too.
		if first.CompareAndSwap(false, true) {
			close(h.reached)
			<-h.release
		}
		if inner != nil {
			return inner(call)
		}
		return nil
	}
	return h
}

func (h *held) awaitWaiting(n int) {
	h.t.Helper()
	await(h.t, fmt.Sprintf("%d callbacks wait", n), func() bool {
		h.batcher.mu.Lock()
		defer h.batcher.mu.Unlock()
		return len(h.batcher.lanes[callUID]) == n
	})
}

// await returns once condition holds, and fails the test when that takes too long.
func await(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}

// One write is under way, twenty callbacks come meanwhile, one more write takes them all.
func TestCallbacksShareAWrite(t *testing.T) {
	const meanwhile = 20
	h := holdFirstWrite(newFixture(t, []client.Object{dialing(), provider("")}))
	h.freezeCache()
	var all answers
	all.collect(func() (int, string) { return h.post(batch(t, connected("0"))) })
	<-h.reached
	for i := 1; i <= meanwhile; i++ {
		all.collect(func() (int, string) { return h.post(batch(t, roster(fmt.Sprint(i), i))) })
		h.awaitWaiting(i)
	}
	close(h.release)
	all.group.Wait()
	if got := all.seen["200 recorded"]; got != meanwhile+1 {
		t.Errorf("answers %v, want %d times 200 recorded", all.seen, meanwhile+1)
	}
	if w, r := h.writes.Load(), h.liveReads.Load(); w != 2 || r != 0 {
		t.Errorf("%d writes and %d live reads, want 2 and 0", w, r)
	}
	if got := h.status().RosterSequence; got != meanwhile {
		t.Errorf("the roster has sequence %d, want %d", got, meanwhile)
	}
	// A lane is closed after its jobs are answered.
	h.drain()
	if n := len(h.batcher.lanes); n != 0 {
		t.Errorf("%d lanes are left over", n)
	}
}

// Another object's write is not waited for.
func TestObjectsDoNotWaitForEachOther(t *testing.T) {
	second := dialing()
	second.Name, second.UID = "second", "second"
	h := holdFirstWrite(newFixture(t, []client.Object{dialing(), second, provider("")}))
	var first answers
	first.collect(func() (int, string) { return h.post(batch(t, connected("1"))) })
	<-h.reached
	other := target()
	other.Name, other.UID = "second", "second"
	request := h.request(batch(t, connected("2")))
	genuine, err := http.NewRequest(http.MethodPost, genuineURL(t, other), strings.NewReader(batch(t, connected("2"))))
	if err != nil {
		t.Fatal(err)
	}
	request.URL = genuine.URL
	if code, reason := h.send(request); code != http.StatusOK || reason != "recorded" {
		t.Errorf("answer %d %s while another object is written, want 200 recorded", code, reason)
	}
	close(h.release)
	first.group.Wait()
}

// Clients that go away, the first one too, take nothing away from the others.
func TestGoneClientCancelsNothing(t *testing.T) {
	h := holdFirstWrite(newFixture(t, []client.Object{dialing(), provider("")}))
	ctx, goAway := context.WithCancel(t.Context())
	var gone, stayed answers
	gone.collect(func() (int, string) { return h.send(h.request(batch(t, connected("1"))).WithContext(ctx)) })
	<-h.reached
	gone.collect(func() (int, string) { return h.send(h.request(batch(t, roster("2", 5))).WithContext(ctx)) })
	h.awaitWaiting(1)
	stayed.collect(func() (int, string) { return h.post(batch(t, disconnected("3"))) })
	h.awaitWaiting(2)
	goAway()
	gone.group.Wait()
	close(h.release)
	stayed.group.Wait()
	if got := gone.seen["503 sender_gone"]; got != 2 {
		t.Errorf("clients that went away: %v, want 2 times 503 sender_gone", gone.seen)
	}
	if got := stayed.seen["200 recorded"]; got != 1 {
		t.Errorf("the client that stayed: %v, want 200 recorded", stayed.seen)
	}
	status := h.status()
	if status.ConnectedTime == nil || status.RosterSequence != 5 || status.Result == nil {
		t.Errorf("an event was lost: connected %v, roster %d, result %v", status.ConnectedTime, status.RosterSequence, status.Result)
	}
}

// What the API server refuses for one callback is written for its neighbours.
func TestBadNeighbour(t *testing.T) {
	f := newFixture(t, []client.Object{dialing(), provider("")})
	f.onWrite = func(call *v1alpha1.Call) error {
		if call.Status.RosterSequence == 13 {
			return apierrors.NewInvalid(schema.GroupKind{Kind: "Call"}, "call", nil)
		}
		return nil
	}
	h := holdFirstWrite(f)
	var first, bad, good answers
	first.collect(func() (int, string) { return h.post(batch(t, connected("1"))) })
	<-h.reached
	bad.collect(func() (int, string) { return h.post(batch(t, roster("2", 13))) })
	h.awaitWaiting(1)
	good.collect(func() (int, string) { return h.post(batch(t, disconnected("3"))) })
	h.awaitWaiting(2)
	close(h.release)
	first.group.Wait()
	bad.group.Wait()
	good.group.Wait()
	if bad.seen["500 api_refused"] != 1 || good.seen["200 recorded"] != 1 {
		t.Errorf("bad neighbour %v, good one %v; want 500 api_refused and 200 recorded", bad.seen, good.seen)
	}
}

// A shared failure applies to all, and none gets a 200.
func TestSharedFailure(t *testing.T) {
	f := newFixture(t, []client.Object{dialing(), provider("")})
	f.onWrite = func(*v1alpha1.Call) error { return errDown }
	f.batcher.timeout = 50 * time.Millisecond
	h := holdFirstWrite(f)
	var all answers
	all.collect(func() (int, string) { return h.post(batch(t, connected("1"))) })
	<-h.reached
	all.collect(func() (int, string) { return h.post(batch(t, roster("2", 1))) })
	all.collect(func() (int, string) { return h.post(batch(t, disconnected("3"))) })
	h.awaitWaiting(2)
	close(h.release)
	all.group.Wait()
	if got := all.seen["503 api_unavailable"]; got != 3 {
		t.Errorf("answers %v, want 3 times 503 api_unavailable", all.seen)
	}
}

func TestWaitingIsBounded(t *testing.T) {
	h := holdFirstWrite(newFixture(t, []client.Object{dialing(), provider("")}))
	var all answers
	all.collect(func() (int, string) { return h.post(batch(t, connected("0"))) })
	<-h.reached
	for i := 1; i <= maxWaiting; i++ {
		all.collect(func() (int, string) { return h.post(batch(t, roster(fmt.Sprint(i), i))) })
	}
	h.awaitWaiting(maxWaiting)
	if code, reason := h.post(batch(t, disconnected("x"))); code != http.StatusServiceUnavailable || reason != "overloaded" {
		t.Errorf("answer %d %s with %d waiting, want 503 overloaded", code, reason, maxWaiting)
	}
	close(h.release)
	all.group.Wait()
}
