// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// operationCase is a row of the API's table of operations.
type operationCase struct {
	// name is the operation's name in the API, which errors name too.
	name string
	// method is the method of Client that carries it out.
	clientMethod string
	call         func(context.Context, *Client, Repeatability) (any, error)

	method, path string
	// body is the JSON that is sent, "" for none.
	body string
	// repeatable says that the operation takes Repeatability headers.
	repeatable bool
	// retried says that a try of unknown effect is followed by another without them.
	retried bool
	status  int
	answer  string
	want    any
}

var repeat = Repeatability{
	ID:        "5d1e2a34-6c1f-4b3a-9f0e-2f6d3c9b8a71",
	FirstSent: time.Date(2026, time.November, 22, 10, 11, 12, 999, time.FixedZone("", 3600)),
}

func nothing(err error) (any, error) { return nil, err }

func TestOperations(t *testing.T) {
	t.Parallel()
	for _, tc := range operationCases() {
		t.Run(tc.clientMethod, func(t *testing.T) {
			t.Parallel()
			s := serve(t, always(reply{status: tc.status, body: tc.answer}))
			given := Repeatability{}
			if tc.repeatable {
				given = repeat
			}
			got, err := tc.call(t.Context(), clientOf(t, s.URL, ClientOptions{}), given)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, exactly); diff != "" {
				t.Errorf("the answer (-want +got):\n%s", diff)
			}
			received := s.received()
			if len(received) != 1 {
				t.Fatalf("%d requests were sent, want 1", len(received))
			}
			checkRequest(t, tc, received[0])
		})
	}
}

// checkRequest compares a request with the table.
func checkRequest(t *testing.T, tc operationCase, r exchange) {
	t.Helper()
	want := map[string]string{
		"method": tc.method, "path": tc.path, "query": "api-version=2026-03-12", "Accept": "application/json",
		"Content-Type": "", "Repeatability-Request-Id": "", "Repeatability-First-Sent": "",
	}
	if tc.body != "" {
		want["Content-Type"] = "application/json"
	}
	if tc.repeatable {
		want["Repeatability-Request-Id"] = "5d1e2a34-6c1f-4b3a-9f0e-2f6d3c9b8a71"
		want["Repeatability-First-Sent"] = "Sun, 22 Nov 2026 09:11:12 GMT"
	}
	got := map[string]string{"method": r.Method, "path": r.Path, "query": r.Query}
	for _, name := range []string{"Accept", "Content-Type", "Repeatability-Request-Id", "Repeatability-First-Sent"} {
		got[name] = r.Header.Get(name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the request (-want +got):\n%s", diff)
	}
	if r.Header.Get("X-Ms-Client-Request-Id") == "" {
		t.Error("the request has no ID of its own, which Microsoft's support asks for")
	}
	if diff := cmp.Diff(decoded(t, tc.body), decoded(t, r.Body)); diff != "" {
		t.Errorf("the body (-want +got):\n%s", diff)
	}
	if length := r.Header.Get("Content-Length"); tc.body == "" && tc.method == http.MethodPost && length != "0" {
		t.Errorf("Content-Length of an empty POST is %q, want 0", length)
	}
}

// decoded reads JSON for a comparison; "" is nil.
func decoded(t *testing.T, text string) any {
	t.Helper()
	if text == "" {
		return nil
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s is not JSON: %v", text, err)
	}
	return value
}

// TestOperationsAreComplete fails when the client has a request that no case sends.
func TestOperationsAreComplete(t *testing.T) {
	t.Parallel()
	covered := []string{"DownloadRecording", "DeleteRecording", "WithAPIVersion"} // have tests of their own
	for _, tc := range operationCases() {
		covered = append(covered, tc.clientMethod)
	}
	for method := range reflect.TypeFor[*Client]().Methods() {
		if !slices.Contains(covered, method.Name) {
			t.Errorf("no case calls %s", method.Name)
		}
	}
	// Section 2.1 of the wire facts names this many.
	if got := len(operationCases()); got != 34 {
		t.Errorf("there are %d operations, the API has 34", got)
	}
}

// TestOperationsRefused has the service refuse each operation, and answer each with a success that is not its own.
func TestOperationsRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		answer       reply
		want         Error
	}{
		{
			name: "badRequest", reason: "a refusal is a typed error that names the operation",
			answer: reply{status: 400, body: `{"error":{"code":"8523","message":"Invalid."}}`},
			want:   Error{StatusCode: 400, Code: "8523", SubCode: 8523, Message: "Invalid.", Outcome: OutcomeNotMade},
		},
		{
			name: "otherSuccess", reason: "a success that the API does not know is an error, but was made", answer: reply{status: 226},
			want: Error{StatusCode: 226, Message: "IM Used", Outcome: OutcomeMade},
		},
	}
	for _, tc := range cases {
		s := serve(t, always(tc.answer))
		for _, op := range operationCases() {
			t.Run(tc.name+"/"+op.clientMethod, func(t *testing.T) {
				_, err := op.call(t.Context(), clientOf(t, s.URL, ClientOptions{}), Repeatability{})
				var got *Error
				if !errors.As(err, &got) {
					t.Fatalf("the error is %v: %s", err, tc.reason)
				}
				want := tc.want
				want.Operation = op.name
				if diff := cmp.Diff(want, *got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
				}
			})
		}
	}
}

