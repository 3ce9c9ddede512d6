// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callbackurl

import (
	"errors"
	"strings"
	"testing"
)

func TestEventGridURL(t *testing.T) {
	keys := mustParseKeys(t, keyFile(1))
	tests := []struct {
		name, reason, base, namespace, provider string
		want, wantErr                           string
	}{
		{name: "Host", reason: "the path names the provider", base: "https://calls.example.com", namespace: "team-a", provider: "acs",
			want: "https://calls.example.com/v1/event-grid/team-a/acs?token="},
		{name: "BasePath", reason: "an ingress may add a path", base: "https://calls.example.com/calls/", namespace: "team-a", provider: "acs.eu",
			want: "https://calls.example.com/calls/v1/event-grid/team-a/acs.eu?token="},
		{name: "NoHost", reason: "Event Grid needs an absolute URL", base: "/calls", namespace: "team-a", provider: "acs", wantErr: "must begin with https://"},
		{name: "Password", reason: "the error does not repeat a password", base: "https://a:hunter2@calls.example.com", namespace: "team-a", provider: "acs", wantErr: "no user"},
		{name: "NoNamespace", reason: "a provider is namespaced", base: "https://calls.example.com", provider: "acs", wantErr: "the namespace must be"},
		{name: "NoProvider", reason: "a namespace alone receives nothing", base: "https://calls.example.com", namespace: "team-a", wantErr: "the provider's name must be"},
		{name: "ProviderWithSlash", reason: "a name cannot add a part", base: "https://calls.example.com", namespace: "team-a", provider: "a/b", wantErr: "the provider's name must be"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, err := keys.EventGridURL(tc.base, tc.namespace, tc.provider)
			if tc.want == "" != (got == "") || !strings.HasPrefix(got, tc.want) {
				t.Errorf("%s: URL %q, want %q and a token", tc.reason, got, tc.want)
			}
			if tc.wantErr == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), tc.wantErr) {
				t.Errorf("%s: error %v, want one with %q", tc.reason, err, tc.wantErr)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: the error %q repeats a password", tc.reason, err)
			}
		})
	}
	if got, err := (Keys{}).EventGridURL("https://calls.example.com", "team-a", "acs"); err == nil {
		t.Errorf("without a key there is no URL, got %q", got)
	}
}

func TestVerifyEventGrid(t *testing.T) {
	oldKey, newKey := mustParseKeys(t, keyFile(1)), mustParseKeys(t, keyFile(2))
	rotating := mustParseKeys(t, keyFile(2, 1))
	token := tokenOf(t, mustEventGridURL(t, oldKey, "team-a", "acs"))
	callback := tokenOf(t, mustURL(t, oldKey, Target{Kind: "callproviders", Namespace: "team-a", Name: "acs", UID: "1"}))
	tests := []struct {
		name, reason                string
		keys                        Keys
		namespace, provider, bearer string
		want                        bool
	}{
		{name: "Genuine", reason: "the token was made for this provider", keys: oldKey, namespace: "team-a", provider: "acs", bearer: token, want: true},
		{name: "RotatedKey", reason: "a subscription keeps its URL while the key changes", keys: rotating, namespace: "team-a", provider: "acs", bearer: token, want: true},
		{name: "RetiredKey", reason: "a key that was taken away verifies nothing", keys: newKey, namespace: "team-a", provider: "acs", bearer: token},
		{name: "NoKeys", reason: "no key verifies nothing", namespace: "team-a", provider: "acs", bearer: token},
		{name: "OtherNamespace", reason: "the namespace is signed", keys: oldKey, namespace: "team-b", provider: "acs", bearer: token},
		{name: "OtherProvider", reason: "the provider is signed", keys: oldKey, namespace: "team-a", provider: "acs2", bearer: token},
		{name: "Shifted", reason: "what is namespace and what is name matters", keys: oldKey, namespace: "team-aa", provider: "cs", bearer: token},
		{name: "CallbackToken", reason: "a callback URL, which the service holds, opens no other door", keys: oldKey, namespace: "team-a", provider: "acs", bearer: callback},
		{name: "Empty", reason: "no token is no token", keys: oldKey, namespace: "team-a", provider: "acs"},
		{name: "Longer", reason: "a token has one spelling", keys: oldKey, namespace: "team-a", provider: "acs", bearer: token + "A"},
		{name: "LineBreak", reason: "a token has one spelling", keys: oldKey, namespace: "team-a", provider: "acs", bearer: token + "\n"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.keys.VerifyEventGrid(tc.namespace, tc.provider, tc.bearer); got != tc.want {
				t.Errorf("%s: %t, want %t", tc.reason, got, tc.want)
			}
		})
	}
	if oldKey.Verify(Target{Kind: "event-grid", Namespace: "team-a", Name: "acs"}, token) {
		t.Error("an Event Grid token verifies as a callback's: the two purposes are not separate")
	}
}

