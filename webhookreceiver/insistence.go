// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// A call rings for 30 seconds. Event Grid retries after 10 seconds at the earliest, with two deliveries at most as docs/azure.md
// sets it up. The API server's refusal may end earlier: a quota has room again when an ended Call expires. So a rejected call is
// retried within its delivery. With the second delivery, no gap in the ring is longer than Event Grid's pause.

const (
	// refusalPatience is how long a delivery retries. It is below gridTimeout, and leaves Event Grid time for another delivery
	// within the ring.
	refusalPatience = 15 * time.Second

	// refusalPause is the time between retries.
	refusalPause = time.Second

	// maxInsisting limits the deliveries that retry at the same time, so that a namespace with a used-up quota does not take all
	// of maxGridConcurrent. Further ones rely on Event Grid's second delivery.
	maxInsisting = 16
)

// insistence controls the retries of a rejected call.
type insistence struct {
	calls *incomingCalls
	// until is the end of the ring or of the patience.
	until time.Time
	// holds says that this insistence counts against maxInsisting.
	holds bool
}

func (c *incomingCalls) newInsistence(call *v1alpha1.Call, arrived time.Time) *insistence {
	until := call.Spec.Inbound.ReceivedTime.Add(v1alpha1.IncomingCallRing)
	if patience := arrived.Add(c.patience); patience.Before(until) {
		until = patience
	}
	return &insistence{calls: c, until: until}
}

// pause waits for the next try and tells whether there may be one.
func (i *insistence) pause(ctx context.Context) bool {
	if i.calls.now().Add(i.calls.every).After(i.until) || !i.begin() {
		return false
	}
	timer := time.NewTimer(i.calls.every)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (i *insistence) begin() bool {
	if i.holds {
		return true
	}
	select {
	case i.calls.insisting <- struct{}{}:
		i.holds = true
	default:
	}
	return i.holds
}

func (i *insistence) end() {
	if i.holds {
		<-i.calls.insisting
	}
}
