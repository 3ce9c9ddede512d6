// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

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

	"github.com/call-operator/call-operator/internal/azurecloud"
)

var jwtTime = time.Unix(1_800_000_000, 0)

// newTestVerifier checks what i signs, at the time that the clock shows.
func newTestVerifier(t testing.TB, i *issuer, clock *time.Time) (*jwtVerifier, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	m, err := newMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	v, err := newJWTVerifier(configured, i.url, i.url+"/keys", false, func() time.Time { return *clock }, m)
	if err != nil {
		t.Fatal(err)
	}
	return v, registry
}

// reasonFor is what verify says: "ok", the reason for a refusal, or "unavailable".
func reasonFor(t testing.TB, v *jwtVerifier, token, resourceID string) string {
	t.Helper()
	err := v.verify(t.Context(), token, resourceID)
	var refusal *refusedError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &refusal):
		return refusal.reason
	case errors.Is(err, errKeysUnavailable):
		return "unavailable"
	default:
		return err.Error()
	}
}

func TestVerifyJWT(t *testing.T) {
	i := newIssuer(t)
	mine, stranger := rsaKeys()[0], rsaKeys()[1]
	publicKey := x509.MarshalPKCS1PublicKey(&mine.PublicKey)
	with := func(changes map[string]any) map[string]any {
		claims := i.claims(jwtTime)
		maps.Copy(claims, changes)
		maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
		return claims
	}
	rs256 := func(changes map[string]any) string { return sign(t, jose.RS256, mine, "key-1", with(changes)) }
	tests := []struct {
		name, reason, token, resourceID, want string
	}{
		{name: "Genuine", reason: "signed by the service for this resource", token: rs256(nil), want: "ok"},
		{name: "AudienceInUpperCase", reason: "a GUID means the same in both cases", token: rs256(map[string]any{"aud": strings.ToUpper(resourceID)}), want: "ok"},
		{name: "ResourceIDInUpperCase", reason: "a GUID means the same in both cases", token: rs256(nil), resourceID: strings.ToUpper(resourceID), want: "ok"},
		{name: "SeveralAudiences", reason: "one of them is this resource", token: rs256(map[string]any{"aud": []string{"x", resourceID}}), want: "ok"},
		{name: "NoKeyID", reason: "any of the issuer's keys may have signed it", token: sign(t, jose.RS256, mine, "", with(nil)), want: "ok"},
		{name: "JustExpired", reason: "clocks differ by some seconds", token: rs256(map[string]any{"exp": jwtTime.Add(-29 * time.Second).Unix()}), want: "ok"},
		{name: "Expired", reason: "a token that was overheard is soon worthless", token: rs256(map[string]any{"exp": jwtTime.Add(-31 * time.Second).Unix()}), want: "jwt_expired"},
		{name: "NoExpiry", reason: "a token without an end would be valid for ever", token: rs256(map[string]any{"exp": nil}), want: "jwt_expired"},
		{name: "NotYet", reason: "a token of the future comes from a wrong clock, or a wrong issuer", token: rs256(map[string]any{"nbf": jwtTime.Add(time.Hour).Unix()}), want: "jwt_invalid"},
		{name: "OtherAudience", reason: "another resource's callbacks are not for us", token: rs256(map[string]any{"aud": "11111111-1111-1111-1111-111111111111"}), want: "jwt_audience"},
		{name: "NoAudience", reason: "a token for nobody is not for us", token: rs256(map[string]any{"aud": nil}), want: "jwt_audience"},
		{name: "LongerAudience", reason: "audiences are compared as a whole", token: rs256(map[string]any{"aud": resourceID + "0"}), want: "jwt_audience"},
		{name: "OtherIssuer", reason: "the same keys do not make the same issuer", token: rs256(map[string]any{"iss": "https://evil.example.com"}), want: "jwt_issuer"},
		{name: "IssuerWithSlash", reason: "issuers are compared exactly", token: rs256(map[string]any{"iss": i.url + "/"}), want: "jwt_issuer"},
		{name: "StrangersKey", reason: "the key ID alone proves nothing", token: sign(t, jose.RS256, stranger, "key-1", with(nil)), want: "jwt_invalid"},
		{name: "Altered", reason: "the signature covers the claims", token: alter(t, rs256(nil)), want: "jwt_invalid"},
		{name: "AlgorithmNone", reason: "an unsigned token is not a token", token: unsigned(t, with(nil)), want: "jwt_malformed"},
		{name: "HS256WithPublicKey", reason: "the public key is no secret to sign with", token: sign(t, jose.HS256, publicKey, "key-1", with(nil)), want: "jwt_malformed"},
		{name: "RS512", reason: "the service signs with RS256", token: sign(t, jose.RS512, mine, "key-1", with(nil)), want: "jwt_malformed"},
		{name: "PS256", reason: "the service signs with RS256", token: sign(t, jose.PS256, mine, "key-1", with(nil)), want: "jwt_malformed"},
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
	i := newIssuer(t)
	v, _ := newTestVerifier(t, i, &clock)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: rsaKeys()[1]}, &jose.SignerOptions{EmbedJWK: true})
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := json.Marshal(i.claims(jwtTime))
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
	i := newIssuer(t)
	v, registry := newTestVerifier(t, i, &clock)
	i.set(func() { i.answer = nil })
	var group sync.WaitGroup
	for n := range 1000 {
		token := "" // The flood is about key IDs; one signature is enough.
		if n == 0 {
			token = sign(t, jose.RS256, rsaKeys()[1], "made-up", i.claims(jwtTime))
		}
		group.Go(func() {
			if token != "" {
				_ = v.verify(t.Context(), token, resourceID)
				return
			}
			_, _ = v.keys.lookup(t.Context(), fmt.Sprintf("made-up-%d", n))
		})
	}
	group.Wait()
	if got := i.fetched(); got != 1 {
		t.Errorf("the keys were fetched %d times, want once", got)
	}
	clock = clock.Add(keysMinInterval - time.Second)
	if _, err := v.keys.lookup(t.Context(), "later"); !errors.Is(err, errKeysUnavailable) {
		t.Errorf("an unknown key within the minute: %v, want one that says that nobody can tell", err)
	}
	if got := reasonFor(t, v, i.token(clock), resourceID); got != "ok" {
		t.Errorf("a genuine token during the flood: %s, want ok", got)
	}
	clock = clock.Add(2 * time.Second)
	if _, err := v.keys.lookup(t.Context(), "much later"); !errors.Is(err, errUnknownKey) {
		t.Errorf("an unknown key after the minute: %v, want a fetch that shows that there is none", err)
	}
	if got := i.fetched(); got != 2 {
		t.Errorf("the keys were fetched %d times, want twice", got)
	}
	if got := metricIn(t, registry, "call_operator_receiver_jwks_refreshes_total", "cloud", configured, "result", "success"); got != 2 {
		t.Errorf("%v fetches counted, want 2", got)
	}
}

