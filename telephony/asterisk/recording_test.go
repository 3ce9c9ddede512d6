// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/call-operator/call-operator/telephony"
)

func TestReadRecording(t *testing.T) {
	t.Parallel()
	const name, ofFlow = "callactions/team-a/recording/uid/provider/attempt", "calls/team-a/ada/uid/provider/attempt"
	cases := []struct {
		name, reason, location string
		status                 int
		answer                 string
		want                   string
		wantClass              telephony.Class
		wantError              string
	}{
		{name: "there", reason: "it is read as it is", location: FileOf(name).ContentLocation, status: http.StatusOK, answer: "RIFF", want: "RIFF"},
		{name: "a flow's", reason: "its steps are requests for the Call", location: FileOf(ofFlow).ContentLocation, status: http.StatusOK, answer: "RIFF", want: "RIFF"},
		{name: "gone", reason: "somebody has tidied up", location: FileOf(name).ContentLocation, status: http.StatusNotFound, answer: `{"message":"Recording not found"}`,
			wantClass: telephony.ClassGone, wantError: "does not have this recording any more"},
		{name: "bad password", reason: "what to compare is said", location: FileOf(name).ContentLocation, status: http.StatusUnauthorized, wantClass: telephony.ClassUnauthorized, wantError: "ari.conf"},
		{name: "not ours", reason: "a status leads to no other file", location: FileOf("voicemail").ContentLocation, wantClass: telephony.ClassUnsupported, wantError: "no recording of the operator's"},
		{name: "URL", reason: "the password goes nowhere else", location: "https://files.example.com/a.wav", wantClass: telephony.ClassUnsupported, wantError: "no recording of the operator's"},
		{name: "other request", reason: "only contents are read", location: "channels", wantClass: telephony.ClassUnsupported, wantError: "no recording of the operator's"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			pbx := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.Method+" "+r.URL.EscapedPath())
				w.Header().Set("Server", "Asterisk/22")
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.answer)
			}))
			defer pbx.Close()
			made, _ := connected(t, pbx.URL+"/ari", secretWith(nil))
			content, err := made.(telephony.RecordingReader).ReadRecording(t.Context(), tc.location)
			if tc.wantError != "" {
				if !telephony.Is(err, tc.wantClass) || !strings.Contains(err.Error(), tc.wantError) || tc.status == 0 && len(asked) > 0 {
					t.Errorf("%s: %v, and the requests %v; want an error of class %s with %q", tc.reason, err, asked, tc.wantClass, tc.wantError)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = content.Close() }()
			read, err := io.ReadAll(content)
			if want := "GET /ari/" + tc.location; err != nil || string(read) != tc.want || asked[0] != want {
				t.Errorf("%s: got %q, %v by %v, want %q by %s", tc.reason, read, err, asked, tc.want, want)
			}
		})
	}
}
