// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callbackurl

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

var call = Target{Kind: KindCalls, Namespace: "team-a", Name: "customer-1", UID: "8c1d2b7e-5d2c-4a9e-9a53-9c8a2f2c1f00"}

func TestParseKeys(t *testing.T) {
	tests := []struct {
		name, reason, file string
		want               int
		wantErr            string
	}{
		{name: "One", reason: "one line is one key", file: keyFile(1), want: 1},
		{name: "NoLineEnd", reason: "the last line may end without a line break", file: strings.TrimSpace(keyFile(1)), want: 1},
		{name: "Rotation", reason: "several keys verify", file: keyFile(1, 2, 3), want: 3},
		{name: "Comments", reason: "blank lines and comments say when a key came", file: "# 2026\n\n" + keyFile(1) + "  # older\n" + keyFile(2), want: 2},
		{name: "WindowsLines", reason: "an editor's line ends are no part of the key", file: strings.ReplaceAll(keyFile(1, 2), "\n", "\r\n"), want: 2},
		{name: "LongKey", reason: "more bytes than the hash has are allowed", file: base64.StdEncoding.EncodeToString(make([]byte, 64)), want: 1},
		{name: "Empty", reason: "no key would mean no authentication", file: "", wantErr: "contains no key"},
		{name: "OnlyComments", reason: "no key would mean no authentication", file: "# later\n", wantErr: "contains no key"},
		{name: "Short", reason: "a short key can be guessed", file: base64.StdEncoding.EncodeToString(make([]byte, 31)), wantErr: "line 1 of the key file: the key has 31 bytes"},
		{name: "NotBase64", reason: "the line is named", file: keyFile(1) + "hunter2!\n", wantErr: "line 2 of the key file: not base64"},
		{name: "TooMany", reason: "the work for a forged token is bounded", file: keyFile(1, 2, 3, 4, 5, 6, 7, 8, 9), wantErr: "contains 9 keys"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			keys, err := ParseKeys([]byte(tc.file))
			if len(keys.secrets) != tc.want {
				t.Errorf("%s: %d keys, want %d", tc.reason, len(keys.secrets), tc.want)
			}
			if tc.wantErr == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), tc.wantErr) {
				t.Errorf("%s: error %v, want one with %q", tc.reason, err, tc.wantErr)
			}
		})
	}
}

