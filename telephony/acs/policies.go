// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// errPastDeadline says that a request was not sent, since its deadline had passed.
var errPastDeadline error = pastDeadlineError{}

type pastDeadlineError struct{}

func (pastDeadlineError) Error() string { return "the deadline of the call is over" }

// NonRetriable marks the error for azcore.
func (pastDeadlineError) NonRetriable() {}

type deadlineKey struct{}

// notAfter prevents requests and retries after a deadline; zero is none. It is not the context's own deadline, which would abort a
// request that may have had its effect.
func notAfter(ctx context.Context, deadline time.Time) context.Context {
	if deadline.IsZero() {
		return ctx
	}
	return context.WithValue(ctx, deadlineKey{}, deadline)
}

// deadlineKeeper checks the clock right before a request is sent.
type deadlineKeeper struct{ now func() time.Time }

// Do implements policy.Policy.
func (k deadlineKeeper) Do(request *policy.Request) (*http.Response, error) {
	if deadline, limited := request.Raw().Context().Value(deadlineKey{}).(time.Time); limited && !k.now().Before(deadline) {
		return nil, errPastDeadline
	}
	return request.Next()
}

// watcher reports each try of a request. It sits between the retries and the authentication, so an unavailable token counts as a
// failed request.
type watcher struct {
	begin func(ctx context.Context, operation string) (done func(status int))
}

// Do implements policy.Policy.
func (w watcher) Do(request *policy.Request) (*http.Response, error) {
	operation, _ := request.Raw().Context().Value(runtime.CtxAPINameKey{}).(string)
	done := w.begin(request.Raw().Context(), operation)
	response, err := request.Next()
	if err != nil || response == nil {
		done(0)
		return response, err
	}
	done(response.StatusCode)
	return response, nil
}
