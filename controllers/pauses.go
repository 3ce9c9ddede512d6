// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"hash/fnv"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// Back-off between retries: at first the shortest, at most the longest.
	shortestBackoff = time.Second
	longestBackoff  = time.Minute

	// conflictPause is the requeue delay after a conflict. Usually the newer object arrives earlier and triggers a reconcile.
	conflictPause = time.Second

	// Back-off after errors of the API server.
	shortestErrorPause = 50 * time.Millisecond
	longestErrorPause  = 30 * time.Second

	// deletionPatience is how long a deleted Call is kept while its call cannot be hung up.
	deletionPatience = 5 * time.Minute
)

// backoff is the delay before the next try: the time since the first try. This doubles the time with each try, and needs no
// counter that a restart would lose.
func backoff(elapsed, longest time.Duration) time.Duration {
	return between(elapsed, shortestBackoff, longest)
}

func between(d, shortest, longest time.Duration) time.Duration { return min(max(d, shortest), longest) }

// jitter changes d by up to a quarter either way, always the same for one object, so that many objects do not act at the
// same moment.
func jitter(d time.Duration, uid types.UID) time.Duration {
	hash := fnv.New32a()
	hash.Write([]byte(uid)) // never fails
	spread := float64(hash.Sum32())/float64(1<<32)*0.5 - 0.25
	return d + time.Duration(float64(d)*spread)
}
