// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// FaultKind says what goes wrong.
type FaultKind string

// Faults of requests.
const (
	// FaultLatency answers after Delay.
	FaultLatency FaultKind = "latency"
	// FaultThrottle answers 429 without any effect, with Retry-After when RetryAfter is set.
	FaultThrottle FaultKind = "throttle"
	// FaultErrorBefore answers Status (500 when unset) without any effect; FaultErrorAfter answers so after the effect.
	FaultErrorBefore FaultKind = "errorBefore"
	FaultErrorAfter  FaultKind = "errorAfter"
	// FaultDropBefore breaks the connection without any effect; FaultDropAfter breaks it after the effect.
	FaultDropBefore FaultKind = "dropBefore"
	FaultDropAfter  FaultKind = "dropAfter"
	// FaultEarly holds the answer until an event of the call was delivered.
	FaultEarly FaultKind = "early"
)

// Faults of callbacks.
const (
	// FaultLate delivers after Delay; later events overtake.
	FaultLate FaultKind = "late"
	// FaultTwice delivers twice.
	FaultTwice FaultKind = "twice"
	// FaultReorder delivers after the call's next event, or after Delay (1s when unset) when none comes.
	FaultReorder FaultKind = "reorder"
	// FaultLose does not deliver.
	FaultLose FaultKind = "lose"
)

var (
	requestFaults  = []FaultKind{FaultLatency, FaultThrottle, FaultErrorBefore, FaultErrorAfter, FaultDropBefore, FaultDropAfter, FaultEarly}
	faultsBefore   = []FaultKind{FaultThrottle, FaultErrorBefore, FaultDropBefore}
	faultsAfter    = []FaultKind{FaultErrorAfter, FaultDropAfter, FaultEarly}
	callbackFaults = []FaultKind{FaultLate, FaultTwice, FaultReorder, FaultLose}
)

// Fault is something that goes wrong with requests or callbacks.
type Fault struct {
	// ID is given by the simulator.
	ID   string    `json:"id,omitempty"`
	Kind FaultKind `json:"kind"`
	// Operation is the operation that is met, such as createCall; "" meets all. For faults of requests.
	Operation string `json:"operation,omitempty"`
	// EventType is the type that is met, such as CallConnected, without a prefix; "" meets all. For faults of callbacks.
	EventType string `json:"eventType,omitempty"`
	// Count is how often it happens; 0 is for ever.
	Count int `json:"count,omitempty"`
	// Probability is how likely it is each time, above 0 and up to 1; 0 is 1.
	Probability float64 `json:"probability,omitempty"`
	// Delay is how long FaultLatency, FaultLate and FaultReorder take.
	Delay Duration `json:"delay,omitempty"`
	// Status is the status of FaultErrorBefore and FaultErrorAfter.
	Status int `json:"status,omitempty"`
	// RetryAfter is the Retry-After of FaultThrottle, in seconds.
	RetryAfter int `json:"retryAfter,omitempty"`
}

func (f Fault) validate() error {
	switch {
	case !slices.Contains(requestFaults, f.Kind) && !slices.Contains(callbackFaults, f.Kind):
		return fmt.Errorf("kind %q is not one of %v and %v", f.Kind, requestFaults, callbackFaults)
	case f.EventType != "" && slices.Contains(requestFaults, f.Kind):
		return fmt.Errorf("kind %s is of requests: name an operation, not an eventType", f.Kind)
	case f.Operation != "" && slices.Contains(callbackFaults, f.Kind):
		return fmt.Errorf("kind %s is of callbacks: name an eventType, not an operation", f.Kind)
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("status %d is no error: it is from 400 to 599", f.Status)
	case f.Probability < 0 || f.Probability > 1 || f.Count < 0:
		return fmt.Errorf("probability is from 0 to 1, count is 0 or more")
	}
	return nil
}

// status is the status of an error.
func (f Fault) status() int {
	if f.Status == 0 {
		return http.StatusInternalServerError
	}
	return f.Status
}

// faults are the faults that are switched on.
type faults struct {
	mu     sync.Mutex
	random *rand.Rand
	next   int
	on     []Fault
}

func newFaults(seed uint64) *faults {
	return &faults{random: rand.New(rand.NewPCG(seed, seed))} //nolint:gosec // Repeatable on purpose, and no secret.
}

func (f *faults) add(fault Fault) (Fault, error) {
	if err := fault.validate(); err != nil {
		return Fault{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	fault.ID = strconv.Itoa(f.next)
	f.on = append(f.on, fault)
	return fault, nil
}

func (f *faults) list() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Fault{}, f.on...)
}

// remove removes a fault, or all with "".
func (f *faults) remove(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = slices.DeleteFunc(f.on, func(fault Fault) bool { return id == "" || fault.ID == id })
}

// meet returns the fault of the given kinds that meets this operation or event type now, if any.
func (f *faults) meet(kinds []FaultKind, operation, eventType string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.on {
		fault := f.on[i]
		if !slices.Contains(kinds, fault.Kind) || fault.Operation != "" && fault.Operation != operation ||
			fault.EventType != "" && fault.EventType != eventType {
			continue
		}
		if fault.Probability > 0 && f.random.Float64() >= fault.Probability {
			continue
		}
		if fault.Count > 0 {
			f.on[i].Count--
			if f.on[i].Count == 0 {
				f.on = slices.Delete(f.on, i, i+1)
			}
		}
		return fault, true
	}
	return Fault{}, false
}
