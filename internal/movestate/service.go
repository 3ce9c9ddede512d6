// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package movestate

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
)

// ProviderChanged says that the CallProvider points to another service than the attempt names, so nothing was sent.
type ProviderChanged struct {
	Message string
	At      time.Time
}

func (f ProviderChanged) at() time.Time { return f.At }

func (f ProviderChanged) apply(status *v1alpha1.ParticipantMoveStatus) {
	if status.Attempt != nil {
		Waits{Reason: v1alpha1.ReasonProviderChanged, Message: f.Message, At: f.At}.apply(status)
	}
}

// Adopted records the object, the service and the contents of a request whose attempt an earlier version wrote without them.
type Adopted struct {
	Pins attempt.Pins
	At   time.Time
}

func (f Adopted) at() time.Time { return f.At }

func (f Adopted) apply(status *v1alpha1.ParticipantMoveStatus) { f.Pins.FillIn(status.Attempt) }

// Copied says that the attempt belongs to another object, so nothing may ever be sent for this one.
type Copied struct{ At time.Time }

func (f Copied) at() time.Time { return f.At }

func (f Copied) apply(status *v1alpha1.ParticipantMoveStatus) {
	if status.Attempt == nil {
		return
	}
	for i := range status.Participants {
		if p := &status.Participants[i]; p.State == v1alpha1.ParticipantPending {
			p.State, p.Message = v1alpha1.ParticipantUnknown, "The move is a copy of another one."
		}
	}
	end(status, v1alpha1.MoveOutcomeUnknown, "This ParticipantMove is a copy: it was restored or copied with the status of another one. "+
		"Nothing was sent for it. To move the participants anew, create a ParticipantMove with another name and without status.", f.At)
}
