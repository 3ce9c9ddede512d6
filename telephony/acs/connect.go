// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

const (
	// tryTimeout limits one try of a request. ACS answers createCall before the phone rings.
	tryTimeout = 10 * time.Second

	// retries is how often the client retries a request at once. The reconcilers make further tries: their back-off survives a
	// restart and is visible in status.
	retries = 2

	// idleConnections is how many connections to one resource are kept for the next request.
	idleConnections = 64
)

// Adapter connects to Communication Services. It implements telephony.Adapter.
type Adapter struct {
	// AllowHTTP permits http:// endpoints, for the simulator.
	AllowHTTP bool
	// Identity says which namespaces may use the manager's workload identity, and at which hosts.
	Identity IdentityGrants
	// Now tells the time.
	Now func() time.Time
	// Transport sends the requests; NewTransport creates the one for production.
	Transport telephony.Transport
}

// NewTransport sends requests over a few persistent HTTP connections.
func NewTransport() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idleConnections
	transport.OnProxyConnectResponse = refuseProxy
	return &http.Client{
		Transport: transport,
		// A redirect would carry a signed request to a host that the provider does not name.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Credentials implements telephony.Adapter. A provider that authenticates with Entra ID has no Secret.
func (a *Adapter) Credentials(provider *v1alpha1.CallProvider) telephony.SecretNeed {
	ref := provider.Spec.ACS.ConnectionStringSecretRef
	if ref == nil {
		return telephony.SecretNeed{}
	}
	return telephony.SecretNeed{Name: ref.Name, Content: "the connection string under the key " + ref.Key}
}

// Endpoint implements telephony.Adapter.
func (a *Adapter) Endpoint(provider *v1alpha1.CallProvider) string { return provider.Spec.ACS.Endpoint }

// Traits implements telephony.Adapter. It is not documented that ACS recognises a repetition, so the provider says what to do.
func (a *Adapter) Traits(provider *v1alpha1.CallProvider) telephony.Traits {
	return telephony.Traits{
		CallsBack: true, RepeatsUnanswered: provider.Spec.ACS.RepeatsUnanswered(),
		WhyNot: "since the service does not confirm that it recognises repetitions (spec.acs.unansweredRequests of the provider)",
	}
}

// Connect implements telephony.Adapter.
func (a *Adapter) Connect(provider *v1alpha1.CallProvider, credentials map[string][]byte, observer telephony.Observer) (telephony.Service, string, error) {
	ref := provider.Spec.ACS.ConnectionStringSecretRef
	switch withEntra := provider.Spec.ACS.WorkloadIdentity != nil; {
	case withEntra == (ref != nil):
		return nil, "", telephony.Unusable(v1alpha1.ReasonInvalidCredentials,
			"Choose one kind of credentials: set either spec.acs.connectionStringSecretRef or spec.acs.workloadIdentity.")
	case withEntra:
		return a.connectWithEntra(provider, observer)
	}
	connectionString, found := credentials[ref.Key]
	if !found {
		return nil, "", telephony.Unusable(v1alpha1.ReasonSecretKeyNotFound, "Secret %s has no key %s: add the connection string under that key.", ref.Name, ref.Key)
	}
	endpoint, key, err := acs.ParseConnectionString(strings.TrimSpace(string(connectionString)))
	if err != nil {
		return nil, "", telephony.Unusable(v1alpha1.ReasonInvalidCredentials, "The value under key %s of Secret %s is no connection string: %v.", ref.Key, ref.Name, err)
	}
	if provider.Spec.ACS.Endpoint != "" {
		endpoint = provider.Spec.ACS.Endpoint
	}
	client, err := acs.NewClient(endpoint, key, a.options(provider, observer))
	return serviceAt(provider, endpoint, client, err)
}

func (a *Adapter) connectWithEntra(provider *v1alpha1.CallProvider, observer telephony.Observer) (telephony.Service, string, error) {
	endpoint := provider.Spec.ACS.Endpoint
	if err := a.Identity.check(provider.Namespace, endpoint); err != nil {
		return nil, "", err
	}
	credential, err := azidentity.NewWorkloadIdentityCredential(identityOptions(provider.Spec.ACS))
	if err != nil {
		return nil, "", telephony.Unusable(v1alpha1.ReasonInvalidCredentials,
			"The manager has no workload identity (%v): give its service account one, or set spec.acs.workloadIdentity.clientID and tenantID.", err)
	}
	client, err := acs.NewClientWithTokenCredential(endpoint, credential, a.options(provider, observer))
	return serviceAt(provider, endpoint, client, err)
}

func serviceAt(provider *v1alpha1.CallProvider, endpoint string, client *acs.Client, err error) (telephony.Service, string, error) {
	if err != nil {
		return nil, "", telephony.Unusable(v1alpha1.ReasonInvalidEndpoint, "The endpoint cannot be used: %v.", err)
	}
	return &service{client: client, pins: v1alpha1.AttemptRequest{
		APIVersion:                cmp.Or(provider.Spec.ACS.APIVersion, acs.DefaultAPIVersion),
		CognitiveServicesEndpoint: provider.Spec.ACS.CognitiveServicesEndpoint,
	}}, endpoint, nil
}

func (a *Adapter) options(provider *v1alpha1.CallProvider, observer telephony.Observer) *acs.ClientOptions {
	return &acs.ClientOptions{
		APIVersion: provider.Spec.ACS.APIVersion,
		OnAnswer:   func(answer acs.Answer) { observer.Answered(answeredOf(answer)) },
		AllowHTTP:  a.AllowHTTP,
		Now:        a.Now,
		ClientOptions: azcore.ClientOptions{
			Transport: a.Transport,
			// Outside the authentication, so that each policy sees every try.
			PerRetryPolicies: []policy.Policy{deadlineKeeper{now: a.Now}, watcher{begin: observer.Begin}},
			Retry:            policy.RetryOptions{MaxRetries: retries, TryTimeout: tryTimeout, RetryDelay: 200 * time.Millisecond, MaxRetryDelay: 2 * time.Second},
		},
	}
}

// answeredOf says what an answer shows of the service.
func answeredOf(answer acs.Answer) telephony.Answered {
	shown := telephony.Answered{Operation: answer.Operation}
	switch failed := answer.Err; {
	case failed == nil:
		shown.Genuine = true
		shown.Unconfirmed = answer.Repeatable && answer.Repeatability == acs.RepeatabilityNotConfirmed
	case failed.Foreign():
		shown.Obstacle = misdirected(failed)
	case failed.StatusCode == 0 && obstacle(failed) != "":
		shown.Obstacle = &telephony.UnusableError{Reason: v1alpha1.ReasonEndpointNotACS, Message: obstacle(failed)}
	case failed.StatusCode >= http.StatusMultipleChoices && failed.Form == acs.FormService:
		shown.Genuine = true
	}
	return shown
}
