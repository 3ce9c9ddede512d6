// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

const (
	expiredContext = "IDX23010: Lifetime validation of the signed http request failed. Current time: '11/14/2024 10:15:45' UTC, signed http request is valid until: '11/14/2024 10:15:20' UTC."
	expiredMasked  = "IDX23010: Lifetime validation of the signed http request failed. Current time: '<time>' UTC, signed http request is valid until: '<time>' UTC."
	noResource     = `{"Message":"No HTTP resource was found that matches the request URI 'https://acs.example.test/calling/callConnections/421f0b00-3b7f-4a9f-8bde-6d9f9d7b19bf?api-version=2024-11-15-preview'."}`
	proxyPage      = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"
)

// answeredWith is the error of an operation that was answered so.
func answeredWith(t *testing.T, status int, kind, body string) *Error {
	t.Helper()
	s := serve(t, always(reply{status: status, body: body, header: map[string]string{"Content-Type": kind}}))
	_, err := clientOf(t, s.URL, ClientOptions{}).AnswerCall(t.Context(), AnswerCallRequest{}, Repeatability{})
	var failed *Error
	if !errors.As(err, &failed) {
		t.Fatalf("the error is %v", err)
	}
	return failed
}

func TestWhoAnswered(t *testing.T) {
	t.Parallel()
	const json, html, text = "application/json; charset=utf-8", "text/html", "text/plain; charset=utf-8"
	cases := []struct {
		name, reason          string
		status                int
		kind, body            string
		gone, foreign, expiry bool
	}{
		{name: "gone", reason: "the service's own word", status: 404, kind: json, body: `{"error":{"code":"8522","message":"Call not found."}}`, gone: true},
		{name: "terminated", reason: "whatever the status", status: 400, kind: json, body: `{"error":{"code":"8528","message":"m"}}`, gone: true},
		{name: "inner", reason: "the number may be within", status: 404, kind: json, body: `{"error":{"code":"NotFound","message":"m","innererror":{"code":"8522"}}}`, gone: true},
		{name: "setting", reason: "405 with 8522 is another thing", status: 405, kind: json, body: `{"error":{"code":"8522","message":"m"}}`},
		{name: "version", reason: "a withdrawn api-version knows no path", status: 404, kind: json, body: noResource, foreign: true},
		{name: "versionOwnForm", reason: "in whatever form", status: 400, kind: json, body: `{"error":{"code":"UnsupportedApiVersion","message":"m"}}`, foreign: true},
		{name: "page404", reason: "a proxy's page", status: 404, kind: html, body: proxyPage, foreign: true},
		{name: "page403", reason: "a firewall's page", status: 403, kind: html, body: proxyPage, foreign: true},
		{name: "page400", reason: "another host's page", status: 400, kind: html, body: proxyPage, foreign: true},
		{name: "empty404", reason: "nobody said anything", status: 404, foreign: true},
		{name: "empty410", reason: "nobody said anything", status: 410, foreign: true},
		{name: "text404", reason: "the default backend of an ingress", status: 404, kind: text, body: "default backend - 404", foreign: true},
		{name: "cut", reason: "half a word is none", status: 404, kind: json, body: `{"error":{"code":"8522","mess`, foreign: true},
		{name: "elsewhere", reason: "other services of Azure have the same form", status: 404, kind: json, body: `{"error":{"code":"404","message":"Resource not found"}}`, foreign: true},
		{name: "redirect", reason: "the service redirects nobody", status: 302, kind: html, body: proxyPage, foreign: true},
		{name: "word", reason: "a refusal of the service that is no word about a call", status: 404, kind: json, body: `{"error":{"code":"NotFound","message":"There is no such resource."}}`},
		{name: "unauthorized", reason: "401 is tried again anyway", status: 401, kind: html, body: proxyPage},
		{name: "throttled", reason: "so is 429", status: 429, kind: html, body: proxyPage},
		{name: "unavailable", reason: "and 503", status: 503, kind: html, body: proxyPage},
		{name: "expired", reason: "the service's token layer speaks plain text", status: 400, kind: text, body: expiredContext, expiry: true},
		{name: "expiredJSON", reason: "or JSON", status: 400, kind: json, body: `{"error":{"code":"8500","message":"` + expiredContext + `"}}`, expiry: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			failed := answeredWith(t, tc.status, tc.kind, tc.body)
			if failed.Gone() != tc.gone || failed.Foreign() != tc.foreign || failed.ContextExpired() != tc.expiry {
				t.Errorf("%s: gone %v, foreign %v, expired %v: %#v", tc.reason, failed.Gone(), failed.Foreign(), failed.ContextExpired(), failed)
			}
		})
	}
}

