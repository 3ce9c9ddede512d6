// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package clock

import (
	"testing"
	"time"
)

func TestNow(t *testing.T) {
	if skew != 0 {
		t.Fatalf("the clock of an ordinary build is ahead by %s", skew)
	}
	before := time.Now()
	if now := Now(); now.Before(before) || now.After(time.Now()) {
		t.Errorf("it is said to be %s, at %s", now, before)
	}
}

func TestParse(t *testing.T) {
	for ahead, want := range map[string]time.Duration{"": 0, "20s": 20 * time.Second, "-1m": -time.Minute} {
		if got := parse(ahead); got != want {
			t.Errorf("%q is %s, want %s", ahead, got, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a clock that cannot be set is left as it is")
		}
	}()
	parse("soon")
}
