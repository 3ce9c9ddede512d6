// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"
)

// TestRetriesResendTheSame has two tries fail: each try has the same Repeatability headers, body and request ID, and a
// signature of its own, which serve checks.
func TestRetriesResendTheSame(t *testing.T) {
	t.Parallel()
	s := serve(t, inTurn(reply{status: 503}, reply{status: 429}, reply{status: 201, body: `{"callConnectionId":"cc-1"}`}))
	request := CreateCallRequest{Targets: []Identifier{phone}, CallbackURI: "https://app.example.test/cb"}
	created, err := clientOf(t, s.URL, ClientOptions{}).CreateCall(t.Context(), request, repeat)
	if err != nil || created.CallConnectionID != "cc-1" {
		t.Fatalf("created %+v, %v", created, err)
	}
	received := s.received()
	if len(received) != 3 {
		t.Fatalf("%d requests were sent, want 3", len(received))
	}
	signatures := map[string]bool{}
	for _, try := range received {
		signatures[try.Header.Get("Authorization")] = true
		if diff := cmp.Diff(sameInEachTry(received[0]), sameInEachTry(try)); diff != "" {
			t.Errorf("a try differs from the first (-first +try):\n%s", diff)
		}
	}
	if received[0].Header.Get("Repeatability-Request-Id") != repeat.ID || received[0].Body == "" {
		t.Errorf("the first try is %+v, which lacks the ID or the body", received[0])
	}
	if len(signatures) != 3 {
		t.Errorf("three tries have %d signatures: an old one would be refused", len(signatures))
	}
}

func sameInEachTry(r exchange) map[string]string {
	same := map[string]string{"method": r.Method, "path": r.Path, "query": r.Query, "body": r.Body}
	for _, name := range []string{"Repeatability-Request-Id", "Repeatability-First-Sent", "X-Ms-Client-Request-Id", "X-Ms-Content-Sha256"} {
		same[name] = r.Header.Get(name)
	}
	return same
}

func TestRepeatabilityIsWholeOrNone(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		given        Repeatability
		sent         int
	}{
		{name: "none", reason: "both headers are optional", sent: 1},
		{name: "whole", reason: "both may be given", given: repeat, sent: 1},
		{name: "withoutTime", reason: "the service wants a time with an ID", given: Repeatability{ID: repeat.ID}},
		{name: "withoutID", reason: "a time alone means that the caller lost the ID", given: Repeatability{FirstSent: repeat.FirstSent}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, always(reply{status: 204}))
			err := clientOf(t, s.URL, ClientOptions{}).RejectCall(t.Context(), RejectCallRequest{}, tc.given)
			if got := len(s.received()); got != tc.sent || (err == nil) != (tc.sent == 1) {
				t.Errorf("%d requests were sent and the error is %v: %s", got, err, tc.reason)
			}
			if err != nil && OutcomeOf(err) != OutcomeNotMade {
				t.Errorf("the outcome of what was never sent is %s", OutcomeOf(err))
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason  string
		header, value string
		sent          int
		want          time.Duration
	}{
		{name: "seconds", reason: "a second try waits as long as asked", header: "Retry-After", value: "1", sent: 2, want: time.Second},
		{name: "milliseconds", reason: "Azure's own header is finer", header: "retry-after-ms", value: "200", sent: 2, want: 200 * time.Millisecond},
		{name: "tooLong", reason: "a wait beyond what the options allow is the caller's", header: "Retry-After", value: "3600", sent: 1, want: time.Hour},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, inTurn(reply{status: 429, header: map[string]string{tc.header: tc.value}}, reply{body: "{}"}))
			_, err := clientOf(t, s.URL, ClientOptions{}).GetCall(t.Context(), "cc-1")
			received := s.received()
			if len(received) != tc.sent {
				t.Fatalf("%d requests were sent, want %d: %s", len(received), tc.sent, tc.reason)
			}
			if tc.sent == 2 {
				if waited := received[1].At.Sub(received[0].At); waited < tc.want {
					t.Errorf("waited %s, want at least %s: %s", waited, tc.want, tc.reason)
				}
				return
			}
			var refused *Error
			if !errors.As(err, &refused) || refused.RetryAfter != tc.want || refused.Outcome != OutcomeNotMade {
				t.Errorf("the error is %#v, want a wait of %s: %s", err, tc.want, tc.reason)
			}
		})
	}
}

func TestAPIVersion(t *testing.T) {
	t.Parallel()
	inner := func(version string) azcore.ClientOptions { return azcore.ClientOptions{APIVersion: version} }
	cases := []struct {
		name, reason, want string
		options            ClientOptions
	}{
		{name: "default", reason: "the newest stable version", want: "2026-03-12"},
		{name: "own", reason: "the option counts", want: "2025-06-15", options: ClientOptions{APIVersion: "2025-06-15"}},
		{name: "azcore", reason: "so does azcore's", want: "2025-06-15", options: ClientOptions{ClientOptions: inner("2025-06-15")}},
		{name: "both", reason: "this package's goes first", want: "a b&c", options: ClientOptions{APIVersion: "a b&c", ClientOptions: inner("x")}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, always(reply{status: 204}))
			if err := clientOf(t, s.URL, tc.options).HangUp(t.Context(), "cc-1"); err != nil {
				t.Fatal(err)
			}
			request := http.Request{URL: mustParse(t, "?"+s.received()[0].Query)}
			if got := request.FormValue("api-version"); got != tc.want {
				t.Errorf("api-version is %q, want %q: %s", got, tc.want, tc.reason)
			}
		})
	}
}

