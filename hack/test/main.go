// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command test runs go test over packages, the slowest first, and shows what is running. It prints the output of failing tests
// and, at the end, the slowest packages.
//
// Arguments after -- are those of go test: flags as -flag=value, and packages, which are ./... when none is named.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// seedsVariable has the tests try all of their seeds and cuts. test/harness reads it.
const seedsVariable = "CALL_OPERATOR_SEEDS"

// frugal makes Go collect garbage less often, in the tests and in the API servers that they start: memory is plentiful,
// processors are not. A control plane may start on a busy machine, so it gets more time than envtest's default.
var frugal = []string{"GOGC=400", "KUBEBUILDER_CONTROLPLANE_START_TIMEOUT=1m"}

// defaults are flags of go test that may be given otherwise. Tests await conditions more than they compute, so more of them run
// at once, in more packages, than there are processors.
var defaults = []string{"-p=4", "-parallel=16", "-timeout=30m"}

// quiet is for how long nothing is printed at most.
const quiet = 10 * time.Second

func main() {
	unit := flag.Bool("unit", false, "only the packages whose tests need no API server")
	all := flag.Bool("all", false, "all seeds and cuts, not only some of them")
	flag.Usage = func() {
		_, _ = fmt.Fprintln(flag.CommandLine.Output(), "usage: test [-unit] [-all] [-- -flag=value... of go test] [package...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	environment := append(os.Environ(), frugal...)
	if *all {
		environment = append(environment, seedsVariable+"=all")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, environment, *unit, flag.Args())
	stop()
	var exited *exec.ExitError
	switch {
	case errors.As(err, &exited):
		os.Exit(max(1, exited.ExitCode()))
	case err != nil:
		fmt.Fprintln(os.Stderr, "test:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, environment []string, unit bool, arguments []string) error {
	flags, patterns := split(arguments)
	packages, err := list(ctx, patterns)
	if err != nil {
		return err
	}
	if unit {
		packages = withoutAPIServer(packages)
	}
	command := exec.CommandContext(ctx, "go", slices.Concat([]string{"test", "-json"}, defaults, flags, paths(longestFirst(packages)))...)
	// go test hands a signal on to the tests, which then remove their control planes.
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.Env, command.Stderr = environment, os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("run go test: %w", err)
	}
	tally := newTally(time.Now())
	follow(tally, output, os.Stdout)
	err = command.Wait()
	fmt.Print(tally.summary(time.Now()))
	return err
}

// follow prints what the events of go test tell, and what is running when they tell nothing for a while.
func follow(t *tally, events io.Reader, to io.Writer) {
	decoded := make(chan event)
	go func() {
		defer close(decoded)
		for decoder := json.NewDecoder(events); ; {
			var e event
			if err := decoder.Decode(&e); err != nil {
				// What go test prints after a broken event is of no use here; it must be read, or go test waits.
				_, _ = io.Copy(io.Discard, events)
				return
			}
			decoded <- e
		}
	}()
	silence := time.NewTimer(quiet)
	defer silence.Stop()
	for {
		var text string
		select {
		case e, more := <-decoded:
			if !more {
				return
			}
			text = t.add(e)
		case now := <-silence.C:
			text = t.running(now)
			silence.Reset(quiet)
		}
		if text != "" {
			_, _ = io.WriteString(to, text)
			silence.Reset(quiet)
		}
	}
}

// split tells flags from packages.
func split(arguments []string) (flags, patterns []string) {
	for _, argument := range arguments {
		if strings.HasPrefix(argument, "-") {
			flags = append(flags, argument)
		} else {
			patterns = append(patterns, argument)
		}
	}
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	return flags, patterns
}