func TestURL(t *testing.T) {
	keys := mustParseKeys(t, keyFile(1))
	path := "/v1/callbacks/calls/team-a/customer-1/" + string(call.UID) + "?token="
	tests := []struct {
		name, reason, base string
		target             Target
		want, wantErr      string
	}{
		{name: "Host", reason: "the path follows the host", base: "https://calls.example.com", target: call, want: "https://calls.example.com" + path},
		{name: "TrailingSlash", reason: "one slash is enough", base: "https://calls.example.com/", target: call, want: "https://calls.example.com" + path},
		{name: "BasePath", reason: "an ingress may add a path", base: "http://127.0.0.1:8080/calls", target: call, want: "http://127.0.0.1:8080/calls" + path},
		{name: "NoScheme", reason: "the service needs an absolute URL", base: "calls.example.com", target: call, wantErr: "must begin with https://"},
		{name: "NoHost", reason: "the service needs a host", base: "https:///x", target: call, wantErr: "must begin with https://"},
		{name: "Query", reason: "the token is the query", base: "https://calls.example.com?a=b", target: call, wantErr: "no user, query or fragment"},
		{name: "Fragment", reason: "a fragment never arrives", base: "https://calls.example.com#", target: call, wantErr: "no user, query or fragment"},
		{name: "Password", reason: "a password does not belong in a spec", base: "https://a:b@calls.example.com", target: call, wantErr: "no user, query or fragment"},
		{name: "Unparsable", reason: "the error does not repeat the URL", base: "https://a:hunter2@[", target: call, wantErr: "cannot be parsed"},
		{name: "NoUID", reason: "without the UID a later object would share the URL", base: "https://calls.example.com",
			target: Target{Kind: "calls", Namespace: "a", Name: "b"}, wantErr: "the UID must be"},
		{name: "KindOfGo", reason: "a kind has one spelling", base: "https://calls.example.com",
			target: Target{Kind: "Call", Namespace: "a", Name: "b", UID: "c"}, wantErr: "the kind must be"},
		{name: "NoNamespace", reason: "every kind is namespaced", base: "https://calls.example.com",
			target: Target{Kind: "calls", Name: "b", UID: "c"}, wantErr: "the namespace must be"},
		{name: "NameWithSlash", reason: "a name cannot add a part", base: "https://calls.example.com",
			target: Target{Kind: "calls", Namespace: "a", Name: "b/c", UID: "c"}, wantErr: "the name must be"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, err := keys.URL(tc.base, tc.target)
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
}

func TestURLWithoutKeys(t *testing.T) {
	if got, err := (Keys{}).URL("https://calls.example.com", call); err == nil {
		t.Errorf("without a key there is no URL, got %q", got)
	}
}

func TestVerify(t *testing.T) {
	oldKey, newKey := mustParseKeys(t, keyFile(1)), mustParseKeys(t, keyFile(2))
	rotating := mustParseKeys(t, keyFile(2, 1))
	token := tokenOf(t, mustURL(t, oldKey, call))
	other := func(change func(*Target)) Target {
		target := call
		change(&target)
		return target
	}
	tests := []struct {
		name, reason string
		keys         Keys
		target       Target
		token        string
		want         bool
	}{
		{name: "Genuine", reason: "the token was made for this object", keys: oldKey, target: call, token: token, want: true},
		{name: "RotatedKey", reason: "calls under way keep their URLs while the key changes", keys: rotating, target: call, token: token, want: true},
		{name: "NewKeySigns", reason: "the first key signs", keys: newKey, target: call, token: tokenOf(t, mustURL(t, rotating, call)), want: true},
		{name: "RetiredKey", reason: "a key that was taken away verifies nothing", keys: newKey, target: call, token: token},
		{name: "NoKeys", reason: "no key verifies nothing", keys: Keys{}, target: call, token: token},
		{name: "OtherKind", reason: "the kind is signed", keys: oldKey, target: other(func(t *Target) { t.Kind = "callroutes" }), token: token},
		{name: "OtherNamespace", reason: "the namespace is signed", keys: oldKey, target: other(func(t *Target) { t.Namespace = "team-b" }), token: token},
		{name: "OtherName", reason: "the name is signed", keys: oldKey, target: other(func(t *Target) { t.Name = "customer-2" }), token: token},
		{name: "OtherUID", reason: "the UID is signed", keys: oldKey, target: other(func(t *Target) { t.UID = "later" }), token: token},
		{name: "Empty", reason: "no token is no token", keys: oldKey, target: call},
		{name: "Truncated", reason: "a part of a token is no token", keys: oldKey, target: call, token: token[:42]},
		{name: "Longer", reason: "a token has one spelling", keys: oldKey, target: call, token: token + "A"},
		{name: "Padded", reason: "a token has one spelling", keys: oldKey, target: call, token: token + "="},
		{name: "LineBreak", reason: "a token has one spelling", keys: oldKey, target: call, token: token + "\n"},
		{name: "NotBase64", reason: "not a token at all", keys: oldKey, target: call, token: strings.Repeat("!", 43)},
		{name: "Zeroes", reason: "a made-up MAC", keys: oldKey, target: call, token: strings.Repeat("A", 43)},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.keys.Verify(tc.target, tc.token); got != tc.want {
				t.Errorf("%s: %t, want %t", tc.reason, got, tc.want)
			}
		})
	}
}

// The MAC of a given key and target never changes: it would invalidate the URLs of calls under way.
func TestTokenIsStable(t *testing.T) {
	const want = "IAJ1NYG2NLn8JjLhSkE0TkrWXqhV0jmcXylDpqeS7P0"
	if got := tokenOf(t, mustURL(t, mustParseKeys(t, keyFile(1)), call)); got != want {
		t.Errorf("the token is %s, was %s: calls under way would lose their callbacks", got, want)
	}
}

