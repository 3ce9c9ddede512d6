// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

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

func (f ProviderChanged) apply(status operation) {
	if status.common().Attempt != nil {
		Waits{Reason: v1alpha1.ReasonProviderChanged, Message: f.Message, At: f.At}.apply(status)
	}
}

// Adopted records the object, the service and the contents of a request whose attempt an earlier version wrote without them.
type Adopted struct {
	Pins attempt.Pins
	At   time.Time
}

func (f Adopted) at() time.Time { return f.At }

func (f Adopted) apply(status operation) { f.Pins.FillIn(status.common().Attempt) }
