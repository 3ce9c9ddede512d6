// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func newWatch(kube *kube) *cobra.Command {
	var output output
	var selection selection
	command := &cobra.Command{
		Use:   "watch",
		Short: "Show calls live",
		Long: `Show calls in a table that is updated live: live calls first, as many as fit on the terminal. If the output is not a
terminal, each change is printed as a line. When the API server does not answer, the command says so and keeps trying.`,
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
			f, err := follow(command.Context(), c, followedCalls, namespace)
			if err != nil {
				return err
			}
			w := &watching{following: f, output: &output, selection: &selection, selector: selector}
			if file, ok := command.OutOrStdout().(*os.File); ok && term.IsTerminal(int(file.Fd())) {
				return w.screen(command.Context(), file)
			}
			return w.lines(command.Context(), command.OutOrStdout(), command.ErrOrStderr())
		},
	}
	selection.bind(command)
	output.bindNumbers(command.Flags())
	return command
}

// watching shows the followed objects.
type watching struct {
	*following
	output    *output
	selection *selection
	selector  labels.Selector
}

func (w *watching) selected() []v1alpha1.Call {
	return w.selection.of(slices.DeleteFunc(w.calls(), func(call v1alpha1.Call) bool { return !w.selector.Matches(labels.Set(call.Labels)) }))
}

// lines prints each Call that has changed, until ctx is done.
func (w *watching) lines(ctx context.Context, out, errOut io.Writer) error {
	l := &changes{watching: w, out: out, errOut: errOut, seen: map[string]seenCall{}}
	if err := l.print("NAMESPACE", strings.Split(columns, "\t")); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.changed:
		}
		if err := l.tell(time.Now()); err != nil {
			return err
		}
	}
}

// changes prints one change per line.
type changes struct {
	*watching
	out, errOut io.Writer
	seen        map[string]seenCall
	// silent says that the API server did not answer last time.
	silent bool
}

// seenCall is what was last printed of a Call.
type seenCall struct{ namespace, name, as string }

// tell prints the changes.
func (l *changes) tell(now time.Time) error {
	if err := l.tellTrouble(); err != nil {
		return err
	}
	gone := maps.Clone(l.seen)
	everything := *l.selection
	everything.live = false
	for _, call := range everything.of(l.calls()) {
		key := call.Namespace + "/" + call.Name
		delete(gone, key)
		if err := l.tellCall(key, &call, now); err != nil {
			return err
		}
	}
	return l.tellGone(gone)
}

// tellCall prints a selected Call that has changed. A Call that is no longer selected is printed one last time: with
// --live, this shows how it ended.
func (l *changes) tellCall(key string, call *v1alpha1.Call, now time.Time) error {
	before, known := l.seen[key]
	selected := l.selector.Matches(labels.Set(call.Labels)) && (!l.selection.live || call.Status.Result == nil)
	if !selected && !known {
		return nil
	}
	fields := l.output.fields(call, now)
	// How long it lasts changes all the time.
	as := fmt.Sprint(slices.Concat(fields[:5], fields[6:]))
	if selected {
		l.seen[key] = seenCall{namespace: call.Namespace, name: call.Name, as: as}
	} else {
		delete(l.seen, key)
	}
	if before.as == as {
		return nil
	}
	return l.print(call.Namespace, fields)
}

// tellGone prints the Calls that were deleted.
func (l *changes) tellGone(gone map[string]seenCall) error {
	for _, key := range slices.Sorted(maps.Keys(gone)) {
		call := gone[key]
		delete(l.seen, key)
		if err := l.print(call.namespace, []string{call.name, "Gone", "", "", "", "", "", ""}); err != nil {
			return err
		}
	}
	return nil
}

// tellTrouble says when the API server stops answering, and when it answers again.
func (l *changes) tellTrouble() error {
	err := l.trouble()
	was := l.silent
	l.silent = err != nil
	switch {
	case l.silent && !was:
		_, err = fmt.Fprintln(l.errOut, "The API server does not answer; retrying:", l.output.text(err.Error()))
	case was && !l.silent:
		_, err = fmt.Fprintln(l.errOut, "The API server answers again.")
	default:
		return nil
	}
	return err
}

// print prints a line. The columns fit most names; later names are not known yet.
func (l *changes) print(namespace string, fields []string) error {
	line := fmt.Sprintf("%-24s %-10s %-16s %-16s %-13s %-6s %-12s %s", anySlice(fields)...)
	if l.selection.everywhere {
		line = fmt.Sprintf("%-16s %s", namespace, line)
	}
	_, err := fmt.Fprintln(l.out, strings.TrimRight(line, " "))
	return err
}

func anySlice(fields []string) []any {
	values := make([]any, len(fields))
	for i := range fields {
		values[i] = fields[i]
	}
	return values
}
