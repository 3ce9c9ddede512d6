// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// State is the state of a target.
type State string

// The states of a target.
const (
	// Pending says that the target has not been called. It is the zero value.
	Pending State = ""
	// Calling says that there is a Call to the target.
	Calling State = "Calling"
	// Waiting says that the target waits for its next attempt.
	Waiting State = "Waiting"
	// Done says that the target is not called any more.
	Done State = "Done"
)

// MaxAttemptsKept is how many attempts a Line has.
const MaxAttemptsKept = 5

// Line is what became of a target.
type Line struct {
	State State `json:"state,omitempty"`
	// Calls is how many Calls there were, and the number of the last one.
	Calls int `json:"calls,omitempty"`
	// Counted is how many of them count as attempts.
	Counted int `json:"counted,omitempty"`
	// From is the caller number of the last Call.
	From string `json:"from,omitempty"`
	// Start is when the last Call may be dialled from, and StartSeconds for how long.
	Start        *time.Time `json:"start,omitempty"`
	StartSeconds int64      `json:"startSeconds,omitempty"`
	// Next is when the next attempt is due, of a target that waits.
	Next *time.Time `json:"next,omitempty"`
	// Accepted says that the flow of a call ended with an outcome that counts as accepted.
	Accepted bool `json:"accepted,omitempty"`
	// Attempts are the last attempts, oldest first.
	Attempts []Attempt `json:"attempts,omitempty"`
}

// Attempt is what became of a Call that counts, or of one that somebody cancelled before it was dialled.
type Attempt struct {
	Call  string    `json:"call"`
	Start time.Time `json:"start"`
	// Connected is when somebody answered.
	Connected *time.Time `json:"connected,omitempty"`
	End       time.Time  `json:"end"`
	Outcome   string     `json:"outcome"`
	// FlowOutcome is the outcome of the flow of a call that was answered.
	FlowOutcome string `json:"flowOutcome,omitempty"`
}

// Last is the last attempt, nil if there is none.
func (l *Line) Last() *Attempt {
	if len(l.Attempts) == 0 {
		return nil
	}
	return &l.Attempts[len(l.Attempts)-1]
}

// EncodeLines writes lines as JSON, one on each line of text.
func EncodeLines(lines []Line) []byte {
	var text bytes.Buffer
	for i := range lines {
		line, err := json.Marshal(&lines[i])
		if err != nil {
			panic(err) // the type cannot fail
		}
		text.Write(line)
		text.WriteByte('\n')
	}
	return text.Bytes()
}

// DecodeLines reads what EncodeLines wrote.
func DecodeLines(text []byte) ([]Line, error) {
	rows := SplitLines(text)
	lines := make([]Line, len(rows))
	words := map[string]string{}
	for i, row := range rows {
		if err := json.Unmarshal(row, &lines[i]); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		lines[i].compact(words)
	}
	return lines, nil
}

// compact has a line take no more memory than it needs: many are kept for a long time. Words are strings that lines share.
func (l *Line) compact(words map[string]string) {
	share := func(text *string) {
		if _, known := words[*text]; !known {
			words[*text] = *text
		}
		*text = words[*text]
	}
	share(&l.From)
	// The decoder leaves space for more.
	l.Attempts = slices.Clone(l.Attempts)
	for i := range l.Attempts {
		share(&l.Attempts[i].Outcome)
		share(&l.Attempts[i].FlowOutcome)
	}
}

// SplitLines are the lines of text, each of which ends with a line break.
func SplitLines(text []byte) [][]byte {
	text = bytes.TrimSuffix(text, []byte("\n"))
	if len(text) == 0 {
		return nil
	}
	return bytes.Split(text, []byte("\n"))
}
