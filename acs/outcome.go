// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Outcome is what is known about the effect of a request that the service may have carried out.
type Outcome string

// The three outcomes of a request.
const (
	// OutcomeMade says that the service accepted the request.
	OutcomeMade Outcome = "made"
	// OutcomeNotMade says that the request had no effect.
	OutcomeNotMade Outcome = "notMade"
	// OutcomeUnknown says that the request may or may not have had its effect: repeat it with the same Repeatability ID,
	// or find out by other means.
	OutcomeUnknown Outcome = "unknown"
)

// OutcomeOf returns the outcome of the call that returned err: made for nil, and unknown for an error from another
// package.
func OutcomeOf(err error) Outcome {
	var known *Error
	switch {
	case err == nil:
		return OutcomeMade
	case errors.As(err, &known):
		return known.Outcome
	default:
		return OutcomeUnknown
	}
}

// outcomeOfStatus classifies an answer of the service:
//
//	2xx                       made
//	408, 409, 412, 5xx        unknown: a time-out; the original of a repeated request still runs; a repeated request that
//	                          is older than the service remembers; a failure at some point
//	any other                 not made: the request was examined and refused
//
// Source for 409 and 412: https://learn.microsoft.com/rest/api/communication/repeatable-requests.
func outcomeOfStatus(status int) Outcome {
	switch {
	case status >= 200 && status < 300:
		return OutcomeMade
	case status == http.StatusRequestTimeout, status == http.StatusConflict, status == http.StatusPreconditionFailed,
		status >= http.StatusInternalServerError:
		return OutcomeUnknown
	default:
		return OutcomeNotMade
	}
}

// outcomeOfTransport classifies a transport error. Only an error before the connection was established certainly had no
// effect.
func outcomeOfTransport(err error) Outcome {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns), errors.Is(err, syscall.ECONNREFUSED):
		return OutcomeNotMade
	case errors.As(err, &op) && op.Op == "dial":
		return OutcomeNotMade
	default:
		return OutcomeUnknown
	}
}

// tries records the results of a request's tries. A refusal of a later try says nothing about an earlier one that was
// lost.
type tries struct {
	operation string
	// repeatable says that the request may be retried although its effect is unknown.
	repeatable bool

	mu            sync.Mutex
	made, unknown bool
}

func (t *tries) note(outcome Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made = t.made || outcome == OutcomeMade
	t.unknown = t.unknown || outcome == OutcomeUnknown
}

// outcome is what is known after all tries. Without any that reached the transport, it is not made.
func (t *tries) outcome() Outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.made:
		return OutcomeMade
	case t.unknown:
		return OutcomeUnknown
	default:
		return OutcomeNotMade
	}
}

// triesPolicy records each try's outcome. If a request must not be sent twice, it stops the retries as soon as one try may
// have had its effect. It sits next to the transport, below retries and authentication.
type triesPolicy struct{}

func (triesPolicy) Do(request *policy.Request) (*http.Response, error) {
	var noted *tries
	if !request.OperationValue(&noted) || noted == nil {
		return request.Next()
	}
	traced := &connectionTrace{}
	response, err := request.WithContext(traced.watch(request.Raw().Context())).Next()
	var outcome Outcome
	switch {
	case err == nil:
		outcome = outcomeOfStatus(response.StatusCode)
	case traced.neverConnected():
		outcome = OutcomeNotMade
	default:
		outcome = outcomeOfTransport(err)
	}
	noted.note(outcome)
	if outcome != OutcomeUnknown || noted.repeatable {
		return response, err
	}
	return nil, lastTry(noted.operation, response, err)
}

// lastTry returns the error that ends the tries of a request.
func lastTry(operation string, response *http.Response, err error) error {
	if err != nil {
		return &finalError{errorWithoutAnswer(operation, err)}
	}
	defer func() { _ = response.Body.Close() }()
	return &finalError{errorFrom(operation, response)}
}

// finalError is an error that azcore does not retry.
type finalError struct{ failed *Error }

func (e *finalError) Error() string { return e.failed.Error() }

func (e *finalError) Unwrap() error { return e.failed }

// NonRetriable marks the error for azcore.
func (*finalError) NonRetriable() {}

// connectionTrace tells whether net/http ever had a connection for a try. Other transports do not report this.
type connectionTrace struct {
	asked, got atomic.Bool
}

func (t *connectionTrace) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
	})
}

func (t *connectionTrace) neverConnected() bool { return t.asked.Load() && !t.got.Load() }
