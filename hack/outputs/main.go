// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command outputs runs the demo and the commands in README.md and docs/, and writes their output into the pages. With
// -check it writes nothing, and reports differences.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/test/devcontrolplane"
)

func main() {
	bin := flag.String("bin", "bin", "folder with the commands")
	check := flag.Bool("check", false, "compare with the pages, but for times, names and numbers that are made anew each time, and write nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *bin, *check)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "outputs:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, bin string, check bool) (err error) {
	pages, err := readPages()
	if err != nil {
		return err
	}
	terminal, err := openTerminal(ctx, bin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, terminal.close()) }()
	var outdated []error
	for _, file := range slices.Sorted(maps.Keys(pages)) {
		page := pages[file]
		printed, err := page.printAnew(func(b block) (string, error) { return terminal.print(ctx, b) })
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if check {
			if diff := cmp.Diff(strings.Split(page.steady(), "\n"), strings.Split(printed.steady(), "\n")); diff != "" {
				outdated = append(outdated, fmt.Errorf("%s does not show what is printed (-shown +printed), run make outputs:\n%s", file, diff))
			}
			continue
		}
		if err := os.WriteFile(file, []byte(printed.text()), 0o600); err != nil {
			return err
		}
	}
	return errors.Join(outdated...)
}

// readPages reads the pages that show what commands print, by file.
func readPages() (map[string]page, error) {
	files, err := filepath.Glob(filepath.Join(devcontrolplane.Root(), "docs", "*.md"))
	if err != nil {
		return nil, err
	}
	pages := map[string]page{}
	for _, file := range append(files, filepath.Join(devcontrolplane.Root(), "README.md")) {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		page, err := parsePage(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if page.showsOutput() {
			pages[file] = page
		}
	}
	return pages, nil
}
