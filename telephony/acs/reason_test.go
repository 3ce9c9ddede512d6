// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"testing"

	"github.com/call-operator/call-operator/acs"
)

// TestEveryCauseHasAWord tries every code with the sub-codes of both ranges.
func TestEveryCauseHasAWord(t *testing.T) {
	seen := map[acs.Cause]bool{}
	check := func(code, subCode int) {
		seen[acs.CauseOf(code, subCode)] = true
		if reason := ReasonOf(code, subCode); reason.Cause == "" || reason.Sentence == "" {
			t.Errorf("%d/%d is %q with the words %q", code, subCode, reason.Cause, reason.Sentence)
		}
	}
	for code := range 700 {
		check(code, 0)
		check(500, 560000+code)
	}
	for subCode := range 12_000 {
		check(0, subCode)
	}
	for cause := range causes {
		if !seen[cause] {
			t.Errorf("no code has the cause %s", cause)
		}
	}
}
