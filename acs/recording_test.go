// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStartRecordingAnswers has the service answer with either of its two successes.
func TestStartRecordingAnswers(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusAccepted} {
		s := serve(t, always(reply{status: status, body: `{"recordingId":"r"}`}))
		started, err := clientOf(t, s.URL, ClientOptions{}).StartRecording(t.Context(), StartRecordingRequest{CallConnectionID: "cc-1"}, repeat)
		if err != nil || started.RecordingID != "r" {
			t.Errorf("%d: %+v, %v", status, started, err)
		}
		if got := s.received()[0].Body; got != `{"callConnectionId":"cc-1"}` {
			t.Errorf("the body is %s, want the connection alone", got)
		}
	}
}

const contentLocation = "https://us-storage.asm.skype.com/v1/objects/0-a%20b/content/video"

// storageRequest is what matters of a request to a storage host.
type storageRequest struct {
	Method, URL, Host, ResourceHost, Range string
	Signed                                 bool
}

// storageHost is a transport that simulates the storage hosts.
func storageHost(t *testing.T, seen *[]storageRequest, answers ...int) doer {
	t.Helper()
	return func(r *http.Request) (*http.Response, error) {
		hash := ContentHash(nil)
		// What is signed is the resource's host and the path without query.
		toSign := StringToSign(r.Method, r.URL.EscapedPath(), r.Header.Get("x-ms-date"), "contoso.communication.azure.com", hash)
		*seen = append(*seen, storageRequest{
			Method: r.Method, URL: r.URL.String(), Host: r.Host, ResourceHost: r.Header.Get("x-ms-host"), Range: r.Header.Get("Range"),
			Signed: strings.HasSuffix(r.Header.Get("Authorization"), "&Signature="+testAccessKey(t).Sign(toSign)) && r.Header.Get("x-ms-content-sha256") == hash,
		})
		return answering(r, answers[min(len(*seen), len(answers))-1], "content"), nil
	}
}

func TestDownloadRecording(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		location     string
		part         ContentRange
		answers      []int
		want         []storageRequest
		ok           bool
	}{
		{
			name: "whole", reason: "the resource is signed for, the storage host is asked", location: contentLocation, answers: []int{200}, ok: true,
			want: []storageRequest{{Method: "GET", URL: contentLocation, Host: "us-storage.asm.skype.com"}},
		},
		{
			name: "from", reason: "a part may go to the end", location: contentLocation, part: ContentRange{Offset: 10}, answers: []int{206}, ok: true,
			want: []storageRequest{{Method: "GET", URL: contentLocation, Host: "us-storage.asm.skype.com", Range: "bytes=10-"}},
		},
		{
			name: "part", reason: "both ends are part of a range", location: contentLocation, part: ContentRange{Length: 10}, answers: []int{206}, ok: true,
			want: []storageRequest{{Method: "GET", URL: contentLocation, Host: "us-storage.asm.skype.com", Range: "bytes=0-9"}},
		},
		{
			name: "rangeIgnored", reason: "the whole is not the part that was asked for", location: contentLocation, part: ContentRange{Offset: 10}, answers: []int{200},
			want: []storageRequest{{Method: "GET", URL: contentLocation, Host: "us-storage.asm.skype.com", Range: "bytes=10-"}},
		},
		{
			name: "query", reason: "a query is sent, and not signed", location: contentLocation + "?a=b", answers: []int{200}, ok: true,
			want: []storageRequest{{Method: "GET", URL: contentLocation + "?a=b", Host: "us-storage.asm.skype.com"}},
		},
		{
			name: "retried", reason: "reading again does no harm", location: contentLocation, answers: []int{503, 200}, ok: true,
			want: []storageRequest{
				{Method: "GET", URL: contentLocation, Host: "us-storage.asm.skype.com"}, {Method: "GET", URL: contentLocation, Host: "us-storage.asm.skype.com"},
			},
		},
		{
			name: "gone", reason: "content is kept for a day", location: contentLocation, answers: []int{404},
			want: []storageRequest{{Method: "GET", URL: contentLocation, Host: "us-storage.asm.skype.com"}},
		},
		{name: "negative", reason: "there is nothing before the first byte", location: contentLocation, part: ContentRange{Offset: -1}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var seen []storageRequest
			client := clientOf(t, "https://contoso.communication.azure.com", options(storageHost(t, &seen, tc.answers...), 2))
			content, err := client.DownloadRecording(t.Context(), tc.location, tc.part)
			if (err == nil) != tc.ok {
				t.Fatalf("the error is %v: %s", err, tc.reason)
			}
			for i := range tc.want {
				tc.want[i].ResourceHost, tc.want[i].Signed = "contoso.communication.azure.com", true
			}
			if diff := cmp.Diff(tc.want, seen); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if err != nil {
				return
			}
			defer func() { _ = content.Close() }()
			if got, err := io.ReadAll(content); err != nil || string(got) != "content" {
				t.Errorf("the content is %q, %v", got, err)
			}
		})
	}
}

