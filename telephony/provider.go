// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package telephony

import (
	"context"
	"fmt"
	"net/http"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Adapter connects to the services of one kind.
type Adapter interface {
	// SecretRef names the Secret key with a provider's credentials; nil if it needs none.
	SecretRef(provider *v1alpha1.CallProvider) *v1alpha1.SecretKeyReference
	// Connect returns the service that a provider leads to, and its endpoint. The credentials are the value that SecretRef names. The
	// error is an [*UnusableError].
	Connect(provider *v1alpha1.CallProvider, credentials string, observer Observer) (service Service, endpoint string, err error)
}

// Observer watches the requests to a service.
type Observer struct {
	// Begin is called before each try of a request. The function that it returns is called with the status of the answer, 0 if there
	// was none.
	Begin func(ctx context.Context, operation string) (done func(status int))
	// Answered is called after each request.
	Answered func(Answered)
}

// Answered says what the answer to a request shows of the service.
type Answered struct {
	// Operation is the service's name of the request.
	Operation string
	// Genuine says that the service itself answered.
	Genuine bool
	// Obstacle says that something else than the service answered, or is in between; nil if not.
	Obstacle *UnusableError
	// Unconfirmed says that the service carried out the request without saying that it would recognise a repetition.
	Unconfirmed bool
}

// Transport sends HTTP requests.
type Transport interface {
	Do(request *http.Request) (*http.Response, error)
}

// UnusableError says why a CallProvider cannot be used, and how to fix it.
type UnusableError struct {
	// Reason is a condition reason of package v1alpha1.
	Reason string
	// Message is a sentence without secrets.
	Message string
}

func (e *UnusableError) Error() string { return e.Message }

// Unusable returns an [*UnusableError].
func Unusable(reason, format string, args ...any) error {
	return &UnusableError{Reason: reason, Message: fmt.Sprintf(format, args...)}
}
