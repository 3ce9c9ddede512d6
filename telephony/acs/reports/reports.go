// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package reports authenticates and decodes what Azure Communication Services and Event Grid send to the operator.
package reports

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// Config configures New. Every field without "optional" is required.
type Config struct {
	// Issuer signs the callbacks' JSON Web Tokens of all providers; its keys are at JWKSURL. Both are optional: without them,
	// the cloud of each provider decides.
	Issuer, JWKSURL string
	// EntraURL is the URL of Entra ID, which issues the tokens on Event Grid's deliveries for all providers. It is optional:
	// without it, the cloud of each provider decides.
	EntraURL string
	// AllowHTTP permits http:// in both URLs anywhere, not only on loopback addresses. A man in the middle can then forge tokens,
	// so use it for the simulator only.
	AllowHTTP bool
	// Registry registers the metrics.
	Registry prometheus.Registerer
	// Now is optional; it is the clock.
	Now func() time.Time
}

// Reports implements telephony.Reports. The zero value knows no issuer: it is for providers that ask for no tokens.
type Reports struct {
	callbacks *callbackTokens
	entra     *entraVerifier
}

var _ telephony.Reports = (*Reports)(nil)

// New fetches no keys yet. An error says which part of the configuration is wrong, or that the metrics are already registered.
func New(config Config) (*Reports, error) {
	source, err := newKeySource(config)
	if err != nil {
		return nil, err
	}
	callbacks, err := newCallbackTokens(config.Issuer, config.JWKSURL, source)
	if err != nil {
		return nil, err
	}
	entra, err := newEntraVerifier(config.EntraURL, source)
	if err != nil {
		return nil, err
	}
	return &Reports{callbacks: callbacks, entra: entra}, nil
}

// AuthenticateEvents implements telephony.Reports. A token is needed if the provider has a resource ID. If the provider now points to
// another resource, the one that the request was sent to may still report its result.
func (r *Reports) AuthenticateEvents(ctx context.Context, provider *v1alpha1.CallProvider, sentTo *v1alpha1.AttemptService, header http.Header) error {
	if provider.Spec.ACS == nil || provider.Spec.ACS.ResourceID == "" {
		return nil
	}
	token := bearer(header)
	err := r.callbacks.verify(ctx, token, provider)
	if err == nil {
		return nil
	}
	if before := asOf(sentTo, provider); before != nil && r.callbacks.verify(ctx, token, before) == nil {
		return nil
	}
	return callbackError(err)
}

// asOf is the provider as it was when a request was sent, if it now points to another resource; nil if not.
func asOf(sentTo *v1alpha1.AttemptService, provider *v1alpha1.CallProvider) *v1alpha1.CallProvider {
	if sentTo == nil || sentTo.ResourceID == "" || sentTo.ResourceID == provider.Spec.ACS.ResourceID {
		return nil
	}
	before := provider.DeepCopy()
	before.Spec.ACS.ResourceID, before.Spec.ACS.Endpoint = sentTo.ResourceID, "https://"+sentTo.Endpoint
	return before
}

// AuthenticateIncoming implements telephony.Reports. A token is needed if the provider names an application of Entra ID.
func (r *Reports) AuthenticateIncoming(ctx context.Context, provider *v1alpha1.CallProvider, header http.Header) error {
	terms := provider.Spec.IncomingCalls
	if terms == nil || terms.Entra == nil {
		return nil
	}
	return deliveryError(r.entra.verify(ctx, bearer(header), *terms.Entra, entraCloudOf(provider)))
}

// bearer is the token in the Authorization header, or empty.
func bearer(header http.Header) string {
	scheme, token, _ := strings.Cut(header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// DecodeEvents implements telephony.Reports.
func (*Reports) DecodeEvents(body []byte) (events []telephony.Event, unknown int, err error) {
	parsed, err := acs.ParseEvents(body)
	if err != nil {
		return nil, 0, err
	}
	for _, event := range parsed {
		if _, isUnknown := event.Data.(*acs.UnknownEvent); isUnknown {
			unknown++
			continue
		}
		events = append(events, telephonyacs.EventOf(event))
	}
	return events, unknown, nil
}