// TestDownloadStreams reads the beginning of content that breaks off: it must not be read into memory first.
func TestDownloadStreams(t *testing.T) {
	t.Parallel()
	transport := doer(func(r *http.Request) (*http.Response, error) {
		response := answering(r, http.StatusOK, "")
		response.Body = io.NopCloser(io.MultiReader(strings.NewReader("beginning"), brokenReader{}))
		return response, nil
	})
	content, err := clientOf(t, "https://contoso.communication.azure.com", options(transport, 0)).DownloadRecording(t.Context(), contentLocation, ContentRange{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Close() }()
	if got, err := io.ReadAll(content); string(got) != "beginning" || !errors.Is(err, errLost) {
		t.Errorf("read %q, %v, want what came before the loss", got, err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errLost }

func TestDeleteRecording(t *testing.T) {
	t.Parallel()
	for status, ok := range map[int]bool{200: true, 204: true, 202: false, 404: false} {
		var seen []storageRequest
		client := clientOf(t, "https://contoso.communication.azure.com", options(storageHost(t, &seen, status), 0))
		if err := client.DeleteRecording(t.Context(), contentLocation); (err == nil) != ok {
			t.Errorf("%d: the error is %v", status, err)
		}
		want := []storageRequest{{
			Method: "DELETE", URL: contentLocation, Host: "us-storage.asm.skype.com", ResourceHost: "contoso.communication.azure.com", Signed: true,
		}}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("the request (-want +got):\n%s", diff)
		}
	}
}

// TestRecordingLocations lets no signature go to a host that is not Microsoft's storage.
func TestRecordingLocations(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason, location string
		ok                     bool
	}{
		{name: "skype", reason: "a storage host", location: "https://eu.asm.skype.com/v1/x", ok: true},
		{name: "teams", reason: "a storage host", location: "https://as-prod.asyncgw.teams.microsoft.com/v1/x", ok: true},
		{name: "government", reason: "a storage host", location: "https://gcch.ams.gov.teams.microsoft.us/v1/x", ok: true},
		{name: "capitals", reason: "hosts have no capitals", location: "HTTPS://EU.ASM.SKYPE.COM/v1/x", ok: true},
		{name: "defaultPort", reason: "https' own port", location: "https://eu.asm.skype.com:443/v1/x", ok: true},
		{name: "ownContent", reason: "the resource's own host gets signed requests anyway", location: "https://contoso.communication.azure.com/v1/objects/0-a/content/audio", ok: true},
		{name: "ownPort", reason: "https' own port", location: "https://CONTOSO.communication.azure.com:443/v1/objects/0-a", ok: true},
		{name: "ownCall", reason: "a deletion there would end a call", location: "https://contoso.communication.azure.com/calling/callConnections/cc-1"},
		{name: "ownCallBehindDots", reason: "so would this", location: "https://contoso.communication.azure.com/v1/objects/../../calling/callConnections/cc-1"},
		{name: "ownHTTP", reason: "anybody could listen", location: "http://contoso.communication.azure.com/v1/objects/0-a"},
		{name: "ownOtherPort", reason: "another port is another server", location: "https://contoso.communication.azure.com:8443/v1/objects/0-a"},
		{name: "http", reason: "anybody could listen", location: "http://eu.asm.skype.com/v1/x"},
		{name: "foreign", reason: "somebody else's", location: "https://example.test/v1/x"},
		{name: "suffix", reason: "the domain must end there", location: "https://eu.asm.skype.com.example.test/v1/x"},
		{name: "noDot", reason: "the name must be below the domain", location: "https://evilasm.skype.com/v1/x"},
		{name: "bare", reason: "the domain itself stores nothing", location: "https://asm.skype.com/v1/x"},
		{name: "user", reason: "a host may hide behind a user", location: "https://eu.asm.skype.com@example.test/v1/x"},
		{name: "userAtStorage", reason: "credentials in a URL are nobody's", location: "https://u:p@eu.asm.skype.com/v1/x"},
		{name: "port", reason: "another port is another server", location: "https://eu.asm.skype.com:8443/v1/x"},
		{name: "fragment", reason: "a host may hide in a fragment", location: "https://example.test#.asm.skype.com"},
		{name: "path", reason: "or in a path", location: "https://example.test/.asm.skype.com"},
		{name: "backslash", reason: "or behind a backslash", location: `https://example.test\.asm.skype.com/`},
		{name: "relative", reason: "no host at all", location: "/v1/x"},
		{name: "empty", reason: "nothing at all", location: ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var seen []storageRequest
			client := clientOf(t, "https://contoso.communication.azure.com", options(storageHost(t, &seen, 200), 0))
			content, err := client.DownloadRecording(t.Context(), tc.location, ContentRange{})
			if err == nil {
				_ = content.Close()
			}
			deleted := client.DeleteRecording(t.Context(), tc.location)
			if (err == nil) != tc.ok || (deleted == nil) != tc.ok || len(seen) != map[bool]int{true: 2}[tc.ok] {
				t.Errorf("the errors are %v and %v after %d requests: %s", err, deleted, len(seen), tc.reason)
			}
			var failed *Error
			if err != nil && (!errors.As(err, &failed) || failed.Outcome != OutcomeNotMade) {
				t.Errorf("the error is %#v, want one of a request that was not made", err)
			}
		})
	}
}
