// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
	"github.com/call-operator/call-operator/telephony/telephonytest"
)

func withEntra(endpoint string) func(*v1alpha1.CallProvider) {
	return func(p *v1alpha1.CallProvider) {
		p.Spec.ACS.ConnectionStringSecretRef = nil
		p.Spec.ACS.WorkloadIdentity = &v1alpha1.WorkloadIdentity{ClientID: "client", TenantID: "tenant"}
		p.Spec.ACS.Endpoint = endpoint
	}
}

func endpointAt(url string) func(*v1alpha1.CallProvider) {
	return func(p *v1alpha1.CallProvider) { p.Spec.ACS.Endpoint = url }
}

// The sentences that several providers earn.
const (
	badCallback  = "spec.callbackURL must be a base URL without user, query and fragment, such as https://calls.example.com."
	notEntraHost = "With workloadIdentity, spec.acs.endpoint must be an https URL below .communication.azure.com or .communication.azure.us or .communication.azure.cn."
	badValue     = "The value under key connectionString of Secret s is no connection string: "
	oneKind      = "Choose one kind of credentials: set either spec.acs.connectionStringSecretRef or spec.acs.workloadIdentity."
)

func TestUnusableProvider(t *testing.T) {
	const notSecret = "c2VjcmV0" // stands where no error may show it
	cases := []struct {
		name, reason string
		provider     *v1alpha1.CallProvider
		secret       *corev1.Secret
		wantReason   string
		want         string
	}{
		{
			"no service", "an old CRD may let it through", controllertest.ProviderWith(func(p *v1alpha1.CallProvider) { p.Spec.ACS = nil }),
			controllertest.SecretWith(controllertest.ConnectionString), v1alpha1.ReasonInvalidEndpoint, "The provider names no service that this version of the operator knows: set spec.acs or spec.asterisk.",
		},
		{
			"no callback", "an old CRD may let it through", controllertest.ProviderWith(controllertest.CallbackTo("")),
			controllertest.SecretWith(controllertest.ConnectionString), v1alpha1.ReasonInvalidCallbackURL, badCallback,
		},
		{
			"callback without host", "ACS could not call back", controllertest.ProviderWith(controllertest.CallbackTo("https:///calls")),
			controllertest.SecretWith(controllertest.ConnectionString), v1alpha1.ReasonInvalidCallbackURL, badCallback,
		},
		{
			"callback that is none", "what cannot be parsed cannot be used", controllertest.ProviderWith(controllertest.CallbackTo("https://calls.example.com:port")),
			controllertest.SecretWith(controllertest.ConnectionString), v1alpha1.ReasonInvalidCallbackURL, badCallback,
		},
		{
			"callback with a query", "the token is the query", controllertest.ProviderWith(controllertest.CallbackTo("https://calls.example.com?x=1")),
			controllertest.SecretWith(controllertest.ConnectionString), v1alpha1.ReasonInvalidCallbackURL, badCallback,
		},
		{
			"callback with a fragment", "it would never be sent", controllertest.ProviderWith(controllertest.CallbackTo("https://calls.example.com#x")),
			controllertest.SecretWith(controllertest.ConnectionString), v1alpha1.ReasonInvalidCallbackURL, badCallback,
		},
		{
			"callback with a user", "a password would stand in the spec", controllertest.ProviderWith(controllertest.CallbackTo("https://u:" + notSecret + "@calls.example.com")),
			controllertest.SecretWith(controllertest.ConnectionString), v1alpha1.ReasonInvalidCallbackURL, badCallback,
		},
		{
			"callback over http", "telephony services call back over https only", controllertest.ProviderWith(controllertest.CallbackTo("http://calls.example.com")),
			controllertest.SecretWith(controllertest.ConnectionString), v1alpha1.ReasonInvalidCallbackURL,
			"spec.callbackURL must begin with https://, since telephony services call back over https only.",
		},
		{
			"no Secret", "a person has to create it", controllertest.ProviderWith(), nil, v1alpha1.ReasonSecretNotFound,
			"Secret s does not exist: create it with the connection string under the key connectionString.",
		},
		{
			"no key", "a person has to add it", controllertest.ProviderWith(), &corev1.Secret{ObjectMeta: controllertest.SecretWith("").ObjectMeta},
			v1alpha1.ReasonSecretKeyNotFound, "Secret s has no key connectionString: add the connection string under that key.",
		},
		{
			"empty value", "nothing is no connection string", controllertest.ProviderWith(), controllertest.SecretWith(" \n"), v1alpha1.ReasonInvalidCredentials,
			badValue + "a connection string has the form endpoint=https://RESOURCE.communication.azure.com/;accesskey=BASE64.",
		},
		{
			"access key alone", "a key was pasted in place of the connection string", controllertest.ProviderWith(), controllertest.SecretWith(controllertest.AccessKey), v1alpha1.ReasonInvalidCredentials,
			badValue + "a connection string has the form endpoint=https://RESOURCE.communication.azure.com/;accesskey=BASE64.",
		},
		{
			"access key cut off", "what the decoder says tells about the key", controllertest.ProviderWith(),
			controllertest.SecretWith("endpoint=https://acs.example.com;accesskey=" + notSecret + "!"), v1alpha1.ReasonInvalidCredentials,
			badValue + "the access key is not base64: copy it from the resource's keys page.",
		},
		{
			"endpoint in the Secret", "it may be mistyped", controllertest.ProviderWith(), controllertest.SecretWith("endpoint=acs;accesskey=" + controllertest.AccessKey), v1alpha1.ReasonInvalidCredentials,
			badValue + "the endpoint must be a URL such as https://RESOURCE.communication.azure.com.",
		},
		{
			"endpoint with a path", "requests would go elsewhere", controllertest.ProviderWith(endpointAt("https://acs.example.com/x")),
			controllertest.SecretWith(controllertest.ConnectionString), v1alpha1.ReasonInvalidEndpoint,
			"The endpoint cannot be used: the endpoint must have nothing after the host, as in https://RESOURCE.communication.azure.com.",
		},
		{
			"endpoint over http", "numbers would travel in the clear", controllertest.ProviderWith(endpointAt("http://acs.example.com")),
			controllertest.SecretWith(controllertest.ConnectionString), v1alpha1.ReasonInvalidEndpoint, "The endpoint cannot be used: the endpoint must begin with https://.",
		},
		{
			"endpoint over http in the Secret", "numbers would travel in the clear", controllertest.ProviderWith(),
			controllertest.SecretWith("endpoint=http://acs.example.com;accesskey=" + controllertest.AccessKey),
			v1alpha1.ReasonInvalidEndpoint, "The endpoint cannot be used: the endpoint must begin with https://.",
		},
		{
			"no credentials", "an old CRD may let it through", controllertest.ProviderWith(func(p *v1alpha1.CallProvider) { p.Spec.ACS.ConnectionStringSecretRef = nil }),
			nil, v1alpha1.ReasonInvalidCredentials, oneKind,
		},
		{
			"both kinds of credentials", "an old CRD may let it through", controllertest.ProviderWith(func(p *v1alpha1.CallProvider) {
				p.Spec.ACS.WorkloadIdentity = &v1alpha1.WorkloadIdentity{}
				p.Spec.ACS.Endpoint = "https://r.communication.azure.com"
			}),
			controllertest.SecretWith(controllertest.ConnectionString), v1alpha1.ReasonInvalidCredentials, oneKind,
		},
		{
			"Entra token for another host", "the manager's token must not leave Azure", controllertest.ProviderWith(withEntra("https://acs.example.com")),
			nil, v1alpha1.ReasonInvalidEndpoint, notEntraHost,
		},
		{
			"Entra without an endpoint", "there is no connection string to take it from", controllertest.ProviderWith(withEntra("")),
			nil, v1alpha1.ReasonInvalidEndpoint, notEntraHost,
		},
		{
			"Entra that nobody allowed", "the manager's identity is not the namespace's", controllertest.ProviderWith(withEntra("https://r.communication.azure.com")),
			nil, v1alpha1.ReasonIdentityNotAllowed,
			"This namespace may not use the manager's workload identity at this endpoint: have the manager started with --allow-workload-identity=n/r.communication.azure.com" +
				" (the chart's value is manager.workloadIdentity.allowed), or set spec.acs.connectionStringSecretRef in place of workloadIdentity.",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := renewed(t, c.provider, c.secret)
			var cause *telephony.UnusableError
			if !errors.As(err, &cause) {
				t.Fatalf("%s: got %v, want an UnusableError", c.reason, err)
			}
			if cause.Reason != c.wantReason || cause.Error() != c.want {
				t.Errorf("%s: got %s: %s\nwant %s: %s", c.reason, cause.Reason, cause.Message, c.wantReason, c.want)
			}
			if shown := fmt.Sprintf("%+v %#v", err, cause); strings.Contains(shown, notSecret) || strings.Contains(shown, controllertest.AccessKey) {
				t.Errorf("the error shows the secret: %s", shown)
			}
		})
	}
}

