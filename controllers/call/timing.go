// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

const (
	// redeliveryWindow is how long the event of an incoming call may be redelivered: the time to live that ACS recommends
	// for the Event Grid subscription. Source:
	// https://learn.microsoft.com/azure/communication-services/concepts/call-automation/incoming-call-notification.
	redeliveryWindow = time.Minute

	// contextPatience is how long the Secret of an incoming call may be late before the Call's status reports it;
	// contextPause, how often it is checked meanwhile.
	contextPatience = 3 * time.Second
	contextPause    = 10 * time.Millisecond

	// originPause is how often the cache is checked for the Call that placed an incoming call.
	originPause = 50 * time.Millisecond

	// unknownOriginRecheck is how often the check is repeated if several Calls may have placed an incoming call: the legs of
	// the others may arrive.
	unknownOriginRecheck = time.Second

	// ringingRecheck is how often a route is looked up for an untaken incoming call, as a safety net.
	ringingRecheck = 5 * time.Second

	// goneGrace is how long the service's end report may still arrive after a poll first found the call gone. The report has
	// more detail than the poll. For a call that was not seen connected, only the report says whether anybody answered, so
	// the wait is longer: long enough for a receiver outage and the service's retry.
	goneGrace       = 5 * time.Second
	unansweredGrace = 30 * time.Second

	// answerGrace is how long the report of an answer may still arrive after the end report, which may have overtaken it.
	answerGrace = 5 * time.Second

	// flowPatience is how long the record of a finished call is kept at least for its flow, which ends a few seconds later.
	flowPatience = time.Minute

	// ringingPoll is the poll interval of a ringing call, and endingPoll that of a call being hung up, which increases to
	// the same value over time. The manager's flag sets the interval for connected calls.
	ringingPoll = 15 * time.Second
	endingPoll  = 2 * time.Second

	// hangUpRepeat is the first delay before a hang-up without effect is sent again; it increases up to longestHangUpRepeat.
	hangUpRepeat        = 10 * time.Second
	longestHangUpRepeat = 30 * time.Second
)

// graceOf is how long the end report of a gone call may still arrive. A call that the operator hangs up does not need it.
func graceOf(call *v1alpha1.Call) time.Duration {
	if call.Status.ConnectedTime == nil && call.Status.Ending == nil {
		return unansweredGrace
	}
	return goneGrace
}
