// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package pauses says how long to wait before the next try.
package pauses

import (
	"hash/fnv"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// ShortestBackoff is the first pause between retries.
	ShortestBackoff = time.Second
	// LongestBackoff is the longest pause between retries.
	LongestBackoff = time.Minute

	// ConflictPause is the requeue delay after a conflict. Usually the newer object arrives earlier and triggers a reconcile.
	ConflictPause = time.Second

	// ShortestErrorPause is the first pause after an error of the API server.
	ShortestErrorPause = 50 * time.Millisecond
	// LongestErrorPause is the longest pause after an error of the API server.
	LongestErrorPause = 30 * time.Second

	// DeletionPatience is how long a deleted Call is kept while its call cannot be hung up.
	DeletionPatience = 5 * time.Minute
)

// Backoff is the delay before the next try: the time since the first try. This doubles the time with each try, and needs no
// counter that a restart would lose.
func Backoff(elapsed, longest time.Duration) time.Duration {
	return Between(elapsed, ShortestBackoff, longest)
}

// Between limits d.
func Between(d, shortest, longest time.Duration) time.Duration { return min(max(d, shortest), longest) }

// Jitter changes d by up to a quarter either way, always the same for one object, so that many objects do not act at the
// same moment.
func Jitter(d time.Duration, uid types.UID) time.Duration {
	hash := fnv.New32a()
	hash.Write([]byte(uid)) // never fails
	spread := float64(hash.Sum32())/float64(1<<32)*0.5 - 0.25
	return d + time.Duration(float64(d)*spread)
}

// Times of operations in a call, of CallActions and of the steps of flows.
const (
	// Silence is how long to wait for a report of an operation that is not sent again, when the answer to its request was lost.
	Silence = 20 * time.Second
	// AfterCall is how long after the end of a call its last reports may arrive.
	AfterCall = 5 * time.Second
	// RosterPoll is how often a roster is polled that shows whether an operation was carried out.
	RosterPoll = 4 * time.Second
)
