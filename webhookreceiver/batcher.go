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

// errOverloaded says that too many callbacks wait.
var errOverloaded = errors.New("too many callbacks are waiting")

// job is the write that one callback requests.
type job struct {
	recorder eventRecorder
	// object is the object of the reports, as the callback's handler found it.
	object  client.Object
	reports []report
	// span is the callback's span; it is invalid if there is none.
	span trace.SpanContext

	// done is closed once results, one for each report, or err are set.
	done    chan struct{}
	results []result
	err     error
}

// batcher allows one write at a time per object; jobs that arrive meanwhile share the next one. The first job is
// written at once, without waiting for others.
type batcher struct {
	timeout time.Duration
	// writing counts the writing goroutines, including those whose requests have ended.
	writing sync.WaitGroup

	mu sync.Mutex
	// lanes hold, for each object with a pending write, the jobs that wait for it to end.
	lanes map[types.UID][]*job
}

func newBatcher(timeout time.Duration) *batcher {
	return &batcher{timeout: timeout, lanes: map[types.UID][]*job{}}
}

// submit waits until the write with j is done, or ctx is. In the latter case the write still happens.
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

// run writes the first job, then those that arrived meanwhile, until none waits.
func (b *batcher) run(uid types.UID, first *job) {
	for jobs := []*job{first}; len(jobs) > 0; jobs = b.next(uid) {
		b.write(jobs)
	}
}

// next takes the waiting jobs, or closes the lane.
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

// write does one write for all jobs, and gives each its results.
func (b *batcher) write(jobs []*job) {
	var reports []report
	for _, j := range jobs {
		reports = append(reports, j.reports...)
	}
	// A separate context: a client that disconnects must not cancel a write that others wait for.
	ctx, cancel := context.WithTimeout(context.Background(), b.timeout)
	defer cancel()
	// The last job found the newest object.
	last := jobs[len(jobs)-1]
	if last.span.IsValid() {
		ctx = trace.ContextWithSpanContext(ctx, last.span)
	}
	results, err := safely(func() ([]result, error) { return last.recorder.write(ctx, last.object, reports) })
	if err != nil && len(jobs) > 1 && isFinal(err) {
		// A job that cannot be written must not affect the others.
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

// safely turns a panic into an error. net/http does that for a handler, but this is another goroutine, and one
// external event must not crash every replica that receives it. The panic's value may contain event data, so only
// the stack is kept.
func safely[T any](write func() (T, error)) (results T, err error) {
	defer func() {
		if recover() != nil {
			err = &panicError{stack: debug.Stack()}
		}
	}()
	return write()
}

// wait returns when no write is pending.
func (b *batcher) wait() {
	b.writing.Wait()
}
