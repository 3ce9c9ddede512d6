// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command robustness runs managers and receivers as separate processes against a real API server and the simulator,
// simulates random users and injects random faults, both from a seed, and checks the record with package history.
// docs/reliability.md lists the faults.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/test/history"
)

// quiet is for servers whose connections are broken on purpose.
var quiet = log.New(io.Discard, "", 0)

// settings are the flags.
type settings struct {
	bin, out, judge string
	seeds           uint64
	budget          time.Duration
	length, outage  time.Duration
	parallel        int
	scale           int
}

func main() {
	var s settings
	flag.StringVar(&s.bin, "bin", "bin", "folder with the commands")
	flag.StringVar(&s.out, "out", "", "folder for the histories of runs that broke a promise; a temporary one when empty")
	flag.StringVar(&s.judge, "judge", "", "judge an at-rest.json or at-end.json again, and run nothing")
	flag.Uint64Var(&s.seeds, "seeds", 8, "how many seeds are played; CALL_OPERATOR_SEED in the environment plays that one only")
	flag.DurationVar(&s.budget, "time", 0, "no seed is begun after this time; 0 is no bound")
	flag.DurationVar(&s.length, "length", 8*time.Second, "how long things are done and broken in one run")
	flag.DurationVar(&s.outage, "outage", 4*time.Second, "how long the API server may be down")
	flag.IntVar(&s.parallel, "parallel", 2, "how many seeds are played at once")
	flag.IntVar(&s.scale, "scale", 0, "hold so many live calls while managers fail over, and play no seeds")
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := runAll(ctx, s)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "robustness:", err)
		os.Exit(1)
	}
}

func runAll(ctx context.Context, s settings) error {
	if s.judge != "" {
		return judgeFile(s.judge)
	}
	out, err := folderOf(s.out)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(out) }() // when it is empty
	stage, err := openStage(ctx, s.bin, out)
	if err != nil {
		return err
	}
	if s.scale > 0 {
		line, err := playScale(ctx, stage, s.scale)
		fmt.Println(line)
		return errors.Join(err, stage.close())
	}
	if err := stage.buildAhead(ctx); err != nil {
		return errors.Join(err, stage.close())
	}
	t := playAll(ctx, stage, s)
	if err := stage.close(); err != nil {
		t.err = errors.Join(t.err, err)
	}
	fmt.Println(t)
	switch {
	case t.err != nil:
		return t.err
	case t.violations > 0:
		return fmt.Errorf("promises were broken; the histories are in %s", out)
	}
	return nil
}

// total is what came of all runs.
type total struct {
	runs, faults, cuts, rings, actions, unknown, flows, answered, violations int
	took                                                                     time.Duration
	err                                                                      error
}

// String is the result line.
func (t *total) String() string {
	return fmt.Sprintf("robustness: %d runs, %d faults, %d cut points, %d rings, %d actions (%d OutcomeUnknown), %d flows (%d answered), %d violations, %s",
		t.runs, t.faults, t.cuts, t.rings, t.actions, t.unknown, t.flows, t.answered, t.violations, t.took.Round(time.Second))
}

// playAll plays the seeds, some at once.
func playAll(ctx context.Context, stage *stage, s settings) *total {
	t, started := &total{}, time.Now()
	var mu sync.Mutex
	var players sync.WaitGroup
	seeds := seedsOf(ctx, s)
	for range max(1, s.parallel) {
		players.Go(func() {
			for seed := range seeds {
				r, err := play(ctx, stage, seed, s.length, s.outage)
				mu.Lock()
				t.add(seed, r, err)
				mu.Unlock()
			}
		})
	}
	players.Wait()
	t.took = time.Since(started)
	return t
}

func (t *total) add(seed uint64, r result, err error) {
	t.runs++
	t.faults += r.faults
	t.cuts += r.cuts
	t.rings += r.rings
	t.actions += r.actions
	t.unknown += r.unknown
	t.flows += r.flows
	t.answered += r.answered
	t.violations += len(r.violations)
	t.err = errors.Join(t.err, err)
	fmt.Fprintf(os.Stderr, "seed %d: %d faults, %d cut points, %d rings, %d actions (%d OutcomeUnknown), %d flows (%d answered), %d violations\n",
		seed, r.faults, r.cuts, r.rings, r.actions, r.unknown, r.flows, r.answered, len(r.violations))
	for _, v := range r.violations {
		fmt.Fprintf(os.Stderr, "%s", v)
	}
	if len(r.violations) > 0 {
		fmt.Fprintf(os.Stderr, "to play this again: CALL_OPERATOR_SEED=%d make test-faults\n", seed)
	}
}

// seedsOf hands out the seeds until there are no more, or the time is over.
func seedsOf(ctx context.Context, s settings) <-chan uint64 {
	seeds := make(chan uint64)
	first, n := uint64(0), s.seeds
	if only, err := strconv.ParseUint(os.Getenv("CALL_OPERATOR_SEED"), 10, 64); err == nil {
		first, n = only, 1
	}
	var over <-chan time.Time
	if s.budget > 0 {
		over = time.After(s.budget)
	}
	go func() {
		defer close(seeds)
		for seed := first; seed < first+n; seed++ {
			select {
			case seeds <- seed:
			case <-over:
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return seeds
}

// judgeFile judges a history that was kept.
func judgeFile(file string) error {
	contents, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var h history.History
	if err := json.Unmarshal(contents, &h); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	violations := history.Check(&h)
	for _, v := range violations {
		fmt.Println(v)
	}
	if len(violations) > 0 {
		return fmt.Errorf("%d violations", len(violations))
	}
	return nil
}