// TestOperationsRetried has each operation fail once, in a way that had no effect or in one that may have.
func TestOperationsRetried(t *testing.T) {
	t.Parallel()
	for _, op := range operationCases() {
		cases := []struct {
			name, reason string
			status       int
			repeat       Repeatability
			want         int
		}{
			{name: "throttled", reason: "what had no effect may always be sent again", status: 429, want: 2},
			{name: "failed", reason: "without Repeatability a POST that may have had its effect is not sent again", status: 500, want: 1},
			{name: "failedRepeatable", reason: "with Repeatability it is", status: 500, repeat: repeat, want: 2},
		}
		for _, tc := range cases {
			if tc.repeat.ID != "" && !op.repeatable {
				continue
			}
			if op.retried {
				tc.want, tc.reason = 2, "to repeat it does no harm"
			}
			t.Run(op.clientMethod+"/"+tc.name, func(t *testing.T) {
				t.Parallel()
				s := serve(t, inTurn(reply{status: tc.status}, reply{status: op.status, body: op.answer}))
				_, err := op.call(t.Context(), clientOf(t, s.URL, ClientOptions{}), tc.repeat)
				if got := len(s.received()); got != tc.want || (err == nil) != (tc.want == 2) {
					t.Errorf("%d requests were sent and the error is %v, want %d: %s", got, err, tc.want, tc.reason)
				}
				if tc.want == 1 && OutcomeOf(err) != OutcomeUnknown {
					t.Errorf("the outcome is %s, want unknown", OutcomeOf(err))
				}
			})
		}
	}
}

func TestIDsInPaths(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason, id string
		want             string
	}{
		{name: "phone", reason: "colon and plus are escaped", id: "4:+14255550123", want: "4%3A%2B14255550123"},
		{name: "user", reason: "as encodeURIComponent does", id: "8:acs:r_u", want: "8%3Aacs%3Ar_u"},
		{name: "slash", reason: "an ID never adds a segment", id: "a/../b", want: "a%2F..%2Fb"},
		{name: "query", reason: "nor a query", id: "a?b#c&d=e", want: "a%3Fb%23c%26d%3De"},
		{name: "percent", reason: "nothing is escaped twice or taken for escaped", id: "a%2Fb", want: "a%252Fb"},
		{name: "marks", reason: "encodeURIComponent keeps these", id: "-_.!~*'()", want: "-_.!~*'()"},
		{name: "unicode", reason: "each byte of UTF-8 is escaped", id: "é ", want: "%C3%A9%20"},
		{name: "threeDots", reason: "three dots are a name like any other", id: "...", want: "..."},
		{name: "empty", reason: "an empty ID would name the collection"},
		{name: "dot", reason: "a dot would be cleaned away", id: "."},
		{name: "dots", reason: "two dots would name the parent", id: ".."},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, always(reply{body: "{}"}))
			_, err := clientOf(t, s.URL, ClientOptions{}).GetParticipant(t.Context(), "cc-1", tc.id)
			received := s.received()
			if tc.want == "" {
				if err == nil || len(received) != 0 || OutcomeOf(err) != OutcomeNotMade {
					t.Errorf("the error is %v after %d requests: %s", err, len(received), tc.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimPrefix(received[0].Path, "/calling/callConnections/cc-1/participants/"); got != tc.want {
				t.Errorf("the segment is %s, want %s: %s", got, tc.want, tc.reason)
			}
		})
	}
}
