// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/statemachine"
	"github.com/call-operator/call-operator/telephony"
)

// Polled is the result of a poll. It applies only to the status at the time of the poll: if that has changed, poll
// again instead of applying it.
type Polled struct {
	State telephony.State
	// Participants is the roster, nil if it was not requested.
	Participants []telephony.Participant
	// Pins are the object and the service that has its call.
	Pins attempt.Pins
	At   time.Time
}

func (f Polled) at() time.Time { return f.At }

func (f Polled) apply(status *v1alpha1.CallStatus) {
	if foreign(status, f.State.Call.Connection) {
		return
	}
	meta.RemoveStatusCondition(&status.Conditions, v1alpha1.ConditionObserved)
	// The service knows the call, so it is the one that the attempt was sent to.
	f.Pins.FillIn(status.Attempt)
	status.Unreachable = nil
	switch f.State.Phase {
	case telephony.PhaseConnected:
		connected(status, statemachine.Timestamp(f.At))
	case telephony.PhaseOver:
		Gone{At: f.At}.apply(status)
		return
	}
	adoptIDs(status, f.State.Call)
	if f.Participants != nil && status.Result == nil {
		setRoster(status, f.Participants)
	}
}

// Gone says that the service no longer knows the call, and that no report of its end arrived.
type Gone struct{ At time.Time }

func (f Gone) at() time.Time { return f.At }

func (f Gone) apply(status *v1alpha1.CallStatus) {
	if settle(status) {
		return
	}
	result := v1alpha1.CallResult{EndTime: statemachine.Timestamp(f.At)}
	switch outcome, forced := endedByUs(status); {
	case forced:
		result.Outcome = outcome
		result.Message = endedByUsMessage(status)
	case status.ConnectedTime != nil:
		result.Outcome = v1alpha1.OutcomeCompleted
		result.Message = "The call ended. The service's report of how was lost."
	default:
		result.Outcome = v1alpha1.OutcomeUnknown
		result.Message = "The call was placed and is over. The service's report of whether anybody answered was lost."
	}
	end(status, result)
}
