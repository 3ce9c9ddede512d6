// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package conditions

// MaxMessage is how many characters the API server takes as the message of a status.
const MaxMessage = 1024

// Shortened is a text of so many characters at most.
func Shortened(text string, longest int) string {
	characters := []rune(text)
	if len(characters) <= longest {
		return text
	}
	return string(characters[:longest-1]) + "…"
}
