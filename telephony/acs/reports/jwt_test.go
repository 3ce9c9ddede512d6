// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/azurecloud"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/telephony/acs/acstest"
)

var jwtTime = time.Unix(1_800_000_000, 0)

const (
	resourceID = acstest.ResourceID
	tenantID   = acstest.TenantID
	audience   = acstest.Audience
)

func newReports(t testing.TB, config Config) *Reports {
	t.Helper()
	config.Registry = prometheus.NewRegistry()
	r, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// newTestVerifier checks what i signs, at the time that the clock shows, and returns its keys too.
func newTestVerifier(t testing.TB, i *acstest.Issuer, clock *time.Time) (*callbackTokens, *keySet) {
	t.Helper()
	v := newReports(t, Config{Issuer: i.URL, JWKSURL: i.URL + "/keys", Now: func() time.Time { return *clock }}).callbacks
	return v, v.override.keys
}

// reasonFor is the word for the result of verify.
func reasonFor(t testing.TB, v *callbackTokens, token, resourceID string) string {
	t.Helper()
	return wordOf(v.verify(t.Context(), token, &v1alpha1.CallProvider{Spec: v1alpha1.CallProviderSpec{ACS: &v1alpha1.ACSProvider{ResourceID: resourceID}}}))
}

// wordOf is "ok", the word of an authentication error, or another error's text.
func wordOf(err error) string {
	var failed *telephony.AuthenticationError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &failed):
		return failed.Word
	default:
		return err.Error()
	}
}

