// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const participantsPath = "/calling/callConnections/cc-1/participants"

// page is a page of one participant.
func page(number int, nextLink string) string {
	return fmt.Sprintf(`{"value":[{"identifier":{"rawId":"4:+1425555010%d"}}],"nextLink":%q}`, number, nextLink)
}

func TestListParticipantsPages(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		// link is the next link; BASE is replaced by the service's URL.
		link string
		want string
	}{
		{
			name: "absolute", reason: "the usual form, followed as it is", link: "BASE" + participantsPath + "?api-version=2026-03-12&skip=a%20b%2Bc",
			want: participantsPath + "?api-version=2026-03-12&skip=a%20b%2Bc",
		},
		{
			name: "relative", reason: "a link may leave the host out", link: participantsPath + "?$skipToken=2&api-version=2025-06-15",
			want: participantsPath + "?$skipToken=2&api-version=2025-06-15",
		},
		{name: "otherPath", reason: "the link's path counts, not the first page's", link: "BASE/calling/pages/2%2F3?x=1", want: "/calling/pages/2%2F3?x=1&api-version=2026-03-12"},
		{name: "noQuery", reason: "an api-version is always there", link: "BASE/calling/pages/2", want: "/calling/pages/2?api-version=2026-03-12"},
		{name: "capitals", reason: "a host has no capitals", link: "HTTPBASE/calling/pages/2", want: "/calling/pages/2?api-version=2026-03-12"},
		{name: "fragment", reason: "a fragment is not sent", link: "BASE/calling/pages/2#x", want: "/calling/pages/2?api-version=2026-03-12"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var base string
			s := serve(t, func(n int, _ exchange) reply {
				if n > 0 {
					return reply{body: page(n, "")}
				}
				link := strings.NewReplacer("HTTPBASE", strings.ToUpper(base), "BASE", base).Replace(tc.link)
				return reply{body: page(n, link)}
			})
			base = s.URL
			got, err := clientOf(t, s.URL, ClientOptions{}).ListParticipants(t.Context(), "cc-1")
			if err != nil {
				t.Fatal(err)
			}
			want := []CallParticipant{
				{Identifier: Identifier{Kind: KindUnknown, RawID: "4:+14255550100"}}, {Identifier: Identifier{Kind: KindUnknown, RawID: "4:+14255550101"}},
			}
			if diff := cmp.Diff(want, got, exactly); diff != "" {
				t.Errorf("the participants of both pages (-want +got):\n%s", diff)
			}
			second := s.received()[1]
			if got := second.Path + "?" + second.Query; got != tc.want {
				t.Errorf("the second page is at %s, want %s: %s", got, tc.want, tc.reason)
			}
		})
	}
}

// TestNextLinkElsewhere continues the list at hosts that must not receive a signed request.
func TestNextLinkElsewhere(t *testing.T) {
	t.Parallel()
	for name, link := range map[string]string{
		"foreign": "https://example.test/", "schemeless": "//example.test/", "suffix": "https://contoso.example.test.example.org/",
		"port": "https://contoso.example.test:8443/", "user": "https://u:p@contoso.example.test/", "plainHTTP": "http://contoso.example.test/",
		"opaque": "https:contoso.example.test", "mail": "mailto:a@contoso.example.test", "broken": "https://[",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := 0
			transport := doer(func(r *http.Request) (*http.Response, error) {
				if sent++; sent > 1 {
					t.Errorf("a signed request went to %s", r.URL)
				}
				return answering(r, http.StatusOK, page(0, link)), nil
			})
			_, err := clientOf(t, "https://contoso.example.test", options(transport, 0)).ListParticipants(t.Context(), "cc-1")
			var failed *Error
			if !errors.As(err, &failed) || failed.Operation != "getParticipants" {
				t.Errorf("the error is %v, want one of getParticipants", err)
			}
		})
	}
}

func TestListParticipantsFails(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		answer       func(int, exchange) reply
		sent         int
		status       int
	}{
		{
			name: "secondPage", reason: "half a roster is none",
			answer: inTurn(reply{body: page(0, participantsPath)}, reply{status: 404}), sent: 2, status: 404,
		},
		{
			name: "endless", reason: "a list that never ends is given up",
			answer: func(n int, _ exchange) reply { return reply{body: page(n%10, participantsPath)} }, sent: maxPages, status: 200,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tc.answer)
			got, err := clientOf(t, s.URL, ClientOptions{}).ListParticipants(t.Context(), "cc-1")
			var failed *Error
			if !errors.As(err, &failed) || failed.StatusCode != tc.status || got != nil || len(s.received()) != tc.sent {
				t.Errorf("%d participants and %v after %d requests: %s", len(got), err, len(s.received()), tc.reason)
			}
		})
	}
}

// TestListNobody tells an empty call from none.
func TestListNobody(t *testing.T) {
	t.Parallel()
	s := serve(t, always(reply{body: `{"value":[]}`}))
	got, err := clientOf(t, s.URL, ClientOptions{}).ListParticipants(t.Context(), "cc-1")
	if err != nil || got == nil || len(got) != 0 {
		t.Errorf("the participants are %#v, %v, want none", got, err)
	}
}

// TestHeadersOfAnySort: a header that is no text is read all the same.
func TestHeadersOfAnySort(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Headers{
		`{"User-To-User":"0064","n":4711,"b":true,"o":{"a":1},"z":null}`: {"User-To-User": "0064", "n": "4711", "b": "true", "o": `{"a":1}`, "z": ""},
		`{}`: {}, `null`: nil, `[]`: nil, `"text"`: nil,
	} {
		var got CustomCallingContext
		if err := json.Unmarshal([]byte(`{"sipHeaders":`+text+`}`), &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got.SIPHeaders); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
