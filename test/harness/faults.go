// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is what happens to a request to ACS on its way.
type Fault struct {
	// Status is the answer instead of the service's; zero is none: the connection breaks.
	Status int
	// Header and Body go with Status.
	Header http.Header
	Body   string
	// AfterEffect lets the request have its effect first.
	AfterEffect bool
	// Hang keeps the sender waiting until it gives up, instead of an answer.
	Hang bool
	// Until lets the request have its effect, and delivers the service's own answer when the channel is closed. Nothing
	// else counts then.
	Until <-chan struct{}
}

// ErrBroken is a connection that broke.
var ErrBroken = errors.New("harness: the connection broke")

// Faults are between a manager and ACS, below what the manager counts as one try. Each operation has a list of faults;
// each try takes the next one. A nil Faults does nothing.
type Faults struct {
	// Choose is asked first, with the request's body; nil, or a nil answer, leaves it to the list. Set it before use.
	Choose func(operation string, body []byte) *Fault

	mu   sync.Mutex
	next map[string][]*Fault
	// tries are when each operation was tried, faulty or not.
	tries map[string][]time.Time
}

// NewFaults returns Faults that do nothing yet.
func NewFaults() *Faults {
	return &Faults{next: map[string][]*Fault{}, tries: map[string][]time.Time{}}
}

// On appends faults for the next tries of an operation; a nil one lets the try pass.
func (f *Faults) On(operation string, faults ...*Fault) *Faults {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next[operation] = append(f.next[operation], faults...)
	return f
}

// Clear removes the faults that no try has met.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = map[string][]*Fault{}
}

// Times are when an operation was tried.
func (f *Faults) Times(operation string) []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.tries[operation])
}

// Left is how many faults of an operation no try has met.
func (f *Faults) Left(operation string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.next[operation])
}

// Repeat is the same fault n times.
func Repeat(n int, fault *Fault) []*Fault {
	faults := make([]*Fault, n)
	for i := range faults {
		faults[i] = fault
	}
	return faults
}

func (f *Faults) take(operation string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tries[operation] = append(f.tries[operation], time.Now())
	waiting := f.next[operation]
	if len(waiting) == 0 {
		return nil
	}
	f.next[operation] = waiting[1:]
	return waiting[0]
}

func (f *Faults) wrap(next http.RoundTripper) http.RoundTripper {
	if f == nil {
		return next
	}
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		operation, _ := acsRequest(request)
		fault, err := f.meet(operation, request)
		switch {
		case err != nil:
			return nil, err
		case fault == nil:
			return next.RoundTrip(request)
		}
		return fault.happen(request, next)
	})
}

// meet returns the fault that a request meets, if any.
func (f *Faults) meet(operation string, request *http.Request) (*Fault, error) {
	listed := f.take(operation)
	if f.Choose == nil {
		return listed, nil
	}
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	if chosen := f.Choose(operation, body); chosen != nil {
		return chosen, nil
	}
	return listed, nil
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func (f *Fault) happen(request *http.Request, next http.RoundTripper) (*http.Response, error) {
	if f.Until != nil {
		return f.delay(request, next)
	}
	if f.AfterEffect {
		response, err := next.RoundTrip(request)
		if err != nil {
			return nil, err
		}
		discard(response)
	} else if request.Body != nil {
		_ = request.Body.Close()
	}
	switch {
	case f.Hang:
		<-request.Context().Done()
		return nil, context.Cause(request.Context())
	case f.Status == 0:
		return nil, ErrBroken
	}
	header := f.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header.Get("Content-Type") == "" && strings.HasPrefix(f.Body, "{") {
		header.Set("Content-Type", "application/json")
	}
	return &http.Response{
		StatusCode: f.Status, Status: http.StatusText(f.Status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader([]byte(f.Body))), ContentLength: int64(len(f.Body)), Request: request,
	}, nil
}

func (f *Fault) delay(request *http.Request, next http.RoundTripper) (*http.Response, error) {
	response, err := next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	select {
	case <-f.Until:
		return response, nil
	case <-request.Context().Done():
		discard(response)
		return nil, context.Cause(request.Context())
	}
}
