// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// A call rings for 30 seconds, and Event Grid sends again after 10 seconds at the earliest, twice at most as docs/azure.md has it.
// What the API server refuses may pass before: a quota has room again when an ended Call expires. So a refused call is tried
// again within its delivery, which with the second delivery leaves no longer gap in the ring than Event Grid's pause.

const (
	// refusalPatience is how long a delivery tries again. It is below gridTimeout, and leaves Event Grid time to deliver once more
	// within the ring.
	refusalPatience = 15 * time.Second

	// refusalPause is how often.
	refusalPause = time.Second

	// maxInsisting bounds the deliveries that try again at one time, so that a namespace whose quota is used up does not take all
	// of maxGridConcurrent from the others. One more is left to Event Grid's second delivery.
	maxInsisting = 16
)

// insistence is how a refused call is tried again.
type insistence struct {
	calls *incomingCalls
	// until is the end of the ring, or of the patience.
	until time.Time
	// holds says that the insistence has a place among those that try again.
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
