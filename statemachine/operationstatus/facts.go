// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/statemachine"
	"github.com/call-operator/call-operator/telephony"
)

// Observed records the generation of the spec that the status describes.
type Observed struct {
	Generation int64
	At         time.Time
}

func (f Observed) at() time.Time { return f.At }

// ObservedGeneration makes a status begin.
func (f Observed) ObservedGeneration() int64 { return f.Generation }

func (f Observed) apply(operation) {}

// Waits says that the operation cannot be sent yet, and why.
type Waits struct {
	Reason, Message string
	// Retry is when it is tried again; zero if it proceeds as soon as the cause is gone.
	Retry time.Time
	At    time.Time
}

func (f Waits) at() time.Time { return f.At }

func (f Waits) apply(status operation) {
	f.SetIn(&status.common().Waiting)
}

// SetIn records the fact. An operation that waits for the same reason as before waits since then.
func (f Waits) SetIn(waiting **v1alpha1.OperationWaiting) {
	since := statemachine.Timestamp(f.At)
	if before := *waiting; before != nil && before.Reason == f.Reason {
		since = before.Since
	}
	after := &v1alpha1.OperationWaiting{Reason: f.Reason, Message: conditions.Shortened(f.Message, conditions.MaxMessage), Since: since}
	if !f.Retry.IsZero() {
		retry := statemachine.Timestamp(f.Retry)
		after.RetryTime = &retry
	}
	*waiting = after
}

// Intended says that the request is about to be sent for the first time.
type Intended struct {
	// ID is the Repeatability-Request-ID.
	ID string
	// Calls are the Calls that the request names: those of a move are the one that it moves from, and the one that it moves to.
	Calls []v1alpha1.OperatedCall
	// Participants are the raw IDs of the participants that the request names.
	Participants []string
	// From is the caller as a new participant sees it, and Handle the recording that the request names.
	From   *v1alpha1.Caller
	Handle string
	// Pins are the object, the service and the contents of the request.
	Pins attempt.Pins
	// At is the Repeatability-First-Sent.
	At time.Time
}

func (f Intended) at() time.Time { return f.At }

func (f Intended) apply(status operation) {
	common := status.common()
	if common.Attempt != nil {
		// An attempt that may have had an effect is not discarded for a retry.
		return
	}
	// A retry keeps the failure and its start time: the back-off depends on them.
	if common.Waiting != nil && common.Waiting.RetryTime == nil {
		common.Waiting = nil
	}
	common.Attempt = &v1alpha1.RequestAttempt{ID: f.ID, FirstSent: statemachine.Timestamp(f.At)}
	f.Pins.FillIn(common.Attempt)
	status.begin(f)
}

// Committed says that the request is about to pass the point of no return: nothing is sent a second time after it.
type Committed struct{ At time.Time }

func (f Committed) at() time.Time { return f.At }

func (f Committed) apply(status operation) { statemachine.Commit(status.common().Attempt, f.At) }

// NotSent says that the request is known to have had no effect, and that a later one may.
type NotSent struct {
	Reason, Message string
	// Retry is when the operation is tried again.
	Retry time.Time
	At    time.Time
}

func (f NotSent) at() time.Time { return f.At }

func (f NotSent) apply(status operation) {
	common := status.common()
	if common.Attempt == nil || common.Accepted || Repeated(common.Attempt, common.Waiting) {
		// A report arrived first, so the request was carried out after all. Or another request of the attempt may have
		// been.
		return
	}
	common.Attempt = nil
	status.withdraw()
	Waits(f).apply(status)
}

// Unresolved says that it is not known yet whether the service accepted the request. It is written before the request
// is repeated: from then on, the answer to one request says nothing about the others.
type Unresolved struct {
	Message string
	At      time.Time
}

func (f Unresolved) at() time.Time { return f.At }

func (f Unresolved) apply(status operation) {
	if common := status.common(); common.Attempt != nil && !common.Accepted {
		Waits{Reason: status.words().unresolved, Message: f.Message, At: f.At}.apply(status)
	}
}

