// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// event is what go test -json prints about a package, or about one of its tests, or about a build.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
}

// tally follows a run of go test.
type tally struct {
	began time.Time
	// packages are those that have begun, by path.
	packages map[string]*progress
	passed   int
	skipped  int
	failed   []string
}

// progress is how far a package is.
type progress struct {
	began time.Time
	done  bool
	tests int
	took  time.Duration
	// output is what each test has printed; that of the package itself is under "".
	output map[string]string
}

func newTally(now time.Time) *tally { return &tally{began: now, packages: map[string]*progress{}} }

// add records an event and returns what to print.
func (t *tally) add(e event) string {
	if e.Package == "" {
		// Of a build, what the compiler says matters.
		return e.Output
	}
	p := t.packages[e.Package]
	if p == nil {
		p = &progress{began: time.Now(), output: map[string]string{}}
		t.packages[e.Package] = p
	}
	switch {
	case e.Action == "output":
		p.output[e.Test] += e.Output
		return ""
	case e.Action != "pass" && e.Action != "fail" && e.Action != "skip":
		return ""
	case e.Test == "":
		return t.end(e, p)
	}
	return t.endOfTest(e, p)
}

func (t *tally) endOfTest(e event, p *progress) string {
	p.tests++
	output := p.output[e.Test]
	delete(p.output, e.Test)
	switch e.Action {
	case "pass":
		t.passed++
	case "skip":
		t.skipped++
	case "fail":
		t.failed = append(t.failed, e.Package+" "+e.Test)
		return output
	}
	return ""
}

func (t *tally) end(e event, p *progress) string {
	p.done, p.took = true, time.Duration(e.Elapsed*float64(time.Second))
	defer func() { p.output = nil }()
	if e.Action != "fail" {
		if p.tests == 0 {
			return ""
		}
		word := fmt.Sprintf("%d tests, %s", p.tests, rounded(p.took))
		if strings.Contains(p.output[""], "(cached)") {
			word += ", as before (cached)"
		}
		return fmt.Sprintf("ok    %s (%s)\n", e.Package, word)
	}
	var text strings.Builder
	// A test that has not ended was running when its package crashed or took too long.
	for _, test := range slices.Sorted(maps.Keys(p.output)) {
		if test != "" {
			t.failed = append(t.failed, e.Package+" "+test+" (did not end)")
			text.WriteString(p.output[test])
		}
	}
	text.WriteString(p.output[""])
	fmt.Fprintf(&text, "FAIL  %s (%d tests, %s)\n", e.Package, p.tests, rounded(p.took))
	if len(t.failed) == 0 || !strings.HasPrefix(t.failed[len(t.failed)-1], e.Package+" ") {
		t.failed = append(t.failed, e.Package)
	}
	return text.String()
}

// running lists the running tests.
func (t *tally) running(now time.Time) string {
	var words []string
	for _, path := range slices.Sorted(maps.Keys(t.packages)) {
		if p := t.packages[path]; !p.done {
			words = append(words, fmt.Sprintf("%s (%d tests done)", path, p.tests))
		}
	}
	if len(words) == 0 {
		words = []string{"compiling"}
	}
	return fmt.Sprintf("      %s so far: %s\n", rounded(now.Sub(t.began)), strings.Join(words, ", "))
}

// slowest is how many packages the summary names.
const slowest = 5

// summary says how it ended.
func (t *tally) summary(now time.Time) string {
	var text strings.Builder
	byTime := slices.SortedFunc(maps.Keys(t.packages), func(a, b string) int {
		return int(t.packages[b].took - t.packages[a].took)
	})
	var words []string
	for _, path := range byTime[:min(slowest, len(byTime))] {
		words = append(words, fmt.Sprintf("%s %s", path, rounded(t.packages[path].took)))
	}
	fmt.Fprintf(&text, "%d tests passed, %d were left out, %d failed, in %s", t.passed, t.skipped, len(t.failed), rounded(now.Sub(t.began)))
	if len(words) > 0 {
		fmt.Fprintf(&text, "; the longest: %s", strings.Join(words, ", "))
	}
	text.WriteString("\n")
	for _, failed := range t.failed {
		fmt.Fprintf(&text, "failed: %s\n", failed)
	}
	return text.String()
}

func rounded(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
