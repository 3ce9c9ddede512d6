// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"hash/fnv"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

const (
	// RepeatabilityWindow is how long after its first-sent time a request is repeated. How long Call Automation remembers a
	// request is documented nowhere; for other services of ACS it is 5 minutes, after which the answer is 412, and that is
	// assumed. A minute is left for clocks that differ.
	// Source: https://learn.microsoft.com/rest/api/communication/repeatable-requests.
	RepeatabilityWindow = 4 * time.Minute

	// redeliveryWindow is how long the event of an incoming call may be delivered again: the time to live that ACS
	// recommends for the Event Grid subscription.
	// Source: https://learn.microsoft.com/azure/communication-services/concepts/call-automation/incoming-call-notification.
	redeliveryWindow = time.Minute

	// contextPatience is for how long the Secret of an incoming call may be late without a word in the Call's status;
	// contextPause, how often it is looked for meanwhile.
	contextPatience = 3 * time.Second
	contextPause    = 10 * time.Millisecond

	// originPause is how often an incoming call looks for the Call that placed it, in the cache.
	originPause = 50 * time.Millisecond

	// unknownOriginRecheck is how often it is looked again for the Call that placed an incoming call when several may have:
	// the others may be seen to arrive.
	unknownOriginRecheck = time.Second

	// ringingRecheck is how often an incoming call that nothing takes looks for a route, under what wakes it.
	ringingRecheck = 5 * time.Second

	// goneGrace is how long after the service was first found not to know a call its own report of the end may still
	// come. It tells more than the poll does. Of a call that was not seen connected it alone tells whether anybody
	// answered, so that is waited for longer: as long as receivers may be away, and the service takes to report again.
	goneGrace       = 5 * time.Second
	unansweredGrace = 30 * time.Second

	// answerGrace is how long after the service reported the end of a call its report that somebody had answered may still
	// come, which the other may have overtaken.
	answerGrace = 5 * time.Second

	// ringingPoll is how often a call that rings is asked about, and endingPoll, one that is being hung up, which becomes as
	// seldom when that takes long. Connected calls are asked about at the interval that the manager is given.
	ringingPoll = 15 * time.Second
	endingPoll  = 2 * time.Second

	// hangUpRepeat is how long after a hang-up was sent, without the call ending, it is sent again; the longer it has
	// taken, the later, but after longestHangUpRepeat at the latest.
	hangUpRepeat        = 10 * time.Second
	longestHangUpRepeat = 30 * time.Second

	// deletionPatience is how long a deleted Call is kept while its call cannot be hung up.
	deletionPatience = 5 * time.Minute

	// Back-off between tries, of anything that can be tried again: at first the shortest, at most the longest.
	shortestBackoff = time.Second
	longestBackoff  = time.Minute

	// longestRepeat keeps several repetitions of an unresolved request inside RepeatabilityWindow.
	longestRepeat = 15 * time.Second
)

// graceOf is how long the report of a gone call's end may still come. How a call ends that is hung up here is known
// without it.
func graceOf(call *v1alpha1.Call) time.Duration {
	if call.Status.ConnectedTime == nil && call.Status.Ending == nil {
		return unansweredGrace
	}
	return goneGrace
}

// backoff is how long to wait before the next try of something first tried so long ago: as long as it has taken so
// far, which doubles the time with each try and needs no counter that a restart would lose.
func backoff(elapsed, longest time.Duration) time.Duration {
	return between(elapsed, shortestBackoff, longest)
}

func between(d, shortest, longest time.Duration) time.Duration { return min(max(d, shortest), longest) }

// jitter spreads d by up to a quarter either way, always the same for one object, so that many objects do not act at
// one moment.
func jitter(d time.Duration, uid types.UID) time.Duration {
	hash := fnv.New32a()
	hash.Write([]byte(uid)) // never fails
	spread := float64(hash.Sum32())/float64(1<<32)*0.5 - 0.25
	return d + time.Duration(float64(d)*spread)
}
