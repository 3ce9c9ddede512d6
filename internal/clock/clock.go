// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package clock provides the time for commands that run in several replicas on different machines.
package clock

import "time"

// ahead is how far a build's clock runs ahead, such as 20s. Tests set it at link time to get processes with different
// clocks: go build -ldflags "-X github.com/call-operator/call-operator/internal/clock.ahead=20s".
var ahead string

var skew = parse(ahead)

// Now returns the current time.
func Now() time.Time { return time.Now().Add(skew) }

func parse(ahead string) time.Duration {
	if ahead == "" {
		return 0
	}
	skew, err := time.ParseDuration(ahead)
	if err != nil {
		panic("the clock of this build is ahead by " + ahead + ", which is not a duration")
	}
	return skew
}
