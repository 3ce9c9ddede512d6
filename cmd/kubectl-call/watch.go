// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// screenEvery is how often a table on a screen is drawn when nothing changes, for the sake of its clocks.
const screenEvery = time.Second

func newWatch(kube *kube) *cobra.Command {
	var output output
	var selection selection
	command := &cobra.Command{
		Use:   "watch",
		Short: "Show calls live",
		Long: `Show calls as a table that is always what is true now. Where the output is no terminal, each change is a line, and nothing is
drawn anew.`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			selector, err := labels.Parse(selection.selector)
			if err != nil {
				return fmt.Errorf("--selector: %w", err)
			}
			c, namespace, err := kube.connect()
			if err != nil {
				return err
			}
			if selection.everywhere {
				namespace = ""
			}
			f, err := follow(command.Context(), c, namespace)
			if err != nil {
				return err
			}
			w := &watching{following: f, output: &output, selection: &selection, selector: selector, out: command.OutOrStdout()}
			if file, ok := w.out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
				return w.screen(command.Context())
			}
			return w.lines(command.Context())
		},
	}
	selection.bind(command)
	output.bindNumbers(command.Flags())
	return command
}

// watching shows what is followed.
type watching struct {
	*following
	output    *output
	selection *selection
	selector  labels.Selector
	out       io.Writer
}

func (w *watching) selected() []v1alpha1.Call {
	return w.selection.of(slices.DeleteFunc(w.calls(), func(call v1alpha1.Call) bool { return !w.selector.Matches(labels.Set(call.Labels)) }))
}

// screen draws the table anew at each change.
func (w *watching) screen(ctx context.Context) error {
	tick := time.NewTicker(screenEvery)
	defer tick.Stop()
	for {
		var text bytes.Buffer
		// Home and clear: what scrolled by stays.
		text.WriteString("\x1b[H\x1b[2J")
		if err := w.output.table(&text, w.selected(), w.selection.everywhere, time.Now()); err != nil {
			return err
		}
		if err := w.trouble(); err != nil {
			fmt.Fprintf(&text, "\nThe API server does not answer, and this may be old: %v\n", err)
		}
		if _, err := w.out.Write(text.Bytes()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.changed:
		case <-tick.C:
		}
	}
}

// lines prints each Call that is not as it was. A line is wide enough for most names, since what comes is not known.
func (w *watching) lines(ctx context.Context) error {
	const format = "%-24s %-10s %-16s %-16s %-13s %-6s %-12s %s\n"
	if _, err := fmt.Fprintf(w.out, format, "NAME", "PHASE", "FROM", "TO", "PARTICIPANTS", "FOR", "OUTCOME", "REASON"); err != nil {
		return err
	}
	seen := map[string]string{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.changed:
		}
		for _, call := range w.selected() {
			fields := w.output.fields(&call, time.Now())
			key, now := call.Namespace+"/"+call.Name, fmt.Sprint(slices.Concat(fields[:5], fields[6:]))
			if seen[key] == now {
				continue
			}
			seen[key] = now
			values := make([]any, len(fields))
			for i := range fields {
				values[i] = fields[i]
			}
			if _, err := fmt.Fprintf(w.out, format, values...); err != nil {
				return err
			}
		}
		if err := w.trouble(); err != nil && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("watching the Calls: %w", err)
		}
	}
}
