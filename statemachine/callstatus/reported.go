// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/statemachine"
	"github.com/call-operator/call-operator/telephony"
)

// Reported says that the service sent an event about the call.
type Reported struct {
	Event telephony.Event
	// Secret names the Secret with the answer to a sensitive question.
	Secret string
	At     time.Time
}

func (f Reported) at() time.Time { return f.At }

// AppliesAfterEnd implements statemachine.Late: the answer of somebody who then hung up may be reported after the end of the call.
func (f Reported) AppliesAfterEnd() bool { return f.aboutStep() }

// aboutStep tells whether the event is about an operation in the call.
func (f Reported) aboutStep() bool {
	switch f.Event.News.(type) {
	case telephony.OperationReported, telephony.ParticipantMoved:
		return true
	default:
		return false
	}
}

func (f Reported) apply(status *v1alpha1.CallStatus) {
	// Without an attempt nothing was requested, so the event belongs to something else. Only a ring ends without a request.
	if _, ringOver := f.Event.News.(telephony.RingOver); status.Attempt == nil && !ringOver {
		return
	}
	if heardBefore(status, f.Event.ID) {
		return
	}
	if f.aboutStep() {
		f.reportFiles(status)
		if f.reportStep(status) {
			remember(status, f.Event, happened(status, f.Event.Time, f.At))
		}
		return
	}
	if foreign(status, f.Event.Call.Connection) {
		return
	}
	if !f.change(status) {
		return
	}
	adoptIDs(status, f.Event.Call)
	remember(status, f.Event, happened(status, f.Event.Time, f.At))
}

// change applies the event and tells whether it changed anything.
func (f Reported) change(status *v1alpha1.CallStatus) bool {
	at := happened(status, f.Event.Time, f.At)
	switch news := f.Event.News.(type) {
	case telephony.Connected:
		return connected(status, at)
	case telephony.Roster:
		return f.changeRoster(status, news, at)
	case telephony.Disconnected:
		return f.disconnected(status, news.Reason, at)
	case telephony.NotConnected:
		end(status, resultOf(status, news.Reason, at))
		return true
	case telephony.RingOver:
		return endRing(status, news.Reason, at)
	default:
		return false
	}
}

// disconnected ends a call, unless it is still unknown whether anybody had answered: see the package documentation.
func (f Reported) disconnected(status *v1alpha1.CallStatus, reason telephony.Reason, at metav1.Time) bool {
	switch {
	case !undecided(status, reason.Cause):
		end(status, resultOf(status, reason, at))
	case status.ReportedEnd != nil:
		return false
	default:
		status.Waiting = nil
		status.ReportedEnd = &v1alpha1.CallReportedEnd{
			Code: int32(reason.Code), SubCode: int32(reason.SubCode), Cause: string(reason.Cause), Message: reason.Sentence,
			EndTime: at, HeardTime: statemachine.Timestamp(f.At),
		}
	}
	return true
}

// endRing ends an incoming call that nobody has answered. A call that is about to be redirected or rejected stays as it is: the ring
// may have ended by that, and the answer to the request tells.
func endRing(status *v1alpha1.CallStatus, reason telephony.Reason, at metav1.Time) bool {
	untouched := status.Attempt == nil
	answering := status.Route != nil && status.Route.Action == v1alpha1.RouteActionAnswer && status.ConnectedTime == nil
	if !untouched && !answering {
		return false
	}
	result := v1alpha1.CallResult{
		Outcome: v1alpha1.OutcomeMissed, Code: int32(reason.Code), SubCode: int32(reason.SubCode), Message: missedMessage(status, reason), EndTime: at,
	}
	if outcome, forced := endedByUs(status); forced {
		result.Outcome, result.Message = outcome, endedByUsMessage(status)
	}
	end(status, result)
	return true
}

func missedMessage(status *v1alpha1.CallStatus, reason telephony.Reason) string {
	if reason.Cause == telephony.CauseCancelled {
		return withWaiting(status, "The caller hung up before anything answered, redirected or rejected the call.")
	}
	return withWaiting(status, "The call stopped ringing before anything answered, redirected or rejected it.")
}

// settle ends a call whose end was reported, with the current knowledge of whether anybody had answered. It tells
// whether there was such a report.
func settle(status *v1alpha1.CallStatus) bool {
	reported := status.ReportedEnd
	if reported == nil {
		return false
	}
	reason := telephony.Reason{
		Cause: telephony.Cause(reported.Cause), Code: int(reported.Code), SubCode: int(reported.SubCode), Sentence: reported.Message,
	}
	if reason.Cause == "" {
		// An earlier version wrote it. Only ends that look ordinary are written at all.
		reason.Cause, reason.Sentence = telephony.CauseEnded, "The call ended."
	}
	end(status, resultOf(status, reason, reported.EndTime))
	return true
}

// connected records that the call was answered, unless that is known or the call is already being hung up: an answer
// then comes too late. If the end was already reported, this ends the call.
func connected(status *v1alpha1.CallStatus, at metav1.Time) bool {
	if status.ConnectedTime != nil || status.Ending != nil {
		return false
	}
	status.Waiting = nil
	status.ConnectedTime = &at
	settle(status)
	return true
}

func foreign(status *v1alpha1.CallStatus, connectionID string) bool {
	return status.ConnectionID != "" && connectionID != "" && connectionID != status.ConnectionID
}

func heardBefore(status *v1alpha1.CallStatus, id string) bool {
	for i := range status.History {
		if status.History[i].ID == id {
			return true
		}
	}
	return false
}

func remember(status *v1alpha1.CallStatus, event telephony.Event, at metav1.Time) {
	status.History = append(status.History, v1alpha1.CallEvent{
		ID:   event.ID,
		Type: event.Type,
		Time: at,
	})
	if surplus := len(status.History) - v1alpha1.MaxHistory; surplus > 0 {
		status.History = status.History[surplus:]
	}
}
