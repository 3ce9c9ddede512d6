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
type stages struct{ done []stage }

// readStages reads the stages before the demo from a file of seconds, a tab and a name a line, as hack/progress.sh writes it.
// Without a file there were none.
func readStages(file string) (*stages, error) {
	if file == "" {
		return &stages{}, nil
	}
	contents, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read how long each stage took: %w", err)
	}
	read := &stages{}
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

// print writes the table of the stages and their sum.
func (s *stages) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	var total time.Duration
	for _, each := range s.done {
		total += each.took
		_, _ = fmt.Fprintf(table, "%s\t%6.1f s\n", each.name, each.took.Seconds())
	}
	_, _ = fmt.Fprintf(table, "all\t%6.1f s\n", total.Seconds())
	return table.Flush()
}