func renewed(t *testing.T, provider *v1alpha1.CallProvider, secret *corev1.Secret) error {
	t.Helper()
	var objects []client.Object
	if secret != nil {
		objects = append(objects, secret)
	}
	connections := newConnections(controllertest.NewAPI(t, nil, interceptor.Funcs{}, objects...), controllertest.NewClock().Now)
	connection, err := connections.Renew(t.Context(), provider)
	if connection != nil {
		t.Errorf("an unusable provider got a connection to %s", connection.Endpoint)
	}
	if _, known := connections.LastKnown(client.ObjectKeyFromObject(provider)); known {
		t.Error("an unusable provider's connection is remembered")
	}
	return err
}

// TestWorkloadIdentityIsMissing is not parallel: it is about the process's environment.
func TestWorkloadIdentityIsMissing(t *testing.T) {
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", "/nowhere")
	provider := controllertest.ProviderWith(withEntra("https://r.communication.azure.com"))
	connections := newConnections(nil, controllertest.NewClock().Now)
	acsOf(connections).Identity = telephonyacs.IdentityGrants{{Namespace: "n", Host: "r.communication.azure.com"}}
	connection, err := connections.For(t.Context(), provider)
	if err != nil || connection.Endpoint != "https://r.communication.azure.com" {
		t.Fatalf("with a client ID, a tenant ID and a token file there is an identity, got %v", err)
	}
	provider = controllertest.ProviderWith(withEntra("https://r.communication.azure.com"))
	provider.Spec.ACS.WorkloadIdentity = &v1alpha1.WorkloadIdentity{ClientID: "client"}
	provider.Generation++
	_, err = connections.For(t.Context(), provider)
	var cause *telephony.UnusableError
	if !errors.As(err, &cause) || cause.Reason != v1alpha1.ReasonInvalidCredentials {
		t.Fatalf("without a tenant ID there is no identity, got %v", err)
	}
	const begins, ends = "The manager has no workload identity (no tenant ID", "or set spec.acs.workloadIdentity.clientID and tenantID."
	if !strings.HasPrefix(cause.Message, begins) || !strings.HasSuffix(cause.Message, ends) {
		t.Errorf("a person has to learn what is missing and what to do, got %q", cause.Message)
	}
}

