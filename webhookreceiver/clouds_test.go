// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/azurecloud"
)

// cloudIssuers sign for two clouds, each with a key of its own.
type cloudIssuers struct {
	t      testing.TB
	now    time.Time
	tokens *callbackTokens
	keyOf  map[string]int
}

func newCloudIssuers(t testing.TB, now time.Time) *cloudIssuers {
	t.Helper()
	m, err := newMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	c := &cloudIssuers{t: t, now: now, tokens: &callbackTokens{clouds: map[string]*jwtVerifier{}}, keyOf: map[string]int{}}
	for n, cloud := range []azurecloud.Cloud{azurecloud.Public, azurecloud.USGovernment} {
		i := newIssuer(t)
		i.keys["key-1"] = rsaKeys()[n]
		c.keyOf[cloud.Name] = n
		if c.tokens.clouds[cloud.Name], err = newJWTVerifier(cloud.Name, cloud.CallbackIssuer, i.url+"/keys", false, func() time.Time { return now }, m); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// token is one of a cloud for a resource, signed with the key of another.
func (c *cloudIssuers) token(claimed, signer azurecloud.Cloud, resource string) string {
	claims := (&issuer{}).claims(c.now)
	maps.Copy(claims, map[string]any{"iss": claimed.CallbackIssuer, "aud": resource})
	return sign(c.t, jose.RS256, rsaKeys()[c.keyOf[signer.Name]], "key-1", claims)
}

// TestEachCloudHasItsIssuer: two providers in two clouds, side by side.
func TestEachCloudHasItsIssuer(t *testing.T) {
	c := newCloudIssuers(t, jwtTime)
	public, government := azurecloud.Public, azurecloud.USGovernment
	in := func(spec, status string) *v1alpha1.CallProvider {
		p := provider(resourceID)
		p.Spec.ACS.Endpoint, p.Status.Endpoint = spec, status
		return p
	}
	const inPublic, inGovernment = "https://a.communication.azure.com", "https://b.communication.azure.us/"
	tests := []struct {
		reason      string
		provider    *v1alpha1.CallProvider
		token, want string
	}{
		{"a public resource's own cloud", in(inPublic, ""), c.token(public, public, resourceID), "ok"},
		{"a government resource's own cloud", in(inGovernment, ""), c.token(government, government, resourceID), "ok"},
		{"the endpoint may be in the connection string, where the manager found it", in("", inGovernment), c.token(government, government, resourceID), "ok"},
		{"the spec is what is used, whatever the status says still", in(inGovernment, inPublic), c.token(government, government, resourceID), "ok"},
		{"another cloud does not speak for this resource", in(inGovernment, ""), c.token(public, public, resourceID), "jwt_invalid"},
		{"nor the other way round", in(inPublic, ""), c.token(government, government, resourceID), "jwt_invalid"},
		{"the right key makes no right issuer", in(inGovernment, ""), c.token(public, government, resourceID), "jwt_issuer"},
		{"a claim makes no signature", in(inGovernment, ""), c.token(government, public, resourceID), "jwt_invalid"},
		{"an endpoint that is none of Azure's, such as a proxy's, is taken for public", in("https://acs.example.com", ""), c.token(public, public, resourceID), "ok"},
		{"and for nothing else", in("https://acs.example.com", ""), c.token(government, government, resourceID), "jwt_invalid"},
		{"while the endpoint is not known, the token says which keys to ask", in("", ""), c.token(government, government, resourceID), "ok"},
		{"those keys decide", in("", ""), c.token(government, public, resourceID), "jwt_invalid"},
		{"and the resource still has to be right", in("", ""), c.token(government, government, "another"), "jwt_audience"},
		{"an issuer that is none of Azure's has no keys here", in("", ""), c.token(azurecloud.Cloud{CallbackIssuer: "https://evil.example.com"}, public, resourceID), "jwt_issuer"},
		{"garbage names no issuer", in("", ""), "garbage", "jwt_issuer"},
	}
	for _, tc := range tests {
		got := "ok"
		var refusal *refusedError
		if err := c.tokens.verify(t.Context(), tc.token, tc.provider); errors.As(err, &refusal) {
			got = refusal.reason
		} else if err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: %s, want %s", tc.reason, got, tc.want)
		}
	}
}

// TestCallbackOfAnotherCloud has both clouds' callbacks come in by the front door.
func TestCallbackOfAnotherCloud(t *testing.T) {
	p := provider(resourceID)
	p.Spec.ACS.Endpoint = "https://b.communication.azure.us"
	f := newFixture(t, []client.Object{p, dialing()}, at(jwtTime))
	c := newCloudIssuers(t, jwtTime)
	f.tokens = c.tokens
	post := func(cloud azurecloud.Cloud) (int, string) {
		r := f.request(batch(t, connected("1")))
		r.Header.Set("Authorization", "Bearer "+c.token(cloud, cloud, resourceID))
		return f.send(r)
	}
	if code, reason := post(azurecloud.Public); code != 401 {
		t.Errorf("another cloud's callback is answered %d %s, want 401", code, reason)
	}
	if code, reason := post(azurecloud.USGovernment); code != 200 || reason != "recorded" {
		t.Errorf("the own cloud's callback is answered %d %s, want 200 recorded", code, reason)
	}
}

// TestIssuersOfTheConfiguration: what nobody set follows each provider's cloud, and what somebody set holds for all.
func TestIssuersOfTheConfiguration(t *testing.T) {
	tests := []struct {
		reason, issuer, keys, wantIssuer, wantKeys string
	}{
		{reason: "the simulator signs for all", issuer: "https://acs.example.com", keys: "https://acs.example.com/keys", wantIssuer: "https://acs.example.com", wantKeys: "https://acs.example.com/keys"},
		{reason: "an issuer alone has the keys that it had by default", issuer: "https://acs.example.com", wantIssuer: "https://acs.example.com", wantKeys: azurecloud.Public.CallbackKeys},
		{reason: "keys alone, such as a mirror of them, are of the public issuer", keys: "https://mirror.example.com/keys", wantIssuer: azurecloud.Public.CallbackIssuer, wantKeys: "https://mirror.example.com/keys"},
		{reason: "nothing set"},
	}
	for _, tc := range tests {
		m, err := newMetrics(prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		tokens, err := newCallbackTokens(Config{Issuer: tc.issuer, JWKSURL: tc.keys, Now: time.Now}, m)
		if err != nil {
			t.Fatal(err)
		}
		if tc.wantIssuer != "" {
			if tokens.override == nil || tokens.override.issuer != tc.wantIssuer || tokens.override.keys.url != tc.wantKeys {
				t.Errorf("%s: override %+v", tc.reason, tokens.override)
			}
			continue
		}
		for _, cloud := range azurecloud.All {
			if v := tokens.clouds[cloud.Name]; tokens.override != nil || v == nil || v.issuer != cloud.CallbackIssuer || v.keys.url != cloud.CallbackKeys {
				t.Errorf("%s: %s is judged by %+v", tc.reason, cloud.Name, v)
			}
		}
	}
}

// TestEntraOfEachCloud: a tenant of one cloud says nothing in another, whatever its ID is.
func TestEntraOfEachCloud(t *testing.T) {
	here, there := newIssuer(t), newIssuer(t)
	there.keys["key-1"] = rsaKeys()[1]
	first, second := azurecloud.Public, azurecloud.China
	first.EntraURL, second.EntraURL, second.EventGridAppID = here.url, there.url, "another-app"
	m, err := newMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	v, err := newEntraVerifier("", false, func() time.Time { return jwtTime }, m)
	if err != nil {
		t.Fatal(err)
	}
	token := func(key int, issuer, app string) string {
		return sign(t, jose.RS256, rsaKeys()[key], "key-1", entraClaims(jwtTime, map[string]any{"iss": issuer + strings.ToLower(tenantID) + "/", "appid": app}))
	}
	tests := []struct {
		reason, token string
		cloud         azurecloud.Cloud
		ok            bool
	}{
		{"the cloud's own", token(0, first.EntraIssuerV1, first.EventGridAppID), first, true},
		{"the other cloud's own", token(1, second.EntraIssuerV1, second.EventGridAppID), second, true},
		{"the other cloud's keys are other ones, though the tenant has the same ID", token(0, second.EntraIssuerV1, second.EventGridAppID), second, false},
		{"its issuer has another name", token(1, first.EntraIssuerV1, second.EventGridAppID), second, false},
		{"Event Grid is another application there", token(1, second.EntraIssuerV1, first.EventGridAppID), second, false},
	}
	for _, tc := range tests {
		err := v.verify(t.Context(), tc.token, v1alpha1.EventGridEntra{TenantID: tenantID, Audience: audience}, tc.cloud)
		if (err == nil) != tc.ok {
			t.Errorf("%s: %v, want accepted %t", tc.reason, err, tc.ok)
		}
	}
	if got := entraAt(azurecloud.USGovernment.EntraURL); *got != azurecloud.USGovernment {
		t.Errorf("a URL of Entra ID that is set, and is that of a cloud, brings %s", got.Name)
	}
}