// Repeated tells whether the request of an attempt may have been sent more than once, possibly by several processes: what a sent operation
// waits for without a time is what Unresolved or ProviderChanged wrote, since Intended keeps nothing but a failure with its time.
func Repeated(attempt *v1alpha1.RequestAttempt, waiting *v1alpha1.OperationWaiting) bool {
	return attempt != nil && waiting != nil && waiting.RetryTime == nil
}

// Accepted says that the service has accepted the request.
type Accepted struct {
	// Repeatability is what the answer says about the attempt's ID.
	Repeatability v1alpha1.RequestRepeatability
	// Done says that the request has taken full effect, and that no event will say so.
	Done bool
	// Handle is the service's ID of what the request has begun.
	Handle string
	At     time.Time
}

func (f Accepted) at() time.Time { return f.At }

func (f Accepted) apply(status operation) {
	if common := status.common(); common.Attempt != nil {
		accept(common)
		common.Attempt.Repeatability = f.Repeatability
		status.begun(f.Handle)
		if f.Done {
			status.complete(f.At)
		}
	}
}

// accept records that the service has accepted the request, whatever shows it.
func accept(common *v1alpha1.OperationStatus) { common.Accepted, common.Waiting = true, nil }

// Refused says that the service permanently refused the request.
type Refused struct {
	Code, SubCode int
	Message       string
	At            time.Time
}

func (f Refused) at() time.Time { return f.At }

func (f Refused) apply(status operation) {
	if common := status.common(); common.Attempt == nil || common.Accepted || Repeated(common.Attempt, common.Waiting) {
		return
	}
	status.end(endedFailed, f.Message, f.At)
	status.refuse(f.Code, f.SubCode)
}

// Impossible says that the operation can never be sent.
type Impossible struct {
	Message string
	At      time.Time
}

func (f Impossible) at() time.Time { return f.At }

func (f Impossible) apply(status operation) {
	if status.common().Attempt == nil {
		status.end(endedFailed, f.Message, f.At)
	}
}

// TimedOut says that the operation was not sent within its timeout.
type TimedOut struct {
	Message string
	At      time.Time
}

func (f TimedOut) at() time.Time { return f.At }

func (f TimedOut) apply(status operation) {
	if status.common().Attempt == nil {
		status.end(endedTimedOut, f.Message, f.At)
	}
}

// Abandoned says that what is still open about a sent operation can no longer be determined.
type Abandoned struct{ At time.Time }

func (f Abandoned) at() time.Time { return f.At }

func (f Abandoned) apply(status operation) {
	if status.common().Attempt != nil {
		status.abandon(f.At)
	}
}

// CallOver says that the call of a sent operation is over, and that nothing more will be heard of the operation.
type CallOver struct {
	Message string
	At      time.Time
}

func (f CallOver) at() time.Time { return f.At }

func (f CallOver) apply(status operation) {
	if status.common().Attempt != nil {
		status.end(endedWithCall, f.Message, f.At)
	}
}

// Seen has the polled rosters of the calls that the request names, in that order.
type Seen struct {
	Rosters [][]telephony.Participant
	At      time.Time
}

func (f Seen) at() time.Time { return f.At }

func (f Seen) apply(status operation) {
	common := status.common()
	if common.Accepted {
		// The service answered again.
		common.Waiting = nil
	}
	if common.Attempt != nil {
		status.see(f)
	}
}

// Reported says that the service sent an event about the operation.
type Reported struct {
	Event telephony.Event
	// Secret names the Secret with the answer to a sensitive question: the event does not have it.
	Secret string
	At     time.Time
}

func (f Reported) at() time.Time { return f.At }

func (f Reported) apply(status operation) {
	// Without an attempt nothing was requested, so the event belongs to something else.
	if status.common().Attempt != nil {
		status.report(f)
	}
}
