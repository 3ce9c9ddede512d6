// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command bench measures call-operator on this machine, compared with a bare loop that does the same API writes and
// nothing else, on one API server, in one run. It prints both, and fails if a ratio misses its limit. Figures of two
// runs, or of two machines, are not comparable; the ratios are.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/resource"
	ctrl "sigs.k8s.io/controller-runtime"
)

// sizes say how much is measured.
type sizes struct {
	// warm is how many calls are placed before anything is measured.
	warm int
	// calls is how many live a whole life at full load, and in the bare loop.
	calls int
	// samples is how many are placed one after the other on an idle system.
	samples int
	// live are the numbers of live calls at which memory and cost are measured.
	live [2]int
	// batch is how many calls the cost is measured with.
	batch int
	// idle is for how long it is measured what is used while nothing happens. Polls of live calls are part of that.
	idle time.Duration
	// dialOuts are the lengths of lists at which a DialOut is measured, with so many calls after some that are not.
	dialOuts                  [2]int
	dialOutWarm, dialOutCalls int
}

var (
	full = sizes{
		warm: 200, calls: 2000, samples: 200, live: [2]int{1000, 10000}, batch: 1000, idle: 30 * time.Second,
		dialOuts: [2]int{1000, 100000}, dialOutWarm: 50, dialOutCalls: 600,
	}
	smoke = sizes{
		warm: 50, calls: 300, samples: 30, live: [2]int{50, 200}, batch: 50, idle: 2 * time.Second,
		dialOuts: [2]int{50, 200}, dialOutWarm: 5, dialOutCalls: 20,
	}
	// dialOutPace is how many calls a second a DialOut makes.
	dialOutPace = resource.MustParse("10")
)

func main() {
	bin := flag.String("bin", "bin", "folder with the commands")
	small := flag.Bool("smoke", false, "measure little and check nothing, to see that the benchmark works")
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	size := full
	if *small {
		size = smoke
	}
	err := run(ctx, *bin, size, !*small)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, bin string, size sizes, check bool) (err error) {
	b, err := newBench(ctx, bin, size)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil && ctx.Err() == nil {
			b.stack.ShowLogs(os.Stderr)
		}
		err = errors.Join(err, b.close())
	}()
	report, err := b.measure(ctx)
	if err != nil {
		return err
	}
	report.print(os.Stdout)
	if !check {
		return nil
	}
	return report.check(os.Stdout)
}

// measure does one step after the other; each leaves a quiet system behind.
func (b *bench) measure(ctx context.Context) (*report, error) {
	r := &report{size: b.size}
	steps := []struct {
		what string
		do   func(context.Context, *report) error
	}{
		{"warming up, and recording the writes of one call", b.warmUp},
		{"one call after the other, on an idle system", b.measureIdle},
		{"one incoming call after the other, on an idle system", b.measureIncoming},
		{"calls at full load", b.measureFull},
		{"the bare loop: the same writes and nothing else", b.measureBare},
		{"calls at half of that load", b.measureHalf},
		{fmt.Sprintf("%d live calls", b.size.live[0]), func(ctx context.Context, r *report) error { return b.measureLive(ctx, r, 0) }},
		{fmt.Sprintf("%d live calls", b.size.live[1]), func(ctx context.Context, r *report) error { return b.measureLive(ctx, r, 1) }},
		{fmt.Sprintf("DialOuts with %d and %d targets", b.size.dialOuts[0], b.size.dialOuts[1]), b.measureDialOuts},
	}
	for _, step := range steps {
		fmt.Fprintln(os.Stderr, "bench:", step.what)
		if err := step.do(ctx, r); err != nil {
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return r, nil
}
