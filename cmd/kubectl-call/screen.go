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

// screenEvery is how often a table on a screen is drawn when nothing changes, for the sake of its clocks and of a terminal
// that has got another size.
const screenEvery = time.Second

// Control sequences of a terminal.
const (
	// The alternate screen leaves alone what was on the terminal before, and that comes back in the end.
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
			return fmt.Errorf("asking for the size of the terminal: %w", err)
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
		below = append(below, "The API server does not answer, and this may be old: "+w.output.text(err.Error()))
	}
	lines = cutTo(lines, below, max(height, 1))
	for i := range lines {
		lines[i] = cutLine(lines[i], width)
	}
	return lines, nil
}

// cutTo leaves out what a screen has no line for, and says how many calls that are.
func cutTo(lines, below []string, height int) []string {
	if room := height - len(below); len(lines) > room {
		// One line says what is left out; the header stays.
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

// liveFirst sorts live calls before those that are over, and of these what ended last before what ended long ago.
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
