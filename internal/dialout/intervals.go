// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dialout decides whom a DialOut calls next.
package dialout

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Intervals are numbers from 0 as an Indexed Job lists its indexes, such as 0-431,433. The zero value is empty.
type Intervals struct {
	// runs do not touch each other, and are in order.
	runs []run
}

// run is the numbers from first to last.
type run struct{ first, last int }

// Add adds a number, unless it is there.
func (s *Intervals) Add(number int) {
	next, found := slices.BinarySearchFunc(s.runs, number, func(r run, n int) int { return cmp.Compare(r.first, n) })
	if found {
		return
	}
	extendsBefore := next > 0 && s.runs[next-1].last >= number-1
	extendsAfter := next < len(s.runs) && s.runs[next].first == number+1
	switch {
	case extendsBefore && s.runs[next-1].last >= number:
		return
	case extendsBefore && extendsAfter:
		s.runs[next-1].last = s.runs[next].last
		s.runs = slices.Delete(s.runs, next, next+1)
	case extendsBefore:
		s.runs[next-1].last = number
	case extendsAfter:
		s.runs[next].first = number
	default:
		s.runs = slices.Insert(s.runs, next, run{number, number})
	}
}

// String is the text of the numbers, such as 0-431,433. One that would have more than limit characters ends with "…" instead of the rest.
func (s *Intervals) String(limit int) string {
	const rest = "…"
	var text strings.Builder
	for i, r := range s.runs {
		next := r.String()
		if i > 0 {
			next = "," + next
		}
		// There must be space for the rest, unless this is the last one.
		space := limit - text.Len()
		if i < len(s.runs)-1 {
			space -= len(",") + 1
		}
		if len(next) > space {
			return strings.TrimPrefix(text.String()+","+rest, ",")
		}
		text.WriteString(next)
	}
	return text.String()
}

func (r run) String() string {
	if r.first == r.last {
		return strconv.Itoa(r.first)
	}
	return strconv.Itoa(r.first) + "-" + strconv.Itoa(r.last)
}