// The MAC of a given key and provider never changes: it would invalidate the subscriptions that are in use.
func TestEventGridTokenIsStable(t *testing.T) {
	const want = "muB7NjFGo8l6K8ltQtU965wclqB9yOLkcunfrdVpEg0"
	if got := tokenOf(t, mustEventGridURL(t, mustParseKeys(t, keyFile(1)), "team-a", "acs")); got != want {
		t.Errorf("the token is %s, was %s: subscriptions would lose their events", got, want)
	}
}

func TestParseEventGridPath(t *testing.T) {
	tests := []struct {
		name, reason, path  string
		namespace, provider string
		refused             bool
	}{
		{name: "AProvider", reason: "both parts come back as they went in", path: "/v1/event-grid/team-a/acs.eu", namespace: "team-a", provider: "acs.eu"},
		{name: "Empty", reason: "nothing names nothing", path: "", refused: true},
		{name: "PrefixAlone", reason: "both parts are missing", path: "/v1/event-grid/", refused: true},
		{name: "Callback", reason: "a callback's path is another one", path: "/v1/callbacks/calls/a/b/c", refused: true},
		{name: "OtherVersion", reason: "another version has other tokens", path: "/v2/event-grid/a/b", refused: true},
		{name: "TooFew", reason: "the provider is missing", path: "/v1/event-grid/a", refused: true},
		{name: "TooMany", reason: "a third part has no meaning", path: "/v1/event-grid/a/b/c", refused: true},
		{name: "TrailingSlash", reason: "a provider has one spelling", path: "/v1/event-grid/a/b/", refused: true},
		{name: "Upper", reason: "a provider has one spelling", path: "/v1/event-grid/A/b", refused: true},
		{name: "Dots", reason: "nobody climbs out of the namespace", path: "/v1/event-grid/../b", refused: true},
		{name: "Escaped", reason: "names need no escaping", path: "/v1/event-grid/a/b%2e", refused: true},
		{name: "Control", reason: "a line break does not reach a log", path: "/v1/event-grid/a/b\n", refused: true},
		{name: "LongName", reason: "Kubernetes allows 253 characters", path: "/v1/event-grid/a/" + strings.Repeat("b", 254), refused: true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			namespace, provider, err := ParseEventGridPath(tc.path)
			if namespace != tc.namespace || provider != tc.provider {
				t.Errorf("%s: %q and %q, want %q and %q", tc.reason, namespace, provider, tc.namespace, tc.provider)
			}
			if refused := errors.Is(err, ErrEventGridPath); refused != tc.refused {
				t.Errorf("%s: refused %t (%v), want %t", tc.reason, refused, err, tc.refused)
			}
		})
	}
}

// Whatever path is accepted is the only spelling of its provider, is known as an Event Grid path, and has a token.
func FuzzParseEventGridPath(f *testing.F) {
	for _, seed := range []string{"/v1/event-grid/a/b", "/v1/event-grid/a/b%20", "//v1/event-grid", "/v1/event-grid/a\x00/b"} {
		f.Add(seed)
	}
	keys := mustParseKeys(f, keyFile(1))
	f.Fuzz(func(t *testing.T, path string) {
		namespace, provider, err := ParseEventGridPath(path)
		if err != nil {
			return
		}
		if !IsEventGridPath(path) || eventGridPrefix+namespace+"/"+provider != path {
			t.Errorf("%q is a second spelling of %s and %s", path, namespace, provider)
		}
		if token := tokenOf(t, mustEventGridURL(t, keys, namespace, provider)); !keys.VerifyEventGrid(namespace, provider, token) {
			t.Errorf("the token for %q does not verify", path)
		}
	})
}

func mustEventGridURL(t testing.TB, keys Keys, namespace, provider string) string {
	t.Helper()
	u, err := keys.EventGridURL("https://calls.example.com", namespace, provider)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
