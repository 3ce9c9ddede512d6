// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
)

// CutEverywhere runs live once for each point and each mode of a cut, in parallel. live says whether the process died. A
// few cuts are not met, because they belong to a race of the run that the points were recorded in, such as a conflict of
// two writers; when many are not, the test says nothing and fails. Unless everything is asked for, each point is cut in one
// mode only, the next point in the next one.
func CutEverywhere(t *testing.T, points []Request, live func(t *testing.T, cut *Cut) (died bool)) {
	t.Helper()
	modes := Modes
	missed, all := &atomic.Int32{}, 0
	t.Cleanup(func() {
		t.Logf("%d of %d cuts were not met", missed.Load(), all)
		if int(missed.Load())*3 > all {
			t.Errorf("%d of %d cuts were not met: the recorded run is no model of the others", missed.Load(), all)
		}
	})
	for i, point := range points {
		if !everything() {
			modes = Modes[i%len(Modes):][:1]
		}
		for _, mode := range modes {
			all++
			cut := &Cut{At: point, Mode: mode}
			t.Run(cut.String(), func(t *testing.T) {
				t.Parallel()
				if !live(t, cut) {
					missed.Add(1)
				}
			})
		}
	}
}

// Some are n of the points, chosen by a seed, so that a test of something long stays short: CALL_OPERATOR_SEED chooses
// others, and CUTS=all takes every point. With -short they are fewer.
func Some(points []Request, n int) []Request {
	if os.Getenv("CUTS") == "all" {
		return points
	}
	if testing.Short() {
		n = max(1, n/4)
	}
	seed, _ := strconv.ParseUint(os.Getenv("CALL_OPERATOR_SEED"), 10, 64) // without one, 0
	chosen := slices.Clone(points)
	random := rand.New(rand.NewPCG(seed, 5))
	random.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	return chosen[:min(n, len(chosen))]
}

// everything tells whether all seeds and all cuts are asked for, as CI does. They take long, and most changes break many of
// them or none. With -short it is never the case.
func everything() bool { return os.Getenv("CALL_OPERATOR_SEEDS") == "all" && !testing.Short() }

const (
	// fewSeeds is how many seeds are tried unless everything is asked for; shortSeeds, how many with -short.
	fewSeeds   = 32
	shortSeeds = 8
)

// Seeds are n seeds, or fewer unless everything is asked for. CALL_OPERATOR_SEED makes it that one only, which is how a
// failure is replayed.
func Seeds(n uint64) []uint64 {
	if only, err := strconv.ParseUint(os.Getenv("CALL_OPERATOR_SEED"), 10, 64); err == nil {
		return []uint64{only}
	}
	switch {
	case testing.Short():
		n = min(n, shortSeeds)
	case !everything():
		n = min(n, fewSeeds)
	}
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = uint64(i)
	}
	return seeds
}
