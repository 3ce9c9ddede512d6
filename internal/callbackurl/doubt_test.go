// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callbackurl

import (
	"strings"
	"testing"
)

func TestDoubt(t *testing.T) {
	t.Parallel()
	cases := []struct {
		reason, url, want string
	}{
		{"an ordinary URL", "https://calls.example.com", ""},
		{"with a path and a port, and no known problem", "https://calls.example.com:8443/acs", ""},
		{"public http", "http://calls.example.com", "https://"},
		{"a public address too", "http://203.0.113.7:8080", "https://"},
		{"the port of the machine after a dev tunnel's host", "https://abc123.euw.devtunnels.ms:8080", "port 8080"},
		{"after another tunnel's host", "https://abc123.ngrok-free.app:8080", "port 8080"},
		{"whatever the case", "https://ABC.TryCloudflare.com:3000", "port 3000"},
		{"443 is where it listens", "https://abc123-8080.euw.devtunnels.ms:443", ""},
		{"as the tunnel prints it", "https://abc123-8080.euw.devtunnels.ms", ""},
		{"the page that shows the traffic", "https://abc123-8080-inspect.euw.devtunnels.ms", "-inspect"},
		{"a tunnel by http", "http://abc123.ngrok.io", "https://"},
		{"a name that ends alike is no tunnel", "https://notngrok.io:8080", ""},
		{"a simulator on this machine", "http://127.0.0.1:8080", ""},
		{"or in a private network", "http://192.168.1.4", ""},
		{"or of IPv6", "http://[::1]:8080", ""},
		{"or in the cluster", "http://call-operator-webhookreceiver.call-operator-system.svc", ""},
		{"or in its short form", "http://receiver", ""},
		{"or a name that nobody owns", "http://calls.example", ""},
		{"what cannot be read is said elsewhere", "://", ""},
	}
	for _, tc := range cases {
		got := Doubt(tc.url)
		if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s: %s: got %q, want %q", tc.reason, tc.url, got, tc.want)
		}
	}
}
