// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/call-operator/call-operator/test/asterisk/pbx"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	// timeVariable is for how long seeds are begun. Without it there are only a few seeds.
	timeVariable = "CALL_OPERATOR_FAULTS_TIME"
	fewSeeds     = 3
	// players is how many seeds are played at the same time.
	players = 4
)

// TestSeeds plays random courses, in which managers, receivers, Asterisk and the network between them fail at random times. Then all is
// repaired, and the promises are checked. CALL_OPERATOR_SEED plays one seed again.
func TestSeeds(t *testing.T) {
	t.Parallel()
	pbx.Require(t)
	harness.KeepLogs()
	total := &total{}
	began := time.Now()
	seeds := seedsFor(t)
	var all sync.WaitGroup
	for range players {
		all.Go(func() {
			for seed := range seeds {
				t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) { playSeed(t, seed, total) })
			}
		})
	}
	all.Wait()
	total.checkLogs(t)
	total.took = time.Since(began)
	fmt.Println(total)
}

// total is what came of all seeds.
type total struct {
	mu                              sync.Mutex
	runs, faults, rings, violations int
	took                            time.Duration
	secrets                         map[string]string
}

// String is the result line.
func (t *total) String() string {
	return fmt.Sprintf("asterisk: %d runs, %d faults, %d rings, %d violations, %s", t.runs, t.faults, t.rings, t.violations, t.took.Round(time.Second))
}

func (t *total) add(p *play, rings int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.runs++
	t.faults += p.faults
	t.rings += rings
	t.violations += len(p.violations)
	if t.secrets == nil {
		t.secrets = map[string]string{}
	}
	for what, secret := range p.secrets() {
		t.secrets[p.Namespace+": "+what] = secret
	}
}

// checkLogs looks for secrets in what all processes have logged.
func (t *total) checkLogs(tb testing.TB) {
	logs := harness.Logs()
	for what, secret := range t.secrets {
		if strings.Contains(logs, secret) {
			t.violations++
			tb.Errorf("the logs have a secret of %s", what)
		}
	}
}

// seedsFor are the seeds to be played: a few, or those that are begun within a time, or a single one.
func seedsFor(t *testing.T) <-chan uint64 {
	t.Helper()
	seeds := make(chan uint64)
	limit, err := time.ParseDuration(os.Getenv(timeVariable))
	if os.Getenv(timeVariable) != "" {
		must(t, err)
	}
	_, one := strconv.ParseUint(os.Getenv("CALL_OPERATOR_SEED"), 10, 64)
	go func() {
		defer close(seeds)
		if limit == 0 || one == nil {
			for _, seed := range harness.Seeds(fewSeeds) {
				seeds <- seed
			}
			return
		}
		over := time.After(limit)
		for seed := uint64(0); ; seed++ {
			select {
			case seeds <- seed:
			case <-over:
				return
			}
		}
	}()
	return seeds
}

func playSeed(t *testing.T, seed uint64, total *total) {
	c := courseOf(seed)
	p := newPlay(t, c.managers)
	p.run(c)
	p.repair()
	rings := p.judge()
	total.add(p, rings)
	fmt.Fprintf(os.Stderr, "seed %d: %d faults, %d rings, %d violations\n", seed, p.faults, rings, len(p.violations))
	if len(p.violations) > 0 {
		fmt.Fprintln(os.Stderr, strings.Join(p.violations, "\n"))
		t.Errorf("seed %d; to play it again: CALL_OPERATOR_SEED=%d make test-asterisk-faults\n%s\n%s\n%s", seed, seed, strings.Join(p.violations, "\n"), c, p.story())
	}
}
