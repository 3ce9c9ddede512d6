// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"encoding/json"
	"fmt"
	"io"
)

// Secret is text that grants something to whoever holds it, such as an incoming call's context. It prints as REDACTED;
// Reveal returns it. JSON, which is how requests carry it, holds the text itself.
type Secret struct {
	text string
}

// NewSecret returns text as a Secret.
func NewSecret(text string) Secret { return Secret{text: text} }

// Reveal returns the text.
func (s Secret) Reveal() string { return s.text }

// IsZero tells whether there is no text.
func (s Secret) IsZero() bool { return s.text == "" }

// String is REDACTED.
func (s Secret) String() string { return redacted }

// Format keeps the text out of every verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// MarshalJSON is the text: a Secret is encoded only to be sent.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.text) }

// UnmarshalJSON reads the text.
func (s *Secret) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &s.text) }
