// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"fmt"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/statemachine"
)

// ProviderChanged says that the CallProvider points to another service than the attempt names, so nothing was sent.
type ProviderChanged struct {
	// Message says where the request or the call is, where the provider points, and what to do.
	Message string
	At      time.Time
}

func (f ProviderChanged) at() time.Time { return f.At }

func (f ProviderChanged) apply(status *v1alpha1.CallStatus) {
	switch {
	case status.Attempt == nil:
		// Nothing was sent anywhere.
	case status.ConnectionID == "":
		Waits{Reason: v1alpha1.ReasonProviderChanged, Message: f.Message, At: f.At}.apply(status)
	default:
		since := statemachine.Timestamp(f.At)
		if u := status.Unreachable; u != nil && u.Reason == v1alpha1.ReasonProviderChanged {
			since = u.Since
		}
		status.Unreachable = &v1alpha1.CallUnreachable{
			Reason: v1alpha1.ReasonProviderChanged, Message: conditions.Shortened(f.Message, conditions.MaxMessage), Since: since,
		}
	}
}

// Reached says that the call's service answered a request.
type Reached struct{ At time.Time }

func (f Reached) at() time.Time { return f.At }

func (f Reached) apply(status *v1alpha1.CallStatus) { status.Unreachable = nil }

// Adopted records the object, the service and the contents of a request whose attempt an earlier version wrote without them.
type Adopted struct {
	Pins attempt.Pins
	At   time.Time
}

func (f Adopted) at() time.Time { return f.At }

func (f Adopted) apply(status *v1alpha1.CallStatus) { f.Pins.FillIn(status.Attempt) }

// Copied says that the attempt belongs to another object, so nothing may ever be sent for this one.
type Copied struct{ At time.Time }

func (f Copied) at() time.Time { return f.At }

func (f Copied) apply(status *v1alpha1.CallStatus) {
	if status.Attempt == nil {
		return
	}
	message := "This Call is a copy: it was restored or copied with the status of " + originalOf(status.Attempt) +
		". Nothing was dialled or hung up for it."
	if status.Route == nil {
		message += " To place the call anew, run kubectl call retry, or create a Call with another name and without status."
	}
	end(status, v1alpha1.CallResult{Outcome: v1alpha1.OutcomeUnknown, Message: message, EndTime: statemachine.Timestamp(f.At)})
}

func originalOf(a *v1alpha1.RequestAttempt) string {
	if a.ObjectUID == "" {
		return "an older Call"
	}
	return fmt.Sprintf("the Call with the UID %s", a.ObjectUID)
}
