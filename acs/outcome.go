// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Outcome says what is known of the effect of a request that the service may have carried out.
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

// OutcomeOf tells what is known of the effect of the call that returned err. Errors that no request caused, such as a
// body that cannot be encoded, had no effect; errors of unknown kind leave it unknown.
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

// outcomeOfTransport classifies an error of sending. Only one from before the connection stood is known to have had no
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

// tries remembers whether one of a request's tries left its effect unknown. A later try that is refused says nothing
// about an earlier one that was lost.
type tries struct {
	mu      sync.Mutex
	sent    bool
	unknown bool
}

func (t *tries) note(outcome Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent = true
	t.unknown = t.unknown || outcome == OutcomeUnknown
}

// outcome is what is known after all tries, the last of which ended as last.
func (t *tries) outcome(last Outcome) Outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case last == OutcomeMade:
		return OutcomeMade
	case t.unknown:
		return OutcomeUnknown
	case !t.sent:
		// Nothing was ever handed to the transport.
		return OutcomeNotMade
	default:
		return last
	}
}

// triesPolicy notes each try's outcome. It stands next to the transport, below retries and authentication.
type triesPolicy struct{}

func (triesPolicy) Do(request *policy.Request) (*http.Response, error) {
	response, err := request.Next()
	var noted *tries
	if !request.OperationValue(&noted) || noted == nil {
		return response, err
	}
	if err != nil {
		noted.note(outcomeOfTransport(err))
		return nil, err
	}
	noted.note(outcomeOfStatus(response.StatusCode))
	return response, nil
}
