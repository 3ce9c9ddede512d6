// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command mutations removes one safeguard at a time, in a copy of the source, and runs the tests that should then fail.
// It prints which test caught which mutation, and fails when a mutation survives.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// quick leaves out the tests that need an API server.
var quick bool

func main() {
	only := flag.String("run", "", "only mutations whose name matches this regular expression")
	flag.BoolVar(&quick, "quick", false, "only tests that need no API server")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutations:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	dir, err := copySource(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	survived := 0
	fmt.Println("| safeguard taken away | invariant | caught by |\n| --- | --- | --- |")
	for _, m := range mutations {
		if !wanted.MatchString(m.name) {
			continue
		}
		caught, err := m.try(ctx, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if len(caught) == 0 {
			survived++
			caught = []string{"**nothing**"}
		}
		fmt.Printf("| %s | %d | %s |\n", m.name, m.invariant, strings.Join(caught, ", "))
	}
	if survived > 0 {
		return fmt.Errorf("%d mutations survived: no test fails without the safeguard", survived)
	}
	return nil
}

// copySource copies what git knows of, so that nothing is ever broken in place.
func copySource(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "call-operator-mutations-")
	if err != nil {
		return "", err
	}
	listed, err := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return "", fmt.Errorf("list the source: %w", err)
	}
	for file := range strings.SplitSeq(strings.TrimRight(string(listed), "\x00"), "\x00") {
		contents, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted and not committed
		}
		if err != nil {
			return "", err
		}
		to := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return "", err
		}
		if err := os.WriteFile(to, contents, 0o600); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// edit is a piece of a file that is replaced. It occurs once.
type edit struct{ file, old, with string }

// check is a cheap test that is to fail.
type check struct{ pkg, tests string }

// mutation takes a safeguard away.
type mutation struct {
	name      string
	invariant int
	edits     []edit
	checks    []check
}

// longest is how long one test may take, without its compilation.
const longest = "4m"

// try applies the mutation, runs its checks and undoes it. It returns the tests that failed.
func (m mutation) try(ctx context.Context, dir string) ([]string, error) {
	for _, e := range m.edits {
		undo, err := e.apply(dir)
		if err != nil {
			return nil, err
		}
		defer undo()
	}
	var caught []string
	for _, c := range m.checks {
		if quick && strings.HasPrefix(c.pkg, "./test/") {
			continue
		}
		failed, err := c.run(ctx, dir)
		if err != nil {
			return nil, err
		}
		slices.Sort(failed)
		caught = append(caught, failed...)
	}
	return caught, nil
}

func (e edit) apply(dir string) (undo func(), err error) {
	file := filepath.Join(dir, e.file)
	contents, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(contents), e.old); n != 1 {
		return nil, fmt.Errorf("%s has %d places with\n%s\nwant 1: bring the mutation up to date", e.file, n, e.old)
	}
	mutated := strings.Replace(string(contents), e.old, e.with, 1)
	return func() { _ = os.WriteFile(file, contents, 0o600) }, os.WriteFile(file, []byte(mutated), 0o600)
}

// failedTest is how go test names a test that failed; those below it are left out.
var failedTest = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)

func (c check) run(ctx context.Context, dir string) ([]string, error) {
	test := exec.CommandContext(ctx, "go", "test", "-short", "-count=1", "-timeout", longest, "-run", c.tests, c.pkg)
	test.Dir = dir
	output, err := test.CombinedOutput()
	text := string(output)
	switch {
	case strings.Contains(text, "[build failed]"), strings.Contains(text, "[setup failed]"):
		return nil, fmt.Errorf("the mutation does not compile:\n%s", text)
	case strings.Contains(text, "no tests to run"):
		return nil, fmt.Errorf("%s has no test %s", c.pkg, c.tests)
	case err == nil:
		return nil, nil
	}
	var failed []string
	for _, match := range failedTest.FindAllStringSubmatch(text, -1) {
		failed = append(failed, "`"+strings.TrimPrefix(c.pkg, "./")+"."+match[1]+"`")
	}
	if strings.Contains(text, "panic: test timed out") {
		failed = append(failed, "`"+strings.TrimPrefix(c.pkg, "./")+"` (hangs)")
	}
	if len(failed) == 0 {
		return nil, fmt.Errorf("%s %s: %w\n%s", c.pkg, c.tests, err, text)
	}
	slices.Sort(failed)
	return slices.Compact(failed), nil
}
