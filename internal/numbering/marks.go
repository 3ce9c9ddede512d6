// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package numbering

import "strings"

// marks are what people write between the digits of a telephone number.
const marks = " -()./"

// NoBreakSpace is a space that keeps a number on one line.
const NoBreakSpace = "\u00a0"

// WithoutMarks is a text without what people write between the digits of a telephone number: spaces, hyphens, dots, slashes and
// parentheses, and the characters in more.
func WithoutMarks(text, more string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(marks, r) || strings.ContainsRune(more, r) {
			return -1
		}
		return r
	}, text)
}
