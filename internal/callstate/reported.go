// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstate

import (
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Reported says that the service sent an event about the call.
type Reported struct {
	Event acs.Event
	At    time.Time
}

func (f Reported) at() time.Time { return f.At }

func (f Reported) apply(status *v1alpha1.CallStatus) {
	common := f.Event.Data.Common()
	// Without an attempt nothing was asked of the service, so the event speaks of something else.
	if status.Attempt == nil || foreign(status, common.CallConnectionID) || heardBefore(status, f.Event.ID) {
		return
	}
	if !f.change(status) {
		return
	}
	adoptIDs(status, common.CallConnectionID, common.ServerCallID, common.CorrelationID)
	remember(status, f.Event, happened(f.Event.Time, f.At))
}

// change applies what the event says and tells whether that was news.
func (f Reported) change(status *v1alpha1.CallStatus) bool {
	switch data := f.Event.Data.(type) {
	case *acs.CallConnected:
		return connected(status, happened(f.Event.Time, f.At))
	case *acs.ParticipantsUpdated:
		if int64(data.SequenceNumber) <= status.RosterSequence {
			return false
		}
		status.RosterSequence = int64(data.SequenceNumber)
		setRoster(status, data.Participants)
		return true
	case *acs.CallDisconnected:
		end(status, resultOf(status, data.ResultInformation, happened(f.Event.Time, f.At)))
		return true
	case *acs.CreateCallFailed, *acs.AnswerFailed, *acs.ConnectFailed:
		end(status, failureOf(status, f.Event.Data.Common().ResultInformation, happened(f.Event.Time, f.At)))
		return true
	default:
		return false
	}
}

// connected notes that the call was answered, unless that is known or the call is being hung up already: who
// answers then meets a call that is over.
func connected(status *v1alpha1.CallStatus, at metav1.Time) bool {
	if status.ConnectedTime != nil || status.Ending != nil {
		return false
	}
	status.Waiting = nil
	status.ConnectedTime = &at
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

func remember(status *v1alpha1.CallStatus, event acs.Event, at metav1.Time) {
	status.History = append(status.History, v1alpha1.CallEvent{
		ID:   event.ID,
		Type: strings.TrimPrefix(event.Type, "Microsoft.Communication."),
		Time: at,
	})
	if surplus := len(status.History) - v1alpha1.MaxHistory; surplus > 0 {
		status.History = status.History[surplus:]
	}
}

func setRoster(status *v1alpha1.CallStatus, participants []acs.CallParticipant) {
	count := int32(0)
	status.Participants = nil
	seen := make(map[string]bool, len(participants))
	for _, participant := range participants {
		id := participant.Identifier.ID()
		if id == "" || seen[id] {
			continue
		}
		seen[id] = true
		count++
		if len(status.Participants) < v1alpha1.MaxRoster {
			status.Participants = append(status.Participants, v1alpha1.CallParticipant{
				RawID: id, Muted: participant.IsMuted, OnHold: participant.IsOnHold,
			})
		}
	}
	status.ParticipantCount = &count
}
