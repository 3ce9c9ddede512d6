// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// errOverloaded says that more callbacks wait than are allowed to.
var errOverloaded = errors.New("too many callbacks are waiting")

// job is what one callback asks to be written.
type job struct {
	recorder recorder
	// object is what the reports speak of, as the callback's handler found it.
	object  client.Object
	reports []report
	// span is that of the callback; it is not valid when there is none.
	span trace.SpanContext

	// done is closed once results, one for each report, or err are there.
	done    chan struct{}
	results []result
	err     error
}

// batcher lets one write at a time go to an object, and lets those that come meanwhile share the next one. The first
// writes at once: nobody waits for company.
type batcher struct {
	timeout time.Duration
	// writing counts the goroutines that write, also those whose requests are gone.
	writing sync.WaitGroup

	mu sync.Mutex
	// lanes hold, for each object with a write under way, the jobs that wait for it to end.
	lanes map[types.UID][]*job
}

func newBatcher(timeout time.Duration) *batcher {
	return &batcher{timeout: timeout, lanes: map[types.UID][]*job{}}
}

// submit waits until the write that contains j is over, or ctx is. In the latter case the write takes place all the
// same.
func (b *batcher) submit(ctx context.Context, j *job) ([]result, error) {
	j.done = make(chan struct{})
	if !b.enqueue(j) {
		return nil, errOverloaded
	}
	select {
	case <-j.done:
		return j.results, j.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (b *batcher) enqueue(j *job) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	uid := j.object.GetUID()
	waiting, underWay := b.lanes[uid]
	switch {
	case !underWay:
		b.lanes[uid] = nil
		b.writing.Go(func() { b.run(uid, j) })
	case len(waiting) >= maxWaiting:
		return false
	default:
		b.lanes[uid] = append(waiting, j)
	}
	return true
}

// run writes the first job, then those that came meanwhile, until nobody waits.
func (b *batcher) run(uid types.UID, first *job) {
	for jobs := []*job{first}; len(jobs) > 0; jobs = b.next(uid) {
		b.write(jobs)
	}
}

// next takes the jobs that wait, or closes the lane.
func (b *batcher) next(uid types.UID) []*job {
	b.mu.Lock()
	defer b.mu.Unlock()
	jobs := b.lanes[uid]
	if len(jobs) == 0 {
		delete(b.lanes, uid)
		return nil
	}
	b.lanes[uid] = nil
	return jobs
}

// write does one write for all jobs and tells each its share of the results.
func (b *batcher) write(jobs []*job) {
	var reports []report
	for _, j := range jobs {
		reports = append(reports, j.reports...)
	}
	// A context of its own: no client that goes away may cancel what others wait for.
	ctx, cancel := context.WithTimeout(context.Background(), b.timeout)
	defer cancel()
	// The job that came last found the newest object.
	last := jobs[len(jobs)-1]
	if last.span.IsValid() {
		ctx = trace.ContextWithSpanContext(ctx, last.span)
	}
	results, err := safely(func() ([]result, error) { return last.recorder.write(ctx, last.object, reports) })
	if err != nil && len(jobs) > 1 && isFinal(err) {
		// What cannot be written must not take its neighbours along.
		for _, j := range jobs {
			b.write([]*job{j})
		}
		return
	}
	for _, j := range jobs {
		if j.err = err; err == nil {
			j.results, results = results[:len(j.reports)], results[len(j.reports):]
		}
		close(j.done)
	}
}

// panicError is a panic in a write.
type panicError struct{ stack []byte }

func (e *panicError) Error() string { return "panic while writing" }

// safely turns a panic into an error. net/http does that for a handler, but this is another goroutine, and one event
// from outside must not take down every replica to which it is sent. The panic's value may hold what was in the
// event, so only the stack is kept.
func safely[T any](write func() (T, error)) (results T, err error) {
	defer func() {
		if recover() != nil {
			err = &panicError{stack: debug.Stack()}
		}
	}()
	return write()
}

// wait returns when no write is under way any more.
func (b *batcher) wait() {
	b.writing.Wait()
}
