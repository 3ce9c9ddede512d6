// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"
)

const (
	// maxDeliveries is the maximum number of concurrent webhook posts.
	maxDeliveries = 64

	// reorderTimeout is how long an event waits for the one that should overtake it.
	reorderTimeout = time.Second
)

// DefaultCallbackRetries are the pauses before a callback is tried again. That callbacks are tried again, and when, is
// not documented; it is assumed.
var DefaultCallbackRetries = []time.Duration{500 * time.Millisecond, 2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second}

// courier posts events to webhooks. Events of one stream go one after the other, until a fault or a retry says
// otherwise; a stream without events costs nothing.
type courier struct {
	ctx     context.Context
	options *Options
	journal *journal
	faults  *faults
	tokens  tokens
	slots   chan struct{}
	work    sync.WaitGroup
	grid    *grid

	timers *timers

	mu      sync.Mutex
	closed  bool
	age     int
	streams map[string][]*outgoing
	// held are the events, one a group, that wait to be overtaken.
	held map[string]*outgoing
}

func newCourier(ctx context.Context, options *Options, journal *journal, faults *faults) *courier {
	c := &courier{
		ctx: ctx, options: options, journal: journal, faults: faults,
		tokens: tokens{issuer: options.Issuer, audience: options.ResourceID},
		timers: newTimers(),
		slots:  make(chan struct{}, maxDeliveries), streams: map[string][]*outgoing{}, held: map[string]*outgoing{},
	}
	c.grid = &grid{courier: c}
	return c
}

// close waits for pending deliveries, which ctx has cancelled.
func (c *courier) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.timers.close()
	c.work.Wait()
	c.options.Client.CloseIdleConnections()
}

// reset forgets the events that were not delivered yet.
func (c *courier) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.age++
	clear(c.held)
	for stream := range c.streams {
		c.streams[stream] = nil
	}
}

// forgotten tells whether there was a reset after an event.
func (c *courier) forgotten(event *outgoing) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return event.age != c.age
}

// spawn runs f unless the courier is closed.
func (c *courier) spawn(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.work.Go(f)
	}
}

// after runs f after d, unless the courier is closed by then.
func (c *courier) after(d time.Duration, f func()) {
	c.timers.after(d, func() { c.spawn(f) })
}

// send delivers an event after those of its stream.
func (c *courier) send(event *outgoing) {
	c.mu.Lock()
	event.age = c.age
	waiting, running := c.streams[event.stream]
	c.streams[event.stream] = append(waiting, event)
	c.mu.Unlock()
	if !running {
		c.spawn(func() { c.drain(event.stream) })
	}
}

// drain delivers the events of a stream until there are none.
func (c *courier) drain(stream string) {
	for {
		event := c.next(stream)
		if event == nil {
			return
		}
		c.dispatch(event)
	}
}

// next takes the first event of a stream; without one the stream is over.
func (c *courier) next(stream string) *outgoing {
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting := c.streams[stream]
	if len(waiting) == 0 {
		delete(c.streams, stream)
		return nil
	}
	c.streams[stream] = waiting[1:]
	return waiting[0]
}

// dispatch delivers an event, or does what a fault says.
func (c *courier) dispatch(event *outgoing) {
	fault, met := c.faults.meet(callbackFaults, "", event.kind)
	switch {
	case !met:
		c.deliver(event, 1)
	case fault.Kind == FaultLose:
		entry := event.entry(1)
		entry.Fault = fault.Kind
		c.journal.add(entry)
	case fault.Kind == FaultTwice:
		c.deliver(event, 1)
		c.deliver(event, 2)
	case fault.Kind == FaultLate:
		c.after(time.Duration(fault.Delay), func() { c.deliver(event, 1) })
	case fault.Kind == FaultReorder:
		c.hold(event, time.Duration(fault.Delay))
		return
	}
	if overtaken := c.release(event.group, nil); overtaken != nil {
		c.deliver(overtaken, 1)
	}
}

// hold keeps an event until another one of its group has overtaken it, or for so long.
func (c *courier) hold(event *outgoing, patience time.Duration) {
	if patience == 0 {
		patience = reorderTimeout
	}
	c.mu.Lock()
	overtaken := c.held[event.group]
	c.held[event.group] = event
	c.mu.Unlock()
	if overtaken != nil {
		c.deliver(overtaken, 1)
	}
	c.after(patience, func() {
		if c.release(event.group, event) != nil {
			c.deliver(event, 1)
		}
	})
}

// release takes the held event of a group; with only, no other than that one.
func (c *courier) release(group string, only *outgoing) *outgoing {
	c.mu.Lock()
	defer c.mu.Unlock()
	event := c.held[group]
	if event == nil || only != nil && event != only {
		return nil
	}
	delete(c.held, group)
	return event
}

// deliver posts an event, and again later when it was not accepted.
func (c *courier) deliver(event *outgoing, try int) {
	select {
	case c.slots <- struct{}{}:
	case <-c.ctx.Done():
		return
	}
	if c.forgotten(event) {
		<-c.slots
		return
	}
	status, err := c.post(event)
	<-c.slots
	if c.forgotten(event) {
		return
	}
	entry := event.entry(try)
	entry.Status = status
	accepted := err == nil && event.accepted(status)
	switch {
	case err != nil:
		// The text names the URL, which holds a token.
		entry.Error = "no answer"
	case !accepted:
		entry.Error = http.StatusText(status)
	}
	c.journal.add(entry)
	if accepted || c.ctx.Err() != nil || !event.retryable(status) || try > len(event.retries) {
		return
	}
	c.options.Log.V(1).Info("An event was not accepted and is sent again", "event", event.kind, "status", status, "try", try)
	c.after(event.retries[try-1], func() { c.deliver(event, try+1) })
}

// post sends an event once and returns the answer's status.
func (c *courier) post(event *outgoing) (int, error) {
	request, err := http.NewRequestWithContext(c.ctx, http.MethodPost, event.uri, bytes.NewReader(event.body))
	if err != nil {
		return 0, fmt.Errorf("make the request: %w", err)
	}
	maps.Copy(request.Header, event.header)
	if request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if event.bearer {
		token, err := c.tokens.at(c.options.Now())
		if err != nil {
			return 0, err
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.options.Client.Do(request)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	return response.StatusCode, response.Body.Close()
}

func (o *outgoing) entry(try int) Entry {
	return Entry{
		Kind: EntryDelivery, EventType: o.kind, EventID: o.id, Try: try,
		ConnectionID: o.connectionID, CorrelationID: o.correlationID, OperationContext: o.operationContext,
	}
}

// accepted tells whether an answer means that the event arrived. For Event Grid only some of 2xx do.
// Source: https://learn.microsoft.com/azure/event-grid/delivery-and-retry.
func (o *outgoing) accepted(status int) bool {
	if o.bearer {
		return status/100 == 2
	}
	return status >= http.StatusOK && status <= http.StatusNoContent
}

// retryable tells whether an answer is worth another try. Event Grid gives up at once on what cannot get better.
// Source: https://learn.microsoft.com/azure/event-grid/delivery-and-retry.
func (o *outgoing) retryable(status int) bool {
	if o.bearer {
		return true
	}
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge:
		return false
	}
	return true
}
