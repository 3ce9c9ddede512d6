// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"
)

const (
	testSecret = "0123456789abcdef0123456789abcdef"
	testKey    = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
)

// exchange is a request as the service received it.
type exchange struct {
	Method, Path, Query, Host string
	Header                    http.Header
	Body                      string
	At                        time.Time
}

// reply is what the service answers; a zero status is 200.
type reply struct {
	status int
	header map[string]string
	body   string
}

// service is an HTTP server that keeps what it receives and checks each signature over it.
type service struct {
	*httptest.Server
	mu        sync.Mutex
	exchanges []exchange
}

// serve starts a service that answers the n-th request, counted from 0, with what answer returns.
func serve(t *testing.T, answer func(n int, r exchange) reply) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("the body could not be read: %v", err)
		}
		if err := verify(r, body); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.RequestURI, err)
		}
		received := exchange{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Host, r.Header.Clone(), string(body), time.Now()}
		s.mu.Lock()
		n := len(s.exchanges)
		s.exchanges = append(s.exchanges, received)
		s.mu.Unlock()
		send(w, answer(n, received))
	}))
	t.Cleanup(s.Close)
	return s
}

// always answers the same.
func always(r reply) func(int, exchange) reply { return func(int, exchange) reply { return r } }

// inTurn answers with one reply after the other, the last of them for ever.
func inTurn(replies ...reply) func(int, exchange) reply {
	return func(n int, _ exchange) reply { return replies[min(n, len(replies)-1)] }
}

func send(w http.ResponseWriter, r reply) {
	for name, value := range r.header {
		w.Header().Set(name, value)
	}
	if r.status != 0 {
		w.WriteHeader(r.status)
	}
	_, _ = io.WriteString(w, r.body)
}

func (s *service) received() []exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]exchange(nil), s.exchanges...)
}

// verify checks a signature by the documentation, without a line of the client's own: over the bytes received.
func verify(r *http.Request, body []byte) error {
	hash := sha256.Sum256(body)
	contentHash := base64.StdEncoding.EncodeToString(hash[:])
	if got := r.Header.Get("X-Ms-Content-Sha256"); got != contentHash {
		return fmt.Errorf("the content hash is %q, the body's is %q", got, contentHash)
	}
	date := r.Header.Get("X-Ms-Date")
	if _, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", date); err != nil {
		return fmt.Errorf("the date is no RFC 1123 date in GMT: %w", err)
	}
	mac := hmac.New(sha256.New, []byte(testSecret))
	_, _ = fmt.Fprintf(mac, "%s\n%s\n%s;%s;%s", r.Method, r.RequestURI, date, r.Host, contentHash)
	want := "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if got := r.Header.Get("Authorization"); got != want {
		return fmt.Errorf("Authorization is %q, the bytes received give %q", got, want)
	}
	return nil
}

// quickly makes retries quick.
func quickly(retries int32) policy.RetryOptions {
	if retries == 0 {
		retries = -1 // azcore's 0 is its default
	}
	return policy.RetryOptions{MaxRetries: retries, RetryDelay: time.Millisecond, MaxRetryDelay: 5 * time.Second}
}

func testAccessKey(t *testing.T) AccessKey {
	t.Helper()
	key, err := NewAccessKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// clientOf returns a client of a service whose clock moves on by a second with every signature.
func clientOf(t *testing.T, endpoint string, options ClientOptions) *Client {
	t.Helper()
	options.AllowHTTP = true
	if options.Retry.MaxRetries == 0 {
		options.Retry = quickly(2)
	}
	var mu sync.Mutex
	clock := time.Date(1994, time.November, 6, 8, 49, 36, 0, time.UTC)
	client, err := newClient(endpoint, &options, &hmacPolicy{key: testAccessKey(t), now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		clock = clock.Add(time.Second)
		return clock
	}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// doer is a transport made of a function.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// answering makes a response for a doer.
func answering(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}
}

// plainIdentifier is an Identifier without its Equal, which compares IDs alone.
type plainIdentifier Identifier

// exactly has cmp compare all fields of identifiers.
var exactly = cmp.Transformer("exactly", func(id Identifier) plainIdentifier { return plainIdentifier(id) })

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// options are client options with a transport.
func options(transport policy.Transporter, retries int32) ClientOptions {
	return ClientOptions{ClientOptions: azcore.ClientOptions{Transport: transport, Retry: quickly(retries)}}
}
