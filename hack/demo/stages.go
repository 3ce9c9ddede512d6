// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// tickEvery is how often a stage that prints nothing else says that it is still running.
const tickEvery = 10 * time.Second

// stage is a part of the demo, or of what was downloaded and built before it, and how long it took.
type stage struct {
	name string
	took time.Duration
}

// stages are what has been done so far, for the table at the end.
type stages struct {
	// began is when the first stage began.
	began time.Time
	done  []stage
}

// readStages reads the stages before the demo from a file of seconds, a tab and a name a line, as hack/progress.sh writes it.
// Without a file there were none.
func readStages(file string, began time.Time) (*stages, error) {
	read := &stages{began: began}
	if file == "" {
		return read, nil
	}
	contents, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read how long each stage took: %w", err)
	}
	for line := range strings.Lines(string(contents)) {
		seconds, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		took, err := strconv.Atoi(seconds)
		if err != nil {
			return nil, fmt.Errorf("%s: %q is not a number of seconds, a tab and a name", file, line)
		}
		read.done = append(read.done, stage{name, time.Duration(took) * time.Second})
	}
	return read, nil
}

// run does a stage and notes how long it took. While the stage is quiet it says every 10 seconds that it is still running.
func (s *stages) run(ctx context.Context, name string, do func() error) error {
	began := time.Now()
	done := make(chan struct{})
	ticked := make(chan struct{})
	go func() {
		defer close(ticked)
		ticker := time.NewTicker(tickEvery)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-ticker.C:
				fmt.Fprintf(os.Stderr, "%s: %d s so far\n", name, int(time.Since(began).Seconds()))
			}
		}
	}()
	err := do()
	close(done)
	<-ticked
	s.done = append(s.done, stage{name, time.Since(began)})
	return err
}

// print writes the table of the stages, and how long all of them took until now, which is less than their sum: some run at the same
// time.
func (s *stages) print(out io.Writer, now time.Time) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, each := range s.done {
		_, _ = fmt.Fprintf(table, "%s\t%6.1f s\n", each.name, each.took.Seconds())
	}
	_, _ = fmt.Fprintf(table, "all\t%6.1f s\n", now.Sub(s.began).Seconds())
	return table.Flush()
}
