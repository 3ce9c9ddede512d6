// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		status       int
		body         string
		want         Error
		text         string
	}{
		{
			name: "number", reason: "the sub-code is in the code", status: 404,
			body: `{"error":{"code":"8522","message":"Call not found."}}`,
			want: Error{Code: "8522", SubCode: 8522, Message: "Call not found."}, text: "getCall: 404 8522: Call not found.",
		},
		{
			name: "bareNumber", reason: "also when it is no string", status: 400,
			body: `{"error":{"code":8501,"message":"m"}}`, want: Error{Code: "8501", SubCode: 8501, Message: "m"}, text: "getCall: 400 8501: m",
		},
		{
			name: "word", reason: "a word is no sub-code", status: 401,
			body: `{"error":{"code":"Denied","message":"m"}}`, want: Error{Code: "Denied", Message: "m"}, text: "getCall: 401 Denied: m",
		},
		{
			name: "subCode", reason: "a sub-code of its own goes first", status: 400,
			body: `{"error":{"code":"400","subCode":8523,"message":"m"}}`, want: Error{Code: "400", SubCode: 8523, Message: "m"}, text: "getCall: 400 400: m",
		},
		{
			name: "statusAgain", reason: "the status again says nothing more", status: 400,
			body: `{"error":{"code":"400","message":"m"}}`, want: Error{Code: "400", Message: "m"}, text: "getCall: 400 400: m",
		},
		{
			name: "innerError", reason: "what a word means is within", status: 400,
			body: `{"error":{"code":"BadRequest","message":"m","innererror":{"code":"Inner","innererror":{"code":"8585"}}}}`,
			want: Error{Code: "BadRequest", SubCode: 8585, Message: "m"}, text: "getCall: 400 BadRequest: m",
		},
		{
			name: "innerErrorNull", reason: "it may be null", status: 400,
			body: `{"error":{"code":"BadRequest","message":"m","innererror":null,"details":[{}],"target":"t"}}`,
			want: Error{Code: "BadRequest", Message: "m"}, text: "getCall: 400 BadRequest: m",
		},
		{
			name: "innerErrorText", reason: "or no object at all", status: 400,
			body: `{"error":{"code":"BadRequest","message":"m","innererror":"why"}}`,
			want: Error{Code: "BadRequest", Message: "m"}, text: "getCall: 400 BadRequest: m",
		},
		{
			name: "deep", reason: "nobody reads so deep", status: 400,
			body: `{"error":{"code":"x","message":"m","innererror":` + strings.Repeat(`{"innererror":`, 50) + `{"code":"8500"}` + strings.Repeat(`}`, 50) + `}}`,
			want: Error{Code: "x", Message: "m"}, text: "getCall: 400 x: m",
		},
		{
			name: "guid", reason: "a text that differs each time would be written each time", status: 404,
			body: `{"error":{"code":"8522","message":"Call 421F0b00-3b7f-4a9f-8bde-6d9f9d7b19bf not found."}}`,
			want: Error{Code: "8522", SubCode: 8522, Message: "Call <id> not found."}, text: "getCall: 404 8522: Call <id> not found.",
		},
		{
			name: "messageOnly", reason: "half an error is better than none", status: 400,
			body: `{"error":{"message":"m"}}`, want: Error{Message: "m", Form: FormText}, text: "getCall: 400: m",
		},
		{
			name: "codeOnly", reason: "the other half too", status: 400,
			body: `{"error":{"code":"c","message":{"a":1}}}`, want: Error{Code: "c"}, text: "getCall: 400 c",
		},
		{
			name: "otherJSON", reason: "a gateway's error is not the service's", status: 403,
			body: `{"error":"forbidden"}`, want: Error{Message: "Forbidden", Form: FormOther}, text: "getCall: 403: Forbidden",
		},
		{name: "array", reason: "nor is an array", status: 403, body: `[]`, want: Error{Message: "Forbidden", Form: FormOther}, text: "getCall: 403: Forbidden"},
		{
			name: "html", reason: "nor is a page", status: 400, body: "<html>no</html>",
			want: Error{Message: "Bad Request", Form: FormOther}, text: "getCall: 400: Bad Request",
		},
		{name: "empty", reason: "an empty body leaves the status", status: 404, want: Error{Message: "Not Found", Form: FormEmpty}, text: "getCall: 404: Not Found"},
		{name: "noName", reason: "a status may have no name", status: 499, want: Error{Form: FormEmpty}, text: "getCall: 499"},
		{
			name: "oversized", reason: "more than anybody reads is not read", status: 400,
			body: `{"error":{"code":"c","message":"` + strings.Repeat("x", maxErrorBody) + `"}}`,
			want: Error{Message: "Bad Request", Form: FormOther}, text: "getCall: 400: Bad Request",
		},
		{
			name: "longMessage", reason: "a message is cut between two characters", status: 400,
			body: `{"error":{"code":"c","message":"` + strings.Repeat("x", maxErrorText-1) + `é"}}`,
			want: Error{Code: "c", Message: strings.Repeat("x", maxErrorText-1)}, text: "getCall: 400 c: " + strings.Repeat("x", maxErrorText-1),
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, always(reply{status: tc.status, body: tc.body}))
			_, err := clientOf(t, s.URL, ClientOptions{}).GetCall(t.Context(), "cc-1")
			var got *Error
			if !errors.As(err, &got) {
				t.Fatalf("the error is %v: %s", err, tc.reason)
			}
			want := tc.want
			want.Operation, want.StatusCode, want.Outcome = "getCall", tc.status, OutcomeNotMade
			if diff := cmp.Diff(want, *got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if got.Error() != tc.text {
				t.Errorf("the text is %q, want %q", got.Error(), tc.text)
			}
		})
	}
}

