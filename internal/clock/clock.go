// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package clock provides the time for commands that run in several replicas on different machines.
package clock

import "time"

// ahead is by how much a build takes it to be later than it is, such as 20s. It is there for tests, which link it to have
// processes whose clocks differ: go build -ldflags "-X github.com/call-operator/call-operator/internal/clock.ahead=20s".
var ahead string

var skew = parse(ahead)

// Now is the time.
func Now() time.Time { return time.Now().Add(skew) }

func parse(ahead string) time.Duration {
	if ahead == "" {
		return 0
	}
	skew, err := time.ParseDuration(ahead)
	if err != nil {
		panic("the clock of this build is ahead by " + ahead + ", which is no duration")
	}
	return skew
}
