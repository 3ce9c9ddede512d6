// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const module = "example.com/m"

func packageOf(path string, imports ...string) pkg {
	p := pkg{ImportPath: module + "/" + path, TestImports: imports}
	p.Module.Path = module
	return p
}

func TestSplit(t *testing.T) {
	cases := []struct {
		name, reason    string
		arguments       []string
		flags, patterns []string
	}{
		{name: "nothing", reason: "without packages, all of them are tested", patterns: []string{"./..."}},
		{name: "both", reason: "flags have a value in the same word", arguments: []string{"-race", "-timeout=1m", "./acs/...", "./test"},
			flags: []string{"-race", "-timeout=1m"}, patterns: []string{"./acs/...", "./test"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			flags, patterns := split(tc.arguments)
			if diff := cmp.Diff([][]string{tc.flags, tc.patterns}, [][]string{flags, patterns}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestLongestFirst(t *testing.T) {
	packages := []pkg{packageOf("acs"), packageOf("controllers"), packageOf("test/faults"), packageOf("test/incoming")}
	want := []string{module + "/test/faults", module + "/test/incoming", module + "/acs", module + "/controllers"}
	if diff := cmp.Diff(want, paths(longestFirst(packages))); diff != "" {
		t.Errorf("what takes longest begins first, the others stay in their order (-want +got):\n%s", diff)
	}
}

// TestTheLongestExist: a package that was renamed would go last, and nobody would notice.
func TestTheLongestExist(t *testing.T) {
	packages, err := list(t.Context(), []string{"../../..."})
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, p := range packages {
		there[strings.TrimPrefix(p.ImportPath, p.Module.Path+"/")] = true
	}
	for _, path := range longest {
		if !there[path] {
			t.Errorf("there is no package %s: bring the list of the longest up to date", path)
		}
	}
}

func TestWithoutAPIServer(t *testing.T) {
	inside, outside := packageOf("inside", "testing", module+"/test/harness"), packageOf("outside")
	outside.XTestImports = []string{module + "/test/harness"}
	packages := []pkg{inside, packageOf("unit", "testing", module+"/test/history"), outside}
	if diff := cmp.Diff([]string{module + "/unit"}, paths(withoutAPIServer(packages))); diff != "" {
		t.Errorf("packages whose tests use the harness are left out (-want +got):\n%s", diff)
	}
}

func TestTally(t *testing.T) {
	cases := []struct {
		name, reason string
		events       []event
		prints       string
		summary      string
	}{
		{
			name: "passed", reason: "what a test that passes prints is of no interest",
			events: []event{
				{Action: "start", Package: "a"},
				{Action: "output", Package: "a", Test: "T", Output: "noise\n"},
				{Action: "pass", Package: "a", Test: "T", Elapsed: 1},
				{Action: "output", Package: "a", Output: "ok  \ta\t1.2s\n"},
				{Action: "pass", Package: "a", Elapsed: 1.2},
			},
			prints:  "ok    a (1 tests, 1.2s)\n",
			summary: "1 tests passed, 0 were left out, 0 failed, in 1m0s; the longest: a 1.2s\n",
		},
		{
			name: "cached", reason: "who wonders why it was so fast finds the reason",
			events: []event{
				{Action: "skip", Package: "a", Test: "T"},
				{Action: "output", Package: "a", Output: "ok  \ta\t(cached)\n"},
				{Action: "pass", Package: "a"},
			},
			prints:  "ok    a (1 tests, 0s, as before (cached))\n",
			summary: "0 tests passed, 1 were left out, 0 failed, in 1m0s; the longest: a 0s\n",
		},
		{
			name: "noTests", reason: "a package without tests is only compiled",
			events:  []event{{Action: "output", Package: "a", Output: "?   \ta\t[no test files]\n"}, {Action: "skip", Package: "a"}},
			summary: "0 tests passed, 0 were left out, 0 failed, in 1m0s; the longest: a 0s\n",
		},
		{
			name: "failed", reason: "what a test that fails prints is printed when it fails, not at the end",
			events: []event{
				{Action: "output", Package: "a", Test: "T", Output: "want 1, got 2\n"},
				{Action: "fail", Package: "a", Test: "T"},
				{Action: "fail", Package: "a", Elapsed: 3},
			},
			prints:  "want 1, got 2\nFAIL  a (1 tests, 3s)\n",
			summary: "0 tests passed, 0 were left out, 1 failed, in 1m0s; the longest: a 3s\nfailed: a T\n",
		},
		{
			name: "crashed", reason: "a panic or a time-out ends a package in the middle of a test",
			events: []event{
				{Action: "output", Package: "a", Test: "T", Output: "panic: oh\n"},
				{Action: "output", Package: "a", Output: "FAIL\ta\n"},
				{Action: "fail", Package: "a"},
			},
			prints:  "panic: oh\nFAIL\ta\nFAIL  a (0 tests, 0s)\n",
			summary: "0 tests passed, 0 were left out, 1 failed, in 1m0s; the longest: a 0s\nfailed: a T (did not end)\n",
		},
		{
			name: "notCompiled", reason: "what the compiler says is printed",
			events: []event{
				{Action: "build-output", Output: "a.go:1:1: no\n"}, {Action: "build-fail"},
				{Action: "output", Package: "a", Output: "FAIL\ta [build failed]\n"}, {Action: "fail", Package: "a"},
			},
			prints:  "a.go:1:1: no\nFAIL\ta [build failed]\nFAIL  a (0 tests, 0s)\n",
			summary: "0 tests passed, 0 were left out, 1 failed, in 1m0s; the longest: a 0s\nfailed: a\n",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			began := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
			tally := newTally(began)
			reader, writer := io.Pipe()
			go func() {
				encoder := json.NewEncoder(writer)
				for _, e := range tc.events {
					_ = encoder.Encode(e) // a reader that is gone shows in what was printed
				}
				_ = writer.Close()
			}()
			var printed strings.Builder
			follow(tally, reader, &printed)
			if diff := cmp.Diff(tc.prints, printed.String()); diff != "" {
				t.Errorf("%s: printed (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.summary, tally.summary(began.Add(time.Minute))); diff != "" {
				t.Errorf("%s: the summary (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestRunning(t *testing.T) {
	began := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	tally := newTally(began)
	if got, want := tally.running(began.Add(10*time.Second)), "      10s so far: compiling\n"; got != want {
		t.Errorf("before the first package begins it says %q, want %q", got, want)
	}
	for _, e := range []event{
		{Action: "start", Package: "b"}, {Action: "start", Package: "a"}, {Action: "start", Package: "c"},
		{Action: "pass", Package: "b", Test: "T"}, {Action: "pass", Package: "c"},
	} {
		tally.add(e)
	}
	if got, want := tally.running(began.Add(20*time.Second)), "      20s so far: a (0 tests done), b (1 tests done)\n"; got != want {
		t.Errorf("it says %q, want %q: the packages that run", got, want)
	}
}