func TestKeyRotation(t *testing.T) {
	clock := jwtTime
	i := newIssuer(t)
	v, _ := newTestVerifier(t, i, &clock)
	if got := reasonFor(t, v, i.token(clock), resourceID); got != "ok" {
		t.Fatalf("before the rotation: %s, want ok", got)
	}
	i.set(func() { i.keys["key-2"] = rsaKeys()[1] })
	clock = clock.Add(keysMinInterval)
	second := sign(t, jose.RS256, rsaKeys()[1], "key-2", i.claims(clock))
	if got := reasonFor(t, v, second, resourceID); got != "ok" {
		t.Errorf("a new key: %s, want ok", got)
	}
	i.set(func() { delete(i.keys, "key-1") })
	clock = clock.Add(keysMaxAge + time.Second)
	_ = reasonFor(t, v, sign(t, jose.RS256, rsaKeys()[1], "key-2", i.claims(clock)), resourceID)
	await(t, "a key that the issuer withdrew is dropped", func() bool { return len(v.keys.cached("key-1")) == 0 })
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
			i := newIssuer(t)
			v, registry := newTestVerifier(t, i, &clock)
			i.set(func() { i.answer = tc.answer })
			if got := reasonFor(t, v, i.token(clock), resourceID); got != "unavailable" {
				t.Errorf("%s: without any key %s, want unavailable", tc.reason, got)
			}
			i.set(func() { i.answer = nil })
			clock = clock.Add(keysRetryInterval)
			if got := reasonFor(t, v, i.token(clock), resourceID); got != "ok" {
				t.Errorf("%s: after the outage %s, want ok", tc.reason, got)
			}
			i.set(func() { i.answer = tc.answer })
			clock = clock.Add(keysMinInterval)
			if _, err := v.keys.lookup(t.Context(), "unknown"); !errors.Is(err, errKeysUnavailable) {
				t.Errorf("%s: an unknown key in the outage: %v, want that nobody can tell", tc.reason, err)
			}
			if got := reasonFor(t, v, i.token(clock), resourceID); got != "ok" {
				t.Errorf("%s: with a known key in the outage %s, want ok", tc.reason, got)
			}
			if got := metricIn(t, registry, "call_operator_receiver_jwks_refreshes_total", "cloud", configured, "result", "failure"); got != 2 {
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
			m, err := newMetrics(prometheus.NewRegistry())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := newJWTVerifier("Public", azurecloud.Public.CallbackIssuer, tc.url, tc.allowHTTP, time.Now, m); (err == nil) != tc.ok {
				t.Errorf("%s: %v, want accepted %t", tc.reason, err, tc.ok)
			}
		})
	}
}

// Whatever comes as a token, nothing but a genuine one passes.
func FuzzVerifyJWT(f *testing.F) {
	clock := jwtTime
	i := newIssuer(f)
	v, _ := newTestVerifier(f, i, &clock)
	genuine := i.token(clock)
	f.Add(genuine)
	f.Add(unsigned(f, i.claims(clock)))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, token string) {
		// A compact token may have line breaks around; the signed part is what counts.
		if err := v.verify(t.Context(), token, resourceID); err == nil && strings.Join(strings.Fields(token), "") != genuine {
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
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: rsaKeys()[0]}, nil)
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
