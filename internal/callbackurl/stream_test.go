// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callbackurl

import (
	"errors"
	"strings"
	"testing"
)

func TestStreamPassword(t *testing.T) {
	keys := mustParseKeys(t, keyFile(1))
	tests := []struct {
		name, reason        string
		keys                Keys
		namespace, provider string
		wantErr             string
	}{
		{name: "Provider", reason: "an ordinary provider", keys: keys, namespace: "team-a", provider: "pbx.eu"},
		{name: "NoNamespace", reason: "a provider is namespaced", keys: keys, provider: "pbx", wantErr: "the namespace must be"},
		{name: "NoProvider", reason: "a namespace alone has no service", keys: keys, namespace: "team-a", wantErr: "the provider's name must be"},
		{name: "ProviderWithSlash", reason: "a name cannot add a part", keys: keys, namespace: "team-a", provider: "a/b", wantErr: "the provider's name must be"},
		{name: "NoKeys", reason: "a password that anybody can compute is none", namespace: "team-a", provider: "pbx", wantErr: "no callback key"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			password, err := tc.keys.StreamPassword(tc.namespace, tc.provider)
			if tc.wantErr == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), tc.wantErr) {
				t.Fatalf("%s: error %v, want one with %q", tc.reason, err, tc.wantErr)
			}
			if (password != "") != (tc.wantErr == "") {
				t.Errorf("%s: the password is %q", tc.reason, password)
			}
			// It goes into an Asterisk configuration file, whose values end at a semicolon.
			if strings.ContainsAny(password, "; \t\n\"=#") {
				t.Errorf("%s: the password needs quoting: %q", tc.reason, password)
			}
		})
	}
}

func TestVerifyStream(t *testing.T) {
	oldKey, newKey := mustParseKeys(t, keyFile(1)), mustParseKeys(t, keyFile(2))
	password := mustStreamPassword(t, oldKey, "team-a", "pbx")
	eventGrid := tokenOf(t, mustEventGridURL(t, oldKey, "team-a", "pbx"))
	// The target that is as close to the provider as one can be.
	callback := tokenOf(t, mustURL(t, oldKey, Target{Kind: "streams", Namespace: "team-a", Name: "pbx", UID: "1"}))
	tests := []struct {
		name, reason        string
		keys                Keys
		namespace, provider string
		bearer              string
		want                bool
	}{
		{name: "Genuine", reason: "what was made here is accepted", keys: oldKey, namespace: "team-a", provider: "pbx", bearer: password, want: true},
		{name: "NewKeyFirst", reason: "Asterisks keep their password while keys rotate", keys: mustParseKeys(t, keyFile(2, 1)), namespace: "team-a", provider: "pbx", bearer: password, want: true},
		{name: "NewPassword", reason: "the new key's password is accepted at once", keys: mustParseKeys(t, keyFile(2, 1)), namespace: "team-a", provider: "pbx",
			bearer: mustStreamPassword(t, newKey, "team-a", "pbx"), want: true},
		{name: "KeyGone", reason: "a key that was removed verifies nothing", keys: newKey, namespace: "team-a", provider: "pbx", bearer: password},
		{name: "NoKeys", reason: "without keys nothing is genuine", namespace: "team-a", provider: "pbx", bearer: password},
		{name: "OtherProvider", reason: "one team's Asterisk does not report for another provider", keys: oldKey, namespace: "team-a", provider: "other", bearer: password},
		{name: "OtherNamespace", reason: "nor for another team", keys: oldKey, namespace: "team-b", provider: "pbx", bearer: password},
		{name: "PartsShifted", reason: "which part is which matters", keys: oldKey, namespace: "team-apbx", provider: "", bearer: password},
		{name: "EventGrid", reason: "Event Grid's token opens another door", keys: oldKey, namespace: "team-a", provider: "pbx", bearer: eventGrid},
		{name: "Callback", reason: "a callback's token opens another door", keys: oldKey, namespace: "team-a", provider: "pbx", bearer: callback},
		{name: "Empty", reason: "no password is no password", keys: oldKey, namespace: "team-a", provider: "pbx"},
		{name: "Longer", reason: "a password has one spelling", keys: oldKey, namespace: "team-a", provider: "pbx", bearer: password + "A"},
		{name: "LineBreak", reason: "a password has one spelling", keys: oldKey, namespace: "team-a", provider: "pbx", bearer: password + "\n"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.keys.VerifyStream(tc.namespace, tc.provider, tc.bearer); got != tc.want {
				t.Errorf("%s: %t, want %t", tc.reason, got, tc.want)
			}
		})
	}
	if oldKey.VerifyEventGrid("team-a", "pbx", password) {
		t.Error("a WebSocket's password verifies as Event Grid's token: the two purposes are not separate")
	}
	for _, kind := range []string{"streams", "callproviders", KindCalls} {
		if oldKey.Verify(Target{Kind: kind, Namespace: "team-a", Name: "pbx"}, password) {
			t.Errorf("a WebSocket's password verifies as a callback's for %s: the two purposes are not separate", kind)
		}
	}
}

