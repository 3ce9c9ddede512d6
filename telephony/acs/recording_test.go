// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/telephony"
)

var _ telephony.RecordingReader = (*service)(nil)

func TestReadRecording(t *testing.T) {
	t.Parallel()
	const own = "/v1/objects/0-eus-d1/content/audio"
	cases := []struct {
		name, reason string
		status       int
		answer       string
		// location is where it is; one that begins with / is at the service.
		location  string
		want      string
		wantClass telephony.Class
		wantError string
	}{
		{name: "there", reason: "it is read as it is", status: http.StatusOK, answer: "sound", location: own, want: "sound"},
		{name: "gone", reason: "people wonder where it went", status: http.StatusNotFound, location: own, wantClass: telephony.ClassGone, wantError: "it keeps contents for 24 hours"},
		{name: "elsewhere", reason: "no other host gets a signed request", location: "https://files.example.com/a.wav", wantClass: telephony.ClassUnsupported, wantError: "record.containerURL"},
		{name: "bad key", reason: "what to check is said", status: http.StatusUnauthorized, answer: `{"error":{"code":"Denied","message":"Denied."}}`, location: own,
			wantClass: telephony.ClassUnauthorized, wantError: "refused the provider's credentials"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests++
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.answer)
			}))
			defer server.Close()
			key, err := acs.NewAccessKey("c2VjcmV0")
			if err != nil {
				t.Fatal(err)
			}
			options := &acs.ClientOptions{AllowHTTP: true}
			// A content may take longer than one try of another request.
			options.Retry.TryTimeout = time.Nanosecond
			client, err := acs.NewClient(server.URL, key, options)
			if err != nil {
				t.Fatal(err)
			}
			location := tc.location
			if strings.HasPrefix(location, "/") {
				location = server.URL + location
			}
			content, err := (&service{client: client}).ReadRecording(t.Context(), location)
			if tc.wantError != "" {
				if err == nil || !telephony.Is(err, tc.wantClass) || !strings.Contains(err.Error(), tc.wantError) {
					t.Errorf("%s: got %v, want an error of class %s with %q", tc.reason, err, tc.wantClass, tc.wantError)
				}
				if tc.status == 0 && requests > 0 {
					t.Errorf("%s: a request was sent", tc.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = content.Close() }()
			if read, err := io.ReadAll(content); err != nil || string(read) != tc.want {
				t.Errorf("%s: got %q, %v, want %q", tc.reason, read, err, tc.want)
			}
		})
	}
}
