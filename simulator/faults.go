// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// FaultKind is the kind of a fault.
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
	// FaultEarly holds the answer until an event of the call was delivered that the request caused; of EventType, if set.
	FaultEarly FaultKind = "early"
	// FaultFail accepts the operation and lets it fail with an event, with Status and SubCode as its codes: 500 and 9999 when
	// unset. Operation is one of play, recognize, sendDtmfTones, hold and startRecording.
	FaultFail FaultKind = "fail"
)

// Faults of callbacks.
const (
	// FaultLate delivers after Delay; later events overtake.
	FaultLate FaultKind = "late"
	// FaultTwice delivers twice.
	FaultTwice FaultKind = "twice"
	// FaultReorder delivers after the call's next event, or after Delay (1s when unset) when none comes. Event Grid's
	// events are overtaken by the next one for the same endpoint.
	FaultReorder FaultKind = "reorder"
	// FaultLose does not deliver.
	FaultLose FaultKind = "lose"
)

var (
	requestFaults  = []FaultKind{FaultLatency, FaultThrottle, FaultErrorBefore, FaultErrorAfter, FaultDropBefore, FaultDropAfter, FaultEarly, FaultFail}
	faultsBefore   = []FaultKind{FaultThrottle, FaultErrorBefore, FaultDropBefore}
	faultsAfter    = []FaultKind{FaultErrorAfter, FaultDropAfter, FaultEarly}
	statusFaults   = []FaultKind{FaultErrorBefore, FaultErrorAfter, FaultFail}
	callbackFaults = []FaultKind{FaultLate, FaultTwice, FaultReorder, FaultLose}
)

// failingOperations are those that FaultFail is for.
var failingOperations = []string{"play", "recognize", "sendDtmfTones", "hold", "startRecording"}

// Fault is something that goes wrong with requests or callbacks.
type Fault struct {
	// ID is given by the simulator.
	ID   string    `json:"id,omitempty"`
	Kind FaultKind `json:"kind"`
	// Operation is the affected operation, such as createCall; "" affects all. For faults of requests.
	Operation string `json:"operation,omitempty"`
	// EventType is the affected type, such as CallConnected or IncomingCall, without a prefix; "" affects all. For faults
	// of callbacks and Event Grid deliveries, and for FaultEarly.
	EventType string `json:"eventType,omitempty"`
	// Count is how often it happens; 0 means forever.
	Count int `json:"count,omitempty"`
	// Probability is how likely it is each time, above 0 and up to 1; 0 is 1.
	Probability float64 `json:"probability,omitempty"`
	// Delay is how long FaultLatency, FaultLate and FaultReorder take.
	Delay Duration `json:"delay,omitempty"`
	// Status is the status of FaultErrorBefore and FaultErrorAfter, and the code of FaultFail.
	Status int `json:"status,omitempty"`
	// SubCode is that of FaultFail.
	SubCode int `json:"subCode,omitempty"`
	// RetryAfter is the Retry-After of FaultThrottle, in seconds.
	RetryAfter int `json:"retryAfter,omitempty"`

	// chance is separate for each fault, so that other faults do not change its behaviour.
	chance *rand.Rand
}

func (f Fault) validate() error {
	ofRequests := slices.Contains(requestFaults, f.Kind)
	switch {
	case !ofRequests && !slices.Contains(callbackFaults, f.Kind):
		return fmt.Errorf("kind %q is not one of %v and %v", f.Kind, requestFaults, callbackFaults)
	case f.EventType != "" && ofRequests && f.Kind != FaultEarly:
		return fmt.Errorf("kind %s is of requests: name an operation, not an eventType", f.Kind)
	case f.Operation != "" && !ofRequests:
		return fmt.Errorf("kind %s is of callbacks: name an eventType, not an operation", f.Kind)
	case f.Operation != "" && !isOperation(f.Operation):
		return fmt.Errorf("operation %q is unknown: write a name of the API's definition, such as createCall", f.Operation)
	case f.EventType != "" && !slices.Contains(eventKinds, f.EventType):
		return fmt.Errorf("eventType %q is unknown: write one such as CallConnected or IncomingCall", f.EventType)
	case f.Probability < 0 || f.Probability > 1 || f.Count < 0:
		return errors.New("probability is from 0 to 1, count is 0 or more")
	}
	return f.validateDetails()
}