// The password of a given key and provider never changes: Asterisks have it in a configuration file.
func TestStreamPasswordIsStable(t *testing.T) {
	const want = "_0DybQ1vYHWPGZcnejA65gTBKEEvlQjbcqUCa1DvMPw"
	if got := mustStreamPassword(t, mustParseKeys(t, keyFile(1)), "team-a", "pbx"); got != want {
		t.Errorf("the password is %s, was %s: Asterisks could not connect any more", got, want)
	}
}

func TestParseStreamPath(t *testing.T) {
	tests := []struct {
		name, reason, path  string
		namespace, provider string
		refused             bool
	}{
		{name: "AProvider", reason: "both parts come back as they went in", path: StreamPath("team-a", "pbx.eu"), namespace: "team-a", provider: "pbx.eu"},
		{name: "Spelled", reason: "Asterisks have it in a configuration file", path: "/v1/streams/team-a/pbx", namespace: "team-a", provider: "pbx"},
		{name: "Empty", reason: "nothing names nothing", path: "", refused: true},
		{name: "PrefixAlone", reason: "both parts are missing", path: "/v1/streams/", refused: true},
		{name: "EventGrid", reason: "Event Grid's path is another one", path: "/v1/event-grid/a/b", refused: true},
		{name: "Callback", reason: "a callback's path is another one", path: "/v1/callbacks/calls/a/b/c", refused: true},
		{name: "OtherVersion", reason: "another version has other passwords", path: "/v2/streams/a/b", refused: true},
		{name: "TooFew", reason: "the provider is missing", path: "/v1/streams/a", refused: true},
		{name: "TooMany", reason: "a third part has no meaning", path: "/v1/streams/a/b/c", refused: true},
		{name: "TrailingSlash", reason: "a provider has one spelling", path: "/v1/streams/a/b/", refused: true},
		{name: "Upper", reason: "a provider has one spelling", path: "/v1/streams/A/b", refused: true},
		{name: "Dots", reason: "nobody climbs out of the namespace", path: "/v1/streams/../b", refused: true},
		{name: "Escaped", reason: "names need no escaping", path: "/v1/streams/a/b%2e", refused: true},
		{name: "Control", reason: "a line break does not reach a log", path: "/v1/streams/a/b\n", refused: true},
		{name: "LongName", reason: "Kubernetes allows 253 characters", path: "/v1/streams/a/" + strings.Repeat("b", 254), refused: true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			namespace, provider, err := ParseStreamPath(tc.path)
			if namespace != tc.namespace || provider != tc.provider {
				t.Errorf("%s: %q and %q, want %q and %q", tc.reason, namespace, provider, tc.namespace, tc.provider)
			}
			if refused := errors.Is(err, ErrStreamPath); refused != tc.refused {
				t.Errorf("%s: refused %t (%v), want %t", tc.reason, refused, err, tc.refused)
			}
		})
	}
}

// Whatever path is accepted is the only spelling of its provider, is known as a WebSocket's path, and has a password.
func FuzzParseStreamPath(f *testing.F) {
	for _, seed := range []string{"/v1/streams/a/b", "/v1/streams/a/b%20", "//v1/streams", "/v1/streams/a\x00/b"} {
		f.Add(seed)
	}
	keys := mustParseKeys(f, keyFile(1))
	f.Fuzz(func(t *testing.T, path string) {
		namespace, provider, err := ParseStreamPath(path)
		if err != nil {
			return
		}
		if !IsStreamPath(path) || StreamPath(namespace, provider) != path {
			t.Errorf("%q is a second spelling of %s and %s", path, namespace, provider)
		}
		if !keys.VerifyStream(namespace, provider, mustStreamPassword(t, keys, namespace, provider)) {
			t.Errorf("the password for %q does not verify", path)
		}
	})
}

func mustStreamPassword(t testing.TB, keys Keys, namespace, provider string) string {
	t.Helper()
	password, err := keys.StreamPassword(namespace, provider)
	if err != nil {
		t.Fatal(err)
	}
	return password
}