func TestVerifyJWT(t *testing.T) {
	i := acstest.NewIssuer(t)
	mine, stranger := acstest.RSAKeys()[0], acstest.RSAKeys()[1]
	publicKey := x509.MarshalPKCS1PublicKey(&mine.PublicKey)
	with := func(changes map[string]any) map[string]any {
		claims := i.Claims(jwtTime)
		maps.Copy(claims, changes)
		maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
		return claims
	}
	rs256 := func(changes map[string]any) string { return acstest.Sign(t, jose.RS256, mine, "key-1", with(changes)) }
	tests := []struct {
		name, reason, token, resourceID, want string
	}{
		{name: "Genuine", reason: "signed by the service for this resource", token: rs256(nil), want: "ok"},
		{name: "AudienceInUpperCase", reason: "a GUID means the same in both cases", token: rs256(map[string]any{"aud": strings.ToUpper(resourceID)}), want: "ok"},
		{name: "ResourceIDInUpperCase", reason: "a GUID means the same in both cases", token: rs256(nil), resourceID: strings.ToUpper(resourceID), want: "ok"},
		{name: "SeveralAudiences", reason: "one of them is this resource", token: rs256(map[string]any{"aud": []string{"x", resourceID}}), want: "ok"},
		{name: "NoKeyID", reason: "any of the issuer's keys may have signed it", token: acstest.Sign(t, jose.RS256, mine, "", with(nil)), want: "ok"},
		{name: "JustExpired", reason: "clocks differ by some seconds", token: rs256(map[string]any{"exp": jwtTime.Add(-29 * time.Second).Unix()}), want: "ok"},
		{name: "Expired", reason: "a token that was overheard is soon worthless", token: rs256(map[string]any{"exp": jwtTime.Add(-31 * time.Second).Unix()}), want: "jwt_expired"},
		{name: "NoExpiry", reason: "a token without an end would be valid for ever", token: rs256(map[string]any{"exp": nil}), want: "jwt_expired"},
		{name: "NotYet", reason: "a token of the future comes from a wrong clock, or a wrong issuer", token: rs256(map[string]any{"nbf": jwtTime.Add(time.Hour).Unix()}), want: "jwt_invalid"},
		{name: "OtherAudience", reason: "another resource's callbacks are not for us", token: rs256(map[string]any{"aud": "11111111-1111-1111-1111-111111111111"}), want: "jwt_audience"},
		{name: "NoAudience", reason: "a token for nobody is not for us", token: rs256(map[string]any{"aud": nil}), want: "jwt_audience"},
		{name: "LongerAudience", reason: "audiences are compared as a whole", token: rs256(map[string]any{"aud": resourceID + "0"}), want: "jwt_audience"},
		{name: "OtherIssuer", reason: "the same keys do not make the same issuer", token: rs256(map[string]any{"iss": "https://evil.example.com"}), want: "jwt_issuer"},
		{name: "IssuerWithSlash", reason: "issuers are compared exactly", token: rs256(map[string]any{"iss": i.URL + "/"}), want: "jwt_issuer"},
		{name: "StrangersKey", reason: "the key ID alone proves nothing", token: acstest.Sign(t, jose.RS256, stranger, "key-1", with(nil)), want: "jwt_invalid"},
		{name: "Altered", reason: "the signature covers the claims", token: alter(t, rs256(nil)), want: "jwt_invalid"},
		{name: "AlgorithmNone", reason: "an unsigned token is not a token", token: unsigned(t, with(nil)), want: "jwt_malformed"},
		{name: "HS256WithPublicKey", reason: "the public key is no secret to sign with", token: acstest.Sign(t, jose.HS256, publicKey, "key-1", with(nil)), want: "jwt_malformed"},
		{name: "RS512", reason: "the service signs with RS256", token: acstest.Sign(t, jose.RS512, mine, "key-1", with(nil)), want: "jwt_malformed"},
		{name: "PS256", reason: "the service signs with RS256", token: acstest.Sign(t, jose.PS256, mine, "key-1", with(nil)), want: "jwt_malformed"},
		{name: "Garbage", reason: "this is no token at all", token: "garbage", want: "jwt_malformed"},
		{name: "TwoSignatures", reason: "only the compact form is a bearer token", token: `{"payload":"e30","signatures":[]}`, want: "jwt_malformed"},
		{name: "NotClaims", reason: "a signed text is not a list of claims", token: signText(t, "hello"), want: "jwt_invalid"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			clock := jwtTime
			v, _ := newTestVerifier(t, i, &clock)
			if tc.resourceID == "" {
				tc.resourceID = resourceID
			}
			if got := reasonFor(t, v, tc.token, tc.resourceID); got != tc.want {
				t.Errorf("%s: %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// A token whose header brings its own key is judged with the issuer's.
func TestEmbeddedKeyIsIgnored(t *testing.T) {
	clock := jwtTime
	i := acstest.NewIssuer(t)
	v, _ := newTestVerifier(t, i, &clock)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: acstest.RSAKeys()[1]}, &jose.SignerOptions{EmbedJWK: true})
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := json.Marshal(i.Claims(jwtTime))
	signature, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, _ := signature.CompactSerialize()
	if got := reasonFor(t, v, token, resourceID); got != "jwt_invalid" {
		t.Errorf("a token with a key of its own: %s, want jwt_invalid", got)
	}
}

// Key IDs come from the sender: a thousand made-up ones at once, and more within the minute, are one fetch.
func TestUnknownKeyFlood(t *testing.T) {
	clock := jwtTime
	i := acstest.NewIssuer(t)
	v, keys := newTestVerifier(t, i, &clock)
	i.Set(func() { i.Answer = nil })
	var group sync.WaitGroup
	for n := range 1000 {
		token := "" // The flood is about key IDs; one signature is enough.
		if n == 0 {
			token = acstest.Sign(t, jose.RS256, acstest.RSAKeys()[1], "made-up", i.Claims(jwtTime))
		}
		group.Go(func() {
			if token != "" {
				_ = reasonFor(t, v, token, resourceID)
				return
			}
			_, _ = keys.lookup(t.Context(), fmt.Sprintf("made-up-%d", n))
		})
	}
	group.Wait()
	if got := i.Fetched(); got != 1 {
		t.Errorf("the keys were fetched %d times, want once", got)
	}
	clock = clock.Add(keysMinInterval - time.Second)
	if _, err := keys.lookup(t.Context(), "later"); !errors.Is(err, errKeysUnavailable) {
		t.Errorf("an unknown key within the minute: %v, want one that says that nobody can tell", err)
	}
	if got := reasonFor(t, v, i.Token(clock), resourceID); got != "ok" {
		t.Errorf("a genuine token during the flood: %s, want ok", got)
	}
	clock = clock.Add(2 * time.Second)
	if _, err := keys.lookup(t.Context(), "much later"); !errors.Is(err, errUnknownKey) {
		t.Errorf("an unknown key after the minute: %v, want a fetch that shows that there is none", err)
	}
	if got := i.Fetched(); got != 2 {
		t.Errorf("the keys were fetched %d times, want twice", got)
	}
	if got := testutil.ToFloat64(keys.fetches.WithLabelValues(configured, fetchSuccess)); got != 2 {
		t.Errorf("%v fetches counted, want 2", got)
	}
}

func TestKeyRotation(t *testing.T) {
	clock := jwtTime
	i := acstest.NewIssuer(t)
	v, keys := newTestVerifier(t, i, &clock)
	if got := reasonFor(t, v, i.Token(clock), resourceID); got != "ok" {
		t.Fatalf("before the rotation: %s, want ok", got)
	}
	i.Set(func() { i.Keys["key-2"] = acstest.RSAKeys()[1] })
	clock = clock.Add(keysMinInterval)
	second := acstest.Sign(t, jose.RS256, acstest.RSAKeys()[1], "key-2", i.Claims(clock))
	if got := reasonFor(t, v, second, resourceID); got != "ok" {
		t.Errorf("a new key: %s, want ok", got)
	}
	i.Set(func() { delete(i.Keys, "key-1") })
	clock = clock.Add(keysMaxAge + time.Second)
	_ = reasonFor(t, v, acstest.Sign(t, jose.RS256, acstest.RSAKeys()[1], "key-2", i.Claims(clock)), resourceID)
	for deadline := time.Now().Add(10 * time.Second); len(keys.cached("key-1")) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a key that the issuer withdrew is not dropped")
		}
	}
}

// While the issuer's answer is unusable, the old keys remain in use; without any, no token is verified.
func TestKeysUnavailable(t *testing.T) {
	tests := []struct {
		name, reason string
		answer       http.HandlerFunc
	}{
		{name: "Error", reason: "an error has no keys", answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }},
		{name: "Redirect", reason: "a redirect could lead anywhere", answer: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) }},
		{name: "NotJSON", reason: "a captive portal has no keys", answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }},
		{name: "NoKeys", reason: "an empty set does not replace keys that work", answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[]}`)) }},
		{name: "WrongKeys", reason: "a symmetric key signs no RS256", answer: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"keys":[{"kty":"oct","kid":"key-1","k":"c2VjcmV0"}]}`))
		}},
		{name: "TooLarge", reason: "an answer has a bound", answer: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"keys":[],"x":"` + strings.Repeat("x", maxKeySetBytes) + `"}`))
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			clock := jwtTime
			i := acstest.NewIssuer(t)
			v, keys := newTestVerifier(t, i, &clock)
			i.Set(func() { i.Answer = tc.answer })
			if got := reasonFor(t, v, i.Token(clock), resourceID); got != "keys_unavailable" {
				t.Errorf("%s: without any key %s, want keys_unavailable", tc.reason, got)
			}
			i.Set(func() { i.Answer = nil })
			clock = clock.Add(keysRetryInterval)
			if got := reasonFor(t, v, i.Token(clock), resourceID); got != "ok" {
				t.Errorf("%s: after the outage %s, want ok", tc.reason, got)
			}
			i.Set(func() { i.Answer = tc.answer })
			clock = clock.Add(keysMinInterval)
			if _, err := keys.lookup(t.Context(), "unknown"); !errors.Is(err, errKeysUnavailable) {
				t.Errorf("%s: an unknown key in the outage: %v, want that nobody can tell", tc.reason, err)
			}
			if got := reasonFor(t, v, i.Token(clock), resourceID); got != "ok" {
				t.Errorf("%s: with a known key in the outage %s, want ok", tc.reason, got)
			}
			if got := testutil.ToFloat64(keys.fetches.WithLabelValues(configured, fetchFailure)); got != 2 {
				t.Errorf("%s: %v failures counted, want 2", tc.reason, got)
			}
		})
	}
}

func TestJWKSURL(t *testing.T) {
	tests := []struct {
		name, reason, url string
		allowHTTP, ok     bool
	}{
		{name: "Default", reason: "the service's own", url: azurecloud.Public.CallbackKeys, ok: true},
		{name: "LoopbackIPv4", reason: "nobody is between", url: "http://127.0.0.1:8443/keys", ok: true},
		{name: "LoopbackIPv6", reason: "nobody is between", url: "http://[::1]:8443/keys", ok: true},
		{name: "Localhost", reason: "nobody is between", url: "http://localhost/keys", ok: true},
		{name: "PlainHTTP", reason: "somebody between could answer with other keys", url: "http://issuer.example.com/keys"},
		{name: "PlainHTTPAllowed", reason: "somebody asked for it", url: "http://issuer.example.com/keys", allowHTTP: true, ok: true},
		{name: "LooksLikeLocalhost", reason: "this is a host of somebody else", url: "http://localhost.example.com/keys"},
		{name: "File", reason: "keys come over the network", url: "file:///keys", allowHTTP: true},
		{name: "Relative", reason: "there is no base", url: "/keys"},
		{name: "Empty", reason: "there is no URL", url: ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			source, err := newKeySource(Config{AllowHTTP: tc.allowHTTP, Registry: prometheus.NewRegistry()})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := source.newKeySet("Public", tc.url); (err == nil) != tc.ok {
				t.Errorf("%s: %v, want accepted %t", tc.reason, err, tc.ok)
			}
		})
	}
}

// Whatever comes as a token, nothing but a genuine one passes.
func FuzzVerifyJWT(f *testing.F) {
	clock := jwtTime
	i := acstest.NewIssuer(f)
	v, _ := newTestVerifier(f, i, &clock)
	genuine := i.Token(clock)
	f.Add(genuine)
	f.Add(unsigned(f, i.Claims(clock)))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, token string) {
		// A compact token may have line breaks around; the signed part is what counts.
		if reasonFor(t, v, token, resourceID) == "ok" && strings.Join(strings.Fields(token), "") != genuine {
			t.Errorf("accepted %q", token)
		}
	})
}

// alter changes a claim and keeps the signature.
func alter(t testing.TB, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	altered := strings.Replace(string(payload), `"iat":1`, `"iat":2`, 1)
	if altered == string(payload) {
		t.Fatal("nothing was altered")
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(altered))
	return strings.Join(parts, ".")
}

func unsigned(t testing.TB, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none","kid":"key-1"}`)) + "." + encode(payload) + "."
}

func signText(t testing.TB, text string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: acstest.RSAKeys()[0]}, nil)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	token, err := signature.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
