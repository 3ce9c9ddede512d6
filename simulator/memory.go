// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Headers of repeatable requests.
// Source: https://learn.microsoft.com/rest/api/communication/repeatable-requests.
const (
	headerRepeatabilityID        = "Repeatability-Request-ID"
	headerRepeatabilityFirstSent = "Repeatability-First-Sent"
	headerRepeatabilityResult    = "Repeatability-Result"

	// longestSkew is how far ahead the sender's clock may be.
	longestSkew = 5 * time.Minute
)

// memory remembers the answers of repeatable requests that had an effect. One that was refused had none, and may be
// sent again; that the service sees this so too is assumed.
type memory struct {
	now func() time.Time
	// window is how long after its first sending a request is remembered.
	window time.Duration

	mu       sync.Mutex
	requests map[string]*remembered
	// order has the IDs, the oldest first.
	order []string
}

// remembered is a repeatable request. Its answer is nil while it is pending.
type remembered struct {
	fingerprint [sha256.Size]byte
	at          time.Time
	answer      *response
}

// response is what was answered.
type response struct {
	status int
	body   []byte
	// kind is the Content-Type, JSON when unset.
	kind                  string
	connectionID, chainID string
}

func newMemory(now func() time.Time, window time.Duration) *memory {
	return &memory{now: now, window: window, requests: map[string]*remembered{}}
}

func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests, m.order = map[string]*remembered{}, nil
}

// repeatability reads the headers; id is empty without them.
func repeatability(header http.Header, now time.Time, window time.Duration) (id string, failure *apiError) {
	id, sent := header.Get(headerRepeatabilityID), header.Get(headerRepeatabilityFirstSent)
	if id == "" && sent == "" {
		return "", nil
	}
	if uuid.Validate(id) != nil {
		return "", &apiError{http.StatusBadRequest, "8523", "Repeatability-Request-ID is not a UUID."}
	}
	first, err := time.Parse(http.TimeFormat, sent)
	switch {
	case err != nil:
		return "", &apiError{http.StatusBadRequest, "8523", "Repeatability-First-Sent is missing, or no date such as Sun, 06 Nov 1994 08:49:37 GMT."}
	case now.Sub(first) > window:
		return "", &apiError{http.StatusPreconditionFailed, "8523", "Repeatability-First-Sent is longer ago than requests are remembered."}
	case first.Sub(now) > longestSkew:
		return "", &apiError{http.StatusBadRequest, "8523", "Repeatability-First-Sent is in the future."}
	}
	return id, nil
}

// begin notes a request. It returns the answer to one that was carried out before.
func (m *memory) begin(id string, fingerprint [sha256.Size]byte) (*response, *apiError) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire()
	known, ok := m.requests[id]
	switch {
	case !ok:
		m.requests[id] = &remembered{fingerprint: fingerprint, at: m.now()}
		m.order = append(m.order, id)
		return nil, nil
	case known.fingerprint != fingerprint:
		return nil, &apiError{http.StatusBadRequest, "8523", "Repeatability-Request-ID was used for another request."}
	case known.answer == nil:
		return nil, &apiError{http.StatusConflict, "8519", "The request with this Repeatability-Request-ID is in progress."}
	}
	return known.answer, nil
}

// finish notes the answer of a request, nil when it was refused.
func (m *memory) finish(id string, answer *response) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if answer == nil {
		delete(m.requests, id)
		return
	}
	if known, ok := m.requests[id]; ok {
		known.answer = answer
	}
}

// expire drops requests that are too old to be repeated. A request's age counts from its first-sent time, which is
// not later.
func (m *memory) expire() {
	for len(m.order) > 0 {
		oldest, ok := m.requests[m.order[0]]
		if ok && m.now().Sub(oldest.at) <= 2*m.window {
			return
		}
		delete(m.requests, m.order[0])
		m.order = m.order[1:]
	}
}
