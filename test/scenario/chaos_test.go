// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/call-operator/call-operator/test/harness"
)

// chaos decides, from a seed, what happens to each callback.
type chaos struct {
	mu     sync.Mutex
	random *rand.Rand
}

func newChaos(seed uint64) *chaos {
	return &chaos{random: rand.New(rand.NewPCG(seed, 2))}
}

func (c *chaos) roll(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}

// delay has callbacks overtake each other.
func (c *chaos) delay(harness.Callback) time.Duration {
	return time.Duration(c.roll(120)) * time.Millisecond
}

// route loses one callback in ten, refuses one in ten, so that it comes again, and doubles one in ten. The news of an
// incoming call is never lost for good: nobody could know of the call.
func (c *chaos) route(callback harness.Callback) harness.Route {
	chance := c.roll(10)
	switch {
	case callback.Type == "IncomingCall" && chance < 3:
		return harness.Twice
	case callback.Type == "IncomingCall" || callback.Type == "" || callback.Type == "Microsoft.EventGrid.SubscriptionValidationEvent":
		return harness.Pass
	case chance == 0:
		return harness.Lose
	case chance == 1:
		return harness.Refuse
	case chance == 2:
		return harness.Twice
	default:
		return harness.Pass
	}
}

func (c *chaos) shuffle(n int, swap func(i, j int)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.random.Shuffle(n, swap)
}