func TestWordsOfOtherForms(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 100)
	cases := []struct {
		name, reason, kind, body, want string
	}{
		{"expired", "without the clock, which differs each time", "text/plain; charset=utf-8", expiredContext, expiredMasked},
		{"first line", "what follows is a stack", "text/plain", "It failed.\r\n   at Some.Where()", "It failed."},
		{"long", "256 characters are enough", "text/plain", long, long[:256]},
		{"secret", "a context or key is shown to nobody", "text/plain", "bad token eyJhbGciOiJub25lIn0.eyJhIjoiMTIzNDU2Nzg5MDEyMzQ1Njc4OTAifQ", "bad token <...>"},
		{"number", "a number is masked", "text/plain", "no call to +14255550123", "no call to +...23"},
		{"identifiers", "requests have IDs", "text/plain", "trace 0af7651916cd43dd8448eb211c80319c at 2024-11-14T10:15:45.123Z", "trace <id> at <time>"},
		{"dates", "in each spelling", "text/plain", "at Thu, 14 Nov 2024 10:15:45 GMT or 11/14/2024 10:15:45 AM", "at <time> or <time>"},
		{"other JSON", "the words of the layer in front", "application/json", noResource, "No HTTP resource was found that matches the request URI 'https://acs.example.test/calling/callConnections/<id>?api-version=2024-11-15-preview'."},
		{"problem", "ASP.NET's form", "application/problem+json", `{"title":"One or more validation errors occurred.","status":400}`, "One or more validation errors occurred."},
		{"page", "a page has no words for us", "text/html", proxyPage, "Bad Request"},
		{"page as text", "whatever it is called", "text/plain", proxyPage, "Bad Request"},
		{"no kind", "what is not called a text is none", "application/octet-stream", "words", "Bad Request"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := answeredWith(t, http.StatusBadRequest, tc.kind, tc.body).Message; got != tc.want {
				t.Errorf("%s:\n got %q\nwant %q", tc.reason, got, tc.want)
			}
		})
	}
}

// TestMeaningOfNumbers: 8500 in an answer to answerCall is no other media operation.
func TestMeaningOfNumbers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		reason string
		err    Error
		want   string
	}{
		{"a code of media, of another operation", Error{Operation: "createCall", StatusCode: 400, SubCode: 8500}, "The request is invalid."},
		{"the same of a media operation", Error{Operation: "play", StatusCode: 400, SubCode: 8500}, "Another media operation is active on the call."},
		{"a code of calls", Error{Operation: "createCall", StatusCode: 400, SubCode: 8523}, "An argument of the request is invalid."},
		{"an expired context, whatever its number", Error{Operation: "answerCall", StatusCode: 400, SubCode: 8500, Message: expiredMasked}, "The incoming call is over: its context has expired."},
	}
	for _, tc := range cases {
		if got := tc.err.Meaning(); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
		}
	}
}

// TestRosterOfNobody: an answer without a list is not an empty list.
func TestRosterOfNobody(t *testing.T) {
	t.Parallel()
	for body, fails := range map[string]bool{`{}`: true, `{"value":null}`: true, `{"ok":true}`: true, `{"value":[]}`: false} {
		s := serve(t, always(reply{status: 200, body: body}))
		participants, err := clientOf(t, s.URL, ClientOptions{}).ListParticipants(t.Context(), "cc-1")
		if (err != nil) != fails || len(participants) != 0 {
			t.Errorf("%s: got %v, %v", body, participants, err)
		}
	}
}
