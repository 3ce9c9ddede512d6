// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/history"
)

const (
	// creators are how many create Calls at once; createEvery is the pause between two Calls of all of them together.
	// Each call has two callbacks, so that a hundred of them come in a second.
	creators    = 16
	createEvery = 20 * time.Millisecond

	// failoverEvery is the time between two kills of a manager. A killed leader keeps the Lease until it expires, so that for
	// a third of the time no manager is active.
	failoverEvery = 3 * leaseDuration

	// scalePatience is how long the calls may take to be connected, and to be gone.
	scalePatience = 20 * time.Minute
)

// scaled is a run with many calls.
type scaled struct {
	*run
	calls int
	// deaths is how many managers were killed.
	deaths atomic.Int64
}

// playScale holds so many live calls at once, while the managers, one of them the leader, are killed in turn. It returns
// the result line.
func playScale(ctx context.Context, s *stage, calls int) (string, error) {
	r := &scaled{run: &run{stage: s, elected: true, limit: int32(calls), patience: scalePatience, metrics: map[string]string{}}, calls: calls}
	defer r.close()
	if err := r.build(ctx); err != nil {
		return "", err
	}
	started := time.Now()
	connected, err := r.hold(ctx)
	if err != nil {
		return "", err
	}
	violations, err := r.judge(ctx)
	if len(violations) > 0 {
		err = errors.Join(err, r.keep(violations), errors.New("promises were broken"))
	}
	for _, v := range violations {
		fmt.Print(v)
	}
	return fmt.Sprintf("scale: %d live calls after %s, %d managers killed, %d callbacks answered, %d rings, %d violations, %s",
		calls, connected.Round(time.Second), r.deaths.Load(), len(r.recorder.soFar().Answers), ringsIn(r.allJournals()), len(violations), time.Since(started).Round(time.Second)), err
}

// hold creates the Calls and waits until all are connected, while managers die. A call that ends before has made no progress.
func (r *scaled) hold(ctx context.Context) (time.Duration, error) {
	started := time.Now()
	dying, stop := context.WithCancel(ctx)
	var killer sync.WaitGroup
	killer.Go(func() { r.kill(dying) })
	defer killer.Wait()
	defer stop()
	if err := r.createAll(ctx); err != nil {
		return 0, err
	}
	late := time.After(scalePatience)
	for {
		connected, ended := r.recorder.tally()
		switch {
		case ended > 0:
			return 0, fmt.Errorf("%d calls are over, although nobody hung up", ended)
		case connected == r.calls:
			return time.Since(started), nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-late:
			return 0, fmt.Errorf("%d of %d calls are connected after %s", connected, r.calls, scalePatience)
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// kill kills one manager after the other.
func (r *scaled) kill(ctx context.Context) {
	for i := 0; ; i++ {
		select {
		case <-time.After(failoverEvery):
		case <-ctx.Done():
			return
		}
		victim := r.victims[replicas+i%replicas]
		r.recorder.fault("%s is killed", victim.name)
		victim.signal(syscall.SIGKILL)
		r.deaths.Add(1)
	}
}

func (r *scaled) createAll(ctx context.Context) error {
	pace := time.NewTicker(createEvery)
	defer pace.Stop()
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(creators)
	for n := range r.calls {
		select {
		case <-pace.C:
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), workers.Wait())
		}
		workers.Go(func() error { return r.createOne(ctx, n) })
	}
	return workers.Wait()
}

// createOne creates a Call to a number of its own, longer than any of the range that nobody has, so that it is nobody's.
// Such a phone answers after a moment and never hangs up.
func (r *scaled) createOne(ctx context.Context, n int) error {
	return r.stage.client.Create(ctx, &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.namespace, Name: fmt.Sprintf("call-%05d", n)},
		Spec: v1alpha1.CallSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: providerName},
			From:        &v1alpha1.Caller{PhoneNumber: v1alpha1.PhoneNumber(ourNumbers[0])},
			To:          &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(fmt.Sprintf("+442079461%05d", n))},
			// A Call whose dialling was cut short is not given up because the machine is slow.
			RingTimeout: &metav1.Duration{Duration: 3 * time.Minute},
		},
	})
}

// tally is how many Calls are connected, and how many are over.
func (r *recorder) tally() (connected, ended int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.talking), len(r.over)
}

// talks keeps who is connected, and who was.
func (r *recorder) talks(revision *history.Revision) {
	if revision.Call == nil {
		return
	}
	uid, status := revision.Call.UID, &revision.Call.Status
	switch {
	case status.Result != nil || revision.Gone:
		delete(r.talking, uid)
		r.over[uid] = true
	case status.ConnectedTime != nil:
		r.talking[uid] = true
	}
}
