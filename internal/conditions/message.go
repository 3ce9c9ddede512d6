// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package conditions

// MaxMessage is the maximum length of a message in a status, in characters.
const MaxMessage = 1024

// Shortened truncates a text to the given number of characters.
func Shortened(text string, longest int) string {
	characters := []rune(text)
	if len(characters) <= longest {
		return text
	}
	return string(characters[:longest-1]) + "…"
}