func TestSecretCannotBeRead(t *testing.T) {
	t.Parallel()
	broken := apierrors.NewInternalError(errors.New("broken"))
	api := controllertest.NewAPI(t, nil, interceptor.Funcs{Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
		return broken
	}})
	connections := newConnections(api, controllertest.NewClock().Now)
	_, err := connections.For(t.Context(), controllertest.ProviderWith())
	var cause *telephony.UnusableError
	if errors.As(err, &cause) || !errors.Is(err, broken) {
		t.Errorf("the API server's failure is nothing that the provider's owner could mend: got %v", err)
	}
}

func TestAllowHTTP(t *testing.T) {
	t.Parallel()
	connections := newConnections(controllertest.NewAPI(t, nil, interceptor.Funcs{}, controllertest.SecretWith("endpoint=http://127.0.0.1:8080;accesskey="+controllertest.AccessKey)), controllertest.NewClock().Now)
	connections.AllowHTTP = true
	acsOf(connections).AllowHTTP = true
	connection, err := connections.For(t.Context(), controllertest.ProviderWith(controllertest.CallbackTo("http://127.0.0.1:8081")))
	if err != nil || connection.Endpoint != "http://127.0.0.1:8080" {
		t.Errorf("the simulator speaks http: got %v, %v", connection, err)
	}
	var cause *telephony.UnusableError
	_, err = connections.Renew(t.Context(), controllertest.ProviderWith(withEntra("http://r.communication.azure.com"), func(p *v1alpha1.CallProvider) { p.UID = "other" }))
	if !errors.As(err, &cause) || cause.Message != notEntraHost {
		t.Errorf("an Entra token never travels in the clear, whatever is permitted: got %v", err)
	}
}

func TestEndpointOfTheSpecWins(t *testing.T) {
	t.Parallel()
	connections := newConnections(controllertest.NewAPI(t, nil, interceptor.Funcs{}, controllertest.SecretWith(controllertest.ConnectionString+"\n")), controllertest.NewClock().Now)
	connection, err := connections.For(t.Context(), controllertest.ProviderWith())
	if err != nil || connection.Endpoint != "https://acs.example.com" {
		t.Errorf("unset, the connection string's endpoint is used: got %v, %v", connection, err)
	}
	connection, err = connections.For(t.Context(), controllertest.ProviderWith(endpointAt("https://other.example.com"), func(p *v1alpha1.CallProvider) { p.Generation++ }))
	if err != nil || connection.Endpoint != "https://other.example.com" {
		t.Errorf("set, it is used: got %v, %v", connection, err)
	}
}