func TestMACSeparates(t *testing.T) {
	secret := bytes.Repeat([]byte{1}, 32)
	tests := []struct {
		name, reason string
		a, b         []byte
	}{
		{name: "Parts", reason: "what is one part and what is the next matters", a: mac(secret, "p", "ab", "c"), b: mac(secret, "p", "a", "bc")},
		{name: "Purpose", reason: "a MAC for one end is worthless for another", a: mac(secret, "p", "a"), b: mac(secret, "q", "a")},
		{name: "PurposeAndPart", reason: "the purpose is a part of its own", a: mac(secret, "p", "a"), b: mac(secret, "pa")},
		{name: "EmptyPart", reason: "an empty part counts", a: mac(secret, "p", "a", ""), b: mac(secret, "p", "a")},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if bytes.Equal(tc.a, tc.b) {
				t.Errorf("%s: both have the same MAC", tc.reason)
			}
		})
	}
}

func TestKeysPrintWithoutSecrets(t *testing.T) {
	keys := mustParseKeys(t, keyFile(7))
	secret := keys.secrets[0]
	leaks := []string{string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret), "7 7", "0x7"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		for _, value := range []any{keys, &keys, struct{ Keys Keys }{keys}} {
			printed := fmt.Sprintf(verb, value)
			for _, leak := range leaks {
				if strings.Contains(printed, leak) {
					t.Errorf("%s prints a key: %s", verb, printed)
				}
			}
		}
	}
}

// A key file comes from outside: it never panics, and no error shows what is in it.
func FuzzParseKeys(f *testing.F) {
	f.Add(keyFile(1), "hunter2hunter2")
	f.Add("# c\n\n"+keyFile(1, 2), "=====")
	const ownWords = "make a key with `openssl rand -base64 32`"
	f.Fuzz(func(t *testing.T, file, line string) {
		_, err := ParseKeys([]byte(file + "\n" + line))
		// Short lines may be words of the message itself.
		if secret := strings.TrimSpace(line); err != nil && len(secret) > 12 && strings.Contains(err.Error(), secret) &&
			!strings.Contains(ownWords, secret) {
			t.Errorf("the error %q shows the line %q", err, secret)
		}
	})
}

// Nothing but the genuine token verifies.
func FuzzVerify(f *testing.F) {
	keys := mustParseKeys(f, keyFile(1, 2))
	genuine := tokenOf(f, mustURL(f, keys, call))
	f.Add(genuine)
	f.Add(genuine + "\n")
	f.Add("")
	second := tokenOf(f, mustURL(f, mustParseKeys(f, keyFile(2)), call))
	f.Fuzz(func(t *testing.T, token string) {
		if keys.Verify(call, token) != (token == genuine || token == second) {
			t.Errorf("wrong verdict on %q", token)
		}
	})
}

// keyFile is a key file whose keys are all the byte that is given.
func keyFile(bytesOfKeys ...byte) string {
	var lines strings.Builder
	for _, b := range bytesOfKeys {
		lines.WriteString(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) + "\n")
	}
	return lines.String()
}

func mustParseKeys(t testing.TB, file string) Keys {
	t.Helper()
	keys, err := ParseKeys([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func mustURL(t testing.TB, keys Keys, target Target) string {
	t.Helper()
	u, err := keys.URL("https://calls.example.com", target)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func tokenOf(t testing.TB, callbackURL string) string {
	t.Helper()
	u, err := url.Parse(callbackURL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get(TokenParameter)
}

// TestSignedBy: the same URL is made again after a rotation, as long as the key is there.
func TestSignedBy(t *testing.T) {
	old, rotated := mustParseKeys(t, keyFile(1)), mustParseKeys(t, keyFile(2, 1))
	if old.ID() == rotated.ID() || old.ID() == "" || (Keys{}).ID() != "" {
		t.Errorf("an ID names the key that signs: %q and %q", old.ID(), rotated.ID())
	}
	want, err := old.URL("https://calls.example.com", call)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := rotated.SignedBy(old.ID())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := signed.URL("https://calls.example.com", call); err != nil || got != want {
		t.Errorf("the old key makes the old URL: %v", err)
	}
	if _, err := mustParseKeys(t, keyFile(2)).SignedBy(old.ID()); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("without the key nobody can: got %v", err)
	}
	if _, err := rotated.SignedBy(""); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("no ID names no key: got %v", err)
	}
	if strings.Contains(want, old.ID()) || strings.Contains(fmt.Sprintf("%x", old.secrets[0]), old.ID()) {
		t.Error("an ID is part of neither token nor key")
	}
}
