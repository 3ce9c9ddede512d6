// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// answeredRoster is the minimum roster size of an answered call.
const answeredRoster = 2

// changeRoster records a reported roster if it is newer than the known one, and tells whether it was. A roster of two also proves
// an answer, in case CallConnected is lost.
func (f Reported) changeRoster(status *v1alpha1.CallStatus, news telephony.Roster, at metav1.Time) bool {
	if news.Participants == nil {
		// This occurs too. Unlike an empty list it says nothing about the participants; the first one shows that the call was
		// placed.
		return status.ConnectionID == ""
	}
	sequence, when := news.Sequence, f.Event.Time
	if when.IsZero() {
		when = f.At
	}
	if !newerRoster(status, sequence, when) {
		return false
	}
	status.RosterSequence = sequence
	stamp := metav1.NewMicroTime(when.UTC().Truncate(time.Microsecond))
	status.RosterTime = &stamp
	setRoster(status, news.Participants)
	if int(*status.ParticipantCount) >= answeredRoster {
		connected(status, at)
	}
	return true
}

// newerRoster tells whether a roster is newer than the known one. The number decides. In recordings, services gave one number to
// several rosters, began with 0, or sent none, which reads as 0: for equal numbers the service's own time decides.
func newerRoster(status *v1alpha1.CallStatus, sequence int64, when time.Time) bool {
	known := status.RosterSequence
	switch {
	case sequence != known:
		return sequence > known
	case status.RosterTime == nil:
		// None was reported, or it was reported before times were recorded.
		return true
	default:
		return when.Truncate(time.Microsecond).After(status.RosterTime.Time)
	}
}

func setRoster(status *v1alpha1.CallStatus, participants []telephony.Participant) {
	count := int32(0)
	status.Participants = nil
	seen := make(map[string]bool, len(participants))
	for _, participant := range participants {
		id := participant.ID
		if id == "" || seen[id] {
			continue
		}
		seen[id] = true
		count++
		if len(status.Participants) < v1alpha1.MaxRoster {
			status.Participants = append(status.Participants, v1alpha1.CallParticipant{
				RawID: id, Muted: participant.Muted, OnHold: participant.OnHold,
			})
		}
	}
	status.ParticipantCount = &count
}
