// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

const (
	// endpointMemory is how long an answer from another server than the service counts against a provider, unless the service itself answers
	// earlier.
	endpointMemory = 5 * time.Minute

	// providersToWake is the size of the queue of providers to reconcile after their endpoint's answers changed. An overflow is
	// handled at the next periodic check.
	providersToWake = 128
)

// endpointTrouble says that another server than the service answered at a provider's endpoint.
type endpointTrouble struct {
	uid        types.UID
	generation int64
	seen       time.Time
	cause      telephony.UnusableError
}

// listen processes the answers of a provider's endpoint.
func (c *Connections) listen(provider *v1alpha1.CallProvider) func(telephony.Answered) {
	key, uid, generation := client.ObjectKeyFromObject(provider), provider.UID, provider.Generation
	return func(answer telephony.Answered) {
		c.Metrics.Answered(answer)
		switch {
		case answer.Obstacle != nil:
			c.suspect(key, endpointTrouble{uid: uid, generation: generation, seen: c.Now(), cause: *answer.Obstacle})
		case answer.Genuine:
			c.trust(key)
		}
	}
}

// suspect records an answer from another server than the service.
func (c *Connections) suspect(key types.NamespacedName, trouble endpointTrouble) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.troubles == nil {
		c.troubles = map[types.NamespacedName]endpointTrouble{}
	}
	before, known := c.troubles[key]
	c.troubles[key] = trouble
	if !known || before.cause != trouble.cause || before.generation != trouble.generation {
		c.wake(key)
	}
}

// trust records an answer of the service.
func (c *Connections) trust(key types.NamespacedName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.troubles[key]; known {
		delete(c.troubles, key)
		c.wake(key)
	}
}

// wake requeues a provider. The caller holds the lock.
func (c *Connections) wake(key types.NamespacedName) {
	provider := &v1alpha1.CallProvider{}
	provider.Namespace, provider.Name = key.Namespace, key.Name
	select {
	case c.wokenLocked() <- event.GenericEvent{Object: provider}:
	default:
	}
}

// wakeProvider requeues a provider.
func (c *Connections) wakeProvider(key types.NamespacedName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wake(key)
}

// Woken are the providers to reconcile because of their endpoint's answers.
func (c *Connections) Woken() <-chan event.GenericEvent {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wokenLocked()
}

func (c *Connections) wokenLocked() chan event.GenericEvent {
	if c.woken == nil {
		c.woken = make(chan event.GenericEvent, providersToWake)
	}
	return c.woken
}

// Trouble is the problem of a provider's endpoint, judged by its answers, and until when it counts; nil if there is none.
func (c *Connections) Trouble(provider *v1alpha1.CallProvider) (*telephony.UnusableError, time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	trouble, known := c.troubles[client.ObjectKeyFromObject(provider)]
	until := trouble.seen.Add(endpointMemory)
	if !known || trouble.uid != provider.UID || trouble.generation != provider.Generation || !c.Now().Before(until) {
		return nil, time.Time{}
	}
	cause := trouble.cause
	return &cause, until
}
