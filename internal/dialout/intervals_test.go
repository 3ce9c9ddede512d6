// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestIntervals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		numbers      []int
		limit        int
		want         string
	}{
		{"none", "nothing is done", nil, 100, ""},
		{"one", "it is no interval", []int{7}, 100, "7"},
		{"in order", "neighbours are one interval", []int{0, 1, 2, 4}, 100, "0-2,4"},
		{"backwards", "the order in which they are done does not matter", []int{4, 2, 1, 0}, 100, "0-2,4"},
		{"gap that is filled", "two intervals become one", []int{0, 1, 3, 4, 2}, 100, "0-4"},
		{"twice", "a number is there or not", []int{1, 0, 1, 2, 1, 2, 0}, 100, "0-2"},
		{"as long as the limit", "nothing is left out", []int{0, 1, 5, 10}, 8, "0-1,5,10"},
		{"longer than the limit", "what is left out is said", []int{0, 1, 5, 10}, 7, "0-1,5,…"},
		{"no space for the rest", "an interval gives way to the mark", []int{0, 1, 5, 10}, 6, "0-1,…"},
		{"no space at all", "the mark remains", []int{100000}, 3, "…"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var s Intervals
			for _, number := range c.numbers {
				s.Add(number)
			}
			if got := s.String(c.limit); got != c.want {
				t.Errorf("%s: got %q, want %q", c.reason, got, c.want)
			}
		})
	}
}

// TestIntervalsOfRandomNumbers: the text has exactly the numbers that were added, and a bounded one begins like it.
func TestIntervalsOfRandomNumbers(t *testing.T) {
	t.Parallel()
	const seed, rounds, numbers = 20261130, 200, 60
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range rounds {
		var s Intervals
		added := map[int]bool{}
		for range random.IntN(2 * numbers) {
			number := random.IntN(numbers)
			s.Add(number)
			added[number] = true
		}
		all, limit := s.String(1<<20), 2+random.IntN(60)
		bounded := s.String(limit)
		if begin, cut := strings.CutSuffix(bounded, "…"); utf8.RuneCountInString(bounded) > limit || !strings.HasPrefix(all, begin) || cut == (bounded == all) {
			t.Fatalf("%q is cut to %d characters as %q", all, limit, bounded)
		}
		if listed := parse(t, all); len(listed) != len(added) {
			t.Fatalf("%q lists %d numbers, want %d", all, len(listed), len(added))
		}
		for number := range parse(t, all) {
			if !added[number] {
				t.Fatalf("%q lists %d, which was not added", all, number)
			}
		}
	}
}

// parse reads the text of intervals that neither overlap nor touch.
func parse(t *testing.T, text string) map[int]bool {
	t.Helper()
	numbers, before := map[int]bool{}, -2
	if text == "" {
		return numbers
	}
	for interval := range strings.SplitSeq(text, ",") {
		first, last, isRun := strings.Cut(interval, "-")
		if !isRun {
			last = first
		}
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil || from <= before+1 || to < from || isRun && to == from {
			t.Fatalf("%q is not as an Indexed Job writes it", text)
		}
		for number := from; number <= to; number++ {
			numbers[number] = true
		}
		before = to
	}
	return numbers
}
