// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/telephony"
)

const (
	// requestTimeout limits a request. Asterisk answers within some 20 ms.
	requestTimeout = 10 * time.Second

	// idleConnections is how many connections to one Asterisk are kept for the next request.
	idleConnections = 64

	// Keys of the provider's Secret.
	usernameKey = "username"
	passwordKey = "password"
	caKey       = "ca.crt"
)

// Adapter connects to Asterisks. It implements telephony.Adapter.
type Adapter struct{}

var _ telephony.Adapter = (*Adapter)(nil)

// Credentials implements telephony.Adapter.
func (*Adapter) Credentials(provider *v1alpha1.CallProvider) telephony.SecretNeed {
	return telephony.SecretNeed{
		Name: provider.Spec.Asterisk.CredentialsSecretRef.Name, Content: "the keys username and password, of a user in ari.conf",
	}
}

// Endpoint implements telephony.Adapter.
func (*Adapter) Endpoint(provider *v1alpha1.CallProvider) string { return provider.Spec.Asterisk.URL }

// Traits implements telephony.Adapter. A repetition never rings a second time: see the package documentation.
func (*Adapter) Traits(*v1alpha1.CallProvider) telephony.Traits {
	return telephony.Traits{RepeatsUnanswered: true, NoStream: noStream}
}

// Connect implements telephony.Adapter.
func (*Adapter) Connect(provider *v1alpha1.CallProvider, credentials map[string][]byte, observer telephony.Observer) (telephony.Service, string, error) {
	spec, secret := provider.Spec.Asterisk, provider.Spec.Asterisk.CredentialsSecretRef.Name
	for _, key := range []string{usernameKey, passwordKey} {
		if len(credentials[key]) == 0 {
			return nil, "", telephony.Unusable(v1alpha1.ReasonSecretKeyNotFound, "Secret %s has no key %s: add the keys username and password, of a user in ari.conf.", secret, key)
		}
	}
	transport, err := transportTrusting(credentials[caKey])
	if err != nil {
		return nil, "", telephony.Unusable(v1alpha1.ReasonInvalidCredentials, "The key %s of Secret %s has no certificate in PEM form.", caKey, secret)
	}
	client, err := ari.New(ari.Options{
		URL: spec.URL, Username: string(credentials[usernameKey]), Password: string(credentials[passwordKey]),
		HTTPClient: &http.Client{
			Transport: transport, Timeout: requestTimeout,
			// A redirect would carry the password to a host that the provider does not name.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		Begin: watch(observer),
	})
	if err != nil {
		return nil, "", telephony.Unusable(v1alpha1.ReasonInvalidEndpoint, "spec.asterisk.url cannot be used: %v.", err)
	}
	return &service{client: client, application: spec.Application, endpoints: templates{number: spec.Endpoint, sip: spec.SIPEndpoint}, speech: speech(spec.SpeechURL), sleep: sleep}, spec.URL, nil
}

// transportTrusting trusts some certificates, or those of the system if there are none.
func transportTrusting(certificates []byte) (http.RoundTripper, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idleConnections
	if len(certificates) == 0 {
		return transport, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(certificates) {
		return nil, errors.New("no certificate")
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return transport, nil
}

// watch tells the observer of each request.
func watch(observer telephony.Observer) func(context.Context, string) func(int, error) {
	return func(ctx context.Context, operation string) func(int, error) {
		done := observer.Begin(ctx, operation)
		return func(status int, err error) {
			done(status)
			observer.Answered(answeredOf(operation, err))
		}
	}
}

// answeredOf says what an answer shows of Asterisk.
func answeredOf(operation string, err error) telephony.Answered {
	shown := telephony.Answered{Operation: operation}
	var refused *ari.Error
	switch {
	case err == nil:
		shown.Genuine = true
	case errors.As(err, &refused) && refused.Foreign:
		var known *telephony.Error
		if errors.As(errorOf(err), &known) {
			shown.Obstacle = &telephony.UnusableError{Reason: known.Reason, Message: known.Sentence}
		}
	case errors.As(err, &refused):
		shown.Genuine = true
	}
	return shown
}

func sleep(ctx context.Context, pause time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
	}
}
