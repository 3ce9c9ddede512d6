// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"testing"
)

func TestSeeds(t *testing.T) {
	cases := []struct {
		name, reason string
		only, all    string
		n            uint64
		want         int
	}{
		{name: "few", reason: "a change is tried with some of many seeds", n: 100, want: fewSeeds},
		{name: "fewer", reason: "a test with few seeds tries them all", n: 6, want: 6},
		{name: "all", reason: "CI leaves out none", all: "all", n: 100, want: 100},
		{name: "one", reason: "a failure is played again by its seed, whatever else is asked for", only: "77", all: "all", n: 100, want: 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("CALL_OPERATOR_SEED", tc.only)
			t.Setenv("CALL_OPERATOR_SEEDS", tc.all)
			want := tc.want
			if testing.Short() {
				want = min(want, shortSeeds)
			}
			if got := len(Seeds(tc.n)); got != want {
				t.Errorf("%s: %d seeds, want %d", tc.reason, got, want)
			}
		})
	}
}

// TestCutEverywhere counts the cuts of six points.
func TestCutEverywhere(t *testing.T) {
	points := make([]Request, 6)
	for i := range points {
		points[i] = Request{Name: "PUT calls/status", Nth: i + 1}
	}
	cases := []struct {
		name, reason, all string
		want              map[Mode]int
	}{
		{name: "some", reason: "each point is cut once, and each mode is met as often as the others", want: map[Mode]int{Before: 2, After: 2, Lost: 2}},
		{name: "all", reason: "CI cuts each point in each mode", all: "all", want: map[Mode]int{Before: 6, After: 6, Lost: 6}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if testing.Short() && tc.all != "" {
				t.Skip("with -short nothing asks for everything")
			}
			t.Setenv("CALL_OPERATOR_SEEDS", tc.all)
			met := make(chan Mode, len(points)*len(Modes))
			t.Run("cuts", func(t *testing.T) {
				CutEverywhere(t, points, func(_ *testing.T, cut *Cut) bool {
					met <- cut.Mode
					return true
				})
			})
			close(met)
			got := map[Mode]int{}
			for mode := range met {
				got[mode]++
			}
			for _, mode := range Modes {
				if got[mode] != tc.want[mode] {
					t.Errorf("%s: %d cuts %s, want %d", tc.reason, got[mode], mode, tc.want[mode])
				}
			}
		})
	}
}
