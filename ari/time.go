// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari

import (
	"encoding/json"
	"fmt"
	"time"
)

// Time is a time as Asterisk writes it.
type Time struct{ time.Time }

// layout is ISO 8601 without a colon in the offset.
const layout = "2006-01-02T15:04:05.000-0700"

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	parsed, err := time.Parse(layout, text)
	if err != nil {
		return fmt.Errorf("ari: a time must be like %s: %w", layout, err)
	}
	t.Time = parsed
	return nil
}

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) { return json.Marshal(t.Format(layout)) }
