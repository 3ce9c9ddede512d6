// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/azurecloud"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/telephony/acs/acstest"
)

func newTestEntra(t testing.TB, i *acstest.Issuer) *entraVerifier {
	t.Helper()
	return newReports(t, Config{EntraURL: i.URL, Now: func() time.Time { return jwtTime }}).entra
}

func TestVerifyEntra(t *testing.T) {
	i := acstest.NewIssuer(t)
	mine, stranger := acstest.RSAKeys()[0], acstest.RSAKeys()[1]
	token := func(changes map[string]any) string { return acstest.EntraToken(t, jwtTime, changes) }
	v2 := i.URL + "/" + strings.ToLower(tenantID) + "/v2.0"
	tests := []struct {
		name, reason, token, want string
	}{
		{name: "Version1", reason: "Event Grid in this tenant for this application", token: token(nil), want: "ok"},
		{name: "Version2", reason: "the application decides which version its tokens have",
			token: token(map[string]any{"iss": v2, "appid": nil, "azp": azurecloud.Public.EventGridAppID}), want: "ok"},
		{name: "Role", reason: "the role is what the administrator gave to Event Grid",
			token: token(map[string]any{"appid": "another", "roles": []string{"Other", eventGridRole}}), want: "ok"},
		{name: "AudienceCase", reason: "an application's ID means the same in both cases", token: token(map[string]any{"aud": strings.ToUpper(audience)}), want: "ok"},
		{name: "Missing", reason: "the secret in the URL is not enough", token: "", want: "jwt_missing"},
		{name: "OtherApplication", reason: "anybody in the tenant can get a token for this audience", token: token(map[string]any{"appid": "another"}), want: "jwt_caller"},
		{name: "NoCaller", reason: "a token of nobody is not Event Grid's", token: token(map[string]any{"appid": nil}), want: "jwt_caller"},
		{name: "OtherRole", reason: "a role is compared as a whole", token: token(map[string]any{"appid": nil, "roles": []string{eventGridRole + "s"}}), want: "jwt_caller"},
		{name: "RolesNoList", reason: "a claim of another type is no role", token: token(map[string]any{"appid": nil, "roles": eventGridRole}), want: "jwt_caller"},
		{name: "OtherAudience", reason: "Event Grid has tokens for everybody's endpoints", token: token(map[string]any{"aud": "api://somebody-else"}), want: "jwt_audience"},
		{name: "OtherTenant", reason: "all tenants are signed for with the same keys", token: token(map[string]any{"iss": azurecloud.Public.EntraIssuerV1 + "11111111-1111-1111-1111-111111111111/"}), want: "jwt_issuer"},
		{name: "OtherTenantV2", reason: "all tenants are signed for with the same keys", token: token(map[string]any{"iss": i.URL + "/11111111-1111-1111-1111-111111111111/v2.0"}), want: "jwt_issuer"},
		{name: "ServiceIssuer", reason: "a callback's token is another one", token: token(map[string]any{"iss": azurecloud.Public.CallbackIssuer}), want: "jwt_issuer"},
		{name: "Expired", reason: "a token that was overheard is soon worthless", token: token(map[string]any{"exp": jwtTime.Add(-time.Minute).Unix()}), want: "jwt_expired"},
		{name: "NotYet", reason: "a token of the future comes from a wrong clock", token: token(map[string]any{"nbf": jwtTime.Add(time.Hour).Unix()}), want: "jwt_invalid"},
		{name: "StrangersKey", reason: "the key ID alone proves nothing", token: acstest.Sign(t, jose.RS256, stranger, "key-1", acstest.EntraClaims(jwtTime, nil)), want: "jwt_invalid"},
		{name: "UnknownKey", reason: "the tenant has no such key", token: acstest.Sign(t, jose.RS256, stranger, "key-9", acstest.EntraClaims(jwtTime, nil)), want: "jwt_unknown_key"},
		{name: "Altered", reason: "the signature covers the claims", token: alter(t, token(nil)), want: "jwt_invalid"},
		{name: "AlgorithmNone", reason: "an unsigned token is not a token", token: unsigned(t, acstest.EntraClaims(jwtTime, nil)), want: "jwt_malformed"},
		{name: "HS256", reason: "the public key is no secret to sign with",
			token: acstest.Sign(t, jose.HS256, x509.MarshalPKCS1PublicKey(&mine.PublicKey), "key-1", acstest.EntraClaims(jwtTime, nil)), want: "jwt_malformed"},
		{name: "PS256", reason: "Entra ID signs with RS256", token: acstest.Sign(t, jose.PS256, mine, "key-1", acstest.EntraClaims(jwtTime, nil)), want: "jwt_malformed"},
		{name: "Garbage", reason: "this is no token at all", token: "x.y.z", want: "jwt_malformed"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			// The clock of a fetch stands still, so each case has a verifier of its own.
			v := newTestEntra(t, i)
			err := v.verify(t.Context(), tc.token, v1alpha1.EventGridEntra{TenantID: tenantID, Audience: audience}, azurecloud.Public)
			if got := wordOf(err); got != tc.want {
				t.Errorf("%s: %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// Each tenant's keys come from its own URL, once; the number of tenants that are remembered is bounded, and those in use
// stay.
func TestTenants(t *testing.T) {
	i := acstest.NewIssuer(t)
	var paths []string
	i.Answer = func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		i.ServeKeys(w)
	}
	v := newTestEntra(t, i)
	verify := func(tenant string) {
		t.Helper()
		token := acstest.EntraToken(t, jwtTime, map[string]any{"iss": azurecloud.Public.EntraIssuerV1 + tenant + "/"})
		if err := v.verify(t.Context(), token, v1alpha1.EventGridEntra{TenantID: tenant, Audience: audience}, azurecloud.Public); err != nil {
			t.Fatalf("tenant %s: %v", tenant, err)
		}
	}
	tenant := func(n int) string { return fmt.Sprintf("00000000-0000-0000-0000-%012d", n) }
	verify(tenant(0))
	verify(tenant(0))
	if want := "/" + tenant(0) + "/discovery/v2.0/keys"; len(paths) != 1 || paths[0] != want {
		t.Errorf("the keys were fetched from %v, want once from %s", paths, want)
	}
	for n := 1; n <= maxTenants; n++ {
		verify(tenant(n))
		verify(tenant(0))
	}
	if len(v.tenants) != maxTenants {
		t.Errorf("%d tenants are remembered, want %d", len(v.tenants), maxTenants)
	}
	if got, want := i.Fetched(), maxTenants+1; got != want {
		t.Errorf("%d fetches, want %d: the tenant that was used all the time was forgotten", got, want)
	}
}

// A tenant becomes part of a URL, so it is a GUID, no matter what the API server accepts.
func TestStrangeTenant(t *testing.T) {
	i := acstest.NewIssuer(t)
	v := newTestEntra(t, i)
	for _, tenant := range []string{"", "../common", "common", "{" + tenantID[:34] + "}", strings.ReplaceAll(tenantID, "-", "/")} {
		err := v.verify(t.Context(), acstest.EntraToken(t, jwtTime, nil), v1alpha1.EventGridEntra{TenantID: tenant, Audience: audience}, azurecloud.Public)
		var refusal *telephony.AuthenticationError
		if !errors.As(err, &refusal) || refusal.Err != nil || i.Fetched() != 0 {
			t.Errorf("tenant %q: %v after %d fetches, want a refusal and none", tenant, err, i.Fetched())
		}
	}
}

func TestEntraURL(t *testing.T) {
	tests := []struct {
		name, reason, url string
		allowHTTP, ok     bool
	}{
		{name: "Default", reason: "Entra ID's own", url: azurecloud.Public.EntraURL, ok: true},
		{name: "Loopback", reason: "nobody is between", url: "http://127.0.0.1:8443/", ok: true},
		{name: "PlainHTTP", reason: "somebody between could answer with other keys", url: "http://login.example.com"},
		{name: "PlainHTTPAllowed", reason: "somebody asked for it", url: "http://login.example.com", allowHTTP: true, ok: true},
		{name: "Relative", reason: "there is no base", url: "/keys", allowHTTP: true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := newEntraVerifier(tc.url, keySource{allowHTTP: tc.allowHTTP}); (err == nil) != tc.ok {
				t.Errorf("%s: %v, want accepted %t", tc.reason, err, tc.ok)
			}
		})
	}
}
