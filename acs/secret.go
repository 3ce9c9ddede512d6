// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Secret is confidential text that grants access, such as an incoming call's context. It prints as REDACTED; Reveal
// returns it. JSON contains the text itself, since requests carry it.
type Secret struct {
	// text is behind a pointer, since fmt prints the unexported fields of a struct that holds a Secret without asking
	// Format.
	text *string
}

// NewSecret returns text as a Secret.
func NewSecret(text string) Secret { return Secret{text: &text} }

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero tells whether there is no text.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// Equal tells whether both hold the same text.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String is REDACTED.
func (s Secret) String() string { return redacted }

// Format keeps the text out of every verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// MarshalJSON is the text: a Secret is encoded only to be sent.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.Reveal()) }

// UnmarshalJSON reads the text.
func (s *Secret) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		// The decoder's own error may quote the text.
		return errors.New("a secret is a JSON string")
	}
	*s = NewSecret(text)
	return nil
}
