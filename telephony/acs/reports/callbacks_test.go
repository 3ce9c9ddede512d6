// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/azurecloud"
	"github.com/call-operator/call-operator/telephony/acs/acstest"
)

// cloudIssuers sign for two clouds, each with a key of its own.
type cloudIssuers struct {
	*Reports
	t     testing.TB
	keyOf map[string]int
}

func newCloudIssuers(t testing.TB) *cloudIssuers {
	t.Helper()
	c := &cloudIssuers{Reports: newReports(t, Config{Now: func() time.Time { return jwtTime }}), t: t, keyOf: map[string]int{}}
	for n, cloud := range []azurecloud.Cloud{azurecloud.Public, azurecloud.USGovernment} {
		i := acstest.NewIssuer(t)
		i.Keys["key-1"] = acstest.RSAKeys()[n]
		c.keyOf[cloud.Name] = n
		c.callbacks.clouds[cloud.Name].keys.url = i.URL + "/keys"
	}
	return c
}

// token is one of a cloud for a resource, signed with the key of another.
func (c *cloudIssuers) token(claimed, signer azurecloud.Cloud, resource string) string {
	claims := (&acstest.Issuer{}).Claims(jwtTime)
	maps.Copy(claims, map[string]any{"iss": claimed.CallbackIssuer, "aud": resource})
	return acstest.Sign(c.t, jose.RS256, acstest.RSAKeys()[c.keyOf[signer.Name]], "key-1", claims)
}

// TestEachCloudHasItsIssuer: two providers in two clouds, side by side.
func TestEachCloudHasItsIssuer(t *testing.T) {
	c := newCloudIssuers(t)
	public, government := azurecloud.Public, azurecloud.USGovernment
	in := func(spec, status string) *v1alpha1.CallProvider {
		return &v1alpha1.CallProvider{
			Spec:   v1alpha1.CallProviderSpec{ACS: &v1alpha1.ACSProvider{ResourceID: resourceID, Endpoint: spec}},
			Status: v1alpha1.CallProviderStatus{Endpoint: status},
		}
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
		{"the spec is what is used, no matter what the status still says", in(inGovernment, inPublic), c.token(government, government, resourceID), "ok"},
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
		header := http.Header{"Authorization": {"Bearer " + tc.token}}
		if got := wordOf(c.AuthenticateEvents(t.Context(), tc.provider, nil, header)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.reason, got, tc.want)
		}
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
		tokens := newReports(t, Config{Issuer: tc.issuer, JWKSURL: tc.keys}).callbacks
		if tc.wantIssuer != "" {
			if tokens.override == nil || tokens.override.name != tc.wantIssuer || tokens.override.keys.url != tc.wantKeys {
				t.Errorf("%s: override %+v", tc.reason, tokens.override)
			}
			continue
		}
		for _, cloud := range azurecloud.All {
			if v := tokens.clouds[cloud.Name]; tokens.override != nil || v == nil || v.name != cloud.CallbackIssuer || v.keys.url != cloud.CallbackKeys {
				t.Errorf("%s: %s is judged by %+v", tc.reason, cloud.Name, v)
			}
		}
	}
}

// TestEntraOfEachCloud: a tenant of one cloud says nothing in another, no matter what its ID is.
func TestEntraOfEachCloud(t *testing.T) {
	here, there := acstest.NewIssuer(t), acstest.NewIssuer(t)
	there.Keys["key-1"] = acstest.RSAKeys()[1]
	first, second := azurecloud.Public, azurecloud.China
	first.EntraURL, second.EntraURL, second.EventGridAppID = here.URL, there.URL, "another-app"
	v := newReports(t, Config{Now: func() time.Time { return jwtTime }}).entra
	token := func(key int, issuer, app string) string {
		return acstest.Sign(t, jose.RS256, acstest.RSAKeys()[key], "key-1", acstest.EntraClaims(jwtTime, map[string]any{"iss": issuer + strings.ToLower(tenantID) + "/", "appid": app}))
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