// credential hands out a token and keeps what was asked for.
type credential struct {
	asked []policy.TokenRequestOptions
	err   error
}

func (c *credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.asked = append(c.asked, o)
	return azcore.AccessToken{Token: "entra-token", ExpiresOn: time.Now().Add(time.Hour)}, c.err
}

func TestBearerCredential(t *testing.T) {
	t.Parallel()
	var got http.Header
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		send(w, reply{body: "{}"})
	}))
	t.Cleanup(server.Close)
	identity := &credential{}
	o := options(server.Client(), 0)
	client, err := NewClientWithTokenCredential(server.URL, identity, &o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetCall(t.Context(), "cc-1"); err != nil {
		t.Fatal(err)
	}
	if got.Get("Authorization") != "Bearer entra-token" || got.Get("X-Ms-Content-Sha256") != "" {
		t.Errorf("the headers are %v, want a bearer token and no HMAC", got)
	}
	if diff := cmp.Diff([]string{"https://communication.azure.com//.default"}, identity.asked[0].Scopes); diff != "" {
		t.Errorf("the scope (-want +got):\n%s", diff)
	}
}

func TestBearerCredentialFails(t *testing.T) {
	t.Parallel()
	transport := doer(func(r *http.Request) (*http.Response, error) {
		t.Error("a request was sent without a token")
		return answering(r, http.StatusOK, "{}"), nil
	})
	o := options(transport, 1)
	client, err := NewClientWithTokenCredential("https://contoso.communication.azure.com", &credential{err: errors.New("no identity")}, &o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CreateCall(t.Context(), CreateCallRequest{}, repeat)
	if OutcomeOf(err) != OutcomeNotMade || !strings.Contains(err.Error(), "no identity") {
		t.Errorf("the error is %v (%s), want the credential's, not made", err, OutcomeOf(err))
	}
}

func TestNewClient(t *testing.T) {
	t.Parallel()
	key := testAccessKey(t)
	hmac := func(endpoint string, allow bool) func() error {
		return func() error {
			_, err := NewClient(endpoint, key, &ClientOptions{AllowHTTP: allow})
			return err
		}
	}
	entra := func(endpoint string, options *ClientOptions) func() error {
		return func() error {
			_, err := NewClientWithTokenCredential(endpoint, &credential{}, options)
			return err
		}
	}
	cases := []struct {
		name, reason string
		create       func() error
		ok           bool
	}{
		{name: "https", reason: "what the portal shows", create: hmac("https://contoso.communication.azure.com/", false), ok: true},
		{name: "http", reason: "the service speaks https only", create: hmac("http://contoso.communication.azure.com", false)},
		{name: "httpAllowed", reason: "a simulator may speak http", create: hmac("http://127.0.0.1:8080", true), ok: true},
		{name: "noHost", reason: "a host is needed", create: hmac("https://", true)},
		{name: "portOnly", reason: "a port is no host", create: hmac("https://:443", true)},
		{name: "otherScheme", reason: "nothing else speaks HTTP", create: hmac("ftp://contoso.communication.azure.com", true)},
		{name: "path", reason: "the path is the API's", create: hmac("https://contoso.communication.azure.com/x", true)},
		{name: "user", reason: "a password in a URL ends in logs", create: hmac("https://u:p@contoso.communication.azure.com", true)},
		{name: "unicode", reason: "net/http would send another name than was signed", create: hmac("https://cöntoso.example.test", true)},
		{name: "zone", reason: "net/http would leave the zone out", create: hmac("https://[fe80::1%25en0]:8080", true)},
		{name: "entra", reason: "https is what a token needs", create: entra("https://contoso.communication.azure.com", nil), ok: true},
		{name: "entraHTTP", reason: "a token never goes over http", create: entra("http://127.0.0.1:8080", &ClientOptions{
			AllowHTTP: true, ClientOptions: azcore.ClientOptions{InsecureAllowCredentialWithHTTP: true},
		})},
		{name: "noKey", reason: "an empty key signs nothing", create: func() error {
			_, err := NewClient("https://contoso.communication.azure.com", AccessKey{}, nil)
			return err
		}},
		{name: "noCredential", reason: "neither does none", create: func() error {
			_, err := NewClientWithTokenCredential("https://contoso.communication.azure.com", nil, nil)
			return err
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if err := tc.create(); (err == nil) != tc.ok {
				t.Errorf("the error is %v: %s", err, tc.reason)
			}
		})
	}
}

// TestRedirectsAreNotFollowed has the service point elsewhere: nothing may be sent there, neither by the default
// transport's settings nor by a caller's http.Client.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was sent elsewhere", r.Method, r.URL)
		send(w, reply{body: `{"callConnectionId":"forged"}`})
	}))
	t.Cleanup(elsewhere.Close)
	for name, transport := range map[string]policy.Transporter{"default": nil, "client": &http.Client{}} {
		for _, status := range []int{http.StatusMovedPermanently, http.StatusSeeOther, http.StatusTemporaryRedirect} {
			t.Run(name+"/"+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				s := serve(t, always(reply{status: status, header: map[string]string{"Location": elsewhere.URL + "/calling"}}))
				client := clientOf(t, s.URL, options(transport, 0))
				_, err := client.AnswerCall(t.Context(), AnswerCallRequest{IncomingCallContext: NewSecret("opaque")}, repeat)
				var refused *Error
				if !errors.As(err, &refused) || refused.StatusCode != status {
					t.Errorf("the error is %v, want status %d", err, status)
				}
			})
		}
	}
}