// TestConnectionIsKept follows one provider through changes: when its Secret is read, and when its client is recreated.
func TestConnectionIsKept(t *testing.T) {
	t.Parallel()
	now, reads := controllertest.NewClock(), 0
	api := controllertest.NewAPI(t, nil, interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
		reads++
		return c.Get(ctx, key, object, options...)
	}}, controllertest.SecretWith(controllertest.ConnectionString))
	connections := newConnections(api, now.Now)
	provider := controllertest.ProviderWith()
	key := client.ObjectKeyFromObject(provider)
	rewrite := func(value string) {
		if err := api.Update(t.Context(), controllertest.SecretWith(value)); err != nil {
			t.Fatal(err)
		}
	}
	steps := []struct {
		name, reason string
		change       func()
		reads        int
		kept         bool
	}{
		{"first", "it is made", func() {}, 1, false},
		{"again", "a known connection costs nothing", func() {}, 0, true},
		{"just before its age", "a known connection costs nothing", func() { now.Pass(ConnectionAge - 1) }, 0, true},
		{"of age", "the Secret is read again; as it is the same, idle HTTP connections are kept", func() { now.Pass(1) }, 1, true},
		{"fresh again", "the age counts from the last reading", func() { now.Pass(ConnectionAge - 1) }, 0, true},
		{"Secret changed", "it is not seen before the connection is of age", func() { rewrite(controllertest.ConnectionString + ";") }, 0, true},
		{"distrusted", "ACS refused it, so the Secret is read at once", func() { connections.Invalidate(key) }, 1, false},
		{"distrusted, unchanged", "the Secret is read, and is still the same", func() { connections.Invalidate(key) }, 1, true},
		{"new generation", "another spec may mean another endpoint", func() { provider.Generation++ }, 1, false},
		{"new object of that name", "another object's connection is not its own", func() { provider.UID = "other" }, 1, false},
		{"forgotten", "a provider that was gone begins anew", func() { connections.Forget(key) }, 1, false},
	}
	var last *Connection
	for _, s := range steps {
		s.change()
		reads = 0
		got, err := connections.For(t.Context(), provider)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if reads != s.reads || (got == last) != s.kept {
			t.Errorf("%s: %s: %d readings of the Secret and kept %t, want %d and %t", s.name, s.reason, reads, got == last, s.reads, s.kept)
		}
		last = got
	}
}

func TestLastConnection(t *testing.T) {
	t.Parallel()
	now := controllertest.NewClock()
	api := controllertest.NewAPI(t, nil, interceptor.Funcs{}, controllertest.SecretWith(controllertest.ConnectionString))
	connections := newConnections(api, now.Now)
	provider := controllertest.ProviderWith()
	key := client.ObjectKeyFromObject(provider)
	connections.Invalidate(key) // of nobody: no harm
	if _, ok := connections.LastKnown(key); ok {
		t.Error("a provider that was never used has no last connection")
	}
	made, err := connections.For(t.Context(), provider)
	if err != nil {
		t.Fatal(err)
	}
	if err := api.Delete(t.Context(), controllertest.SecretWith("")); err != nil {
		t.Fatal(err)
	}
	now.Pass(ConnectionAge)
	if _, err := connections.For(t.Context(), provider); err == nil {
		t.Error("without its Secret a provider is unusable")
	}
	if last, ok := connections.LastKnown(key); !ok || last != made {
		t.Error("a namespace that is deleted may lose the Secret first: its live calls need the last connection")
	}
	if _, ok := connections.LastKnown(types.NamespacedName{Namespace: "other", Name: provider.Name}); ok {
		t.Error("another namespace's provider has another connection")
	}
	connections.Forget(key)
	if _, ok := connections.LastKnown(key); ok {
		t.Error("a provider that is no more has no connection")
	}
}

// TestCallbackURLIsOptional: a service that calls nobody back needs no callback URL, and one that is there is not judged.
func TestCallbackURLIsOptional(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "http://calls.example.com"} {
		connections := newConnections(nil, controllertest.NewClock().Now)
		connections.Adapter = telephonytest.Adapter{Service: &telephonytest.Service{}}
		connection, err := connections.For(t.Context(), controllertest.ProviderWith(controllertest.CallbackTo(url)))
		if err != nil || connection.Endpoint != telephonytest.Endpoint {
			t.Errorf("with the callback URL %q: got %v, %v", url, connection, err)
		}
	}
}
