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
	// Credentials name the Secret with a provider's credentials; the zero value if it needs none.
	Credentials(provider *v1alpha1.CallProvider) SecretNeed
	// Connect returns the service that a provider leads to, and its endpoint. The error is an [*UnusableError].
	Connect(provider *v1alpha1.CallProvider, credentials map[string][]byte, observer Observer) (service Service, endpoint string, err error)
	// Endpoint is the service's URL, as far as the provider itself names it.
	Endpoint(provider *v1alpha1.CallProvider) string
	// Traits are what differs between the services of one provider and another.
	Traits(provider *v1alpha1.CallProvider) Traits
}

// SecretNeed names a Secret that a provider needs.
type SecretNeed struct {
	Name string
	// Content says what to put into it, such as "the connection string under the key connectionString".
	Content string
}

// Traits are what the operator has to know of a service before it asks it for anything.
type Traits struct {
	// RepeatsUnanswered says that a request whose answer was lost is sent again: the service carries it out once.
	RepeatsUnanswered bool
	// WhyNot says why it is not, and what setting changes it.
	WhyNot string
	// CallsBack says that the service reports to a callback URL, which the provider has to name.
	CallsBack bool
	// NoStream says what to do if the service has not opened the connection on which it reports (Streams); "" if it opens none.
	NoStream string
}

// Adapters are the adapters of all kinds of services, by the name of their field in a CallProvider's spec. They are an [Adapter] that
// asks the one for the provider's service.
type Adapters map[string]Adapter

func (a Adapters) of(provider *v1alpha1.CallProvider) (Adapter, error) {
	if adapter, known := a[provider.Spec.Service()]; known {
		return adapter, nil
	}
	return nil, Unusable(v1alpha1.ReasonInvalidEndpoint, "The provider names no service that this version of the operator knows: set spec.acs or spec.asterisk.")
}

// Credentials implements [Adapter].
func (a Adapters) Credentials(provider *v1alpha1.CallProvider) SecretNeed {
	if adapter, err := a.of(provider); err == nil {
		return adapter.Credentials(provider)
	}
	return SecretNeed{}
}

// Connect implements [Adapter].
func (a Adapters) Connect(provider *v1alpha1.CallProvider, credentials map[string][]byte, observer Observer) (Service, string, error) {
	adapter, err := a.of(provider)
	if err != nil {
		return nil, "", err
	}
	return adapter.Connect(provider, credentials, observer)
}

// Endpoint implements [Adapter].
func (a Adapters) Endpoint(provider *v1alpha1.CallProvider) string {
	if adapter, err := a.of(provider); err == nil {
		return adapter.Endpoint(provider)
	}
	return ""
}

// Traits implements [Adapter].
func (a Adapters) Traits(provider *v1alpha1.CallProvider) Traits {
	if adapter, err := a.of(provider); err == nil {
		return adapter.Traits(provider)
	}
	return Traits{}
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
