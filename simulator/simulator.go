// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/call-operator/call-operator/acs"
)

// Simulator is a simulated resource. It is safe for concurrent use.
type Simulator struct {
	options  Options
	keys     atomic.Pointer[[]acs.AccessKey]
	journal  *journal
	faults   *faults
	memory   *memory
	courier  *courier
	handler  http.Handler
	stopping context.CancelFunc
	timers   *timers

	mu     sync.Mutex
	world  *world
	closed bool
	// age counts resets: effects scheduled before a reset do not run.
	age int
	// soon is the queue of effects to run at once, in order.
	soon []func(*world)
}

// New creates a simulated resource. Close releases its resources.
func New(options Options) (*Simulator, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Simulator{
		options: options, faults: newFaults(options.Seed), memory: newMemory(options.Now, options.RepeatabilityWindow), stopping: cancel,
		journal: newJournal(options.JournalLimit, options.Now), timers: newTimers(),
	}
	s.courier = newCourier(ctx, &s.options, s.journal, s.faults)
	s.world = newWorld(&s.options, s.journal, s.faults)
	s.handler = s.routes()
	if err := s.open(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// open sets the access keys, and subscribes the endpoints for incoming calls.
func (s *Simulator) open() error {
	if s.options.AccessKey != "" {
		if err := s.SetAccessKeys(s.options.AccessKey); err != nil {
			return err
		}
	}
	for _, subscription := range s.options.EventGrid {
		if err := s.Subscribe(subscription); err != nil {
			return err
		}
	}
	return nil
}

// Handler serves the REST API, the keys of the callback tokens, and the admin API.
func (s *Simulator) Handler() http.Handler { return s.handler }

// Issuer is the issuer of the callbacks' tokens. Its keys are served at JWKSPath.
func (s *Simulator) Issuer() string { return s.options.Issuer }

// Token returns a token as callbacks carry it, for a given resource ID.
func (s *Simulator) Token(resourceID string) (string, error) {
	return bearerToken(s.options.Issuer, resourceID, s.options.Now())
}

// Close stops everything. Calls are dropped without an event.
func (s *Simulator) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.timers.close()
	s.stopping()
	s.courier.close()
}

// Reset drops all calls, phones that were set, faults, requests, undelivered events, and the journal. Random choices
// start again.
func (s *Simulator) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age++
	s.timers.stop()
	s.soon = nil
	s.world.reset()
	s.faults.reset()
	s.memory.forget()
	s.courier.reset()
	s.journal.reset()
}

// Rings is how often a phone rang, by its raw ID such as 4:+14255550123.
func (s *Simulator) Rings(rawID string) int { return s.journal.ringsOf(rawID) }

// Journal returns the kept entries, oldest first.
func (s *Simulator) Journal() []Entry {
	entries, _ := s.journal.since(0)
	return entries
}

// AddFault enables a fault, and returns it with its ID.
func (s *Simulator) AddFault(fault Fault) (Fault, error) { return s.faults.add(fault) }

// ClearFaults disables all faults.
func (s *Simulator) ClearFaults() { s.faults.remove("") }

// SetPhone sets a phone's script for future calls.
func (s *Simulator) SetPhone(phone Phone) error {
	if err := phone.validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.phones[phone.ID()] = phone
	return nil
}

// Phones are the phones with a script, by raw ID.
func (s *Simulator) Phones() []Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	phones := make([]Phone, 0, len(s.world.phones))
	for _, phone := range s.world.phones {
		phones = append(phones, phone)
	}
	slices.SortFunc(phones, func(a, b Phone) int { return strings.Compare(a.ID(), b.ID()) })
	return phones
}

// SetAccessKeys replaces the accepted access keys, in base64, as when keys are regenerated. Each resource of the
// service has two.
func (s *Simulator) SetAccessKeys(keys ...string) error {
	if len(keys) == 0 {
		return errors.New("set one access key at least, in base64")
	}
	parsed := make([]acs.AccessKey, len(keys))
	for i, key := range keys {
		var err error
		if parsed[i], err = acs.NewAccessKey(key); err != nil {
			return err
		}
	}
	s.keys.Store(&parsed)
	return nil
}

// Subscribe adds an endpoint for incoming calls, in addition to Options.EventGrid. Events start once it agrees. It
// survives a Reset. To give an endpoint another filter, subscribe its URL again.
func (s *Simulator) Subscribe(subscription EventGridSubscription) error {
	if err := subscription.validate(); err != nil {
		return err
	}
	s.mu.Lock()
	s.world.subscribed = true
	s.mu.Unlock()
	s.courier.grid.subscribe(subscription)
	return nil
}

// PlaceIncomingCall makes a phone call a number or user of the resource, and returns the call's correlation ID.
func (s *Simulator) PlaceIncomingCall(from, to acs.Identifier) (string, error) {
	var correlationID string
	_, failure := s.do(func(w *world) (answer, *apiError) {
		placed, failure := w.placeFromPhone(from, to)
		correlationID = placed
		return answer{}, failure
	})
	if failure != nil {
		return "", failure
	}
	return correlationID, nil
}

// do changes the world and starts the effects. It queues them under the lock, which keeps their order.
func (s *Simulator) do(change func(*world) (answer, *apiError)) (answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	result, failure := change(s.world)
	s.handOn()
	if result.connection != nil {
		result.connectionID, result.correlationID = result.connection.id, result.connection.ids.correlation
	}
	return result, failure
}

// handOn starts the pending effects of the world, without waiting for any.
func (s *Simulator) handOn() {
	effects := s.world.effects
	s.world.effects = nil
	for _, e := range effects {
		switch {
		case e.event != nil:
			s.courier.send(e.event)
		case e.announcement != nil:
			s.courier.announce(e.announcement)
		case e.later != nil:
			s.later(e.after, e.later)
		}
	}
}

func (s *Simulator) later(after time.Duration, change func(*world)) {
	if after == 0 {
		s.soon = append(s.soon, change)
		s.timers.after(0, s.next)
		return
	}
	age := s.age
	s.timers.after(after, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed || s.age != age {
			return
		}
		change(s.world)
		s.handOn()
	})
}

// next runs the first effect in the queue. Timers of the same moment fire in any order; the queue keeps the order.
func (s *Simulator) next() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.soon) == 0 {
		return
	}
	change := s.soon[0]
	s.soon = s.soon[1:]
	change(s.world)
	s.handOn()
}
