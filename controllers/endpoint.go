// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callstate"
)

const (
	// endpointMemory is how long an answer from another server than ACS counts against a provider, unless ACS itself answers
	// earlier.
	endpointMemory = 5 * time.Minute

	// providersToWake is the size of the queue of providers to reconcile after their endpoint's answers changed. An overflow is
	// handled at the next periodic check.
	providersToWake = 128
)

// describeForeign describes an answer from another server than ACS.
func describeForeign(refused *acs.Error) (reason, message string) {
	if refused.VersionUnknown() {
		return v1alpha1.ReasonAPIVersionNotServed, fmt.Sprintf(
			"The endpoint does not serve the api-version of the request (HTTP %d): set spec.acs.apiVersion of the provider to one that ACS serves, such as %s.",
			refused.StatusCode, acs.DefaultAPIVersion)
	}
	return v1alpha1.ReasonEndpointNotACS, fmt.Sprintf(
		"The endpoint answers, but not as ACS does (HTTP %d): check the provider's endpoint, and what proxy is between the manager and ACS.", refused.StatusCode)
}

// unobserved is the fact for a poll whose answer says nothing about the call; nil for any other, temporary error.
func (r *CallReconciler) unobserved(err error) callstate.Fact {
	var refused *acs.Error
	if !errors.As(err, &refused) || refused.StatusCode == 0 {
		return nil
	}
	failure := describeFailure(err)
	if !failure.final && !refused.Foreign() {
		return nil
	}
	return callstate.Unobserved{Reason: failure.reason, Message: causeOf(err), At: r.Now()}
}

// endpointTrouble says that another server than ACS answered at a provider's endpoint.
type endpointTrouble struct {
	uid        types.UID
	generation int64
	seen       time.Time
	cause      UnusableError
}

// listen processes the answers of a provider's endpoint.
func (c *Connections) listen(provider *v1alpha1.CallProvider) func(acs.Answer) {
	key, uid, generation := client.ObjectKeyFromObject(provider), provider.UID, provider.Generation
	suspect := func(reason, message string) {
		c.suspect(key, endpointTrouble{uid: uid, generation: generation, seen: c.Now(), cause: UnusableError{Reason: reason, Message: message}})
	}
	return func(answer acs.Answer) {
		c.Metrics.answered(answer)
		switch failed := answer.Err; {
		case failed == nil:
			c.trust(key)
		case failed.Foreign():
			suspect(describeForeign(failed))
		case failed.StatusCode == 0 && describeObstacle(failed) != "":
			suspect(v1alpha1.ReasonEndpointNotACS, describeObstacle(failed))
		case failed.StatusCode >= 300 && failed.Form == acs.FormService:
			c.trust(key)
		}
	}
}

// suspect records an answer from another server than ACS.
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

// trust records an answer of ACS.
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
func (c *Connections) Trouble(provider *v1alpha1.CallProvider) (*UnusableError, time.Time) {
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
