// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/call-operator/call-operator/telephony"
)

// TestHangUpOfWhatIsOver hangs up a call of which Asterisk has no channel any more.
func TestHangUpOfWhatIsOver(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		status       int
		message      string
		want         telephony.Class
	}{
		{"bridge is left", "it is removed, and the call was over", http.StatusNoContent, "", telephony.ClassGone},
		{"no bridge", "everything is gone", http.StatusNotFound, "Bridge not found", telephony.ClassGone},
		{"bridge is being removed", "another process hung up a moment ago", http.StatusConflict, "Bridge not in Stasis application", telephony.ClassGone},
		{"broken", "it is not known what is left", http.StatusInternalServerError, "Allocation failed", telephony.ClassRefused},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Server", "Asterisk/22.10.1")
				switch {
				case r.URL.Path == "/ari/bridges":
					_, _ = fmt.Fprint(w, "[]")
				case r.Method == http.MethodDelete && r.URL.Path == "/ari/bridges/"+BridgeOf("call"):
					w.WriteHeader(c.status)
					if c.message != "" {
						_, _ = fmt.Fprintf(w, `{"message":%q}`, c.message)
					}
				default:
					w.WriteHeader(http.StatusNotFound)
					_, _ = fmt.Fprint(w, `{"message":"Channel not found"}`)
				}
			}))
			t.Cleanup(server.Close)
			s, _ := connected(t, server.URL+"/ari", secretWith(nil))
			if err := s.HangUp(t.Context(), "call"); !telephony.Is(err, c.want) {
				t.Errorf("%s: got %v, want class %s", c.reason, err, c.want)
			}
		})
	}
}