// validateDetails checks what belongs to some kinds only.
func (f Fault) validateDetails() error {
	delayed := []FaultKind{FaultLatency, FaultLate, FaultReorder}
	switch {
	case f.Delay != 0 && !slices.Contains(delayed, f.Kind):
		return fmt.Errorf("kind %s has no delay: only %v have", f.Kind, delayed)
	case f.Delay <= 0 && (f.Kind == FaultLatency || f.Kind == FaultLate):
		return fmt.Errorf("kind %s needs a delay, such as 2s", f.Kind)
	case f.Status != 0 && !slices.Contains(statusFaults, f.Kind):
		return fmt.Errorf("kind %s has no status: only %v have", f.Kind, statusFaults)
	case f.SubCode != 0 && f.Kind != FaultFail:
		return fmt.Errorf("kind %s has no subCode: only %s has", f.Kind, FaultFail)
	case f.Kind == FaultFail && !slices.Contains(failingOperations, f.Operation):
		return fmt.Errorf("kind %s needs an operation: one of %v", FaultFail, failingOperations)
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("status %d is no error: it is from 400 to 599", f.Status)
	case f.RetryAfter != 0 && f.Kind != FaultThrottle:
		return fmt.Errorf("kind %s has no retryAfter: only %s has", f.Kind, FaultThrottle)
	case f.RetryAfter < 0:
		return errors.New("retryAfter is in seconds, 0 or more")
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

// faults are the enabled faults.
type faults struct {
	seed uint64

	mu   sync.Mutex
	next int
	on   []Fault
}

func newFaults(seed uint64) *faults { return &faults{seed: seed} }

// reset disables all faults, and restarts the random choices.
func (f *faults) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next, f.on = 0, nil
}

// add enables a fault. Its random choices depend on the seed and on the number of faults added before.
func (f *faults) add(fault Fault) (Fault, error) {
	fault.EventType = strings.TrimPrefix(fault.EventType, eventPrefix)
	if err := fault.validate(); err != nil {
		return Fault{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	fault.ID = strconv.Itoa(f.next)
	fault.chance = rand.New(rand.NewPCG(f.seed, uint64(f.next))) //nolint:gosec // Repeatable on purpose, and no secret.
	f.on = append(f.on, fault)
	return fault, nil
}

func (f *faults) list() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Fault{}, f.on...)
}

// remove removes a fault, or all with "", and tells whether there was any.
func (f *faults) remove(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := len(f.on)
	f.on = slices.DeleteFunc(f.on, func(fault Fault) bool { return id == "" || fault.ID == id })
	return len(f.on) < before
}

// meet returns the fault of the given kinds that affects this operation or event type now, if any.
func (f *faults) meet(kinds []FaultKind, operation, eventType string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.on {
		fault := f.on[i]
		if !slices.Contains(kinds, fault.Kind) || fault.Operation != "" && fault.Operation != operation ||
			eventType != "" && fault.EventType != "" && fault.EventType != eventType {
			continue
		}
		if fault.Probability > 0 && fault.chance.Float64() >= fault.Probability {
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

// failing is how an accepted operation fails by a fault, nil if it does not.
func (w *world) failing(operation string) *result {
	fault, met := w.faults.meet([]FaultKind{FaultFail}, operation, "")
	if !met {
		return nil
	}
	return &result{fault.status(), cmp.Or(fault.SubCode, 9999), "Action failed, by a fault."}
}
