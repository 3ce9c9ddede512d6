// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"
)

// vectors were computed from the documented formula, not with this package.
var vectors = []struct {
	name, reason    string
	method, path    string
	body            string
	hash, signature string
}{
	{
		name: "withBody", reason: "the hash is over the body's bytes", method: http.MethodPost,
		path: "/calling/callConnections?api-version=2026-03-12", body: `{"callbackUri":"https://app.example.test/api/callbacks"}`,
		hash: "Ne4ovYy2Q9W/3MnxKpquO7tMxAVmLO5pWMh0LYme1zM=", signature: "5wgr/4T3nECvDW+8LKKwP39K37lE9NSzX2SjsWUAjOQ=",
	},
	{
		name: "withoutBody", reason: "no body is hashed as an empty one", method: http.MethodGet,
		path: "/calling/callConnections/cc-1?api-version=2026-03-12",
		hash: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", signature: "ole/4AuWVI2cvyFD7YgBetj5Vh+f3Ao+7wYzRRDLGB8=",
	},
}

const (
	vectorDate = "Sun, 06 Nov 1994 08:49:37 GMT"
	vectorHost = "contoso.communication.azure.com"
)

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	for _, tc := range vectors {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			hash := ContentHash([]byte(tc.body))
			if hash != tc.hash {
				t.Errorf("the content hash is %s, want %s: %s", hash, tc.hash, tc.reason)
			}
			signature := testAccessKey(t).Sign(StringToSign(tc.method, tc.path, vectorDate, vectorHost, hash))
			if signature != tc.signature {
				t.Errorf("the signature is %s, want %s: %s", signature, tc.signature, tc.reason)
			}
		})
	}
}

// TestRequestCarriesVector has the whole client make the request of a vector.
func TestRequestCarriesVector(t *testing.T) {
	t.Parallel()
	var sent http.Header
	transport := doer(func(r *http.Request) (*http.Response, error) {
		sent = r.Header.Clone()
		return answering(r, http.StatusOK, "{}"), nil
	})
	client := clientOf(t, "https://CONTOSO.communication.azure.com:443/", options(transport, 0))
	if _, err := client.GetCall(t.Context(), "cc-1"); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, name := range []string{headerDate, headerContentHash, headerAuthorization} {
		got[name] = sent.Get(name)
	}
	want := map[string]string{
		headerDate: vectorDate, headerContentHash: vectors[1].hash,
		headerAuthorization: "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=" + vectors[1].signature,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the headers of a signature (-want +got):\n%s", diff)
	}
}

// TestPoliciesCannotBreakSignature lets custom policies meddle with all that is signed: the service, which checks the
// signature over what it receives, must still be content.
func TestPoliciesCannotBreakSignature(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		meddle       func(*policy.Request) error
		seen         func(exchange) bool
	}{
		{
			name: "date", reason: "the date is set when signing",
			meddle: setHeader(headerDate, "yesterday"), seen: func(r exchange) bool { return r.Header.Get(headerDate) != "yesterday" },
		},
		{
			name: "hash", reason: "so is the hash",
			meddle: setHeader(headerContentHash, "none"), seen: func(r exchange) bool { return r.Header.Get(headerContentHash) != "none" },
		},
		{
			name: "authorization", reason: "so is the signature",
			meddle: setHeader(headerAuthorization, "Bearer mine"),
			seen:   func(r exchange) bool { return strings.HasPrefix(r.Header.Get(headerAuthorization), "HMAC-SHA256") },
		},
		{
			name: "storageHost", reason: "a header does not make a request one to a storage host",
			meddle: setHeader("x-ms-host", "other.example.test"), seen: func(exchange) bool { return true },
		},
		{
			name: "query", reason: "a policy's own query parameter is signed with the rest",
			meddle: func(r *policy.Request) error { r.Raw().URL.RawQuery += "&mine=a+b%20c"; return nil },
			seen:   func(r exchange) bool { return strings.HasSuffix(r.Query, "&mine=a+b%20c") },
		},
		{
			name: "host", reason: "the host that is sent is the one that is signed",
			meddle: func(r *policy.Request) error { r.Raw().Host = "gateway.example.test"; return nil },
			seen:   func(r exchange) bool { return r.Host == "gateway.example.test" },
		},
		{
			name: "body", reason: "another body is hashed as it is sent",
			meddle: func(r *policy.Request) error {
				return r.SetBody(readSeekCloser{strings.NewReader(`{"mine":true}`)}, "application/json")
			},
			seen: func(r exchange) bool { return r.Body == `{"mine":true}` },
		},
		{
			name: "bodyRead", reason: "a policy that read some of the body does not take it away",
			meddle: func(r *policy.Request) error { _, err := io.CopyN(io.Discard, r.Body(), 5); return err },
			seen:   func(r exchange) bool { return strings.HasPrefix(r.Body, `{"targets"`) },
		},
	}
	for _, tc := range cases {
		for _, at := range []string{"perCall", "perRetry"} {
			t.Run(tc.name+"/"+at, func(t *testing.T) {
				t.Parallel()
				s := serve(t, always(reply{status: http.StatusCreated, body: "{}"}))
				o := ClientOptions{}
				if meddlers := []policy.Policy{meddler(tc.meddle)}; at == "perCall" {
					o.PerCallPolicies = meddlers
				} else {
					o.PerRetryPolicies = meddlers
				}
				if _, err := clientOf(t, s.URL, o).CreateCall(t.Context(), CreateCallRequest{}, Repeatability{}); err != nil {
					t.Fatal(err)
				}
				if got := s.received()[0]; !tc.seen(got) {
					t.Errorf("received %+v: %s", got, tc.reason)
				}
			})
		}
	}
}

func setHeader(name, value string) func(*policy.Request) error {
	return func(r *policy.Request) error { r.Raw().Header.Set(name, value); return nil }
}

type meddler func(*policy.Request) error

func (m meddler) Do(r *policy.Request) (*http.Response, error) {
	if err := m(r); err != nil {
		return nil, err
	}
	return r.Next()
}

type readSeekCloser struct{ io.ReadSeeker }

func (readSeekCloser) Close() error { return nil }

// TestOptionsAreLeftAlone builds two clients from the same options.
func TestOptionsAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := serve(t, always(reply{body: "{}"}))
	policies := make([]policy.Policy, 0, 8)
	shared := &ClientOptions{AllowHTTP: true, ClientOptions: azcore.ClientOptions{PerRetryPolicies: policies}}
	for range 2 {
		client, err := NewClient(s.URL, testAccessKey(t), shared)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.GetCall(t.Context(), "cc-1"); err != nil {
			t.Fatal(err)
		}
	}
	if len(shared.PerRetryPolicies) != 0 || policies[:1][0] != nil {
		t.Error("a client wrote its signer into the caller's options")
	}
}

// TestSigningOutsidePipeline uses the exported parts by themselves, as the documentation offers.
func TestSigningOutsidePipeline(t *testing.T) {
	t.Parallel()
	s := serve(t, always(reply{}))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/a%3Ab?c=d", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	date, hash := time.Now().UTC().Format(http.TimeFormat), ContentHash([]byte("body"))
	signature := testAccessKey(t).Sign(StringToSign(request.Method, request.URL.RequestURI(), date, request.URL.Host, hash))
	request.Header.Set("x-ms-date", date)
	request.Header.Set("x-ms-content-sha256", hash)
	request.Header.Set("Authorization", "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="+signature)
	response, err := s.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the service answered %d", response.StatusCode)
	}
}
