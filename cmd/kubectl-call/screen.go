// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// screenEvery is how often the table is redrawn when nothing changes, to update durations and to follow the size of the
// terminal.
const screenEvery = time.Second

// Control sequences of a terminal.
const (
	// The alternate screen keeps the previous content of the terminal, which is restored at the end.
	enterScreen = "\x1b[?1049h\x1b[?25l"
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	home        = "\x1b[H"
	restOfLine  = "\x1b[K"
	restBelow   = "\x1b[J"
)

// screen redraws the table at each change, until ctx is done.
func (w *watching) screen(ctx context.Context, terminal *os.File) (err error) {
	if _, err := terminal.WriteString(enterScreen); err != nil {
		return err
	}
	defer func() {
		_, leaving := terminal.WriteString(leaveScreen)
		err = errors.Join(err, leaving)
	}()
	tick := time.NewTicker(screenEvery)
	defer tick.Stop()
	for {
		width, height, err := term.GetSize(int(terminal.Fd()))
		if err != nil {
			return fmt.Errorf("reading the size of the terminal: %w", err)
		}
		frame, err := w.frame(time.Now(), width, height)
		if err != nil {
			return err
		}
		if _, err := terminal.WriteString(drawing(frame)); err != nil {
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

// drawing overwrites the lines on the screen in place, so that nothing flickers.
func drawing(lines []string) string {
	return home + strings.Join(lines, restOfLine+"\r\n") + restOfLine + restBelow
}

// frame is the content that fits on a screen: the header, live calls, ended calls, and at the bottom what is hidden.
func (w *watching) frame(now time.Time, width, height int) ([]string, error) {
	calls := w.selected()
	liveFirst(calls)
	var text bytes.Buffer
	if err := w.output.table(&text, calls, w.selection.everywhere, now); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	var below []string
	if err := w.trouble(); err != nil {
		below = append(below, "The API server does not answer; this table may be outdated: "+w.output.text(err.Error()))
	}
	lines = cutTo(lines, below, max(height, 1))
	for i := range lines {
		lines[i] = cutLine(lines[i], width)
	}
	return lines, nil
}

// cutTo leaves out the calls that do not fit on the screen, and says how many they are.
func cutTo(lines, below []string, height int) []string {
	if room := height - len(below); len(lines) > room {
		// One line says how many are left out; the header stays.
		shown := max(room-1, 1)
		below = append([]string{fmt.Sprintf("... and %d more", len(lines)-shown)}, below...)
		lines = lines[:shown]
	}
	lines = slices.Concat(lines, below)
	return lines[:min(len(lines), height)]
}

func cutLine(line string, width int) string {
	characters := []rune(line)
	return string(characters[:min(len(characters), max(width, 0))])
}

// liveFirst sorts live calls first, then ended calls with the latest end first.
func liveFirst(calls []v1alpha1.Call) {
	slices.SortStableFunc(calls, func(a, b v1alpha1.Call) int {
		over, other := a.Status.Result, b.Status.Result
		switch {
		case over == nil && other == nil:
			return 0
		case over == nil:
			return -1
		case other == nil:
			return 1
		default:
			return other.EndTime.Compare(over.EndTime.Time)
		}
	})
}
