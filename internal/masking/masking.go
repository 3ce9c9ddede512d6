// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package masking masks telephone numbers in output that more people can see than may see the calls.
package masking

import "regexp"

// number is a telephone number in E.164 form; its last two digits are kept.
var number = regexp.MustCompile(`\+[1-9][0-9]{4,12}([0-9]{2})`)

// Numbers masks the telephone numbers in a text. It keeps the last two digits of each, so that people can distinguish
// them.
func Numbers(text string) string { return number.ReplaceAllString(text, "+...$1") }
