// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package secret has a text type that does not appear in logs by accident.
package secret

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Text is confidential text that grants access, such as an incoming call's context. It prints as REDACTED; Reveal
// returns it. JSON contains the text itself, since requests carry it.
type Text struct {
	// text is behind a pointer, since fmt prints the unexported fields of a struct that holds one without asking
	// Format.
	text *string
}

const redacted = "REDACTED"

// New returns a Text, which does not appear in logs by accident.
func New(text string) Text { return Text{text: &text} }

// Reveal returns the text.
func (s Text) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero tells whether there is no text.
func (s Text) IsZero() bool { return s.Reveal() == "" }

// Equal tells whether both hold the same text.
func (s Text) Equal(other Text) bool { return s.Reveal() == other.Reveal() }

// String is REDACTED.
func (s Text) String() string { return redacted }

// Format keeps the text out of every verb.
func (s Text) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// MarshalJSON is the text: one is encoded only to be sent.
func (s Text) MarshalJSON() ([]byte, error) { return json.Marshal(s.Reveal()) }

// UnmarshalJSON reads the text.
func (s *Text) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		// The decoder's own error may quote the text.
		return errors.New("a secret is a JSON string")
	}
	*s = New(text)
	return nil
}
