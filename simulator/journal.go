// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"maps"
	"sync"
	"time"
)

// EntryKind is the kind of a journal entry.
type EntryKind string

// The kinds of entries.
const (
	EntryRequest  EntryKind = "request"
	EntryRing     EntryKind = "ring"
	EntryAnswer   EntryKind = "answer"
	EntryEvent    EntryKind = "event"
	EntryDelivery EntryKind = "delivery"
	EntryIncoming EntryKind = "incomingCall"
	// EntrySubscription tells whether an Event Grid endpoint agreed to receive incoming calls.
	EntrySubscription EntryKind = "subscription"
	// EntryFiltered is an event that the filter of an Event Grid subscription left out.
	EntryFiltered EntryKind = "filtered"
	// EntryPhone is something that a phone heard or did. What it heard has an entry when it is over.
	EntryPhone EntryKind = "phone"
)

// Entry is a line of the journal. It contains no secrets: no key, token, callback URL or context.
type Entry struct {
	// Sequence counts the entries from 1.
	Sequence int64     `json:"sequence"`
	Time     time.Time `json:"time"`
	Kind     EntryKind `json:"kind"`
	// Operation and Status are a request's name and answer; Status is a delivery's answer too, 0 when none came.
	Operation string `json:"operation,omitempty"`
	Status    int    `json:"status,omitempty"`
	// RepeatabilityID is the request's; Repeated says that it was answered from memory.
	RepeatabilityID string `json:"repeatabilityId,omitempty"`
	Repeated        bool   `json:"repeated,omitempty"`
	// Fault is the fault that affected the request or the delivery.
	Fault FaultKind `json:"fault,omitempty"`
	// Phone is the raw ID of the phone that rang or answered.
	Phone string `json:"phone,omitempty"`
	// PhoneEvent is what the phone heard or did: Text, so many Times, the last time to its end if Complete. Of a row of keys,
	// each has an entry.
	PhoneEvent PhoneEventKind `json:"phoneEvent,omitempty"`
	Text       string         `json:"text,omitempty"`
	Times      int            `json:"times,omitempty"`
	Complete   bool           `json:"complete,omitempty"`
	// ConnectionID and CorrelationID name the call.
	ConnectionID  string `json:"connectionId,omitempty"`
	CorrelationID string `json:"correlationId,omitempty"`
	// OperationContext is the request's or the event's; of a ring, that of the request which added the participant; of what a phone
	// heard, that of the request which played it; of a key, that of the request which listened.
	OperationContext string `json:"operationContext,omitempty"`
	// EventType and EventID are an event's; Try counts its deliveries from 1.
	EventType string `json:"eventType,omitempty"`
	EventID   string `json:"eventId,omitempty"`
	Try       int    `json:"try,omitempty"`
	// Filter is the part of the filter that the event did not pass.
	Filter string `json:"filter,omitempty"`
	// Error says why a delivery failed.
	Error string `json:"error,omitempty"`
}

// journal keeps the newest entries, and counts all rings.
type journal struct {
	mu       sync.Mutex
	now      func() time.Time
	limit    int
	sequence int64
	entries  []Entry
	rings    map[string]int
	phones   map[string][]*PhoneEvent
	changed  chan struct{}
}

func newJournal(limit int, now func() time.Time) *journal {
	return &journal{now: now, limit: limit, rings: map[string]int{}, phones: map[string][]*PhoneEvent{}, changed: make(chan struct{})}
}

func (j *journal) add(entry Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sequence++
	entry.Sequence, entry.Time = j.sequence, j.now()
	if entry.Kind == EntryRing {
		j.rings[entry.Phone]++
	}
	if j.limit > 0 {
		// Cutting half at a time makes the cost of an entry constant.
		if len(j.entries) >= 2*j.limit {
			j.entries = append(j.entries[:0:0], j.entries[j.limit:]...)
		}
		j.entries = append(j.entries, entry)
	}
	close(j.changed)
	j.changed = make(chan struct{})
}

// since returns the kept entries with a sequence above after, and a channel that is closed with the next entry.
func (j *journal) since(after int64) ([]Entry, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	kept := j.entries
	if j.limit > 0 && len(kept) > j.limit {
		kept = kept[len(kept)-j.limit:]
	}
	// Sequences have no gaps.
	first := len(kept)
	if len(kept) > 0 && after < j.sequence {
		first = int(max(after+1-kept[0].Sequence, 0))
	}
	return append([]Entry(nil), kept[first:]...), j.changed
}

// last is the sequence of the newest entry.
func (j *journal) last() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sequence
}

func (j *journal) ringsOf(phone string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.rings[phone]
}

// allRings are the rings of each phone that rang, by raw ID.
func (j *journal) allRings() map[string]int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.rings)
}

func (j *journal) reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries, j.rings, j.phones = nil, map[string]int{}, map[string][]*PhoneEvent{}
}
