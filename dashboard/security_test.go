// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
)

// TestRequestsFromElsewhere sends requests from other sites and for other host names.
func TestRequestsFromElsewhere(t *testing.T) {
	user := NewLocalUser(&rest.Config{Host: "http://127.0.0.1:1"})
	server, err := New(Options{Authenticator: user, Hosts: []string{"127.0.0.1:8070", "localhost:8070"}, Log: logr.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	good := "Bearer " + user.Token()
	cases := []struct {
		name, reason, method, path, host string
		header                           map[string]string
		want                             int
	}{
		{"Page", "the page itself is public", "GET", "/", "127.0.0.1:8070", nil, 200},
		{"OtherName", "this machine has two names", "GET", "/", "localhost:8070", nil, 200},
		{"Rebound", "a foreign name that resolves to this machine is not served", "GET", "/", "evil.example.com:8070", nil, 421},
		{"ReboundWithToken", "not even with the token", "POST", "/api/dial", "evil.example.com:8070", map[string]string{"Authorization": good}, 421},
		{"OtherPort", "another port is another server", "GET", "/", "127.0.0.1:8071", nil, 421},
		{"Link", "a user may follow a link to the page", "GET", "/", "127.0.0.1:8070", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200},
		{"Embedded", "no other site gets a file of the page", "GET", "/main.js", "127.0.0.1:8070", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403},
		{"CrossSiteRead", "nor the data of the page", "GET", "/api/stream", "127.0.0.1:8070", map[string]string{"Sec-Fetch-Site": "cross-site", "Authorization": good}, 403},
		{"SameSiteRead", "nor does another server on this machine", "GET", "/api/stream", "127.0.0.1:8070", map[string]string{"Sec-Fetch-Site": "same-site", "Authorization": good}, 403},
		{"CrossSiteAction", "another site cannot act", "POST", "/api/hang-up", "127.0.0.1:8070", map[string]string{"Sec-Fetch-Site": "cross-site", "Authorization": good}, 403},
		{"CrossOriginAction", "also in an old browser", "POST", "/api/hang-up", "127.0.0.1:8070", map[string]string{"Origin": "https://evil.example.com", "Authorization": good}, 403},
		{"NullOrigin", "nor does a page without an origin", "POST", "/api/hang-up", "127.0.0.1:8070", map[string]string{"Origin": "null", "Authorization": good}, 403},
		{"NoToken", "reading needs the token", "GET", "/api/stream", "127.0.0.1:8070", nil, 401},
		{"WrongToken", "another token is refused", "GET", "/api/stream", "127.0.0.1:8070", map[string]string{"Authorization": "Bearer " + user.Token() + "A"}, 401},
		{"ActionWithoutToken", "an action needs the token", "POST", "/api/dial", "127.0.0.1:8070", nil, 401},
		{"TokenInURL", "a token in a URL would be in logs", "GET", "/api/stream?token=" + user.Token(), "127.0.0.1:8070", nil, 401},
		{"TokenInCookie", "a browser would send it for other sites", "POST", "/api/dial", "127.0.0.1:8070", map[string]string{"Cookie": "token=" + user.Token()}, 401},
		{"ActionByGet", "a link does nothing", "GET", "/api/dial", "127.0.0.1:8070", map[string]string{"Authorization": good}, 404},
		{"UnreadableAction", "a misspelt field is an error", "POST", "/api/dial", "127.0.0.1:8070", map[string]string{"Authorization": good, "Origin": "http://127.0.0.1:8070"}, 400},
		{"Folder", "no list of files", "GET", "/vendor/", "127.0.0.1:8070", nil, 404},
		{"Source", "nothing but the page is served", "GET", "/server.go", "127.0.0.1:8070", nil, 404},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			request := httptest.NewRequest(tc.method, "/", strings.NewReader(`{"misspelt":1}`))
			request.URL.Path, request.URL.RawQuery, _ = strings.Cut(tc.path, "?")
			request.Host = tc.host
			for name, value := range tc.header {
				request.Header.Set(name, value)
			}
			answer := httptest.NewRecorder()
			server.ServeHTTP(answer, request)
			if answer.Code != tc.want {
				t.Errorf("%s: %s %s was answered with %d, want %d: %s", tc.reason, tc.method, tc.path, answer.Code, tc.want, answer.Body)
			}
			if policy := answer.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("the policy is %q", policy)
			}
			if len(answer.Result().Cookies()) > 0 {
				t.Error("a cookie was set")
			}
		})
	}
}

// TestSession tells the page whether to ask for a token.
func TestSession(t *testing.T) {
	t.Parallel()
	config := &rest.Config{Host: "http://127.0.0.1:1"}
	cases := []struct {
		name, reason, authorization string
		people                      Authenticator
		want                        string
	}{
		{"Cluster", "a user without a token is asked for one", "", NewTokenUsers(config), `{"signIn":true,"signedIn":false,"namespace":"team"}`},
		{"Proxy", "a proxy that adds a token signs the user in", "Bearer token", NewTokenUsers(config), `{"signIn":false,"signedIn":true,"namespace":"team"}`},
		{"OtherScheme", "other credentials do not sign a user in", "Basic YTpi", NewTokenUsers(config), `{"signIn":true,"signedIn":false,"namespace":"team"}`},
		{"Machine", "on a user's own machine the address has the token", "", NewLocalUser(config), `{"signIn":false,"signedIn":false,"namespace":"team"}`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server, err := New(Options{Authenticator: tc.people, Namespace: "team", Log: logr.Discard()})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			request := httptest.NewRequest(http.MethodGet, "/api/session", nil)
			if tc.authorization != "" {
				request.Header.Set("Authorization", tc.authorization)
			}
			answer := httptest.NewRecorder()
			server.ServeHTTP(answer, request)
			if got := strings.TrimSpace(answer.Body.String()); got != tc.want {
				t.Errorf("%s: the page receives %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// TestThePageHasEverything finds references to other hosts, and markup that the policy would block.
func TestThePageHasEverything(t *testing.T) {
	inline := regexp.MustCompile(`<script[^>]*>[^<]|<style|\sstyle="|\son[a-z]+="|javascript:`)
	elsewhere := regexp.MustCompile(`(?:src|href|from|import|url|fetch)\s*[=(]?\s*["'\x60(](?:https?:)?//`)
	err := fs.WalkDir(assets, "assets", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(assets, path)
		if err != nil {
			return err
		}
		for _, pattern := range []*regexp.Regexp{inline, elsewhere} {
			if found := pattern.Find(text); found != nil && !strings.Contains(path, "vendor") {
				t.Errorf("%s has %q", path, found)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(assets, "assets/vendor/lit-html/LICENSE"); err != nil {
		t.Errorf("the library's licence is not kept: %v", err)
	}
}