// TestErrorHeaders keeps what Microsoft's support asks for, outside the text.
func TestErrorHeaders(t *testing.T) {
	t.Parallel()
	s := serve(t, always(reply{status: 400, header: map[string]string{
		"x-ms-client-request-id": "request-1", "X-Microsoft-Skype-Chain-ID": "chain-1",
	}}))
	_, err := clientOf(t, s.URL, ClientOptions{}).GetCall(t.Context(), "cc-1")
	var got *Error
	if !errors.As(err, &got) || got.RequestID != "request-1" || got.ChainID != "chain-1" {
		t.Fatalf("the error is %#v, want the IDs of the answer", err)
	}
	if strings.Contains(got.Error(), "request-1") || strings.Contains(got.Error(), "chain-1") {
		t.Errorf("the text %q holds an ID: one cause would have many texts", got)
	}
}

func TestRetryAfterValues(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 22, 10, 0, 0, 0, time.UTC)
	cases := []struct {
		name, reason  string
		header, value string
		want          time.Duration
	}{
		{name: "none", reason: "nothing was asked", header: "X", value: "1"},
		{name: "seconds", reason: "the usual form", header: "Retry-After", value: "3", want: 3 * time.Second},
		{name: "date", reason: "a date is the other form", header: "Retry-After", value: "Sun, 22 Nov 2026 10:01:00 GMT", want: time.Minute},
		{name: "past", reason: "a date that is over asks for no wait", header: "Retry-After", value: "Sun, 22 Nov 2026 09:00:00 GMT"},
		{name: "farDate", reason: "nobody waits for years", header: "Retry-After", value: "Sun, 22 Nov 2099 09:00:00 GMT", want: maxRetryAfter},
		{name: "milliseconds", reason: "Azure's own header", header: "x-ms-retry-after-ms", value: "250", want: 250 * time.Millisecond},
		{name: "short", reason: "its other name", header: "retry-after-ms", value: "10", want: 10 * time.Millisecond},
		{name: "zero", reason: "no wait", header: "Retry-After", value: "0"},
		{name: "negative", reason: "no wait either", header: "Retry-After", value: "-5"},
		{name: "word", reason: "no number, no date", header: "Retry-After", value: "soon"},
		{name: "huge", reason: "a product beyond int64 must not turn negative", header: "Retry-After", value: "9223372036854775807", want: maxRetryAfter},
		{name: "beyond", reason: "a number beyond int64 is none", header: "Retry-After", value: "92233720368547758070"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			header.Set(tc.header, tc.value)
			if got := retryAfter(header, now); got != tc.want {
				t.Errorf("%s, want %s: %s", got, tc.want, tc.reason)
			}
		})
	}
}

// errorOf is the error of an answer.
func errorOf(status int, body []byte) *Error {
	response := answering(nil, status, string(body))
	defer func() { _ = response.Body.Close() }()
	return errorFrom("getCall", response)
}

func FuzzErrorBody(f *testing.F) {
	for _, seed := range []string{
		`{"error":{"code":"8522","message":"m"}}`, `{"error":{"code":8522,"subCode":"1","innererror":{"code":"2"}}}`,
		`{"error":null}`, `[]`, "", "<html>", `{"error":{"code":1e999,"message":"\ud800"}}`,
	} {
		f.Add(400, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		got := errorOf(status, body)
		if got.StatusCode != status || got.Operation != "getCall" || got.Outcome == "" {
			t.Errorf("the error lost what is known: %#v", got)
		}
		text := got.Error()
		if !utf8.ValidString(text) || len(text) > 3*maxErrorText {
			t.Errorf("the text is invalid or too long: %q", text)
		}
		if again := errorOf(status, body); again.Error() != text {
			t.Errorf("the same body has two texts: %q and %q", text, again)
		}
	})
}
