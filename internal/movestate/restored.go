// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package movestate

import (
	"fmt"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Restored says that the move is a copy from a backup tool, without the status of the original.
type Restored struct {
	// By names the tool, Mark the label or annotation that identifies it.
	By, Mark string
	At       time.Time
}

func (f Restored) at() time.Time { return f.At }

func (f Restored) apply(status *v1alpha1.ParticipantMoveStatus) {
	if status.Attempt != nil {
		return
	}
	end(status, v1alpha1.MoveOutcomeUnknown, fmt.Sprintf("%s restored this move from a backup (%s), so that it may have taken place before: it is not sent again. "+
		"To move the participants, create a ParticipantMove with another name and without that mark.", f.By, f.Mark), f.At)
}
